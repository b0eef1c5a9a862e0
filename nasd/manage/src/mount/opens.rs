//! Owns what this node's mounts tell the file service: which files are open, and their locks' sessions.

use nasd_base::{Ino, VolumeId};
use nasd_fs::{CacheHolder, LockSession, Router};
use nasd_fuse::OpenTracker;
use std::sync::Arc;

/// Open files of this node's mounts keep unlinked inodes alive.
pub(super) struct RouterOpens(pub Router);

impl OpenTracker for RouterOpens {
    fn opened(&self, volume: VolumeId, ino: Ino) {
        self.0.track_open(volume, ino);
    }

    fn closed(&self, volume: VolumeId, ino: Ino) {
        self.0.untrack_open(volume, ino);
    }

    fn begin_session(&self, volume: VolumeId) -> LockSession {
        self.0.begin_session(volume)
    }

    fn keep_caches(&self, volume: VolumeId, session: LockSession, holder: Arc<dyn CacheHolder>) {
        self.0.keep_caches(volume, session, holder);
    }

    fn end_session(&self, volume: VolumeId, session: LockSession) {
        self.0.end_session(volume, session);
    }
}
