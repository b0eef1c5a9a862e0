//! Those who wait for locks, and whose turn it is: why, says [`crate::leader::lock`].

use nasd_base::Ino;
use nasd_meta::{LockOwner, LockRange};
use parking_lot::Mutex;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a lock is kept for one who waited for it: a round trip, with a pause of the scheduler.
const TURN_FOR: Duration = Duration::from_millis(250);

/// Most turns at once; beyond it, waiting is less fair.
const TURNS_MAX: usize = 1024;

/// A lock that somebody wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct WantedLock {
    pub(crate) ino: Ino,
    pub(crate) owner: LockOwner,
    pub(crate) range: LockRange,
    pub(crate) exclusive: bool,
}

impl WantedLock {
    fn conflicts(&self, other: &WantedLock) -> bool {
        let overlap = self.range.first <= other.range.last && other.range.first <= self.range.last;
        self.ino == other.ino && self.owner != other.owner && overlap && (self.exclusive || other.exclusive)
    }
}

/// Whose turn it is to ask for a lock.
#[derive(Clone, Copy, Debug)]
struct Turn {
    wanted: WantedLock,
    until: Instant,
}

/// Those who wait for locks of a volume, in the leader's memory: a new leader is asked anew.
pub(crate) struct LockWaits {
    turns: Mutex<Vec<Turn>>,
    /// Counts releases.
    pub(super) released: watch::Sender<u64>,
}

impl Default for LockWaits {
    fn default() -> Self {
        LockWaits { turns: Mutex::default(), released: watch::Sender::new(0) }
    }
}

impl LockWaits {
    /// Locks were released: those who wait look again.
    pub(crate) fn wake(&self) {
        self.released.send_modify(|count| *count += 1);
    }

    /// Whether it is somebody else's turn, and until when.
    pub(super) fn turn_against(&self, wanted: &WantedLock, now: Instant) -> Option<Instant> {
        let mut turns = self.turns.lock();
        turns.retain(|turn| turn.until > now);
        turns.iter().filter(|turn| turn.wanted.conflicts(wanted)).map(|turn| turn.until).max()
    }

    /// Gives the owner a turn.
    pub(super) fn take_turn(&self, wanted: WantedLock, now: Instant) {
        let mut turns = self.turns.lock();
        if turns.len() < TURNS_MAX {
            turns.push(Turn { wanted, until: now + TURN_FOR });
        }
    }

    /// The owner has asked: its turn is over.
    pub(super) fn end_turn(&self, ino: Ino, owner: LockOwner) {
        self.turns.lock().retain(|turn| turn.wanted.ino != ino || turn.wanted.owner != owner);
    }
}
