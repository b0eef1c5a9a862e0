//! Sends a copy of the state to a replica that is too far behind, and receives one.
//!
//! The receiver is asked first; then the copy is made, and removed when the transfer ends. It goes in parts
//! of 1 MiB, each acknowledged, and is checked as a whole before it replaces anything. Installing goes on by
//! itself while the sender asks how far it is, so no lost message can hold up either side for long.

use crate::RaftError;
use crate::codec::Malformed;
use crate::codec::mark::Mark;
use crate::codec::message::{RaftReply, RaftRequest, encode_request};
use crate::config::{INSTALL_REPORT, SNAPSHOT_PART_ATTEMPTS, SNAPSHOT_PART_BYTES, SNAPSHOT_PART_TIMEOUT};
use crate::machine::SnapshotData;
use crate::network::PeerLink;
use crate::types::{Raft, Snapshot, Types, Vote};
use bytes::Bytes;
use openraft::StorageError;
use openraft::errors::{ErrorSource, RPCError, StreamingError, Unreachable};
use openraft::network::RPCTypes;
use openraft::raft::SnapshotResponse;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Copies this replica's state to `target` and waits until it is installed there.
pub(crate) async fn send(
    link: &PeerLink,
    target: u64,
    vote: Vote,
    data: SnapshotData,
) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
    let SnapshotData::Live(state) = data else {
        return Err(unreadable(io::Error::other("a received copy is installed, never sent on")));
    };
    let _copying = state.copying();
    let sender = Sender { link, target, transfer: link.new_name() };
    let open = RaftRequest::CopyOpen { transfer: sender.transfer, vote: vote.into() };
    if let Some(higher) = sender.acknowledged(open, &[], 0).await? {
        return Ok(SnapshotResponse::new(higher));
    }
    let (export, mark) =
        state.export().map_err(|error| unreadable(state.fail("copying the state for a peer", error)))?;
    tracing::info!(group = %link.group, target, bytes = export.bytes(), "sending a copy of the state");
    let file = File::open(export.path()).map_err(unreadable)?;
    let blake3 = match sender.parts(file).await? {
        Sent::All(blake3) => blake3,
        Sent::Refused(higher) => return Ok(SnapshotResponse::new(higher)),
    };
    let whole = RaftRequest::CopyClose {
        transfer: sender.transfer,
        mark: (&mark).into(),
        bytes: export.bytes(),
        blake3: blake3.into(),
    };
    let installed = sender.installed(whole).await?;
    state.counters.add_copies_sent(1);
    Ok(SnapshotResponse::new(installed))
}

fn unreadable(error: io::Error) -> StreamingError<Types> {
    StorageError::read_snapshot(None, openraft::impls::BoxedErrorSource::from_error(&error)).into()
}

struct Sender<'a> {
    link: &'a PeerLink,
    target: u64,
    transfer: u64,
}

enum Sent {
    All(blake3::Hash),
    /// By a receiver that has seen this higher vote.
    Refused(Vote),
}

