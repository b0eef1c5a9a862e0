//! What the kernels of mounts keep of a volume, as its leader knows it. `recall` asks them to let go.
//!
//! A reply may say that the kernel can keep the attributes and the name in it for a while. The leader remembers for
//! that long who was told so. A change first takes it back: every other mount that may have it is asked to let go,
//! and one that does not answer is waited out (leases as in Gray and Cheriton, 1989). From before the recall until
//! the change is done nobody else is told to keep what it touches. So no kernel shows anything that another client
//! has seen replaced.
//!
//! The mount that makes the change is left out: its kernel knows what its own changes do.
//!
//! A new leader need not know what the one before has given away: that ends before anybody else can lead
//! ([`crate::VolumeGroup::sole_for`]).

use crate::service::Cached;
use nasd_base::Ino;
use nasd_base::rarely::Rarely;
use nasd_meta::LockSession;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Longest that a kernel keeps anything without asking again. Long enough to look at what a listing brought, short
/// enough for a writer to wait for a mount that does not answer.
pub(super) const KEEP_MAX: Duration = Duration::from_secs(1);

/// How long a recall is waited for: after that a kernel has forgotten by itself, on a clock that runs a tenth slower.
pub(super) const RECALL_PATIENCE: Duration = Duration::from_millis(1100);

/// How long nobody keeps names of a directory in which two mounts were in each other's way. Their kernels cannot let
/// go of a name while they change the directory themselves.
const CONTENDED_FOR: Duration = Duration::from_secs(30);

/// Recalls given up that are told in a minute.
const TOLD_PER_MINUTE: u32 = 4;

/// Directories remembered as contended; further ones go on being recalled and waited for.
const CONTENDED_MAX: usize = 4096;

/// A [`Cached`] in less memory. Two names that share a digest are recalled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    ino: Ino,
    /// Digest of a name in this directory; `None` stands for its attributes.
    name: Option<u64>,
}

impl Key {
    pub(super) fn attr(ino: Ino) -> Key {
        Key { ino, name: None }
    }

    pub(super) fn name(parent: Ino, name: &[u8]) -> Key {
        // Of one key in every process: chance has no part in what is recalled.
        let mut digest = std::hash::DefaultHasher::new();
        name.hash(&mut digest);
        Key { ino: parent, name: Some(digest.finish()) }
    }
}

impl From<&Cached> for Key {
    fn from(cached: &Cached) -> Key {
        match cached {
            Cached::Attr(ino) => Key::attr(*ino),
            Cached::Name { parent, name } => Key::name(*parent, name),
        }
    }
}

/// Who keeps what of one volume. Belongs to a tenure.
pub(super) struct Caches {
    state: Mutex<State>,
    pub(super) given_up: Rarely,
}

impl Default for Caches {
    fn default() -> Caches {
        Caches { state: Mutex::default(), given_up: Rarely::new(TOLD_PER_MINUTE, Duration::from_secs(60)) }
    }
}

#[derive(Default)]
struct State {
    /// Who was told to keep what, in this period and in the one before. A period is as long as a recall is waited
    /// for, so what is in neither is kept by nobody.
    now: Period,
    before: Period,
    turned: Option<Instant>,
    /// Changes under way, by what they touch.
    changing: HashMap<Key, Vec<Option<LockSession>>>,
    moves: Moves,
    contended: HashMap<Ino, Instant>,
}

#[derive(Default)]
struct Period {
    holders: HashMap<Key, Vec<LockSession>>,
    mounts: Vec<LockSession>,
}

/// Changes begun and ended, in all and by mount.
#[derive(Default)]
struct Moves {
    all: u64,
    of: HashMap<LockSession, u64>,
}

/// A moment before a read: what is read may be kept if no other client's change began or ended since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(u64);

/// Others are not told to keep what a change touches while this exists.
pub(super) struct Changing {
    caches: Arc<Caches>,
    by: Option<LockSession>,
    touched: Vec<Key>,
}

impl Period {
    fn add(&mut self, key: Key, mount: LockSession) {
        let holders = self.holders.entry(key).or_default();
        if !holders.contains(&mount) {
            holders.push(mount);
        }
        if !self.mounts.contains(&mount) {
            self.mounts.push(mount);
        }
    }

    fn remove(&mut self, key: Key, mount: LockSession) {
        if let Some(holders) = self.holders.get_mut(&key) {
            holders.retain(|holder| *holder != mount);
        }
    }
}

impl Moves {
    fn count(&mut self, by: Option<LockSession>) {
        self.all += 1;
        if let Some(mount) = by {
            *self.of.entry(mount).or_default() += 1;
        }
    }

