//! The files that are in use at the leader: the order of their operations, and their unsaved data.
//!
//! An entry exists while an operation holds it, unsaved data waits, or an error is to be reported.

use crate::leader::budget::Charge;
use crate::leader::overlay::Overlay;
use nasd_base::file::{Attr, Caller};
use nasd_base::{Errno, Ino, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::RwLock;
use tokio::time::Instant;

const SHARDS: usize = 64;

pub(crate) struct FileTable {
    shards: Vec<Mutex<HashMap<Ino, Arc<File>>>>,
    /// Bytes of all files that are not saved, and of writes on their way there (see `quota`).
    pub(super) unsaved: Arc<AtomicU64>,
    /// Of those that are taken in, the ones that will make the volume grow.
    pub(super) growth: Arc<AtomicU64>,
    chunk_bytes: u64,
}

/// A file's part of a count over all files.
#[derive(Debug)]
struct Part {
    own: u64,
    total: Arc<AtomicU64>,
}

impl Part {
    fn of(total: &Arc<AtomicU64>) -> Part {
        Part { own: 0, total: total.clone() }
    }

    fn set(&mut self, own: u64) {
        self.total.fetch_add(own.wrapping_sub(self.own), Relaxed);
        self.own = own;
    }
}

/// One file in use.
pub(crate) struct File {
    pub(crate) ino: Ino,
    /// Held by the one commit, truncation or punch under way. Taken before `gate`.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Shared by reads; exclusive while a write is taken in or a change of the size is under way.
    pub(super) gate: RwLock<()>,
    dirty: Mutex<Dirty>,
}

/// A file's unsaved data.
#[derive(Debug)]
pub(crate) struct Dirty {
    pub(crate) overlay: Overlay,
    /// Of the newest write; means nothing while the overlay is empty.
    pub(super) mtime: Timestamp,
    /// In whose name the data is committed: of several writers one that is not root, as that clears setuid.
    pub(crate) caller: Caller,
    /// The overlay's bytes, as of the last [`Dirty::settle`].
    unsaved: Part,
    /// Those of them that the metadata has none at.
    growth: Part,
    /// Memory that the overlay holds.
    pub(super) charge: Option<Charge>,
    /// When the oldest unsaved write came.
    pub(crate) since: Option<Instant>,
    /// A commit in the background failed, and its data is lost; the next COMMIT says so.
    pub(crate) error: Option<Errno>,
    /// The last name is gone: not worth saving unasked.
    pub(super) orphan: bool,
}

impl Dirty {
    fn is_idle(&self) -> bool {
        self.overlay.is_empty() && self.error.is_none()
    }

    /// Lets attributes from the metadata show what is not saved yet.
    pub(super) fn show_in(&self, attr: &mut Attr) {
        if self.overlay.is_empty() {
            return;
        }
        attr.size = attr.size.max(self.overlay.end());
        attr.allocated = attr.size.min(attr.allocated + self.growth.own);
        attr.mtime = self.mtime;
        attr.ctime = attr.ctime.max(self.mtime);
    }

    /// Notes that some runs went: gives memory back, and forgets the age of what is no more.
    pub(super) fn settle(&mut self) {
        self.unsaved.set(self.overlay.dirty_bytes());
        let bytes = self.overlay.memory_bytes();
        if let Some(charge) = &mut self.charge {
            charge.shrink_to(bytes);
        }
        if self.overlay.is_empty() {
            self.charge = None;
            self.since = None;
            self.growth.set(0);
        }
    }

    /// Notes how many more bytes of the overlay are where the metadata has none.
    pub(super) fn grow(&mut self, bytes: u64) {
        self.growth.set(self.growth.own + bytes);
    }

    /// Notes how many bytes of the overlay are where the metadata has none.
    pub(super) fn set_growth(&mut self, bytes: u64) {
        self.growth.set(bytes);
    }

    /// Forgets everything that is not saved.
    pub(crate) fn clear(&mut self) {
        self.overlay.forget(u64::MAX);
        self.settle();
    }
}

impl File {
    pub(crate) fn dirty(&self) -> MutexGuard<'_, Dirty> {
        self.dirty.lock()
    }
}

/// A file held in use. Dropping the last hold of a clean file takes it out of the table.
pub(crate) struct FileRef {
    file: Option<Arc<File>>,
    table: Arc<FileTable>,
}

impl Deref for FileRef {
    type Target = Arc<File>;
    fn deref(&self) -> &Arc<File> {
        self.file.as_ref().expect("taken only by drop")
    }
}

impl Drop for FileRef {
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        let ino = file.ino;
        let mut shard = self.table.shard(ino).lock();
        drop(file);
        let unused =
            shard.get(&ino).is_some_and(|file| Arc::strong_count(file) == 1 && file.dirty().is_idle());
        if unused {
            shard.remove(&ino);
        }
    }
}

impl FileTable {
    pub(crate) fn new(chunk_bytes: u32) -> Arc<FileTable> {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        let (unsaved, growth) = Default::default();
        Arc::new(FileTable { shards, unsaved, growth, chunk_bytes: u64::from(chunk_bytes) })
    }

    fn shard(&self, ino: Ino) -> &Mutex<HashMap<Ino, Arc<File>>> {
        &self.shards[(ino.0 % SHARDS as u64) as usize]
    }

    /// Takes a file into use.
    pub(crate) fn open(self: &Arc<Self>, ino: Ino) -> FileRef {
        let mut shard = self.shard(ino).lock();
        let file = shard.entry(ino).or_insert_with(|| Arc::new(self.fresh(ino))).clone();
        FileRef { file: Some(file), table: self.clone() }
    }

    fn fresh(&self, ino: Ino) -> File {
        let dirty = Dirty {
            overlay: Overlay::new(self.chunk_bytes),
            mtime: Timestamp::default(),
            caller: Caller::root(),
            unsaved: Part::of(&self.unsaved),
            growth: Part::of(&self.growth),
            charge: None,
            since: None,
            error: None,
            orphan: false,
        };
        File { ino, turn: tokio::sync::Mutex::new(()), gate: RwLock::new(()), dirty: Mutex::new(dirty) }
    }

    /// The file, if it is in use.
    pub(crate) fn peek(self: &Arc<Self>, ino: Ino) -> Option<FileRef> {
        let file = self.shard(ino).lock().get(&ino).cloned()?;
        Some(FileRef { file: Some(file), table: self.clone() })
    }

    /// Lets attributes show unsaved data, if there is any.
    pub(super) fn show_in(&self, attr: &mut Attr) {
        if let Some(file) = self.shard(attr.ino).lock().get(&attr.ino) {
            file.dirty().show_in(attr);
        }
    }

    /// Whether some data of the file is not saved.
    pub(super) fn has_unsaved(&self, ino: Ino) -> bool {
        self.shard(ino).lock().get(&ino).is_some_and(|file| !file.dirty().overlay.is_empty())
    }

    /// Files with unsaved data that came at or before `before`, the oldest first.
    pub(super) fn dirty_since(&self, before: Instant) -> Vec<(Instant, Ino)> {
        let mut old = Vec::new();
        for shard in &self.shards {
            for file in shard.lock().values() {
                let since = { file.dirty().since };
                old.extend(since.filter(|since| *since <= before).map(|since| (since, file.ino)));
            }
        }
        old.sort_unstable();
        old
    }

    /// Forgets all unsaved data.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            for file in shard.lock().values() {
                file.dirty().clear();
            }
        }
    }
}
