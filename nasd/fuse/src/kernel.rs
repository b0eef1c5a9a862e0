//! Owns what this mount's kernel keeps in its caches: for how long it may, and making it forget.
//!
//! The volume's leader says for how long, and recalls what it said before anybody changes it. `held` tells what a
//! kernel holds while it waits for a reply, and why no reply may wait for it in turn; `forget` has the threads that wait
//! for it instead. With a file's attributes go its pages if it has changed, at the next read.
//!
//! A reply that brings an inode that the kernel has not met is taken in a moment after it was written, and a recall in
//! that moment would find nothing to forget. But the kernel holds the directory's lock until then. So the directory
//! through which an inode came is remembered for a while, and the recall first asks the kernel to forget a name of it
//! that nobody uses, for which it takes the lock.

mod forget;
mod held;

use bytes::Bytes;
use forget::{Forgets, Forgetter};
use held::{Held, held_by};
use nasd_base::Ino;
use nasd_base::net::BoxFuture;
use nasd_base::rarely::Rarely;
use nasd_fs::{CacheHolder, Cached, LockSession, Request};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// For how long at least it is remembered through which directory an inode came, in two periods of this length. Far
/// longer than a program takes to go on after its system call.
const BROUGHT_PERIOD: Duration = Duration::from_millis(500);

/// How long a recall waits for a directory whose lock this mount's own change holds: that change may be waiting for the
/// one that recalls.
const SETTLE: Duration = Duration::from_millis(50);

/// How long a recall waits for the kernel. By then it has forgotten by itself what it was told to keep.
const PATIENCE: Duration = Duration::from_secs(1);

/// Recalls given up that are told in a minute.
const TOLD_PER_MINUTE: u32 = 4;

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
    held: Held,
    brought: Mutex<Brought>,
    forgetter: OnceLock<Arc<Forgetter>>,
    given_up: Arc<Rarely>,
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

/// What a recall asks of the kernel: names, by the directory whose lock is waited for, and attributes.
#[derive(Default)]
struct Plan {
    directories: BTreeMap<Ino, Wanted>,
    attrs: Vec<Ino>,
}

/// Names that are to be forgotten in a directory; with none only its lock is waited for.
#[derive(Default)]
struct Wanted {
    names: Vec<Bytes>,
    /// A change of this mount holds the lock.
    held: bool,
}

impl KernelCache {
    pub(crate) fn new(session: LockSession, enabled: bool) -> KernelCache {
        let (recalls, changes, held, brought, forgetter) = Default::default();
        let given_up = Arc::new(Rarely::new(TOLD_PER_MINUTE, Duration::from_secs(60)));
        KernelCache { session, enabled, recalls, changes, held, brought, forgetter, given_up }
    }

    /// Starts what makes `kernel` forget. It ends with this.
    pub(crate) fn start(&self, kernel: impl Forgets) -> io::Result<()> {
        let _ = self.forgetter.set(Arc::new(Forgetter::start(kernel)?));
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

    /// A change of this mount did more to the inode than its kernel expects. The request names the inode, so that this
    /// waits for nothing.
    pub(crate) fn expire(&self, ino: Ino) {
        self.recalls.fetch_add(1, SeqCst);
        if let Some(forgetter) = self.forgetter.get() {
            forgetter.attr_now(ino);
        }
    }

    /// To be held while a request is carried out.
    pub(crate) fn during(&self, request: &Request) -> Option<During<'_>> {
        let changes = matches!(request, Request::Write { .. } | Request::Append { .. } | Request::Change(_));
        if !self.enabled || !changes {
            return None;
        }
        self.changes.fetch_add(1, SeqCst);
        let held = held_by(request);
        self.held.begin(held);
        Some(During { cache: self, held })
    }

    fn plan(&self, cached: Vec<Cached>) -> Plan {
        let mut plan = Plan::default();
        for item in cached {
            match item {
                Cached::Name { parent, name } => plan.directories.entry(parent).or_default().names.push(name),
                Cached::Attr(ino) => plan.attrs.push(ino),
            }
        }
        let brought = self.brought.lock();
        for directory in plan.attrs.iter().filter_map(|ino| brought.parent(*ino)) {
            plan.directories.entry(directory).or_default();
        }
        drop(brought);
        for (directory, wanted) in &mut plan.directories {
            wanted.held = self.held.has(*directory);
        }
        plan
    }
}

/// A change of this mount is under way.
pub(crate) struct During<'a> {
    cache: &'a KernelCache,
    held: [Option<Ino>; 2],
}

impl Drop for During<'_> {
    fn drop(&mut self) {
        self.cache.changes.fetch_add(1, SeqCst);
        self.cache.held.end(self.held);
    }
}

