//! Owns what this mount's kernel keeps in its caches: for how long it may, and making it forget.
//!
//! The volume's leader says for how long, and recalls what it said before anybody changes it. The kernel is told to
//! forget on a thread of its own: it may have to wait for a directory that a program is just using. Attributes can
//! be forgotten without waiting; with them go the pages of a file that has changed, at the next read.
//!
//! A reply that brings an inode that the kernel has not met is taken in a moment after it was written, and a recall in
//! that moment would find nothing to forget. But the kernel holds the directory's lock until then. So the directory
//! through which an inode came is remembered for a while, and the recall first asks the kernel to forget a name of it
//! that nobody uses, for which it takes the lock.

use bytes::Bytes;
use fuser::{INodeNo, Notifier};
use nasd_base::Ino;
use nasd_base::net::BoxFuture;
use nasd_fs::{CacheHolder, Cached, Change, LockSession, Request};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// For how long at least it is remembered through which directory an inode came, in two periods of this length. Far
/// longer than a program takes to go on after its system call.
const BROUGHT_PERIOD: Duration = Duration::from_millis(500);

/// How long a recall waits where it cannot wait for the directory's lock, because this mount's own change holds it.
const SETTLE: Duration = Duration::from_millis(50);

/// A name to wait for a directory's lock with. Should somebody use it, it is looked up again.
const UNUSED_NAME: &[u8] = b"\x01";

/// For how long the kernel may keep something that a reply brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    until: Option<Instant>,
    recalls: u64,
}

impl Keep {
    /// Not at all.
    pub(crate) const NOT: Keep = Keep { until: None, recalls: 0 };

    pub(crate) fn is_not(&self) -> bool {
        self.until.is_none()
    }
}

/// What must be known of a mount's kernel so that it keeps nothing too long.
pub(crate) struct KernelCache {
    /// The mount, for the leader, and whether its kernel keeps anything.
    session: LockSession,
    enabled: bool,
    /// Recalls so far: what was asked for before one is not kept.
    recalls: AtomicU64,
    /// Changes that this mount has begun or ended so far.
    changes: AtomicU64,
    /// Directories whose names this mount is changing: the kernel has them locked.
    locked: Mutex<HashMap<Ino, u32>>,
    brought: Mutex<Brought>,
    orders: OnceLock<mpsc::Sender<Order>>,
}

/// Through which directories inodes came to the kernel lately.
#[derive(Default)]
struct Brought {
    now: HashMap<Ino, Ino>,
    before: HashMap<Ino, Ino>,
    turned: Option<Instant>,
}

impl Brought {
    fn note(&mut self, parent: Ino, ino: Ino, now: Instant) {
        let turned = *self.turned.get_or_insert(now);
        if now.saturating_duration_since(turned) >= BROUGHT_PERIOD {
            self.before = std::mem::take(&mut self.now);
            self.turned = Some(now);
        }
        self.now.insert(ino, parent);
    }

    fn parent(&self, ino: Ino) -> Option<Ino> {
        self.now.get(&ino).or_else(|| self.before.get(&ino)).copied()
    }
}

struct Order {
    /// Directories whose lock is waited for first.
    after: Vec<Ino>,
    cached: Vec<Cached>,
    done: oneshot::Sender<bool>,
}

/// The part of a kernel that forgets.
pub(crate) trait Forgets: Send + 'static {
    fn attr(&self, ino: Ino) -> io::Result<()>;
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

impl KernelCache {
    pub(crate) fn new(session: LockSession, enabled: bool) -> KernelCache {
        let (recalls, changes, locked, brought, orders) = Default::default();
        KernelCache { session, enabled, recalls, changes, locked, brought, orders }
    }

    /// Starts the thread that makes `kernel` forget. It ends with this.
    pub(crate) fn start(&self, kernel: impl Forgets) -> io::Result<()> {
        let (orders, arriving) = mpsc::channel();
        std::thread::Builder::new().name("fuse-forget".into()).spawn(move || forget(&kernel, &arriving))?;
        let _ = self.orders.set(orders);
        Ok(())
    }

    /// The mount, for its locks.
    pub(crate) fn mount(&self) -> LockSession {
        self.session
    }

    /// The mount, if its kernel keeps what replies show: to be named in its calls.
    pub(crate) fn caching_mount(&self) -> Option<LockSession> {
        self.enabled.then_some(self.session)
    }

