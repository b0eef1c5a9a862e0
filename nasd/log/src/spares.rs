//! Keeps segments ready ahead of the writer, from retired ones first.

use crate::format::SegmentHeader;
use crate::segment::{LogSegment, Retired, prepare};
use crate::{LogError, LogOptions};
use nasd_disk::Disk;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// How long a failed preparation (a full disk, mostly) rests, unless the writer needs the segment.
const RETRY_AFTER: Duration = Duration::from_secs(10);

pub(crate) struct Spares {
    disk: Arc<dyn Disk>,
    log: u128,
    segment_bytes: u64,
    wanted: usize,
    next_number: u64,
    ready: VecDeque<LogSegment>,
    retired: Vec<Retired>,
    preparing: Option<JoinHandle<Result<LogSegment, LogError>>>,
    removing: JoinSet<()>,
    retry_at: Option<Instant>,
    failures: u64,
    /// Why the last attempt failed, until one succeeds.
    trouble: Option<String>,
}

impl Spares {
    /// `ready` are segments that an earlier run has prepared; the next one gets `next_number`.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        log: u128,
        options: &LogOptions,
        next_number: u64,
        ready: VecDeque<LogSegment>,
    ) -> Spares {
        Spares {
            disk,
            log,
            segment_bytes: options.segment_bytes,
            wanted: options.spare_segments,
            next_number,
            ready,
            retired: Vec::new(),
            preparing: None,
            removing: JoinSet::new(),
            retry_at: None,
            failures: 0,
            trouble: None,
        }
    }

    /// Attempts that failed since the last call.
    pub(crate) fn take_failures(&mut self) -> u64 {
        std::mem::take(&mut self.failures)
    }

    /// Why no further segment could be made ready.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    /// Waits until nothing of it is under way: whoever opens the log next finds no file that goes while it looks.
    pub(crate) async fn settle(&mut self) {
        let _ = self.finish().await;
        while self.removing.join_next().await.is_some() {}
    }

    /// Collects what is finished and starts what is missing. Does not wait.
    pub(crate) async fn top_up(&mut self) {
        while self.removing.try_join_next().is_some() {}
        if self.preparing.as_ref().is_some_and(JoinHandle::is_finished) {
            let _ = self.finish().await; // counted; the writer asks again when it needs the segment
        }
        let resting = self.retry_at.is_some_and(|at| Instant::now() < at);
        if self.ready.len() < self.wanted && self.preparing.is_none() && !resting {
            self.start();
        }
    }

    /// The next segment; waits for it if none is ready.
    pub(crate) async fn take(&mut self) -> Result<LogSegment, LogError> {
        self.wait_for_one().await?;
        let segment = self.ready.pop_front();
        self.top_up().await;
        segment.ok_or_else(|| LogError::Failed("no log segment is ready".into()))
    }

    /// Returns when a segment is ready.
    pub(crate) async fn wait_for_one(&mut self) -> Result<(), LogError> {
        if self.ready.is_empty() {
            if self.preparing.is_some() {
                let _ = self.finish().await;
            }
            // What failed in the background is tried once more: there may be room, or a retired file, by now.
            if self.ready.is_empty() {
                self.start();
                self.finish().await?;
            }
        }
        Ok(())
    }

    fn start(&mut self) {
        let header =
            SegmentHeader { log: self.log, segment: self.next_number, segment_bytes: self.segment_bytes };
        let (disk, retired) = (self.disk.clone(), self.retired.pop());
        self.preparing = Some(tokio::spawn(async move { prepare(&*disk, header, retired).await }));
    }

    async fn finish(&mut self) -> Result<(), LogError> {
        let Some(task) = self.preparing.take() else { return Ok(()) };
        let result =
            task.await.unwrap_or_else(|error| Err(LogError::Failed(format!("prepare a segment: {error}"))));
        match result {
            Ok(segment) => {
                self.next_number = segment.number + 1;
                self.ready.push_back(segment);
                self.retry_at = None;
                self.trouble = None;
                Ok(())
            }
            Err(error) => {
                if self.trouble.replace(error.to_string()).is_none() {
                    tracing::warn!(%error, "cannot prepare a log segment");
                }
                self.failures += 1;
                self.retry_at = Some(Instant::now() + RETRY_AFTER);
                Err(error)
            }
        }
    }

    /// Takes files over for later segments; removes those that are too many or of another size.
    pub(crate) async fn retire(&mut self, files: Vec<Retired>) {
        let mut superfluous = Vec::new();
        for retired in files {
            let fits = retired.file.len().await.is_ok_and(|bytes| bytes == self.segment_bytes);
            if fits && self.retired.len() < self.wanted {
                self.retired.push(retired);
            } else {
                superfluous.push(retired.name);
            }
        }
        if superfluous.is_empty() {
            return;
        }
        let disk = self.disk.clone();
        self.removing.spawn(async move {
            for name in superfluous {
                if let Err(error) = disk.remove(&name).await {
                    tracing::warn!(%name, %error, "cannot remove a log segment that is not needed");
                }
            }
        });
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        if let Some(task) = &self.preparing {
            task.abort();
        }
    }
}
