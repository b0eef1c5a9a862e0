//! How chunks are named.

use nasd_base::{ChunkId, VolumeId};
use std::fmt;

/// A chunk of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkKey {
    pub volume: VolumeId,
    pub chunk: ChunkId,
}

impl fmt::Display for ChunkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chunk {} of volume {}", self.chunk, self.volume)
    }
}
