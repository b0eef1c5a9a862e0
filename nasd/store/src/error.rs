//! What can go wrong, one variant per reaction.

use crate::ChunkKey;
use nasd_disk::{Shortage, shortage};
use std::io;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no such chunk")]
    NotFound,
    /// Only the reserve that keeps deletes possible is left. Nothing was written.
    #[error("no space for more chunks")]
    NoSpace,
    /// The copy on this disk is damaged: fetch it from a peer and put it again.
    #[error("{key} is damaged on disk")]
    Checksum { key: ChunkKey },
    /// The key holds other bytes already. Ids are never used again, so this is a bug.
    #[error("{key} exists with other content")]
    Conflict { key: ChunkKey },
    /// A read beyond the end of the chunk's data: the caller's mistake, not damage.
    #[error("the chunk has only {len} bytes")]
    OutOfRange { len: u32 },
    /// Bytes that are no encoded chunk.
    #[error("not a chunk: {0}")]
    Malformed(&'static str),
    /// A write or flush failed earlier: this disk takes no more, what it holds can still be read.
    #[error("the disk failed and takes no more writes: {0}")]
    Failed(String),
    /// The node has too few descriptors or too little memory for it. Nothing was done, and no disk is to blame: try
    /// again.
    #[error("the node is short of what this takes: {0}")]
    Short(String),
    #[error("disk: {0}")]
    Disk(#[source] io::Error),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> StoreError {
        match shortage(&error) {
            Some(Shortage::Descriptors | Shortage::Memory) => StoreError::Short(error.to_string()),
            Some(Shortage::Space) => StoreError::NoSpace,
            None => StoreError::Disk(error),
        }
    }
}
