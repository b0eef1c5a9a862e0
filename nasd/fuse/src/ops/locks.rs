//! Owns the locks that programs of this machine hold: fcntl(2)'s and flock(2)'s, granted by the volume's leader.
//!
//! - The two share one space, as on NFS: fuser does not say which one the kernel means. An flock is a lock of the
//!   whole file whose owner is the open file, an fcntl lock one whose owner is the process.
//! - What was written under a lock is durable before the lock is given back. If it were only sent, a leader that
//!   dies would have it written again after the next holder's data.
//! - What the last holder wrote is seen after a grant, as every read asks for the file's time first and drops
//!   cached pages when it changed. Shared mappings do not ask: what they show may be old.
//! - The kernel does not wait for our word when an open file is closed for the last time, by which flock(2)'s locks and
//!   those of open files end. So who finds a lock of this mount in the way waits for closes that are under way.
//! - Unlocking and closing go on until the volume has taken note, however long it has no leader. A lock that is
//!   asked for goes on, too, until a signal ends it.

use super::Ops;
use crate::caller::Who;
use crate::mounted_volume::unexpected;
use crate::writeback::WrittenInode;
use nasd_base::{Errno, Ino};
use nasd_fs::{Change, HeldLock, LockOwner, LockRange, LockSession, Outcome, Reply, Request};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Before a volume without a leader is asked again; each call has waited for one already.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// How long a lock of this mount's own in the way is given to go: the close of its file may just be arriving by another
/// of the threads that read requests.
const CLOSE_MOMENT: Duration = Duration::from_millis(1);

/// How long closes that are under way are waited for.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// Locks that keep the changes of one owner in order; owners that share one only wait a little longer.
const TURNS: usize = 64;

/// A lock that a program asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockRequest {
    /// The kernel's number for the process or open file.
    pub owner: u64,
    pub range: LockRange,
    pub exclusive: bool,
    pub pid: u32,
}

/// What is known here of the mount's locks.
pub(crate) struct Locks {
    session: LockSession,
    /// Owners that may hold locks of a file, with the handles through which they asked.
    owners: Mutex<HashMap<(Ino, u64), HashSet<u64>>>,
    turns: [tokio::sync::Mutex<()>; TURNS],
    /// Last closes under way that give locks back, by file.
    closing: Mutex<HashMap<Ino, u32>>,
    closed: Notify,
}

/// A last close gives locks back while this exists.
struct Closing<'a> {
    locks: &'a Locks,
    ino: Ino,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut closing = self.locks.closing.lock();
        let left = closing.get_mut(&self.ino).map_or(0, |count| {
            *count -= 1;
            *count
        });
        if left == 0 {
            closing.remove(&self.ino);
        }
        self.locks.closed.notify_waiters();
    }
}

impl Locks {
    pub(crate) fn new(session: LockSession) -> Locks {
        let (owners, closing, closed) = Default::default();
        Locks { session, owners, turns: std::array::from_fn(|_| Default::default()), closing, closed }
    }

    fn owner(&self, owner: u64) -> LockOwner {
        LockOwner { session: self.session, owner }
    }

    fn turn(&self, ino: Ino, owner: u64) -> &tokio::sync::Mutex<()> {
        &self.turns[(ino.0 ^ owner) as usize % TURNS]
    }

    fn note(&self, ino: Ino, owner: u64, handle: u64) {
        self.owners.lock().entry((ino, owner)).or_default().insert(handle);
    }

    fn may_hold(&self, ino: Ino, owner: u64) -> bool {
        self.owners.lock().contains_key(&(ino, owner))
    }

    /// Whether another owner of this mount may hold locks of the file.
    fn others_may_hold(&self, ino: Ino, owner: u64) -> bool {
        self.owners.lock().keys().any(|(at, other)| *at == ino && *other != owner)
    }

