//! What nodes say to each other about files: forwarded calls, chunks on their way, open inodes.
//!
//! Layout in `docs/formats/peer-messages.md`: one version byte, then postcard. File data travels in the
//! body beside the header, never inside it.

use crate::arrival::LeaderTime;
use crate::service::Cached;
use crate::service::{Context, Reply, Request};
use crate::timing::Stages;
use bytes::Bytes;
use nasd_base::{ChunkId, Errno, Ino, NodeId, Txg, VolumeId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version this build speaks. Variants and fields are appended, never reordered.
const VERSION: u8 = 4;

/// Longest header accepted, in bytes: a flush that names 64k chunks, or a write's worth of xattr.
pub(crate) const HEADER_BYTES_MAX: usize = 1 << 20;

/// Most chunks that one flush or drop names.
pub(crate) const CHUNKS_PER_MESSAGE_MAX: usize = 16_384;

/// Most inodes that one open query names.
pub(crate) const INOS_PER_MESSAGE_MAX: usize = 4_096;

/// A question to another node.
#[expect(clippy::large_enum_variant, reason = "made and taken apart at once, one at a time")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Carry out an operation if you lead the volume, within `timeout_ms`. The body is a write's data; `arrived` says
    /// when that arrived here, in your time, if it is known.
    Call {
        volume: VolumeId,
        context: Context,
        request: Request,
        timeout_ms: u32,
        arrived: Option<LeaderTime>,
    },
    /// Keep a chunk; the body is its encoded form. Not durable before `Flush`.
    PutChunk { volume: VolumeId, chunk: ChunkId },
    /// Make these chunks durable, and say which of them are not here.
    Flush { volume: VolumeId, chunks: Vec<ChunkId> },
    /// The encoded form of a chunk, as the answer's body.
    GetChunk { volume: VolumeId, chunk: ChunkId },
    /// These chunks were uploaded and never named, and never will be.
    DropChunks { volume: VolumeId, chunks: Vec<ChunkId> },
    /// Chunks below `below` that metadata of at least `seen` does not name are garbage.
    Sweep { volume: VolumeId, below: ChunkId, seen: Txg },
    /// Which of these inodes does your node hold open?
    OpenInodes { volume: VolumeId, inos: Vec<Ino> },
    /// Which of these lock sessions of your node are still alive?
    LiveSessions { volume: VolumeId, sessions: Vec<u64> },
    /// The kernel of this mount of your node must forget these.
    Recall { volume: VolumeId, session: u64, cached: Vec<Cached> },
}

/// The answer to one [`Ask`].
#[expect(clippy::large_enum_variant, reason = "made and taken apart at once, one at a time")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// `Call`: its result; the body is read data. A kernel may keep what it shows for `keep_ms`. Of a write also the
    /// leader's time. What it took here, and which stages of that.
    Called { result: Result<Reply, Errno>, keep_ms: u16, now: Option<LeaderTime>, took: Took },
    /// `Call`: not executed, because another node leads (or this one is not ready to).
    NotLeader { leader: Option<NodeId> },
    /// `Call`: perhaps executed; ask again with the same operation id.
    Unknown,
    /// This node keeps no replica of the volume.
    NoReplica,
    /// `PutChunk`.
    Stored,
    /// `PutChunk`: the disks are full.
    NoSpace,
    /// The store could not do it.
    StoreFailed,
    /// `Flush`: the chunks that are not here; the rest is durable.
    Flushed { missing: Vec<ChunkId> },
    /// `GetChunk`: in the body.
    Chunk,
    /// `GetChunk`: no good copy here.
    NoChunk,
    /// `DropChunks`, `Sweep`: taken note of.
    Done,
    /// `OpenInodes`.
    Open { inos: Vec<Ino> },
    /// `LiveSessions`.
    Live { sessions: Vec<u64> },
    /// `Recall`: whether the kernel has surely forgotten them.
    Recalled { done: bool },
    /// `Call`: a write that was not executed, because it may be the copy of one that was and that the leader does not
    /// remember.
    Late { now: LeaderTime },
}

/// What a leader did for another node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Took {
    pub micros: u64,
    pub stages: Stages,
}

/// A message that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadMessage {
    #[error("a peer sent a file message of version {0}; this node speaks version {VERSION}")]
    Version(u8),
    #[error("a peer sent a file message of {0} bytes; at most {HEADER_BYTES_MAX} are accepted")]
    TooLong(usize),
    #[error("a peer sent a file message that cannot be read")]
    Garbled,
}