    fn by_others(&self, mount: LockSession) -> u64 {
        self.all - self.of.get(&mount).copied().unwrap_or(0)
    }
}

impl State {
    fn turn(&mut self, now: Instant) {
        let turned = *self.turned.get_or_insert(now);
        let age = now.saturating_duration_since(turned);
        if age < RECALL_PATIENCE {
            return;
        }
        let last = std::mem::take(&mut self.now);
        self.before = if age < 2 * RECALL_PATIENCE { last } else { Period::default() };
        self.turned = Some(now);
        self.contended.retain(|_, until| *until > now);
    }

    fn others_change(&self, key: Key, mount: LockSession) -> bool {
        self.changing.get(&key).is_some_and(|by| by.iter().any(|by| *by != Some(mount)))
    }

    /// Everybody but `by` who may have some of `cached`, and what.
    fn holders(&self, cached: &[Cached], by: Option<LockSession>) -> Vec<(LockSession, Vec<Cached>)> {
        let mut found: Vec<(LockSession, Vec<Cached>)> = Vec::new();
        for mount in self.now.mounts.iter().chain(&self.before.mounts) {
            if Some(*mount) == by || found.iter().any(|(known, _)| known == mount) {
                continue;
            }
            let holds = |period: &Period, item: &Cached| {
                period.holders.get(&Key::from(item)).is_some_and(|holders| holders.contains(mount))
            };
            let held = cached.iter().filter(|item| holds(&self.now, item) || holds(&self.before, item));
            let held: Vec<Cached> = held.cloned().collect();
            if !held.is_empty() {
                found.push((*mount, held));
            }
        }
        found
    }
}

impl Caches {
    /// To be taken before something is read that `mount` wants to keep.
    pub(crate) fn moment(&self, mount: LockSession) -> Moment {
        Moment(self.state.lock().moves.by_others(mount))
    }

    /// Whether `mount` may keep what it has read since `moment`: `keys`, names among them only of `directory`.
    pub(super) fn keep(
        &self,
        mount: LockSession,
        moment: Moment,
        directory: Option<Ino>,
        keys: impl Iterator<Item = Key>,
        now: Instant,
    ) -> bool {
        let mut state = self.state.lock();
        state.turn(now);
        if state.moves.by_others(mount) != moment.0 {
            return false;
        }
        if directory
            .is_some_and(|directory| state.contended.get(&directory).is_some_and(|until| *until > now))
        {
            return false;
        }
        for key in keys {
            // Those before it were noted: a recall too many does no harm.
            if state.others_change(key, mount) {
                return false;
            }
            state.now.add(key, mount);
        }
        true
    }

    /// Whether any mount but `by` may keep anything.
    pub(super) fn others_keep(&self, by: Option<LockSession>, now: Instant) -> bool {
        let mut state = self.state.lock();
        state.turn(now);
        let State { now, before, .. } = &*state;
        now.mounts.iter().chain(&before.mounts).any(|mount| Some(*mount) != by)
    }

    pub(super) fn begin(
        self: &Arc<Self>,
        by: Option<LockSession>,
        cached: &[Cached],
        now: Instant,
    ) -> (Changing, Vec<(LockSession, Vec<Cached>)>) {
        let mut touched: Vec<Key> = cached.iter().map(Key::from).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut state = self.state.lock();
        state.turn(now);
        state.moves.count(by);
        for key in &touched {
            state.changing.entry(*key).or_default().push(by);
        }
        let holders = state.holders(cached, by);
        drop(state);
        (Changing { caches: self.clone(), by, touched }, holders)
    }

    /// `mount` has let go, or has had the time to.
    pub(super) fn let_go(&self, mount: LockSession, cached: &[Cached]) {
        let mut state = self.state.lock();
        for item in cached {
            state.now.remove(Key::from(item), mount);
            state.before.remove(Key::from(item), mount);
        }
    }

