//! Keeps the bundle that was collected last, until its time is over.

use bytes::Bytes;
use nasd_api::SupportBundle;
use parking_lot::Mutex;
use tokio::sync::{MutexGuard, TryLockError};

/// The bundle that this node has; a new one takes the old one's place.
#[derive(Default)]
pub struct Bundles {
    kept: Mutex<Option<(SupportBundle, Bytes)>>,
    collecting: tokio::sync::Mutex<()>,
}

impl Bundles {
    /// Held while one is collected.
    pub fn collecting(&self) -> Result<MutexGuard<'_, ()>, TryLockError> {
        self.collecting.try_lock()
    }

    pub fn keep(&self, bundle: SupportBundle, archive: Bytes) {
        *self.kept.lock() = Some((bundle, archive));
    }

    pub fn kept(&self, now: i64) -> Option<(SupportBundle, Bytes)> {
        let mut kept = self.kept.lock();
        if kept.as_ref().is_some_and(|(bundle, _)| bundle.expires <= now) {
            *kept = None;
        }
        kept.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(id: u64, expires: i64) -> SupportBundle {
        SupportBundle { id, made: 0, expires, bytes: 1, files: Vec::new(), missing: Vec::new() }
    }

    #[test]
    fn the_newest_is_kept_until_its_time_is_over() {
        let bundles = Bundles::default();
        bundles.keep(bundle(1, 100), Bytes::new());
        bundles.keep(bundle(2, 200), Bytes::new());
        assert_eq!(bundles.kept(199).map(|(bundle, _)| bundle.id), Some(2));
        assert_eq!(bundles.kept(200), None);
        assert_eq!(bundles.kept(0), None, "it is forgotten, not hidden");
        let _first = bundles.collecting().unwrap();
        assert!(bundles.collecting().is_err(), "one at a time");
    }
}
