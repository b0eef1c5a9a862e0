//! Owns which files have a setgid bit that does not mean to run as the group (there is no group execute beside it): a
//! write by a member of the group leaves it, so that the writer's groups must be known. All other writes go without,
//! for the kernel does not say them.

use nasd_base::Ino;
use nasd_base::file::Attr;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Files remembered; hardly anybody has one. Of further ones the bit goes even when a member writes.
const FILES_MAX: usize = 4096;

/// See the module.
#[derive(Default)]
pub(super) struct SetGid {
    any: AtomicBool,
    files: Mutex<HashSet<Ino>>,
}

impl SetGid {
    /// The kernel is about to see these attributes, as it does before it opens such a file: it does not keep them.
    pub(super) fn note(&self, attr: &Attr) {
        let marked = attr.mode & 0o2010 == 0o2000;
        if !marked && !self.any.load(Relaxed) {
            return;
        }
        let mut files = self.files.lock();
        if !marked {
            files.remove(&attr.ino);
        } else if files.len() < FILES_MAX {
            files.insert(attr.ino);
        }
        self.any.store(!files.is_empty(), Relaxed);
    }

    /// Whether the groups of who writes to the file matter.
    pub(super) fn has(&self, ino: Ino) -> bool {
        self.any.load(Relaxed) && self.files.lock().contains(&ino)
    }
}