    fn closing(&self, ino: Ino) -> Closing<'_> {
        *self.closing.lock().entry(ino).or_default() += 1;
        Closing { locks: self, ino }
    }

    /// Waits for last closes of the file that have begun, and for such as are just arriving.
    async fn closes(&self, ino: Ino) {
        sleep(CLOSE_MOMENT).await;
        let over = async {
            loop {
                let closed = self.closed.notified();
                if !self.closing.lock().contains_key(&ino) {
                    return;
                }
                closed.await;
            }
        };
        let _ = timeout(CLOSE_PATIENCE, over).await;
    }

    fn forget(&self, ino: Ino, owner: u64) {
        self.owners.lock().remove(&(ino, owner));
    }

    /// Owners that asked through a handle and have not given everything back.
    fn owners_through(&self, ino: Ino, handle: u64) -> Vec<u64> {
        let owners = self.owners.lock();
        let through = owners.iter().filter(|((at, _), handles)| *at == ino && handles.contains(&handle));
        through.map(|((_, owner), _)| *owner).collect()
    }
}

impl Ops {
    /// The lock in the way of one that is not asked for yet (F_GETLK).
    pub(crate) async fn test_lock(
        &self,
        who: &Who,
        handle: u64,
        owner: u64,
        range: LockRange,
        exclusive: bool,
    ) -> Result<Option<HeldLock>, Errno> {
        let ino = self.file(handle)?.inode.ino;
        let owner = self.locks.owner(owner);
        let request = Request::TestLock { ino, owner, range, exclusive };
        match self.in_the_way(who, request.clone()).await? {
            Some(held) if held.owner.session == self.locks.session => {
                self.locks.closes(ino).await;
                self.in_the_way(who, request).await
            }
            held => Ok(held),
        }
    }