    /// To be taken before a call, for [`KernelCache::keep`] after it.
    pub(crate) fn recalls(&self) -> u64 {
        self.recalls.load(SeqCst)
    }

    /// What a reply brought may be kept for `keep` from now, unless there were recalls since `recalls`.
    pub(crate) fn keep(&self, keep: Duration, recalls: u64) -> Keep {
        let until = (!keep.is_zero()).then(|| Instant::now() + keep);
        Keep { until, recalls }
    }

    /// How long that is when it is handed to the kernel.
    pub(crate) fn ttl(&self, keep: Keep) -> Duration {
        match keep.until {
            Some(until) if keep.recalls == self.recalls() => until.saturating_duration_since(Instant::now()),
            _ => Duration::ZERO,
        }
    }

    /// A reply is about to bring `ino` by a name in `parent`. To be told before [`KernelCache::ttl`] is asked.
    pub(crate) fn brings(&self, parent: Ino, ino: Ino) {
        if self.enabled {
            self.brought.lock().note(parent, ino, Instant::now());
        }
    }

    /// Grows with all that makes attributes old: recalls, and changes of this mount.
    pub(crate) fn age(&self) -> u64 {
        self.recalls() + self.changes.load(SeqCst)
    }

    /// To be held while a request is carried out.
    pub(crate) fn during(&self, request: &Request) -> Option<During<'_>> {
        if !self.enabled {
            return None;
        }
        let locked = match request {
            Request::Write { .. } | Request::Append { .. } => vec![],
            Request::Change(
                Change::Create { parent, .. }
                | Change::Link { parent, .. }
                | Change::Unlink { parent, .. }
                | Change::Rmdir { parent, .. },
            ) => vec![*parent],
            Request::Change(Change::Rename { from_parent, to_parent, .. }) => vec![*from_parent, *to_parent],
            Request::Change(_) => vec![],
            _ => return None,
        };
        self.changes.fetch_add(1, SeqCst);
        let mut table = self.locked.lock();
        for directory in &locked {
            *table.entry(*directory).or_default() += 1;
        }
        drop(table);
        Some(During { cache: self, locked })
    }

    /// The directories through which inodes of `cached` came lately; and whether this mount's changes hold the lock of
    /// any, which cannot be waited for.
    fn directories_of(&self, cached: &[Cached]) -> (Vec<Ino>, bool) {
        let attrs = cached.iter().filter_map(|item| match item {
            Cached::Attr(ino) => Some(*ino),
            Cached::Name { .. } => None,
        });
        let mut directories: Vec<Ino> = {
            let brought = self.brought.lock();
            attrs.filter_map(|ino| brought.parent(ino)).collect()
        };
        directories.sort_unstable();
        directories.dedup();
        let locked = self.locked.lock();
        let count = directories.len();
        directories.retain(|directory| !locked.contains_key(directory));
        let locked_here = directories.len() < count;
        (directories, locked_here)
    }
}

/// A change of this mount is under way.
pub(crate) struct During<'a> {
    cache: &'a KernelCache,
    locked: Vec<Ino>,
}

impl Drop for During<'_> {
    fn drop(&mut self) {
        self.cache.changes.fetch_add(1, SeqCst);
        let mut table = self.cache.locked.lock();
        for directory in &self.locked {
            if let Some(count) = table.get_mut(directory) {
                *count -= 1;
                if *count == 0 {
                    table.remove(directory);
                }
            }
        }
    }
}

impl CacheHolder for KernelCache {
    fn recall(&self, cached: Vec<Cached>) -> BoxFuture<'static, bool> {
        // First of all: replies that are on their way must not bring it back.
        self.recalls.fetch_add(1, SeqCst);
        let (now, not_now): (Vec<_>, Vec<_>) = {
            let locked = self.locked.lock();
            cached.into_iter().partition(|item| match item {
                Cached::Name { parent, .. } => !locked.contains_key(parent),
                Cached::Attr(_) => true,
            })
        };
        let (after, locked_here) = self.directories_of(&now);
        let all = not_now.is_empty();
        let Some(orders) = self.orders.get().cloned() else { return Box::pin(std::future::ready(false)) };
        Box::pin(async move {
            if locked_here {
                tokio::time::sleep(SETTLE).await;
            }
            let (done, told) = oneshot::channel();
            orders.send(Order { after, cached: now, done }).is_ok() && told.await.unwrap_or(false) && all
        })
    }
}

