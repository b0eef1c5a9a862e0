//! The next chunk id of a tenure, from its lease or from the volume's state.

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use nasd_base::file::Caller;
use nasd_base::{ChunkId, Errno, OpId};
use nasd_meta::{Change, Outcome};
use std::sync::Arc;

impl Core {
    /// The next chunk id of this tenure.
    pub(super) async fn next_chunk(self: &Arc<Self>, tenure: &Arc<Tenure>) -> Result<ChunkId, ExecuteError> {
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
