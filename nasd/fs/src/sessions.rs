//! Which mounts of this node are alive, and whose kernels keep caches.

use crate::service::Cached;
use nasd_base::VolumeId;
use nasd_base::net::BoxFuture;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// A mount whose kernel keeps what [`crate::FileService::call_keeping`] says it may.
pub trait CacheHolder: Send + Sync + 'static {
    /// Makes the kernel forget. The result tells whether it surely has; the leader otherwise waits until it must
    /// have by itself.
    fn recall(&self, cached: Vec<Cached>) -> BoxFuture<'static, bool>;
}

/// The mounts of this node, and who makes their kernels forget.
#[derive(Default)]
pub(crate) struct SessionTable(Mutex<HashMap<(VolumeId, u64), Holder>>);

type Holder = Option<Arc<dyn CacheHolder>>;

impl SessionTable {
    pub(crate) fn begin(&self, volume: VolumeId, session: u64) {
        self.0.lock().insert((volume, session), None);
    }

    pub(crate) fn keep_caches(&self, volume: VolumeId, session: u64, holder: Arc<dyn CacheHolder>) {
        if let Some(known) = self.0.lock().get_mut(&(volume, session)) {
            *known = Some(holder);
        }
    }

    /// Whether the mount's kernel has surely forgotten. One that is gone keeps nothing.
    pub(crate) fn recall(
        &self,
        volume: VolumeId,
        session: u64,
        cached: Vec<Cached>,
    ) -> BoxFuture<'static, bool> {
        match self.0.lock().get(&(volume, session)) {
            Some(Some(holder)) => holder.recall(cached),
            _ => Box::pin(std::future::ready(true)),
        }
    }

    pub(crate) fn end(&self, volume: VolumeId, session: u64) {
        self.0.lock().remove(&(volume, session));
    }

    /// Those of `sessions` that are alive here.
    pub(crate) fn live_of(&self, volume: VolumeId, mut sessions: Vec<u64>) -> Vec<u64> {
        let live = self.0.lock();
        sessions.retain(|session| live.contains_key(&(volume, *session)));
        sessions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_from_its_beginning_to_its_end() {
        let (table, volume) = (SessionTable::default(), VolumeId(1));
        table.begin(volume, 7);
        assert_eq!(table.live_of(volume, vec![6, 7, 8]), vec![7]);
        assert!(table.live_of(VolumeId(2), vec![7]).is_empty());
        table.end(volume, 7);
        assert!(table.live_of(volume, vec![7]).is_empty());
    }
}
