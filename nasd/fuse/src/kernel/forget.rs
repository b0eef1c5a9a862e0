//! Owns the threads on which a kernel is made to forget.
//!
//! To forget a name the kernel takes the lock of its directory, and the thread that asks it to stands until whoever
//! has the lock gives it back. So names are forgotten on threads of their own, one directory by one thread, and
//! attributes on another that takes no lock: a directory that is not let go of holds up nobody but those who wait for
//! its names, and these only for a time.

use bytes::Bytes;
use fuser::{INodeNo, Notifier};
use nasd_base::Ino;
use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::oneshot;

/// Directories of one mount whose locks are waited for at once. Far more than programs that hold one for long.
const THREADS_MAX: usize = 16;
/// How long such a thread stays without work.
const IDLE_MAX: Duration = Duration::from_secs(10);
/// Orders that wait, for directories' locks or for the attributes' turn; beyond them a recall is refused at once.
const ORDERS_MAX: usize = 4096;

/// The part of a kernel that forgets.
pub(crate) trait Forgets: Send + Sync + 'static {
    /// Attributes. Takes no lock.
    fn attr(&self, ino: Ino) -> io::Result<()>;
    /// What a name means. Waits for the directory's lock.
    fn name(&self, parent: Ino, name: &Bytes) -> io::Result<()>;
}

impl Forgets for Notifier {
    fn attr(&self, ino: Ino) -> io::Result<()> {
        // A negative offset leaves the pages alone.
        self.inval_inode(INodeNo(ino.0), -1, 0)
    }

    fn name(&self, parent: Ino, name: &Bytes) -> io::Result<()> {
        self.inval_entry(INodeNo(parent.0), OsStr::from_bytes(name))
    }
}

/// A kernel and the threads that make it forget. They end with this.
pub(super) struct Forgetter {
    kernel: Arc<dyn Forgets>,
    attrs: mpsc::SyncSender<(Vec<Ino>, oneshot::Sender<bool>)>,
    names: Arc<Names>,
}

struct Names {
    kernel: Arc<dyn Forgets>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: HashMap<Ino, Vec<NameOrder>>,
    /// Directories among them that no thread works on.
    ready: VecDeque<Ino>,
    busy: HashSet<Ino>,
    orders: usize,
    threads: usize,
    idle: usize,
    closed: bool,
}

struct NameOrder {
    names: Vec<Bytes>,
    done: oneshot::Sender<bool>,
}

impl Forgetter {
    pub(super) fn start(kernel: impl Forgets) -> io::Result<Forgetter> {
        let kernel: Arc<dyn Forgets> = Arc::new(kernel);
        let (attrs, orders) = mpsc::sync_channel::<(Vec<Ino>, oneshot::Sender<bool>)>(ORDERS_MAX);
        let forgetting = kernel.clone();
        std::thread::Builder::new().name("fuse-forget".into()).spawn(move || {
            while let Ok((inos, done)) = orders.recv() {
                // All of them are asked for, also after one that was not forgotten.
                let not = inos.iter().filter(|ino| !is_forgotten(forgetting.attr(**ino))).count();
                let _ = done.send(not == 0);
            }
        })?;
        let names =
            Arc::new(Names { kernel: kernel.clone(), state: Mutex::default(), changed: Condvar::default() });
        Ok(Forgetter { kernel, attrs, names })
    }

    /// Makes the kernel forget attributes, on this thread.
    pub(super) fn attr_now(&self, ino: Ino) {
        let _ = self.kernel.attr(ino);
    }

    /// Makes the kernel forget attributes; the answer tells whether it surely has, and fails when nobody knows.
    pub(super) fn attrs(&self, inos: Vec<Ino>) -> oneshot::Receiver<bool> {
        let (done, told) = oneshot::channel();
        let _ = self.attrs.try_send((inos, done));
        told
    }

    /// The same for names of a directory. Whoever drops the answer has given up.
    pub(super) fn names(&self, directory: Ino, names: Vec<Bytes>) -> oneshot::Receiver<bool> {
        let (done, told) = oneshot::channel();
        let mut state = self.names.state.lock();
        if state.orders >= ORDERS_MAX {
            return told;
        }
        state.add(directory, NameOrder { names, done });
        if state.ready.len() > state.idle && state.threads < THREADS_MAX {
            let names = self.names.clone();
            let thread = std::thread::Builder::new().name("fuse-names".into()).spawn(move || names.work());
            // Without one the order waits for another thread, or is given up.
            state.threads += usize::from(thread.is_ok());
        }
        self.names.changed.notify_one();
        told
    }
}