/// Carries out orders until nobody can give any.
fn forget(kernel: &impl Forgets, orders: &mpsc::Receiver<Order>) {
    let unused = Bytes::from_static(UNUSED_NAME);
    while let Ok(Order { after, cached, done }) = orders.recv() {
        let waited = after.iter().all(|directory| is_forgotten(kernel.name(*directory, &unused)));
        let _ = done.send(forget_all(kernel, &cached) && waited);
    }
}

fn forget_all(kernel: &impl Forgets, cached: &[Cached]) -> bool {
    let mut all = true;
    for item in cached {
        let forgotten = match item {
            Cached::Attr(ino) => kernel.attr(*ino),
            Cached::Name { parent, name } => kernel.name(*parent, name),
        };
        all &= is_forgotten(forgotten);
    }
    all
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
    use nasd_base::NodeId;

    const DIR: Ino = Ino(1);

    /// Notes what it was told.
    struct Told(mpsc::Sender<Cached>);

    impl Forgets for Told {
        fn attr(&self, ino: Ino) -> io::Result<()> {
            self.0.send(Cached::Attr(ino)).map_err(io::Error::other)
        }

        fn name(&self, parent: Ino, name: &Bytes) -> io::Result<()> {
            self.0.send(Cached::Name { parent, name: name.clone() }).map_err(io::Error::other)
        }
    }

    fn cache() -> (KernelCache, mpsc::Receiver<Cached>) {
        let cache = KernelCache::new(LockSession { node: NodeId(1), id: 1 }, true);
        let (tell, told) = mpsc::channel();
        cache.start(Told(tell)).unwrap();
        (cache, told)
    }

    fn name() -> Cached {
        Cached::Name { parent: DIR, name: Bytes::from_static(b"name") }
    }

    #[tokio::test]
    async fn a_recall_is_carried_out_before_it_is_done() {
        let (cache, told) = cache();
        assert!(cache.recall(vec![name(), Cached::Attr(DIR)]).await);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [name(), Cached::Attr(DIR)]);
    }

    /// A mount that looked at a file just as it was made, and before it was written, went on showing it empty: the
    /// recall came before its kernel had taken in the reply to the lookup.
    #[tokio::test]
    async fn an_inode_that_has_just_come_is_forgotten_behind_the_lock_of_its_directory() {
        let (cache, told) = cache();
        cache.brings(DIR, Ino(9));
        assert!(cache.recall(vec![Cached::Attr(Ino(9))]).await);
        let lock = Cached::Name { parent: DIR, name: Bytes::from_static(UNUSED_NAME) };
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [lock, Cached::Attr(Ino(9))]);
        let during = cache.during(&Request::Change(Change::Rmdir { parent: DIR, name: Bytes::new() }));
        assert!(cache.recall(vec![Cached::Attr(Ino(9))]).await);
        assert_eq!(
            told.try_iter().collect::<Vec<_>>(),
            [Cached::Attr(Ino(9))],
            "the lock is this mount's own"
        );
        drop(during);
    }

    #[tokio::test]
    async fn a_reply_that_a_recall_overtook_is_not_kept() {
        let (cache, _told) = cache();
        let minute = Duration::from_secs(60);
        let before = cache.recalls();
        let keep = cache.keep(minute, before);
        assert!(!cache.ttl(keep).is_zero());
        assert!(cache.recall(vec![Cached::Attr(Ino(9))]).await);
        assert!(cache.ttl(keep).is_zero());
        assert!(!cache.ttl(cache.keep(minute, cache.recalls())).is_zero());
    }

    #[tokio::test]
    async fn names_of_a_directory_that_is_being_changed_here_cannot_be_forgotten_now() {
        let (cache, _told) = cache();
        let name_of = Bytes::from_static(b"other");
        let request = Request::Change(Change::Unlink { parent: DIR, name: name_of });
        let during = cache.during(&request);
        assert!(!cache.recall(vec![name(), Cached::Attr(DIR)]).await);
        assert!(cache.recall(vec![Cached::Attr(DIR)]).await, "attributes can");
        drop(during);
        assert!(cache.recall(vec![name()]).await);
    }

    #[test]
    fn a_change_of_this_mount_makes_older_listings_old() {
        let (cache, _told) = cache();
        let age = cache.age();
        let request = Request::Write { ino: Ino(5), offset: 0, stability: nasd_fs::Stability::Unstable };
        drop(cache.during(&request));
        assert_eq!(cache.age(), age + 2);
        assert!(cache.during(&Request::GetAttr { ino: Ino(5) }).is_none());
    }
}
