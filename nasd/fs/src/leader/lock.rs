//! Locks at the leader: granting and releasing goes through the log, waiting does not.
//!
//! A lock that is taken is refused at once. Whoever wants to wait asks [`Request::AwaitLock`], which answers when
//! nothing is in the way, and then asks for the lock again. So a grant always answers somebody who waits for it:
//! no lock is ever given to a process that was killed meanwhile. That the wait was worth while is kept as a
//! [`Turn`] for a moment, which refuses the lock to others: else a program that locks in a loop on this node would
//! always be faster than one that waits on another.
//!
//! [`Request::AwaitLock`]: crate::Request::AwaitLock

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply};
use nasd_base::{Errno, Ino};
use nasd_meta::{Change, LockOwner, LockRange, Outcome};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The longest wait of one request: well within the time that an attempt at another node may take.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// How long a lock is kept for one who waited for it: a round trip, with a pause of the scheduler.
const TURN_FOR: Duration = Duration::from_millis(250);

/// Most turns at once; beyond it, waiting is less fair.
const TURNS_MAX: usize = 1024;

/// A lock that somebody wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) ino: Ino,
    pub(crate) owner: LockOwner,
    pub(crate) range: LockRange,
    pub(crate) exclusive: bool,
}

impl Wanted {
    fn conflicts(&self, other: &Wanted) -> bool {
        let overlap = self.range.first <= other.range.last && other.range.first <= self.range.last;
        self.ino == other.ino && self.owner != other.owner && overlap && (self.exclusive || other.exclusive)
    }
}

/// Whose turn it is to ask for a lock.
#[derive(Clone, Copy, Debug)]
struct Turn {
    wanted: Wanted,
    until: Instant,
}

/// Those who wait for locks of a volume, in the leader's memory: a new leader is asked anew.
pub(crate) struct LockWaits {
    turns: Mutex<Vec<Turn>>,
    /// Counts releases.
    released: watch::Sender<u64>,
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
    fn turn_against(&self, wanted: &Wanted, now: Instant) -> Option<Instant> {
        let mut turns = self.turns.lock();
        turns.retain(|turn| turn.until > now);
        turns.iter().filter(|turn| turn.wanted.conflicts(wanted)).map(|turn| turn.until).max()
    }

    /// Gives the owner a turn.
    fn take_turn(&self, wanted: Wanted, now: Instant) {
        let mut turns = self.turns.lock();
        if turns.len() < TURNS_MAX {
            turns.push(Turn { wanted, until: now + TURN_FOR });
        }
    }

    /// The owner has asked: its turn is over.
    fn end_turn(&self, ino: Ino, owner: LockOwner) {
        self.turns.lock().retain(|turn| turn.wanted.ino != ino || turn.wanted.owner != owner);
    }
}

impl Core {
    pub(crate) async fn test_lock(&self, wanted: Wanted) -> Result<Reply, ExecuteError> {
        self.enter().await?;
        let Wanted { ino, owner, range, exclusive } = wanted;
        Ok(Reply::Lock(self.meta.lock_against(ino, owner, range, exclusive)?))
    }

    /// `Lock`, `Unlock` and `EndSession`.
    pub(crate) async fn change_lock(
        &self,
        tenure: &Arc<Tenure>,
        context: &Context,
        change: Change,
    ) -> Result<Reply, ExecuteError> {
        let wanted = match change {
            Change::Lock { ino, owner, range, exclusive, .. } => {
                Some(Wanted { ino, owner, range, exclusive })
            }
            _ => None,
        };
        if let Some(wanted) = &wanted {
            self.refuse_taken(tenure, wanted)?;
        }
        let outcome = tenure.committer.submit(context.caller.clone(), context.op, change).await;
        match (&outcome, wanted) {
            (_, Some(wanted)) => {
                tenure.waits.end_turn(wanted.ino, wanted.owner);
                // A shared lock in place of an exclusive one lets others in.
                tenure.waits.wake();
            }
            (Ok(Outcome::Unlocked { count: 0 }), None) => {}
            _ => tenure.waits.wake(),
        }
        Ok(Reply::Outcome(outcome?))
    }

    /// Refuses what apply would refuse, without a log entry.
    fn refuse_taken(&self, tenure: &Tenure, wanted: &Wanted) -> Result<(), ExecuteError> {
        let Wanted { ino, owner, range, exclusive } = *wanted;
        let taken = self.meta.lock_against(ino, owner, range, exclusive)?.is_some();
        if taken || tenure.waits.turn_against(wanted, Instant::now()).is_some() {
            return Err(Errno::Again.into());
        }
        Ok(())
    }

    pub(crate) async fn await_lock(&self, wanted: Wanted) -> Result<Reply, ExecuteError> {
        let tenure = self.enter().await?;
        let mut released = tenure.waits.released.subscribe();
        let deadline = Instant::now() + WAIT_MAX;
        let Wanted { ino, owner, range, exclusive } = wanted;
        loop {
            released.mark_unchanged();
            let now = Instant::now();
            let held = self.meta.lock_against(ino, owner, range, exclusive)?;
            let turn = tenure.waits.turn_against(&wanted, now);
            if held.is_none() && turn.is_none() {
                tenure.waits.take_turn(wanted, now);
                return Ok(Reply::Lock(None));
            }
            if now >= deadline {
                return Ok(Reply::Lock(held));
            }
            tokio::select! {
                _ = released.changed() => {}
                () = sleep_until(turn.unwrap_or(deadline).min(deadline)) => {}
                () = tenure.ended() => return Err(ExecuteError::NotLeader { leader: None }),
            }
        }
    }
}