impl Drop for Forgetter {
    fn drop(&mut self) {
        self.names.state.lock().closed = true;
        self.names.changed.notify_all();
    }
}

impl State {
    fn add(&mut self, directory: Ino, order: NameOrder) {
        self.orders += 1;
        let waiting = self.waiting.entry(directory).or_default();
        if waiting.is_empty() && !self.busy.contains(&directory) {
            self.ready.push_back(directory);
        }
        waiting.push(order);
    }

    fn take(&mut self) -> Option<(Ino, Vec<NameOrder>)> {
        let directory = self.ready.pop_front()?;
        self.busy.insert(directory);
        Some((directory, self.waiting.remove(&directory).unwrap_or_default()))
    }

    fn finish(&mut self, directory: Ino, orders: usize) {
        self.orders -= orders;
        self.busy.remove(&directory);
        if self.waiting.contains_key(&directory) {
            self.ready.push_back(directory);
        }
    }
}

impl Names {
    /// Carries out orders while there are any.
    fn work(&self) {
        while let Some((directory, orders)) = self.next() {
            let count = orders.len();
            for NameOrder { names, done } in orders {
                if done.is_closed() {
                    continue;
                }
                let forgot = names.iter().all(|name| is_forgotten(self.kernel.name(directory, name)));
                let _ = done.send(forgot);
            }
            self.state.lock().finish(directory, count);
        }
    }

    fn next(&self) -> Option<(Ino, Vec<NameOrder>)> {
        let mut state = self.state.lock();
        loop {
            if let Some(work) = state.take() {
                return Some(work);
            }
            state.idle += 1;
            let idle_too_long = !state.closed && self.changed.wait_for(&mut state, IDLE_MAX).timed_out();
            state.idle -= 1;
            if state.ready.is_empty() && (state.closed || idle_too_long) {
                state.threads -= 1;
                return None;
            }
        }
    }
}

/// A kernel that has no such mount any more keeps nothing of it.
fn is_forgotten(result: io::Result<()>) -> bool {
    use rustix::io::Errno;
    match result {
        Ok(()) => true,
        Err(error) => {
            let gone = [Errno::NOTCONN, Errno::NODEV, Errno::BADF].map(|errno| Some(errno.raw_os_error()));
            gone.contains(&error.raw_os_error())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel in which some directories are locked until the test lets go.
    struct Locked {
        held: Mutex<HashSet<Ino>>,
        free: Condvar,
    }

    impl Forgets for Arc<Locked> {
        fn attr(&self, _: Ino) -> io::Result<()> {
            Ok(())
        }

        fn name(&self, parent: Ino, _: &Bytes) -> io::Result<()> {
            let mut held = self.held.lock();
            while held.contains(&parent) {
                self.free.wait(&mut held);
            }
            Ok(())
        }
    }

    fn locked(directories: impl IntoIterator<Item = u64>) -> (Arc<Locked>, Forgetter) {
        let held = Mutex::new(directories.into_iter().map(Ino).collect());
        let kernel = Arc::new(Locked { held, free: Condvar::default() });
        (kernel.clone(), Forgetter::start(kernel).unwrap())
    }

    impl Locked {
        fn let_go(&self) {
            self.held.lock().clear();
            self.free.notify_all();
        }
    }

    fn any() -> Vec<Bytes> {
        vec![Bytes::from_static(b"name")]
    }

    /// One directory that a program did not let go of stopped all forgetting of the mount.
    #[tokio::test]
    async fn a_locked_directory_holds_up_nobody_else() {
        let (kernel, forgetter) = locked([1]);
        let stuck: Vec<_> = (0..50).map(|_| forgetter.names(Ino(1), any())).collect();
        for directory in 2..100 {
            assert_eq!(forgetter.names(Ino(directory), any()).await, Ok(true));
        }
        assert_eq!(forgetter.attrs(vec![Ino(1)]).await, Ok(true));
        kernel.let_go();
        for told in stuck {
            assert_eq!(told.await, Ok(true));
        }
    }

    #[tokio::test]
    async fn threads_and_orders_have_an_end() {
        let (kernel, forgetter) = locked(1..=100);
        let all: Vec<_> =
            (0..2 * ORDERS_MAX as u64).map(|order| forgetter.names(Ino(1 + order % 100), any())).collect();
        assert_eq!(forgetter.names.state.lock().threads, THREADS_MAX);
        kernel.let_go();
        let mut refused = 0;
        for told in all {
            refused += usize::from(told.await.is_err());
        }
        assert_eq!(refused, ORDERS_MAX);
        // A thread counts what it has done after it has told of it.
        while forgetter.names.state.lock().orders > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
