//! What can go wrong, one variant per reaction.

use crate::ChunkKey;
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
    #[error("disk: {0}")]
    Disk(#[from] io::Error),
}