impl Sender<'_> {
    async fn parts(&self, mut file: File) -> Result<Sent, StreamingError<Types>> {
        let mut hasher = blake3::Hasher::new();
        let mut part = Vec::with_capacity(SNAPSHOT_PART_BYTES);
        let mut offset = 0;
        loop {
            part.clear();
            (&mut file).take(SNAPSHOT_PART_BYTES as u64).read_to_end(&mut part).map_err(unreadable)?;
            if part.is_empty() {
                return Ok(Sent::All(hasher.finalize()));
            }
            hasher.update(&part);
            let request = RaftRequest::CopyPart { transfer: self.transfer, offset };
            offset += part.len() as u64;
            if let Some(higher) = self.acknowledged(request, &part, offset).await? {
                return Ok(Sent::Refused(higher));
            }
        }
    }

    /// Sends what must be acknowledged up to `offset`; returns a higher vote that ends it all.
    async fn acknowledged(
        &self,
        request: RaftRequest,
        body: &[u8],
        offset: u64,
    ) -> Result<Option<Vote>, StreamingError<Types>> {
        match self.call(encode_request(&request, body)).await? {
            RaftReply::CopyReceived { offset: received } if received == offset => Ok(None),
            RaftReply::CopyDone { vote } => Ok(Some(vote.into())),
            other => Err(not_taken(&other)),
        }
    }

    /// Asks until the copy is installed; returns the receiver's vote.
    async fn installed(&self, close: RaftRequest) -> Result<Vote, StreamingError<Types>> {
        let message = encode_request(&close, &[]);
        let begun = Instant::now();
        loop {
            match self.call(message.clone()).await? {
                RaftReply::CopyDone { vote } => return Ok(vote.into()),
                RaftReply::CopyInstalling if begun.elapsed() < self.link.install_timeout => {}
                other => return Err(not_taken(&other)),
            }
        }
    }

    /// All requests of a transfer may be repeated.
    async fn call(&self, message: Bytes) -> Result<RaftReply, RPCError<Types>> {
        let mut attempt = 1;
        loop {
            let reply = self.link.call(
                self.target,
                RPCTypes::InstallSnapshot,
                message.clone(),
                SNAPSHOT_PART_TIMEOUT,
            );
            match reply.await {
                Err(RPCError::Timeout(_)) if attempt < SNAPSHOT_PART_ATTEMPTS => attempt += 1,
                reply => return reply,
            }
        }
    }
}

/// As unreachable, so that openraft waits before it tries again.
fn not_taken(reply: &RaftReply) -> StreamingError<Types> {
    RPCError::from(Unreachable::from_string(format!("a copy of the state was not taken: {reply:?}"))).into()
}

/// A file that a copy is received into. Removed when it is dropped, unless it was moved away.
pub(crate) struct ReceivedFile(PathBuf);

impl ReceivedFile {
    const PREFIX: &str = "incoming-";

    pub fn new(dir: &Path, transfer: u64) -> ReceivedFile {
        ReceivedFile(dir.join(format!("{}{transfer:016x}.db", Self::PREFIX)))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Removes what a crash left behind.
    pub fn remove_leftovers(dir: &Path) -> io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(Self::PREFIX) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for ReceivedFile {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %self.0.display(), %error, "a received copy could not be removed");
            }
            _ => {}
        }
    }
}

/// The one copy that a replica is receiving or installing.
#[derive(Default)]
pub(crate) struct Incoming(tokio::sync::Mutex<Stage>);

#[derive(Default)]
enum Stage {
    #[default]
    Idle,
    Receiving(Receiving),
    Installing(Installing),
}

struct Receiving {
    id: u64,
    from: u64,
    vote: Vote,
    received: u64,
    hasher: Box<blake3::Hasher>,
    file: File,
    path: Arc<ReceivedFile>,
    last_part: Instant,
}

struct Installing {
    id: u64,
    from: u64,
    /// The vote after the installation, or why there is none.
    done: watch::Receiver<Option<Result<Vote, String>>>,
}

/// What a complete copy must be.
pub(crate) struct Whole {
    pub mark: Mark,
    pub bytes: u64,
    pub blake3: blake3::Hash,
}

impl Incoming {
    /// Starts to receive; forgets an earlier transfer that is not complete.
    pub async fn open(&self, dir: &Path, from: u64, id: u64, vote: Vote) -> RaftReply {
        let mut stage = self.0.lock().await;
        match &*stage {
            Stage::Installing(installing) if installing.done.borrow().is_none() => {
                return RaftReply::Refused("another copy is being installed".into());
            }
            // The same request again: its answer was lost.
            Stage::Receiving(known) if known.id == id && known.from == from && known.received == 0 => {
                return RaftReply::CopyReceived { offset: 0 };
            }
            _ => *stage = Stage::Idle,
        }
        let path = Arc::new(ReceivedFile::new(dir, id));
        match File::create(path.path()) {
            Ok(file) => {
                let (hasher, last_part) = (Box::default(), Instant::now());
                *stage = Stage::Receiving(Receiving {
                    id,
                    from,
                    vote,
                    received: 0,
                    hasher,
                    file,
                    path,
                    last_part,
                });
                RaftReply::CopyReceived { offset: 0 }
            }
            Err(error) => RaftReply::Refused(format!("no room for a copy of the state: {error}")),
        }
    }

