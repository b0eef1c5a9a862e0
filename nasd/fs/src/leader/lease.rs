//! Chunk ids for a leader's use, taken from the volume's state a block at a time.
//!
//! Ids of an older tenure are never used: whatever lies below a tenure's first id and is not named in the
//! metadata is garbage, which is what [`Core::sweep`] rests on.

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use nasd_base::file::Caller;
use nasd_base::{ChunkId, Errno, OpId};
use nasd_meta::{Change, Outcome};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;

pub(crate) struct Lease {
    block: u32,
    left: Mutex<Range<u64>>,
    /// The first id of this tenure.
    first: OnceLock<ChunkId>,
}

impl Lease {
    pub(crate) fn new(block: u32) -> Lease {
        Lease { block, left: Mutex::default(), first: OnceLock::new() }
    }

    /// All ids below are of earlier terms; `None` while this tenure has taken none.
    pub(crate) fn first(&self) -> Option<ChunkId> {
        self.first.get().copied()
    }
}

impl Core {
    /// The next chunk id of this tenure.
    pub(crate) async fn next_chunk(self: &Arc<Self>, tenure: &Arc<Tenure>) -> Result<ChunkId, ExecuteError> {
        let mut left = tenure.lease.left.lock().await;
        if left.is_empty() {
            // A repetition would only skip some ids, so it needs no operation id.
            let change = Change::AllocateChunks { count: tenure.lease.block };
            let outcome = tenure.committer.submit(Caller::root(), OpId::NONE, change).await?;
            let Outcome::Allocated { first, count } = outcome else { return Err(Errno::Io.into()) };
            *left = first.0..first.0 + u64::from(count);
            if tenure.lease.first.set(first).is_ok() {
                self.sweep_replicas(first);
            }
        }
        left.next().map(ChunkId).ok_or(ExecuteError::Refused(Errno::Io))
    }
}
