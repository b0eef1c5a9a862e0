//! Chunk ids for a leader's use, taken from the volume's state a block at a time.
//!
//! Ids of an older tenure are never used: whatever lies below a tenure's first id and is not named in the
//! metadata is garbage, which is what `Core::sweep` rests on.

use nasd_base::ChunkId;
use std::ops::Range;
use std::sync::OnceLock;
use tokio::sync::Mutex;

pub(crate) struct IdLease {
    pub(super) block: u32,
    pub(super) left: Mutex<Range<u64>>,
    /// The first id of this tenure.
    pub(super) first: OnceLock<ChunkId>,
}

impl IdLease {
    pub(crate) fn new(block: u32) -> IdLease {
        IdLease { block, left: Mutex::default(), first: OnceLock::new() }
    }

    /// All ids below are of earlier terms; `None` while this tenure has taken none.
    pub(crate) fn first(&self) -> Option<ChunkId> {
        self.first.get().copied()
    }
}
