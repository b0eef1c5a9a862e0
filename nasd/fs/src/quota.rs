//! Limits at the leader: what the cluster's state says is brought into the volume's own, and writes are refused
//! when they are taken in rather than when they are saved.
//!
//! The state machine refuses exactly (see `nasd_meta`). Here, what is unsaved counts as if all of it were growth;
//! only where that would be too much is it saved first, so that the volume's own count is exact. Near its limit a
//! volume is slower for that.

use crate::files::FileTable;
use crate::refusal::ExecuteError;
use crate::tenure::Tenure;
use crate::volume::Core;
use nasd_base::file::{Caller, VolumeLimits};
use nasd_base::{Errno, Ino, OpId};
use nasd_meta::{Change, Totals};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// Between looks at whether the limits are in force, beside every change of them and of the leader.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Before another attempt to bring them in.
const RETRY: Duration = Duration::from_millis(250);

/// Bytes of a write that is on its way into the unsaved data, counted with it.
pub(crate) struct Claim {
    files: Arc<FileTable>,
    bytes: u64,
}

impl Claim {
    fn new(files: &Arc<FileTable>, bytes: u64) -> Claim {
        files.unsaved.fetch_add(bytes, Relaxed);
        Claim { files: files.clone(), bytes }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.files.unsaved.fetch_sub(self.bytes, Relaxed);
    }
}

/// What the limit leaves.
pub(crate) fn left(limits: &VolumeLimits, totals: &Totals) -> Option<u64> {
    limits.bytes.map(|most| most.saturating_sub(totals.logical_bytes))
}

impl Core {
    /// Refuses a write with `Quota` that would make the volume grow above its limit. Keep the claim until the bytes
    /// are in the unsaved data or applied. `range` is where they go.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        ino: Ino,
        range: Range<u64>,
    ) -> Result<Option<Claim>, ExecuteError> {
        let limits = *self.limited.borrow();
        let Some(most) = limits.bytes.filter(|_| !range.is_empty()) else { return Ok(None) };
        let claim = Claim::new(&tenure.files, range.end - range.start);
        let unsaved = |tenure: &Tenure| tenure.files.unsaved.load(Relaxed);
        if self.meta.totals()?.logical_bytes.saturating_add(unsaved(tenure)) <= most {
            return Ok(Some(claim));
        }
        self.save_dirty(tenure, Instant::now()).await;
        let growth = self.growth(ino, &range)?;
        let others = unsaved(tenure).saturating_sub(claim.bytes);
        let there = self.meta.totals()?.logical_bytes;
        let fits = there.saturating_add(others).saturating_add(growth) <= most;
        if growth == 0 || fits { Ok(Some(claim)) } else { Err(Errno::Quota.into()) }
    }

    /// Bytes of a range that the file has none at.
    fn growth(&self, ino: Ino, range: &Range<u64>) -> Result<u64, ExecuteError> {
        let (_, pieces) = self.meta.pieces(ino, range.clone())?;
        let covered: u64 = pieces.iter().map(|piece| piece.len).sum();
        Ok((range.end - range.start).saturating_sub(covered))
    }

    /// Keeps the volume's own limits those of the cluster's state, while this node leads.
    pub(crate) async fn limits_loop(self: Arc<Self>) {
        let (mut limited, mut leadership) = (self.limited.clone(), self.leadership.clone());
        loop {
            let pause = if self.bring_limits_in().await { LOOK_EVERY } else { RETRY };
            tokio::select! {
                changed = limited.changed() => if changed.is_err() { return },
                changed = leadership.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Whether there is nothing more to do.
    async fn bring_limits_in(self: &Arc<Self>) -> bool {
        let wanted = *self.limited.borrow();
        let Ok(tenure) = self.enter().await else { return true };
        match self.meta.limits() {
            Ok(limits) if limits == wanted => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
        // What was accepted under other limits is not lost to these; from now on they are obeyed at the door.
        self.save_dirty(&tenure, Instant::now()).await;
        let change = Change::SetLimits { limits: wanted };
        tenure.committer.submit(Caller::root(), OpId::NONE, change).await.is_ok()
    }
}