impl CacheHolder for KernelCache {
    fn recall(&self, cached: Vec<Cached>) -> BoxFuture<'static, bool> {
        // First of all: replies that are on their way must not bring it back.
        self.recalls.fetch_add(1, SeqCst);
        let plan = self.plan(cached);
        let Some(forgetter) = self.forgetter.get().cloned() else {
            return Box::pin(std::future::ready(false));
        };
        let given_up = self.given_up.clone();
        Box::pin(async move { plan.carry_out(&forgetter, &given_up).await })
    }
}

impl Plan {
    /// Whether the kernel has surely forgotten all of it. Over after two seconds at most.
    async fn carry_out(self, forgetter: &Forgetter, given_up: &Rarely) -> bool {
        let now = Instant::now();
        let asked: Vec<_> = self
            .directories
            .into_iter()
            .map(|(directory, wanted)| wanted.ask(forgetter, directory))
            .collect();
        let mut all = true;
        for asked in asked {
            all &= asked.answer(now, given_up).await;
        }
        if self.attrs.is_empty() {
            return all;
        }
        // Whatever became of the names: these take no lock.
        answer(forgetter.attrs(self.attrs), Instant::now() + PATIENCE).await.unwrap_or(false) && all
    }
}

impl Wanted {
    fn ask(self, forgetter: &Forgetter, directory: Ino) -> Asked {
        let Wanted { names, held } = self;
        let only_waits = names.is_empty();
        let names = if only_waits { vec![Bytes::from_static(UNUSED_NAME)] } else { names };
        Asked { directory, held, only_waits, told: forgetter.names(directory, names) }
    }
}

/// [`Wanted`], on its way.
struct Asked {
    directory: Ino,
    held: bool,
    only_waits: bool,
    told: oneshot::Receiver<bool>,
}

impl Asked {
    async fn answer(self, asked: Instant, given_up: &Rarely) -> bool {
        let patience = if self.held { SETTLE } else { PATIENCE };
        if let Some(forgot) = answer(self.told, asked + patience).await {
            return forgot;
        }
        if !self.held {
            tell(given_up, self.directory);
        }
        // What a reply brought before that has been taken in by now.
        self.only_waits
    }
}

/// `None` when it takes too long.
async fn answer(told: oneshot::Receiver<bool>, patient_until: Instant) -> Option<bool> {
    timeout_at(patient_until, told).await.ok().map(|told| told.unwrap_or(false))
}

