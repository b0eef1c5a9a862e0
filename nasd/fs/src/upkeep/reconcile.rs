//! Comparing this node's store with the volume's metadata: what is missing is healed, what is left over is
//! swept.
//!
//! A chunk in the store that the metadata does not name may be on its way to be named. Only a leader can
//! tell: ids below the first that it allocated in its own term belong to earlier terms, and once it is ready,
//! nothing of those terms can still be named. So each leader says so once, and every replica sweeps below
//! that line as soon as its metadata is as new as the leader's was. Replicas remember the line, and clean up
//! below it whenever they compare again.

use crate::core::Core;
use crate::message::Ask;
use crate::refusal::ExecuteError;
use bytes::Bytes;
use nasd_base::{ChunkId, Txg};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Chunks compared between two pauses.
const PAGE: u32 = 1024;

/// Between two pages: leaves the disks and the state to clients.
const PAUSE: Duration = Duration::from_millis(5);

/// How long a replica waits for its metadata to be as new as the leader's.
const CATCH_UP: Duration = Duration::from_secs(120);

/// How often a leader tries to tell a replica that cannot be reached.
const TELL_ATTEMPTS: u32 = 5;

/// One page of the comparison.
struct Page {
    missing: Vec<ChunkId>,
    extra: Vec<ChunkId>,
    /// Where to go on; `None` at the end.
    next: Option<ChunkId>,
}

impl Core {
    /// Compares at the start, when chunks were left out, and now and then. Runs as long as the replica does.
    pub(crate) async fn reconcile_loop(self: Arc<Self>) {
        loop {
            self.reconcile().await;
            if let Some(first) = self.tenure().ok().and_then(|tenure| tenure.lease.first()) {
                self.sweep_replicas(first);
            }
            let due = tokio::time::Instant::now() + self.tuning.reconcile_interval;
            while tokio::time::Instant::now() < due {
                tokio::time::sleep(Duration::from_secs(5).min(self.tuning.reconcile_interval)).await;
                if self.heal.len() == 0 && self.heal.take_overflow() {
                    break;
                }
            }
        }
    }

    pub(crate) async fn reconcile(&self) {
        let mut after = ChunkId(0);
        loop {
            let page = match self.compare(after).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(volume = %self.id, %error, "the store could not be compared with the metadata");
                    return;
                }
            };
            page.missing.into_iter().for_each(|chunk| self.heal.add(chunk));
            self.delete_garbage(page.extra).await;
            let Some(next) = page.next else { return };
            after = next;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Compares the chunks above `after`.
    async fn compare(&self, after: ChunkId) -> Result<Page, ExecuteError> {
        let stored = self.store.keys_after(self.id, after, PAGE as usize);
        let rows = self.meta.chunks_after(after, PAGE)?;
        let named: BTreeSet<ChunkId> = rows.iter().map(|row| row.chunk.chunk).collect();
        // A full page says nothing of what lies beyond its end.
        let full_end = |ids: Option<ChunkId>, len: usize| ids.filter(|_| len >= PAGE as usize);
        let ends =
            [full_end(stored.last().copied(), stored.len()), full_end(named.last().copied(), named.len())];
        let next = ends.into_iter().flatten().min();
        let within = |chunk: &ChunkId| next.is_none_or(|next| *chunk <= next);
        let stored: BTreeSet<ChunkId> = stored.into_iter().filter(within).collect();
        let missing =
            named.iter().filter(|chunk| within(chunk) && !stored.contains(chunk)).copied().collect();
        let extra = stored.into_iter().filter(|chunk| !named.contains(chunk)).collect();
        Ok(Page { missing, extra, next })
    }

    /// Removes chunks that nothing names and nothing can name any more.
    pub(super) async fn delete_garbage(&self, mut unnamed: Vec<ChunkId>) {
        let below = ChunkId(self.settled_below.load(Relaxed));
        unnamed.retain(|chunk| *chunk < below);
        self.delete_here(&unnamed).await;
    }

    async fn sweep(&self, below: ChunkId) {
        self.settled_below.fetch_max(below.0, Relaxed);
        let mut after = ChunkId(0);
        loop {
            let Ok(page) = self.compare(after).await else { return };
            self.delete_garbage(page.extra).await;
            match page.next {
                Some(next) if next < below => after = next,
                _ => return,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Sweeps as soon as the metadata is at least as new as `seen`.
    pub(crate) async fn sweep_when_seen(self: Arc<Self>, below: ChunkId, seen: Txg) {
        let caught_up = async {
            while self.meta.totals().is_ok_and(|totals| totals.txg < seen) {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        if tokio::time::timeout(CATCH_UP, caught_up).await.is_ok() {
            self.sweep(below).await;
        }
    }

    /// A leader has taken its first ids: everything below is settled. Tells all replicas.
    pub(crate) fn sweep_replicas(self: &Arc<Self>, below: ChunkId) {
        let Ok(totals) = self.meta.totals() else { return };
        tokio::spawn(self.clone().sweep_when_seen(below, totals.txg));
        let others: Vec<_> = self.replicas.borrow().iter().copied().filter(|node| *node != self.me).collect();
        for node in others {
            let core = self.clone();
            tokio::spawn(async move {
                let ask = Ask::Sweep { volume: core.id, below, seen: totals.txg };
                for _ in 0..TELL_ATTEMPTS {
                    if core.ask(node, &ask, Bytes::new(), core.tuning.chunk_timeout).await.is_ok() {
                        return;
                    }
                    tokio::time::sleep(core.tuning.suspect_for).await;
                }
            });
        }
    }

    /// Removes what was uploaded in this tenure and will never be named, everywhere.
    pub(crate) async fn drop_discards(self: &Arc<Self>, tenure: &crate::leader::tenure::Tenure) {
        let chunks = std::mem::take(&mut *tenure.discards.lock());
        for group in chunks.chunks(crate::message::CHUNKS_PER_MESSAGE_MAX) {
            self.delete_here(group).await;
            let others: Vec<_> =
                self.replicas.borrow().iter().copied().filter(|node| *node != self.me).collect();
            for node in others {
                // One that does not hear of it keeps garbage until the next leader's sweep.
                let ask = Ask::DropChunks { volume: self.id, chunks: group.to_vec() };
                let _ = self.ask(node, &ask, Bytes::new(), self.tuning.chunk_timeout).await;
            }
        }
    }
}
