//! What the writer, the readers and the handles share: the state, and what wakes whom.

use crate::LogError;
use crate::state::State;
use nasd_base::Latency;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Notify, watch};

/// What the writer, the readers and the handles share.
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    /// Wakes the writer: there is work, or the end.
    pub(crate) wake: Notify,
    /// True when the writer has ended.
    pub(crate) ended: watch::Sender<bool>,
    /// Writes wait: the same as `State::short`, to be looked at without the lock.
    pub(crate) waits: AtomicBool,
    /// What durable writes of batches took.
    pub(crate) flush_times: Latency,
}

impl Shared {
    /// Notes that writes wait.
    pub(crate) fn is_short(&self, error: &LogError) {
        let text = error.to_string();
        if self.state.lock().short.replace(text).is_none() {
            tracing::error!(name: "log_waits", %error, "the node's log waits; it goes on by itself when there is enough again");
        }
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Notes that writes go through.
    pub(crate) fn has_enough(&self) {
        if self.waits.swap(false, Ordering::Relaxed) {
            self.state.lock().short = None;
            tracing::info!(name: "log_goes_on", "the node's log goes on");
        }
    }

    pub(crate) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    pub(crate) fn close(&self) {
        self.state.lock().closing = true;
        self.wake.notify_one();
    }
}
