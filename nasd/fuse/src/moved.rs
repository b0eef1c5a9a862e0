//! Owns by which name the kernel knows each directory, and makes it forget a name that is not the directory's any more.
//!
//! A directory has one place in the kernel's tree. When a lookup finds one somewhere else, since another node has moved
//! it, the kernel moves it too if it can lock both places, and else fails with ESTALE. A rename holds those locks while
//! it looks its own names up, so it would fail again and again. Without the old name there is nothing to be moved. So
//! that one is forgotten first; and if the kernel does not get to it, because of the very call that waits for the
//! lookup, it does as soon as that call has failed: path walks that end with ESTALE are tried once more.
//!
//! It also owns what remains of a directory that was removed elsewhere and is gone for good: a program that still works
//! in it goes on being told what it is, as on a local file system, and finds nothing in it.

use bytes::Bytes;
use fuser::{INodeNo, Notifier};
use nasd_base::file::{Attr, FileKind};
use nasd_base::{Ino, Timestamp, Txg};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::{OnceLock, mpsc};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Directories whose names are remembered, in two halves. Those that are not may end in an ESTALE.
const HALF_MAX: usize = 32_768;

/// How long a lookup waits for the kernel to forget: much longer than that takes, and not too long for a kernel that
/// cannot.
const PATIENCE: Duration = Duration::from_millis(20);

/// A name in a directory.
type Place = (Ino, Bytes);

/// A directory as it was last seen.
#[derive(Clone)]
struct Seen {
    place: Place,
    generation: u64,
    mode: u32,
    uid: u32,
    gid: u32,
}

impl Seen {
    fn new(attr: &Attr, place: Place) -> Seen {
        let Attr { generation, mode, uid, gid, .. } = *attr;
        Seen { place, generation, mode, uid, gid }
    }

    /// Its attributes when it has no name any more and nothing in it.
    fn removed(&self, ino: Ino) -> Attr {
        let long_ago = Timestamp::default();
        Attr {
            ino,
            generation: self.generation,
            kind: FileKind::Directory,
            mode: self.mode,
            nlink: 0,
            uid: self.uid,
            gid: self.gid,
            major: 0,
            minor: 0,
            size: 0,
            allocated: 0,
            atime: long_ago,
            mtime: long_ago,
            ctime: long_ago,
            btime: long_ago,
            change: Txg(0),
        }
    }
}

/// The part of a kernel that forgets names.
pub(crate) trait ForgetsNames: Send + 'static {
    /// May wait for the lock of `parent`.
    fn forget(&self, parent: Ino, name: &Bytes);
}

