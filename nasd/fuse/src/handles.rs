//! Owns the numbers that stand for open files and directories between the kernel and us.

use crate::kernel::Keep;
use crate::writeback::WrittenInode;
use nasd_base::file::DirEntry;
use nasd_base::{Errno, Ino};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An open file.
pub(crate) struct OpenFile {
    pub inode: Arc<WrittenInode>,
    pub writable: bool,
    /// Programs can store into the file through shared mappings of this handle.
    pub mappable: bool,
    /// Failures of write-back that this handle was told of.
    pub failures_seen: Mutex<u64>,
}

/// An open directory.
pub(crate) struct OpenDir {
    pub ino: Ino,
    pub listing: tokio::sync::Mutex<Listing>,
}

/// The part of a listing that was fetched and not yet given to the kernel, which takes a page at a time.
pub(crate) struct Listing {
    /// The cookie the entries come after.
    pub after: u64,
    pub entries: VecDeque<DirEntry>,
    /// Nothing comes after the entries.
    pub end: bool,
    /// Whether the entries have attributes.
    pub attrs: bool,
    /// How long the kernel may keep them.
    pub keep: Keep,
    /// How old attributes had become in all when these were asked for (`KernelCache::age`).
    pub age: u64,
}

impl Default for Listing {
    fn default() -> Self {
        let (after, entries, end, attrs, age) = Default::default();
        Listing { after, entries, end, attrs, keep: Keep::NOT, age }
    }
}

/// Things by number. A number is never given twice.
pub(crate) struct Table<T> {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<T>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { next: AtomicU64::new(1), open: Mutex::default() }
    }
}

impl<T> Table<T> {
    pub(crate) fn insert(&self, thing: T) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open.lock().insert(number, Arc::new(thing));
        number
    }

    /// `Inval` for a number that is not open: the kernel keeps its own count, so this is a bug somewhere.
    pub(crate) fn get(&self, number: u64) -> Result<Arc<T>, Errno> {
        self.open.lock().get(&number).cloned().ok_or(Errno::Inval)
    }

    pub(crate) fn remove(&self, number: u64) -> Option<Arc<T>> {
        self.open.lock().remove(&number)
    }

    /// Empties the table.
    pub(crate) fn take_all(&self) -> Vec<Arc<T>> {
        std::mem::take(&mut *self.open.lock()).into_values().collect()
    }
}
