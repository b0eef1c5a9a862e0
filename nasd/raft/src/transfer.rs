//! Sends a copy of the state to a replica that is too far behind, and receives one.
//!
//! The copy is made when the transfer starts and is removed when it ends. It goes in parts of 1 MiB, each
//! acknowledged, and is checked as a whole before it replaces anything. A newer transfer replaces an older
//! one; one that stops is forgotten after a while, with its file.

use crate::RaftError;
use crate::codec::Malformed;
use crate::codec::mark::{Mark, MarkBytes};
use crate::codec::message::{Reply, Request, encode_request};
use crate::config::{SNAPSHOT_PART_BYTES, SNAPSHOT_PART_TIMEOUT};
use crate::machine::{INCOMING, SnapshotData};
use crate::network::Link;
use crate::types::{Raft, Snapshot, Types, Vote};
use bytes::Bytes;
use openraft::StorageError;
use openraft::errors::{ErrorSource, NetworkError, RPCError, StreamingError};
use openraft::network::RPCTypes;
use openraft::raft::SnapshotResponse;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// Copies this replica's state to `target` and waits until it is installed there.
pub(crate) async fn send(
    link: &Link,
    target: u64,
    vote: Vote,
    data: SnapshotData,
) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
    let SnapshotData::Live(state) = data else {
        return Err(unreadable(io::Error::other("a received copy is installed, never sent on")));
    };
    let (export, mark) =
        state.export().map_err(|error| unreadable(state.fail("copying the state for a peer", error)))?;
    tracing::info!(group = %link.group, target, bytes = export.bytes(), "sending a copy of the state");
    let sender = Sender { link, target, transfer: link.new_name() };
    let open = Request::CopyOpen {
        transfer: sender.transfer,
        vote: vote.into(),
        mark: (&mark).into(),
        bytes: export.bytes(),
    };
    if let Some(higher) = sender.expect(open, &[], 0).await? {
        return Ok(SnapshotResponse::new(higher));
    }
    let file = File::open(export.path()).map_err(unreadable)?;
    let response = sender.parts(file).await?;
    state.counters.add_copies_sent(1);
    Ok(response)
}

fn unreadable(error: io::Error) -> StreamingError<Types> {
    StorageError::read_snapshot(None, openraft::impls::BoxedErrorSource::from_error(&error)).into()
}

struct Sender<'a> {
    link: &'a Link,
    target: u64,
    transfer: u64,
}

impl Sender<'_> {
    async fn parts(&self, mut file: File) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let mut hasher = blake3::Hasher::new();
        let mut part = Vec::with_capacity(SNAPSHOT_PART_BYTES);
        let mut offset = 0;
        loop {
            part.clear();
            (&mut file).take(SNAPSHOT_PART_BYTES as u64).read_to_end(&mut part).map_err(unreadable)?;
            if part.is_empty() {
                break;
            }
            hasher.update(&part);
            let request = Request::CopyPart { transfer: self.transfer, offset };
            offset += part.len() as u64;
            if let Some(higher) = self.expect(request, &part, offset).await? {
                return Ok(SnapshotResponse::new(higher));
            }
        }
        let close = Request::CopyClose { transfer: self.transfer, blake3: hasher.finalize().into() };
        let timeout = self.link.install_timeout;
        match self
            .link
            .call(self.target, RPCTypes::InstallSnapshot, encode_request(&close, &[]), timeout)
            .await?
        {
            Reply::CopyDone { vote } => Ok(SnapshotResponse::new(vote.into())),
            other => Err(not_taken(other)),
        }
    }

    /// Sends a request that must be acknowledged up to `offset`; returns a higher vote that ends it all.
    async fn expect(
        &self,
        request: Request,
        body: &[u8],
        offset: u64,
    ) -> Result<Option<Vote>, StreamingError<Types>> {
        let message = encode_request(&request, body);
        match self.link.call(self.target, RPCTypes::InstallSnapshot, message, SNAPSHOT_PART_TIMEOUT).await? {
            Reply::CopyReceived { offset: received } if received == offset => Ok(None),
            Reply::CopyDone { vote } => Ok(Some(vote.into())),
            other => Err(not_taken(other)),
        }
    }
}

fn not_taken(reply: Reply) -> StreamingError<Types> {
    RPCError::from(NetworkError::from_string(format!("a copy of the state was not taken: {reply:?}"))).into()
}