    async fn in_the_way(&self, who: &Who, request: Request) -> Result<Option<HeldLock>, Errno> {
        match self.volume.ask(who, request).await? {
            (Reply::Lock(held), _) => Ok(held),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// The process that holds a lock, 0 for one on another node: its number means nothing here.
    pub(crate) fn pid_of(&self, held: &HeldLock) -> u32 {
        if held.owner.session.node == self.locks.session.node { held.pid } else { 0 }
    }

    /// Locks a range; waits for it if `wait` says so.
    ///
    /// # Errors
    /// `Again` if it is taken and there is nothing to wait for; `Interrupted` when a signal came.
    pub(crate) async fn lock(
        &self,
        who: &Who,
        handle: u64,
        asked: LockRequest,
        wait: bool,
    ) -> Result<(), Errno> {
        let inode = self.file(handle)?.inode.clone();
        let mut waited_for_closes = false;
        loop {
            match self.try_lock(who, handle, &inode, &asked).await {
                Err(Errno::Again)
                    if !wait && !waited_for_closes && self.locks.others_may_hold(inode.ino, asked.owner) =>
                {
                    self.locks.closes(inode.ino).await;
                    waited_for_closes = true;
                }
                Err(Errno::Again) if wait => tokio::select! {
                    () = self.wait_for(who, inode.ino, &asked) => {}
                    () = who.interrupted() => return Err(Errno::Interrupted),
                },
                Err(Errno::TimedOut) => tokio::select! {
                    () = sleep(RETRY_PAUSE) => {}
                    () = who.interrupted() => return Err(Errno::Interrupted),
                },
                outcome => return outcome,
            }
        }
    }

    async fn try_lock(
        &self,
        who: &Who,
        handle: u64,
        inode: &WrittenInode,
        asked: &LockRequest,
    ) -> Result<(), Errno> {
        let LockRequest { owner, range, exclusive, pid } = *asked;
        let ino = inode.ino;
        let _turn = self.locks.turn(ino, owner).lock().await;
        if !exclusive && self.locks.may_hold(ino, owner) {
            // It may take the place of an exclusive lock.
            self.writeback.commit(inode).await?;
        }
        // Even if the answer is lost, closing the file gives back what was granted.
        self.locks.note(ino, owner, handle);
        let change = Change::Lock { ino, owner: self.locks.owner(owner), range, exclusive, pid };
        match self.volume.change(who, change).await? {
            Outcome::Locked => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Waits until it is worth while to ask again.
    async fn wait_for(&self, who: &Who, ino: Ino, asked: &LockRequest) {
        let (owner, range, exclusive) = (self.locks.owner(asked.owner), asked.range, asked.exclusive);
        loop {
            match self.volume.ask(who, Request::AwaitLock { ino, owner, range, exclusive }).await {
                Ok((Reply::Lock(Some(_)), _)) => {}
                Ok(_) => return,
                Err(_) => return sleep(RETRY_PAUSE).await,
            }
        }
    }

    /// Gives a range back, after what was written under the lock is durable.
    pub(crate) async fn unlock(
        &self,
        who: &Who,
        handle: u64,
        owner: u64,
        range: LockRange,
    ) -> Result<(), Errno> {
        let inode = self.file(handle)?.inode.clone();
        let _turn = self.locks.turn(inode.ino, owner).lock().await;
        if !self.locks.may_hold(inode.ino, owner) {
            return Ok(());
        }
        tokio::select! {
            outcome = self.give_back(&inode, owner, range) => outcome,
            () = who.interrupted() => Err(Errno::Interrupted),
        }
    }

    /// A process closed a file: all of its locks of that file go, whichever handle they came through.
    pub(crate) async fn unlock_at_close(&self, handle: u64, owner: u64) {
        let Ok(file) = self.file(handle) else { return };
        self.give_all_back(&file.inode, owner).await;
    }

    /// Whether the last close of a handle has locks to give back.
    pub(crate) fn has_locks_through(&self, handle: u64) -> bool {
        self.file(handle).is_ok_and(|file| !self.locks.owners_through(file.inode.ino, handle).is_empty())
    }

    /// The last close of a handle: what is still locked through it is flock's, or an open file's.
    pub(crate) async fn unlock_at_release(&self, handle: u64) {
        let Ok(file) = self.file(handle) else { return };
        let _closing = self.locks.closing(file.inode.ino);
        for owner in self.locks.owners_through(file.inode.ino, handle) {
            self.give_all_back(&file.inode, owner).await;
        }
    }

    async fn give_all_back(&self, inode: &WrittenInode, owner: u64) {
        if !self.locks.may_hold(inode.ino, owner) {
            return;
        }
        let _turn = self.locks.turn(inode.ino, owner).lock().await;
        if let Err(error) = self.give_back(inode, owner, LockRange::WHOLE).await {
            tracing::warn!(ino = %inode.ino, %error, "a lock of a closed file was not given back");
        }
    }

    /// Call with the owner's turn held.
    async fn give_back(&self, inode: &WrittenInode, owner: u64, range: LockRange) -> Result<(), Errno> {
        while self.writeback.commit(inode).await.is_err() {
            sleep(RETRY_PAUSE).await;
        }
        let ino = inode.ino;
        loop {
            let change = Change::Unlock { ino, owner: self.locks.owner(owner), range };
            match self.volume.change(&Who::root(), change).await {
                Err(Errno::TimedOut) => sleep(RETRY_PAUSE).await,
                Err(error) => return Err(error),
                Ok(_) if range == LockRange::WHOLE => {
                    self.locks.forget(ino, owner);
                    return Ok(());
                }
                Ok(_) => return Ok(()),
            }
        }
    }

    /// The mount is gone: so are its locks.
    pub(crate) async fn end_session(&self) {
        let session = self.locks.session;
        if !self.locks.owners.lock().is_empty() {
            // If this is not heard, the leader finds out by itself.
            let _ = self.volume.change(&Who::root(), Change::EndSession { session }).await;
        }
        self.forget_session();
    }

    /// The mount is gone; the leader takes back what it still holds.
    pub(crate) fn forget_session(&self) {
        self.tracker.end_session(self.volume.id, self.locks.session);
    }
}