fn tell(given_up: &Rarely, directory: Ino) {
    if let Some(times) = given_up.say(Instant::now()) {
        tracing::warn!(%directory, times, "programs of this machine hold a directory for so long that its names \
            could not be taken back from the kernel's cache: a change by another client waited for a second");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::NodeId;
    use nasd_fs::Change;
    use std::sync::mpsc;

    const DIR: Ino = Ino(1);

    /// Notes what it was told. A locked directory is waited for.
    struct Told {
        tell: Mutex<mpsc::Sender<Cached>>,
        locked: Arc<Mutex<Option<Ino>>>,
    }

    impl Forgets for Told {
        fn attr(&self, ino: Ino) -> io::Result<()> {
            self.tell.lock().send(Cached::Attr(ino)).map_err(io::Error::other)
        }

        fn name(&self, parent: Ino, name: &Bytes) -> io::Result<()> {
            while *self.locked.lock() == Some(parent) {
                std::thread::yield_now();
            }
            self.tell.lock().send(Cached::Name { parent, name: name.clone() }).map_err(io::Error::other)
        }
    }

    struct Scene {
        cache: KernelCache,
        told: mpsc::Receiver<Cached>,
        locked: Arc<Mutex<Option<Ino>>>,
    }

    impl Scene {
        /// A change of this mount holds the directory's lock.
        fn change(&self, change: Change) -> During<'_> {
            *self.locked.lock() = Some(DIR);
            self.cache.during(&Request::Change(change)).unwrap()
        }

        fn let_go(&self, during: During<'_>) {
            drop(during);
            *self.locked.lock() = None;
        }

        fn told(&self) -> Vec<Cached> {
            self.told.try_iter().collect()
        }
    }

    fn scene() -> Scene {
        let cache = KernelCache::new(LockSession { node: NodeId(1), id: 1 }, true);
        let ((tell, told), locked) = (mpsc::channel(), Arc::default());
        cache.start(Told { tell: Mutex::new(tell), locked: Arc::clone(&locked) }).unwrap();
        Scene { cache, told, locked }
    }

    fn remove() -> Change {
        Change::Rmdir { parent: DIR, name: Bytes::from_static(b"gone") }
    }

    fn name() -> Cached {
        Cached::Name { parent: DIR, name: Bytes::from_static(b"name") }
    }

    #[tokio::test]
    async fn a_recall_is_carried_out_before_it_is_done() {
        let scene = scene();
        assert!(scene.cache.recall(vec![name(), Cached::Attr(DIR)]).await);
        assert_eq!(scene.told(), [name(), Cached::Attr(DIR)]);
    }

    /// A mount that looked at a file just as it was made, and before it was written, went on showing it empty: the
    /// recall came before its kernel had taken in the reply to the lookup.
    #[tokio::test]
    async fn an_inode_that_has_just_come_is_forgotten_behind_the_lock_of_its_directory() {
        let scene = scene();
        scene.cache.brings(DIR, Ino(9));
        assert!(scene.cache.recall(vec![Cached::Attr(Ino(9))]).await);
        let lock = Cached::Name { parent: DIR, name: Bytes::from_static(UNUSED_NAME) };
        assert_eq!(scene.told(), [lock, Cached::Attr(Ino(9))]);
        let during = scene.change(remove());
        assert!(scene.cache.recall(vec![Cached::Attr(Ino(9))]).await);
        assert_eq!(scene.told(), [Cached::Attr(Ino(9))], "the lock is this mount's own: a moment must do");
        scene.let_go(during);
    }

    #[tokio::test]
    async fn a_reply_that_a_recall_overtook_is_not_kept() {
        let scene = scene();
        let cache = &scene.cache;
        let minute = Duration::from_secs(60);
        let before = cache.recalls();
        let keep = cache.keep(minute, before);
        assert!(!cache.ttl(keep).is_zero());
        assert!(cache.recall(vec![Cached::Attr(Ino(9))]).await);
        assert!(cache.ttl(keep).is_zero());
        assert!(!cache.ttl(cache.keep(minute, cache.recalls())).is_zero());
    }

    /// Setting an attribute on a directory holds its lock just as making a name in it does; it did not count, and
    /// two mounts waited for each other.
    #[tokio::test]
    async fn names_of_a_directory_that_is_being_changed_here_are_waited_for_a_moment_only() {
        let scene = scene();
        let (value, mode) = (Bytes::new(), nasd_fs::XattrMode::Either);
        let attribute = Bytes::from_static(b"user.x");
        let set_attr = Change::SetAttr { ino: DIR, set: Default::default(), guard: None };
        let set = Change::SetXattr { ino: DIR, name: attribute.clone(), value, mode };
        for change in [remove(), set_attr, set, Change::RemoveXattr { ino: DIR, name: attribute }] {
            let during = scene.change(change.clone());
            let begun = Instant::now();
            assert!(!scene.cache.recall(vec![name(), Cached::Attr(DIR)]).await, "{change:?}");
            assert!(begun.elapsed() < PATIENCE, "{change:?}");
            assert_eq!(scene.told(), [Cached::Attr(DIR)], "attributes are forgotten all the same");
            scene.let_go(during);
            assert!(scene.cache.recall(vec![name()]).await);
            scene.told();
        }
    }

    #[tokio::test]
    async fn a_directory_that_is_not_let_go_of_is_given_up() {
        let scene = scene();
        *scene.locked.lock() = Some(DIR);
        let other = Cached::Name { parent: Ino(5), name: Bytes::from_static(b"other") };
        assert!(!scene.cache.recall(vec![name(), other.clone(), Cached::Attr(DIR)]).await);
        assert_eq!(scene.told(), [other, Cached::Attr(DIR)]);
        *scene.locked.lock() = None;
    }

    /// Setting an attribute on a directory that had just been listed hung: what was behind the change waited for the
    /// lock that the change held.
    #[tokio::test]
    async fn to_expire_waits_for_nothing() {
        let scene = scene();
        scene.cache.brings(DIR, DIR);
        let (during, before) = (scene.change(remove()), scene.cache.recalls());
        scene.cache.expire(DIR);
        assert_eq!(scene.told(), [Cached::Attr(DIR)]);
        assert!(scene.cache.recalls() > before);
        scene.let_go(during);
    }

    #[test]
    fn a_change_of_this_mount_makes_older_listings_old() {
        let cache = scene().cache;
        let age = cache.age();
        let request = Request::Write { ino: Ino(5), offset: 0, stability: nasd_fs::Stability::Unstable };
        drop(cache.during(&request));
        assert_eq!(cache.age(), age + 2);
        assert!(cache.during(&Request::GetAttr { ino: Ino(5) }).is_none());
    }
}
