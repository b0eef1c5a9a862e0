//! Tuning at the leader: what the cluster's state says is brought into the volume's own, and writes are refused
//! when they are taken in rather than when they are saved.
//!
//! The state machine refuses exactly (see `nasd_meta`). Here, what is unsaved counts as if all of it were growth;
//! only where that would be too much is it saved first, so that the volume's own count is exact. Near its limit a
//! volume is slower for that.

use crate::core::Core;
use crate::leader::files::{Dirty, FileTable};
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::timing::Trace;
use nasd_base::file::{Attr, Caller, VolumeLimits};
use nasd_base::{Errno, Ino, OpId};
use nasd_meta::{Change, Reshape, Totals};
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
pub(super) struct Claim {
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

/// What the limit leaves beside what is there and what is not saved yet.
pub(crate) fn left(limits: &VolumeLimits, totals: &Totals, unsaved_growth: u64) -> Option<u64> {
    limits.bytes.map(|most| most.saturating_sub(totals.logical_bytes).saturating_sub(unsaved_growth))
}

impl Core {
    /// Refuses a write with `Quota` that would make the volume grow above its limit. Keep the claim until the bytes
    /// are in the unsaved data or applied. `range` is where they go.
    pub(super) async fn claim(
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
        let fits = || {
            let others = unsaved(tenure).saturating_sub(claim.bytes);
            self.fits_beside(others, growth, most)
        };
        let may = fits()? || (self.reclaim(tenure).await && fits()?);
        if may { Ok(Some(claim)) } else { Err(Errno::Quota.into()) }
    }

    /// Whether the volume may grow beside what others have not saved yet.
    fn fits_beside(&self, unsaved: u64, growth: u64, most: u64) -> Result<bool, ExecuteError> {
        let there = self.meta.totals()?.logical_bytes.saturating_add(unsaved);
        Ok(growth == 0 || there.saturating_add(growth) <= most)
    }

    /// Frees what was removed, if a change would be refused for want of room otherwise. What the limits say of it is
    /// said when it is applied.
    pub(super) async fn make_room(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        change: &Change,
        trace: &Trace,
    ) -> Result<(), ExecuteError> {
        let limits = *self.limited.borrow();
        match change {
            Change::Create { .. } => {
                if let Some(most) = limits.files
                    && self.meta.totals()?.inodes > most
                {
                    self.reclaim(tenure).await;
                }
                Ok(())
            }
            Change::Reshape { ino, how: Reshape::Allocate { offset, len, .. } } => {
                let range = *offset..offset.saturating_add(*len);
                self.make_room_for(tenure, *ino, &range, limits.bytes, trace).await
            }
            _ => Ok(()),
        }
    }

    /// Refuses with `NoSpace` a range of which the disks cannot take what is not there yet.
    async fn make_room_for(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        ino: Ino,
        range: &Range<u64>,
        most: Option<u64>,
        trace: &Trace,
    ) -> Result<(), ExecuteError> {
        if let Some(file) = tenure.files.peek(ino) {
            self.commit_before(tenure, &file, trace).await?;
        }
        let growth = self.growth(ino, range)?;
        if let Some(most) = most
            && !self.fits_beside(tenure.files.growth.load(Relaxed), growth, most)?
        {
            self.save_dirty(tenure, Instant::now()).await;
            if !self.fits_beside(0, growth, most)? {
                self.reclaim(tenure).await;
            }
        }
        self.await_room(tenure, growth).await;
        if growth == 0 || self.has_room(growth) { Ok(()) } else { Err(Errno::NoSpace.into()) }
    }

    /// Bytes of a range that the saved file, whose attributes are given, has none at.
    pub(super) fn growth_of(&self, saved: &Attr, range: &Range<u64>) -> Result<u64, ExecuteError> {
        let beyond = range.end.saturating_sub(range.start.max(saved.size));
        let within = range.start..range.end.min(saved.size);
        if within.is_empty() || saved.allocated >= saved.size {
            return Ok(beyond);
        }
        Ok(beyond
            + if saved.allocated == 0 { within.end - within.start } else { self.growth(saved.ino, &within)? })
    }

    /// Counts anew how much of what is unsaved is growth, now that other parts of it were saved.
    pub(super) fn recount_growth(&self, ino: Ino, dirty: &mut Dirty) {
        let growth = self.meta.attr(ino).map_err(ExecuteError::from).and_then(|saved| {
            dirty.overlay.ranges().map(|range| self.growth_of(&saved, &range)).sum::<Result<u64, _>>()
        });
        // A file that cannot be read any more keeps nothing; until that is known, too much is on the safe side.
        dirty.set_growth(growth.unwrap_or(dirty.overlay.dirty_bytes()));
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
        let Ok(tenure) = self.enter(&Trace::default()).await else { return true };
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
