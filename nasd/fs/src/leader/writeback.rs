//! Saving unsaved data unasked: what is old, and the oldest first when memory is short.

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::timing::Trace;
use futures::StreamExt;
use nasd_base::{Errno, Ino};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Between two rounds while memory is tight.
const TIGHT_PAUSE: Duration = Duration::from_millis(10);

impl Core {
    /// Runs as long as the replica does.
    pub(crate) async fn write_back_loop(self: Arc<Self>) {
        let pause = self.tuning.writeback_after / 3;
        loop {
            // Data of other volumes may be what makes memory tight: do not spin.
            let pause = if self.budget.is_tight() { TIGHT_PAUSE } else { pause };
            tokio::select! {
                biased;
                () = self.budget.tight() => {}
                () = tokio::time::sleep(pause) => {}
            }
            let Ok(tenure) = self.tenure() else { continue };
            let now = Instant::now();
            // Without time to spare everything counts as old.
            let before =
                if self.budget.is_tight() { Some(now) } else { now.checked_sub(self.tuning.writeback_after) };
            if let Some(before) = before {
                self.save_dirty(&tenure, before).await;
            }
            self.drop_discards(&tenure).await;
        }
    }

    /// Saves the files with unsaved data that came at or before `before`, the oldest first.
    pub(crate) async fn save_dirty(self: &Arc<Self>, tenure: &Arc<Tenure>, before: Instant) {
        let files = tenure.files.dirty_since(before);
        let save = |(_, ino)| self.save_unasked(tenure, ino);
        futures::stream::iter(files).for_each_concurrent(self.tuning.writeback_files, save).await;
    }

    async fn save_unasked(self: &Arc<Self>, tenure: &Arc<Tenure>, ino: Ino) {
        let file = tenure.files.open(ino);
        if file.dirty().orphan && !self.budget.is_tight() {
            // Most likely nobody will ever read it. Its age counts from now.
            file.dirty().since = Some(Instant::now());
            return;
        }
        if let Err(ExecuteError::Refused(errno)) = self.commit_file(tenure, &file, &Trace::default()).await
            && errno != Errno::Stale
        {
            if let Some(times) = self.alarms.lost.say() {
                tracing::warn!(volume = %self.id, %ino, %errno, times, "unsaved data was lost; its writer is told");
            }
            file.dirty().error = Some(errno);
        }
    }
}