impl ForgetsNames for Notifier {
    fn forget(&self, parent: Ino, name: &Bytes) {
        // A name that the kernel does not know is as good as forgotten.
        let _ = self.inval_entry(INodeNo(parent.0), OsStr::from_bytes(name));
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Directories {
    places: Mutex<Places>,
    orders: OnceLock<mpsc::Sender<(Place, watch::Sender<()>)>>,
    /// What the kernel has not got to yet, by directory: it ends with the order.
    ordered: Mutex<HashMap<Ino, watch::Receiver<()>>>,
}

#[derive(Default)]
struct Places {
    young: HashMap<Ino, Seen>,
    old: HashMap<Ino, Seen>,
}

impl Places {
    /// Notes where a directory is, and gives another place where it was before.
    fn put(&mut self, ino: Ino, seen: Seen) -> Option<Place> {
        if self.young.len() >= HALF_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        let place = seen.place.clone();
        let before = self.young.insert(ino, seen).or_else(|| self.old.remove(&ino));
        before.map(|before| before.place).filter(|before| *before != place)
    }
}

impl Directories {
    /// Starts the thread that makes `kernel` forget. It ends with this.
    pub(crate) fn start(&self, kernel: impl ForgetsNames) -> io::Result<()> {
        let (orders, arriving) = mpsc::channel::<(Place, watch::Sender<()>)>();
        std::thread::Builder::new().name("fuse-moved".into()).spawn(move || {
            while let Ok(((parent, name), order)) = arriving.recv() {
                kernel.forget(parent, &name);
                drop(order);
            }
        })?;
        let _ = self.orders.set(orders);
        Ok(())
    }

    /// A directory comes with a listing: the kernel takes it in unless it knows it by another name.
    pub(crate) fn is_listed(&self, attr: &Attr, parent: Ino, name: &Bytes) {
        let mut places = self.places.lock();
        if !places.young.contains_key(&attr.ino) && !places.old.contains_key(&attr.ino) {
            places.put(attr.ino, Seen::new(attr, (parent, name.clone())));
        }
    }

    /// What remains of a directory that the volume does not have any more; `None` if it is not remembered.
    pub(crate) fn removed(&self, ino: Ino) -> Option<Attr> {
        let places = self.places.lock();
        places.young.get(&ino).or_else(|| places.old.get(&ino)).map(|seen| seen.removed(ino))
    }

    /// A directory is about to come to the kernel by this name. Returns when it may.
    pub(crate) async fn comes(&self, attr: &Attr, parent: Ino, name: Bytes) {
        let seen = Seen::new(attr, (parent, name));
        let before = self.places.lock().put(attr.ino, seen);
        let order = match before {
            Some(before) => self.order(attr.ino, before),
            None => self.under_way(attr.ino),
        };
        if let Some(order) = order {
            let _ = timeout(PATIENCE, ended(order)).await;
        }
    }

    /// Has the kernel forget a name of the directory; ends when it has.
    fn order(&self, ino: Ino, name: Place) -> Option<watch::Receiver<()>> {
        let (order, end) = watch::channel(());
        self.orders.get()?.send((name, order)).ok()?;
        let mut ordered = self.ordered.lock();
        ordered.retain(|_, end| end.has_changed().is_ok());
        ordered.insert(ino, end.clone());
        Some(end)
    }

    /// The last order for the directory, ended or not: a walk that is tried once more may come before the kernel has
    /// forgotten.
    fn under_way(&self, ino: Ino) -> Option<watch::Receiver<()>> {
        self.ordered.lock().get(&ino).cloned()
    }
}

async fn ended(mut order: watch::Receiver<()>) {
    while order.changed().await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes what it was told, once it may.
    struct Kernel {
        told: mpsc::Sender<(Ino, Bytes)>,
        may: mpsc::Receiver<()>,
    }

    impl ForgetsNames for Kernel {
        fn forget(&self, parent: Ino, name: &Bytes) {
            let _ = self.may.recv();
            let _ = self.told.send((parent, name.clone()));
        }
    }

    #[tokio::test]
    async fn the_old_name_of_a_moved_directory_is_forgotten_before_the_new_one_comes() {
        let (told, heard) = mpsc::channel();
        let (allow, may) = mpsc::channel();
        let directories = Directories::default();
        directories.start(Kernel { told, may }).unwrap();
        let name = Bytes::from_static;
        let nine = Seen { place: (Ino(1), Bytes::new()), generation: 1, mode: 0o700, uid: 0, gid: 0 }
            .removed(Ino(9));
        directories.comes(&nine, Ino(1), name(b"a")).await;
        directories.comes(&nine, Ino(1), name(b"a")).await;
        assert!(heard.try_recv().is_err(), "it has not moved");
        allow.send(()).unwrap();
        directories.comes(&nine, Ino(2), name(b"a")).await;
        assert_eq!(heard.recv().unwrap(), (Ino(1), name(b"a")));
        // A kernel that cannot forget now is not waited for, and does so later.
        directories.comes(&nine, Ino(2), name(b"b")).await;
        // Whoever tries once more waits for that: it found the name before the kernel had got to it, and two of 1,200
        // calls on a busy machine ended with ESTALE.
        let again = tokio::time::timeout(PATIENCE / 4, directories.comes(&nine, Ino(2), name(b"b")));
        assert!(again.await.is_err(), "it is forgotten first");
        allow.send(()).unwrap();
        assert_eq!(heard.recv().unwrap(), (Ino(2), name(b"a")));
        while directories.under_way(Ino(9)).is_some_and(|end| end.has_changed().is_ok()) {
            tokio::task::yield_now().await;
        }
        directories.comes(&nine, Ino(2), name(b"b")).await;
    }
}