    pub(super) fn contend(&self, cached: &[Cached], now: Instant) {
        let mut state = self.state.lock();
        for item in cached {
            if let Cached::Name { parent, .. } = item
                && state.contended.len() < CONTENDED_MAX
            {
                state.contended.insert(*parent, now + CONTENDED_FOR);
            }
        }
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        let mut state = self.caches.state.lock();
        state.moves.count(self.by);
        for key in &self.touched {
            if let Some(by) = state.changing.get_mut(key) {
                if let Some(at) = by.iter().position(|by| *by == self.by) {
                    by.swap_remove(at);
                }
                if by.is_empty() {
                    state.changing.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use nasd_base::NodeId;

    const A: LockSession = LockSession { node: NodeId(1), id: 1 };
    const B: LockSession = LockSession { node: NodeId(2), id: 2 };
    const DIR: Ino = Ino(1);
    const FILE: Ino = Ino(7);

    fn name() -> Cached {
        Cached::Name { parent: DIR, name: Bytes::from_static(b"name") }
    }

    fn looked_up(caches: &Caches, mount: LockSession, moment: Moment, now: Instant) -> bool {
        let keys = [Key::name(DIR, b"name"), Key::attr(FILE)].into_iter();
        caches.keep(mount, moment, Some(DIR), keys, now)
    }

    #[test]
    fn a_change_finds_those_who_keep_it_but_not_its_own_mount() {
        let (caches, now) = (Arc::new(Caches::default()), Instant::now());
        for mount in [A, B] {
            assert!(looked_up(&caches, mount, caches.moment(mount), now));
        }
        let (_changing, holders) = caches.begin(Some(A), &[name(), Cached::Attr(Ino(8))], now);
        assert_eq!(holders, vec![(B, vec![name()])]);
        let (_changing, holders) = caches.begin(None, &[Cached::Attr(FILE)], now);
        assert_eq!(holders, vec![(A, vec![Cached::Attr(FILE)]), (B, vec![Cached::Attr(FILE)])]);
    }

    #[test]
    fn nothing_is_kept_that_was_read_across_a_change_of_somebody_else() {
        let (caches, now) = (Arc::new(Caches::default()), Instant::now());
        let before = caches.moment(B);
        let (changing, _) = caches.begin(Some(A), &[Cached::Attr(FILE)], now);
        assert!(!looked_up(&caches, B, before, now), "it began after the read");
        assert!(!looked_up(&caches, B, caches.moment(B), now), "it is under way");
        assert!(looked_up(&caches, A, caches.moment(A), now), "it is its own");
        let during = caches.moment(B);
        drop(changing);
        assert!(!looked_up(&caches, B, during, now), "it ended after the read");
        assert!(looked_up(&caches, B, caches.moment(B), now));
    }

    #[test]
    fn what_was_given_is_known_for_as_long_as_it_may_be_kept_and_no_longer() {
        let (caches, begun) = (Arc::new(Caches::default()), Instant::now());
        let mut given = begun;
        for _ in 0..50 {
            given += Duration::from_millis(370);
            assert!(looked_up(&caches, B, caches.moment(B), given));
            let (_, holders) = caches.begin(None, &[name()], given + KEEP_MAX);
            assert_eq!(holders.len(), 1, "after {:?}", given - begun);
        }
        let (_, holders) = caches.begin(None, &[name()], given + 2 * RECALL_PATIENCE);
        assert!(holders.is_empty());
        assert!(!caches.others_keep(None, given + 2 * RECALL_PATIENCE));
    }

    /// A mount that had forgotten one name of a directory was not asked to forget the others: it went on showing a
    /// symbolic link that had been replaced.
    #[test]
    fn to_let_go_of_one_name_is_not_to_let_go_of_another() {
        let (caches, now) = (Arc::new(Caches::default()), Instant::now());
        let other = Cached::Name { parent: DIR, name: Bytes::from_static(b"other") };
        let both = [Key::from(&name()), Key::from(&other)].into_iter();
        assert!(caches.keep(B, caches.moment(B), Some(DIR), both, now));
        caches.let_go(B, &[name(), Cached::Attr(DIR)]);
        let (_, holders) = caches.begin(None, &[name(), other.clone(), Cached::Attr(DIR)], now);
        assert_eq!(holders, vec![(B, vec![other])]);
    }

    #[test]
    fn a_mount_that_let_go_is_not_asked_again() {
        let (caches, now) = (Arc::new(Caches::default()), Instant::now());
        assert!(looked_up(&caches, B, caches.moment(B), now));
        caches.let_go(B, &[name()]);
        let (_, holders) = caches.begin(None, &[name()], now);
        assert!(holders.is_empty());
        let (_, holders) = caches.begin(None, &[Cached::Attr(FILE)], now);
        assert_eq!(holders.len(), 1);
    }

    #[test]
    fn names_of_a_contended_directory_are_not_kept_for_a_while() {
        let (caches, now) = (Arc::new(Caches::default()), Instant::now());
        caches.contend(&[name()], now);
        assert!(!looked_up(&caches, B, caches.moment(B), now));
        assert!(caches.keep(B, caches.moment(B), None, [Key::attr(FILE)].into_iter(), now), "attributes are");
        assert!(looked_up(&caches, B, caches.moment(B), now + CONTENDED_FOR));
    }
}