    /// Takes the next part.
    pub async fn part(&self, from: u64, id: u64, offset: u64, part: Bytes) -> RaftReply {
        let mut stage = self.0.lock().await;
        let Some(receiving) = stage.receiving(from, id) else { return given_up() };
        let end = offset.saturating_add(part.len() as u64);
        if end == receiving.received {
            // Sent again: the acknowledgement was lost.
            return RaftReply::CopyReceived { offset: end };
        }
        if offset != receiving.received {
            return RaftReply::Refused(format!("expected the part at {}", receiving.received));
        }
        if let Err(error) = receiving.file.write_all(&part) {
            *stage = Stage::Idle;
            return RaftReply::Refused(format!("cannot write the copy of the state: {error}"));
        }
        receiving.hasher.update(&part);
        receiving.received = end;
        receiving.last_part = Instant::now();
        RaftReply::CopyReceived { offset: end }
    }

    /// Checks what was received and has it installed; says how far that is.
    pub async fn close(&self, raft: &Raft, from: u64, id: u64, whole: Whole) -> Result<RaftReply, RaftError> {
        if whole.mark.applied.is_none() {
            return Err(Malformed("a copy of an empty state").into());
        }
        let mut done = {
            let mut stage = self.0.lock().await;
            if let Some(receiving) = stage.receiving(from, id) {
                if !receiving.is(&whole) {
                    *stage = Stage::Idle;
                    return Ok(RaftReply::Refused("the copy arrived damaged".into()));
                }
                let Stage::Receiving(receiving) = std::mem::take(&mut *stage) else { unreachable!() };
                *stage = Stage::Installing(receiving.install(raft.clone(), whole.mark));
            }
            match &*stage {
                Stage::Installing(now) if now.id == id && now.from == from => now.done.clone(),
                _ => return Ok(given_up()),
            }
        };
        let finished = tokio::time::timeout(INSTALL_REPORT, done.wait_for(Option::is_some)).await;
        match finished.map(|done| done.map(|done| done.clone())) {
            Err(_) => Ok(RaftReply::CopyInstalling),
            Ok(Ok(Some(Ok(vote)))) => Ok(RaftReply::CopyDone { vote: vote.into() }),
            Ok(Ok(Some(Err(reason)))) => Err(RaftError::Stopped(reason)),
            Ok(Ok(None) | Err(_)) => Err(RaftError::Stopped("the group is stopping".into())),
        }
    }

    /// Forgets a transfer that has stopped.
    pub fn expire(&self, patience: Duration) {
        let Ok(mut stage) = self.0.try_lock() else { return };
        if let Stage::Receiving(receiving) = &*stage
            && receiving.last_part.elapsed() > patience
        {
            tracing::info!(path = %receiving.path.path().display(), "a copy of the state stopped coming");
            *stage = Stage::Idle;
        }
    }
}

fn given_up() -> RaftReply {
    RaftReply::Refused("this transfer was given up".into())
}

impl Stage {
    fn receiving(&mut self, from: u64, id: u64) -> Option<&mut Receiving> {
        match self {
            Stage::Receiving(receiving) if receiving.id == id && receiving.from == from => Some(receiving),
            _ => None,
        }
    }
}

impl Receiving {
    fn is(&self, whole: &Whole) -> bool {
        self.received == whole.bytes && self.hasher.finalize() == whole.blake3
    }

    /// Hands the copy to openraft, which checks the vote and has the state machine install it.
    fn install(self, raft: Raft, mark: Mark) -> Installing {
        let Receiving { id, from, vote, path, .. } = self;
        let (finished, done) = watch::channel(None);
        tokio::spawn(async move {
            let snapshot = Snapshot { meta: mark.meta(), snapshot: SnapshotData::Received(path) };
            let result = raft.install_full_snapshot(vote, snapshot).await;
            let result = result.map(|response| response.vote).map_err(|error| error.to_string());
            finished.send_replace(Some(result));
        });
        Installing { id, from, done }
    }
}
