//! Locks at the leader: granting and releasing goes through the log, waiting does not.
//!
//! A lock that is taken is refused at once. Whoever wants to wait asks [`Request::AwaitLock`], which answers when
//! nothing is in the way, and then asks for the lock again. So a grant always answers somebody who waits for it:
//! no lock is ever given to a process that was killed meanwhile. That the wait was worth while is kept as a
//! `Turn` for a moment, which refuses the lock to others: else a program that locks in a loop on this node would
//! always be faster than one that waits on another.
//!
//! [`Request::AwaitLock`]: crate::Request::AwaitLock

use crate::core::Core;
use crate::leader::lock_waits::WantedLock;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply};
use nasd_base::Errno;
use nasd_meta::{Change, Outcome};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The longest wait of one request: well within the time that an attempt at another node may take.
const WAIT_MAX: Duration = Duration::from_secs(10);

impl Core {
    pub(super) async fn test_lock(
        &self,
        context: &Context,
        wanted: WantedLock,
    ) -> Result<Reply, ExecuteError> {
        self.enter(&context.trace).await?;
        let WantedLock { ino, owner, range, exclusive } = wanted;
        Ok(Reply::Lock(self.meta.lock_against(ino, owner, range, exclusive)?))
    }

    /// `Lock`, `Unlock` and `EndSession`.
    pub(super) async fn change_lock(
        &self,
        tenure: &Arc<Tenure>,
        context: &Context,
        change: Change,
    ) -> Result<Reply, ExecuteError> {
        let wanted = match change {
            Change::Lock { ino, owner, range, exclusive, .. } => {
                Some(WantedLock { ino, owner, range, exclusive })
            }
            _ => None,
        };
        if let Some(wanted) = &wanted {
            self.refuse_taken(tenure, wanted)?;
        }
        let submitted = tenure.committer.submit_timed(context.caller.clone(), context.op, change).await;
        let (outcome, stages) = submitted;
        context.trace.count_all(&stages);
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
    fn refuse_taken(&self, tenure: &Tenure, wanted: &WantedLock) -> Result<(), ExecuteError> {
        let WantedLock { ino, owner, range, exclusive } = *wanted;
        let taken = self.meta.lock_against(ino, owner, range, exclusive)?.is_some();
        if taken || tenure.waits.turn_against(wanted, Instant::now()).is_some() {
            return Err(Errno::Again.into());
        }
        Ok(())
    }

    pub(super) async fn await_lock(
        &self,
        context: &Context,
        wanted: WantedLock,
    ) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let mut released = tenure.waits.released.subscribe();
        let deadline = Instant::now() + WAIT_MAX;
        let WantedLock { ino, owner, range, exclusive } = wanted;
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