/// The one copy that a replica is receiving.
#[derive(Default)]
pub(crate) struct Incoming(tokio::sync::Mutex<Option<Transfer>>);

struct Transfer {
    id: u64,
    from: u64,
    vote: Vote,
    mark: Mark,
    bytes: u64,
    received: u64,
    hasher: blake3::Hasher,
    file: File,
    last_part: Instant,
}

impl Incoming {
    /// Starts to receive; forgets an earlier transfer.
    pub async fn open(
        &self,
        dir: &Path,
        from: u64,
        (id, vote): (u64, Vote),
        mark: MarkBytes,
        bytes: u64,
    ) -> Result<Reply, RaftError> {
        let mark = mark.check().map_err(malformed)?;
        if mark.applied.is_none() {
            return Err(malformed(Malformed("a copy of an empty state")));
        }
        let mut slot = self.0.lock().await;
        *slot = None;
        let opened = remove_incoming(dir).and_then(|()| File::create_new(incoming(dir)));
        let file = match opened {
            Ok(file) => file,
            Err(error) => return Ok(Reply::Refused(format!("no room for a copy of the state: {error}"))),
        };
        let (hasher, last_part) = (blake3::Hasher::new(), Instant::now());
        *slot = Some(Transfer { id, from, vote, mark, bytes, received: 0, hasher, file, last_part });
        Ok(Reply::CopyReceived { offset: 0 })
    }

    /// Takes the next part.
    pub async fn part(&self, from: u64, id: u64, offset: u64, part: Bytes) -> Reply {
        let mut slot = self.0.lock().await;
        let Some(transfer) = slot.as_mut().filter(|transfer| transfer.id == id && transfer.from == from)
        else {
            return Reply::Refused("this transfer was given up".into());
        };
        let end = offset.saturating_add(part.len() as u64);
        if end == transfer.received {
            // The acknowledgement was lost.
            return Reply::CopyReceived { offset: end };
        }
        if offset != transfer.received || end > transfer.bytes {
            return Reply::Refused(format!("expected the part at {}", transfer.received));
        }
        if let Err(error) = transfer.file.write_all(&part) {
            *slot = None;
            return Reply::Refused(format!("cannot write the copy of the state: {error}"));
        }
        transfer.hasher.update(&part);
        transfer.received = end;
        transfer.last_part = Instant::now();
        Reply::CopyReceived { offset: end }
    }

    /// Checks what was received and hands it to openraft, which installs it.
    pub async fn close(
        &self,
        raft: &Raft,
        dir: &Path,
        from: u64,
        id: u64,
        blake3: [u8; 32],
    ) -> Result<Reply, RaftError> {
        let mut slot = self.0.lock().await;
        let Some(transfer) = slot.take_if(|transfer| transfer.id == id && transfer.from == from) else {
            return Ok(Reply::Refused("this transfer was given up".into()));
        };
        if transfer.received != transfer.bytes || transfer.hasher.finalize() != blake3::Hash::from(blake3) {
            return Ok(Reply::Refused("the copy arrived damaged".into()));
        }
        let file = incoming(dir);
        let snapshot = Snapshot { meta: transfer.mark.meta(), snapshot: SnapshotData::Received(file) };
        let done = raft.install_full_snapshot(transfer.vote, snapshot).await;
        // Gone if it was installed; openraft ignores a copy of what is here already.
        if let Err(error) = remove_incoming(dir) {
            tracing::warn!(%error, "a received copy of the state could not be removed");
        }
        let response = done.map_err(|error| RaftError::Stopped(error.to_string()))?;
        Ok(Reply::CopyDone { vote: response.vote.into() })
    }

    /// Forgets a transfer that has stopped.
    pub fn expire(&self, dir: &Path) {
        let Ok(mut slot) = self.0.try_lock() else { return };
        if slot.take_if(|transfer| transfer.last_part.elapsed() > 2 * SNAPSHOT_PART_TIMEOUT).is_some() {
            tracing::info!(dir = %dir.display(), "a copy of the state stopped coming and was dropped");
            if let Err(error) = remove_incoming(dir) {
                tracing::warn!(%error, "its file could not be removed");
            }
        }
    }
}

fn malformed(error: Malformed) -> RaftError {
    RaftError::Malformed(error.to_string())
}

fn incoming(dir: &Path) -> PathBuf {
    dir.join(INCOMING)
}

/// Removes what was received of a copy.
pub(crate) fn remove_incoming(dir: &Path) -> io::Result<()> {
    match std::fs::remove_file(incoming(dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
