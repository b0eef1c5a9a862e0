//! What applied changes mean for this replica's store, from the state machine to the volume's tasks.

use nasd_base::ChunkId;
use nasd_meta::{Effects, FreshChunk, Observer};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Chunks that may wait; beyond it, the replica compares its store with its metadata instead.
const PENDING_MAX: usize = 1 << 18;

/// Collects what a volume's state machine reports, until the volume's tasks take it.
///
/// Give it to the `VolumeMachine` as its observer (or let an observer of yours call it), and to
/// [`crate::VolumeParts::effects`]. It may collect before the volume exists.
#[derive(Default)]
pub struct EffectsFeed {
    pending: Mutex<Pending>,
    arrived: Notify,
}

/// What has happened since the feed was last emptied.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) freed: Vec<ChunkId>,
    pub(crate) named: Vec<FreshChunk>,
    /// Some was left out: look at everything.
    pub(crate) overflowed: bool,
}

impl EffectsFeed {
    pub(crate) async fn take(&self) -> Pending {
        loop {
            let arrived = self.arrived.notified();
            if let Some(pending) = self.take_now() {
                return pending;
            }
            arrived.await;
        }
    }

    fn take_now(&self) -> Option<Pending> {
        let mut pending = self.pending.lock();
        let some = !pending.freed.is_empty() || !pending.named.is_empty() || pending.overflowed;
        some.then(|| std::mem::take(&mut *pending))
    }
}

impl Observer for EffectsFeed {
    fn committed(&self, effects: &Effects) {
        let mut pending = self.pending.lock();
        if pending.freed.len() + pending.named.len() > PENDING_MAX {
            pending.overflowed = true;
            pending.named.clear();
        } else {
            pending.named.extend_from_slice(&effects.named);
        }
        // What is freed must go, as long as memory lasts; the rest is found by comparing.
        if pending.freed.len() <= PENDING_MAX {
            pending.freed.extend_from_slice(&effects.freed);
        }
        let some = !pending.freed.is_empty() || !pending.named.is_empty() || pending.overflowed;
        drop(pending);
        if some {
            self.arrived.notify_one();
        }
    }

    fn replaced(&self) {
        self.pending.lock().overflowed = true;
        self.arrived.notify_one();
    }
}
