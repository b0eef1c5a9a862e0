//! Owns what each kernel request means for the volume. Knows nothing of the kernel's protocol, so that all
//! of it runs without a mount, too.

mod attrs;
mod data;
mod dirs;
mod locks;
mod mappings;
mod names;
mod seek;
mod setgid;
mod space;
mod xattrs;

pub(crate) use dirs::Entries;
pub(crate) use locks::LockRequest;
pub(crate) use mappings::Mappings;
pub(crate) use names::Creation;

use crate::OpenTracker;
use crate::handles::{OpenDir, OpenFile, Table};
use crate::mounted_volume::MountedVolume;
use crate::writeback::WriteBack;
use nasd_base::{Errno, Ino};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// The operations of one mount.
pub(crate) struct Ops {
    volume: Arc<MountedVolume>,
    pub(crate) writeback: Arc<WriteBack>,
    tracker: Arc<dyn OpenTracker>,
    files: Table<OpenFile>,
    dirs: Table<OpenDir>,
    /// Of the kernel, once there is a mount.
    pub(crate) mappings: OnceLock<Arc<dyn Mappings>>,
    writing_back: Semaphore,
    locks: locks::Locks,
    setgid: setgid::SetGid,
}

impl Ops {
    pub(crate) fn new(
        volume: Arc<MountedVolume>,
        writeback: Arc<WriteBack>,
        tracker: Arc<dyn OpenTracker>,
    ) -> Ops {
        let (files, dirs, mappings, setgid) = Default::default();
        let locks = locks::Locks::new(volume.kernel.mount());
        let writing_back = Semaphore::new(mappings::WRITE_BACKS_MAX);
        Ops { volume, writeback, tracker, files, dirs, mappings, writing_back, locks, setgid }
    }

    /// Opens a file whose permission the kernel has checked, and gives its handle.
    pub(crate) fn open(&self, ino: Ino, readable: bool, writable: bool) -> u64 {
        self.tracker.opened(self.volume.id, ino);
        let inode = self.writeback.open(ino);
        let failures_seen = self.writeback.seen_at_open(&inode).into();
        // A shared mapping that can be written needs a file that can be read as well.
        let mappable = readable && writable;
        inode.mappable.fetch_add(u64::from(mappable), SeqCst);
        self.files.insert(OpenFile { inode, writable, mappable, failures_seen })
    }

    /// Closes a file. Its written data has been sent by `flush`; the commit follows in the background.
    pub(crate) fn release(&self, handle: u64) {
        if let Some(file) = self.files.remove(handle) {
            self.close(&file);
        }
    }

    fn close(&self, file: &OpenFile) {
        file.inode.mappable.fetch_sub(u64::from(file.mappable), SeqCst);
        self.writeback.close(&file.inode);
        self.tracker.closed(self.volume.id, file.inode.ino);
    }

    pub(crate) fn open_dir(&self, ino: Ino) -> u64 {
        self.tracker.opened(self.volume.id, ino);
        self.dirs.insert(OpenDir { ino, listing: tokio::sync::Mutex::default() })
    }

    pub(crate) fn release_dir(&self, handle: u64) {
        if let Some(dir) = self.dirs.remove(handle) {
            self.tracker.closed(self.volume.id, dir.ino);
        }
    }

    /// Closes what is still open: the kernel does not release handles once the mount is gone.
    pub(crate) fn close_all(&self) {
        self.files.take_all().iter().for_each(|file| self.close(file));
        self.dirs.take_all().iter().for_each(|dir| self.tracker.closed(self.volume.id, dir.ino));
    }

    fn file(&self, handle: u64) -> Result<Arc<OpenFile>, Errno> {
        self.files.get(handle)
    }
}
