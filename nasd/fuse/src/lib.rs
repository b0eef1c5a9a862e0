//! Owns the FUSE front end: mounts of volumes on this machine, and kernel requests turned into calls of a file service.
//!
//! ```text
//!  kernel ─▶ bridge ─▶ ops ─▶ writeback ─▶ mounted_volume ─▶ FileService     mount, attach, point, stale: a mount's life
//!    ▲                                       │
//!    └────────── kernel, moved ◀── recalls ──┘
//! ```
//!
//! A [`Mount`] shows one volume at one directory of this machine. A request begins on the thread that read it
//! from the kernel; one that has to wait goes on as a task of the daemon's runtime (`bridge`), so that those
//! threads never wait for a volume.
//!
//! What other clients of the volume do is seen at once, but in shared mappings: the kernel keeps attributes and names
//! for a while that the volume's leader names, and forgets them earlier when the leader recalls them before a change
//! (`kernel`); it drops a file's cached pages when it is opened or when its time or size changed. What is
//! written here reaches the volume's leader when the file is closed at the latest, if there is a leader, and a
//! majority's disks within about a second of that or when `fsync` returns; `writeback` explains how nothing is lost
//! when the leader changes in between.
//!
//! Which calls answer ENOENT where ESTALE would surprise programs: `ops::names` and `moved`.
//!
//! Permissions are checked twice: by the kernel from the mode and the access control list (`default_permissions`), and
//! by the volume for the caller. Reads and writes of open files are not checked again. fcntl(2) and flock(2) locks hold
//! among all nodes; `ops::locks` says how.

mod attach;
mod bridge;
mod caller;
mod convert;
mod handles;
mod kernel;
mod mount;
mod mounted_volume;
mod mountinfo;
mod moved;
mod ops;
mod point;
mod readahead;
mod stale;
mod writeback;

pub use mount::{Mount, MountError, MountOptions, Stopped};
pub use point::MountPoint;
pub use stale::remove_stale_mount;

use nasd_base::{Ino, VolumeId};
use nasd_fs::{CacheHolder, LockSession};
use std::sync::Arc;

/// Is told which inodes this machine's mounts hold open, so that a file whose last name is removed lives on
/// until its last handle is closed.
///
/// Handles are counted: each `opened` is followed by exactly one `closed`, at the latest when the mount
/// stops. All of this is called on threads that read from the kernel and on runtime workers, and must not block.
pub trait OpenTracker: Send + Sync + 'static {
    fn opened(&self, volume: VolumeId, ino: Ino);
    fn closed(&self, volume: VolumeId, ino: Ino);

    /// A mount of the volume begins: the name under which it holds locks. They outlast everything but
    /// `end_session` and the end of this process.
    fn begin_session(&self, volume: VolumeId) -> LockSession;

    /// Through `holder` the mount's kernel forgets what the leader recalls.
    fn keep_caches(&self, volume: VolumeId, session: LockSession, holder: Arc<dyn CacheHolder>);

    /// The mount is gone, and nobody acts on its locks any more.
    fn end_session(&self, volume: VolumeId, session: LockSession);
}

#[cfg(test)]
#[path = "../tests/memory/mod.rs"]
mod memory;

#[cfg(test)]
impl OpenTracker for memory::Memory {
    fn opened(&self, volume: VolumeId, ino: Ino) {
        self.track(volume, ino);
    }

    fn closed(&self, _: VolumeId, ino: Ino) {
        self.untrack(ino);
    }

    fn begin_session(&self, _: VolumeId) -> LockSession {
        self.new_session()
    }

    fn keep_caches(&self, _: VolumeId, session: LockSession, holder: Arc<dyn CacheHolder>) {
        self.hold(session, holder);
    }

    fn end_session(&self, _: VolumeId, _: LockSession) {}
}