pub(crate) fn encode<T: Serialize>(message: &T) -> Bytes {
    let bytes =
        postcard::to_extend(message, vec![VERSION]).expect("messages hold nothing that cannot be written");
    bytes.into()
}

pub(crate) fn decode<T: DeserializeOwned>(header: &[u8]) -> Result<T, BadMessage> {
    if header.len() > HEADER_BYTES_MAX {
        return Err(BadMessage::TooLong(header.len()));
    }
    let (version, rest) = header.split_first().ok_or(BadMessage::Garbled)?;
    if *version != VERSION {
        return Err(BadMessage::Version(*version));
    }
    match postcard::take_from_bytes(rest) {
        Ok((message, [])) => Ok(message),
        _ => Err(BadMessage::Garbled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Stability;
    use crate::timing::{RequestId, Trace};
    use nasd_base::OpId;
    use nasd_base::file::Caller;
    use proptest::prelude::*;

    fn samples() -> Vec<Ask> {
        let context = Context {
            caller: Caller { uid: 1, gid: 2, groups: vec![3, 4] },
            op: OpId(u128::MAX),
            holds_open: true,
            mount: Some(nasd_meta::LockSession { node: NodeId(3), id: 5 }),
            trace: Trace::new(RequestId { node: NodeId(3), number: u64::MAX }),
        };
        let volume = VolumeId(9);
        vec![
            Ask::Call {
                volume,
                context: context.clone(),
                request: Request::Lookup { parent: Ino(1), name: Bytes::from_static(b"name") },
                timeout_ms: 1,
                arrived: None,
            },
            Ask::Call {
                volume,
                context,
                request: Request::Write { ino: Ino(7), offset: u64::MAX, stability: Stability::DataSync },
                timeout_ms: u32::MAX,
                arrived: Some(LeaderTime { tenure: u64::MAX, ms: 1 }),
            },
            Ask::PutChunk { volume, chunk: ChunkId(1) },
            Ask::Flush { volume, chunks: vec![ChunkId(1), ChunkId(u64::MAX)] },
            Ask::GetChunk { volume, chunk: ChunkId(3) },
            Ask::DropChunks { volume, chunks: vec![] },
            Ask::Sweep { volume, below: ChunkId(1024), seen: Txg(7) },
            Ask::OpenInodes { volume, inos: vec![Ino(1), Ino(2)] },
            Ask::LiveSessions { volume, sessions: vec![1, u64::MAX] },
            Ask::Recall {
                volume,
                session: u64::MAX,
                cached: vec![
                    Cached::Attr(Ino(1)),
                    Cached::Name { parent: Ino(2), name: Bytes::from_static(b"x") },
                ],
            },
        ]
    }

    #[test]
    fn questions_survive_the_wire() {
        for ask in samples() {
            assert_eq!(decode::<Ask>(&encode(&ask)), Ok(ask));
        }
    }

    #[test]
    fn a_message_cut_short_or_with_a_tail_is_refused() {
        for ask in samples() {
            let bytes = encode(&ask);
            for len in 0..bytes.len() {
                assert!(decode::<Ask>(&bytes[..len]).is_err(), "{ask:?} cut at {len}");
            }
            let mut longer = bytes.to_vec();
            longer.push(0);
            assert_eq!(decode::<Ask>(&longer), Err(BadMessage::Garbled));
        }
    }

    #[test]
    fn another_version_is_named_in_the_error() {
        let mut bytes = encode(&samples()[2]).to_vec();
        bytes[0] = 7;
        assert_eq!(decode::<Ask>(&bytes), Err(BadMessage::Version(7)));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..512), keep_version in any::<bool>()) {
            let mut bytes = bytes;
            if keep_version && !bytes.is_empty() {
                bytes[0] = VERSION;
            }
            let _ = decode::<Ask>(&bytes);
            let _ = decode::<Answer>(&bytes);
        }

        #[test]
        fn a_flipped_byte_is_read_as_something_or_refused(which in 0usize..10, at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut bytes = encode(&samples()[which]).to_vec();
            let at = at.index(bytes.len());
            bytes[at] = with;
            let _ = decode::<Ask>(&bytes);
        }
    }
}
