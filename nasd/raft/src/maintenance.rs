//! A group's background work: making the state durable and releasing the log below it.

use crate::RaftConfig;
use crate::log_store::Gauge;
use crate::machine::Shared;
use crate::transfer::Incoming;
use crate::types::Raft;
use openraft::async_runtime::WatchReceiver;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a peer that has received a copy may take to fetch the entries that follow it.
const CATCH_UP: Duration = Duration::from_secs(60);
/// While a peer is being filled the log may grow to so many times of what it is to keep.
const FILLING_FACTOR: u64 = 16;
/// ... but at least to this.
const FILLING_BYTES_MIN: u64 = 256 << 20;
/// How long a release waits for openraft to note what is durable.
const NOTED_WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct Maintenance {
    pub raft: Raft,
    pub shared: Arc<Shared>,
    pub gauge: Arc<Gauge>,
    pub incoming: Arc<Incoming>,
    pub config: RaftConfig,
    /// What the log held when it was last released: index and bytes.
    pub released: (u64, u64),
}

impl Maintenance {
    /// Works until the group stops. Stops the group when its state cannot be made durable.
    pub async fn run(mut self) {
        let pause = Duration::from_millis(self.config.checkpoint_ms);
        loop {
            tokio::select! {
                biased;
                () = self.shared.checkpoint_due.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            if self.raft.metrics().borrow_watched().running_state.is_err() {
                return;
            }
            self.incoming.expire(Duration::from_millis(self.config.install_timeout_ms));
            if let Err(error) = self.advance().await {
                tracing::error!(dir = %self.shared.dir.display(), %error, "a group stops: its state cannot be made durable");
                let _ = self.raft.shutdown().await;
                return;
            }
        }
    }

    async fn advance(&mut self) -> io::Result<()> {
        if self.shared.is_dirty() {
            self.shared.checkpoint()?;
        }
        let Some(durable) = self.shared.durable().index() else { return Ok(()) };
        let bytes = self.gauge.bytes();
        let (released_index, released_bytes) = self.released;
        let entries_due = durable.saturating_sub(released_index) >= self.config.snapshot_entries;
        let bytes_due = bytes.saturating_sub(released_bytes) >= self.config.snapshot_bytes;
        if (entries_due || bytes_due) && self.note(durable).await {
            self.released = (durable, bytes);
            self.release(durable).await;
        }
        Ok(())
    }

    /// Lets openraft know what is durable; it calls that a snapshot.
    async fn note(&self, durable: u64) -> bool {
        if self.raft.trigger().snapshot().await.is_err() {
            return false;
        }
        let mut metrics = self.raft.metrics();
        let noted = async {
            while metrics.borrow_watched().snapshot.is_none_or(|id| id.index < durable) {
                if metrics.changed().await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(NOTED_WITHIN, noted).await.unwrap_or(false)
    }

    /// Releases entries up to `durable`, but for the recent ones that followers may still need.
    async fn release(&self, durable: u64) {
        let mut keep = self.config.log_keep_bytes;
        if self.shared.fills_a_peer(CATCH_UP) {
            keep = keep.saturating_mul(FILLING_FACTOR).max(FILLING_BYTES_MIN);
        }
        let Some(below) = self.gauge.release_below(keep) else { return };
        let Some(through) = below.checked_sub(1) else { return };
        // Only fails when the group has stopped.
        let _ = self.raft.trigger().purge_log(through.min(durable)).await;
    }
}
