//! Owns the data between a program's `write` and the volume's disks.
//!
//! `write` returns when the data is in this process: small neighbouring writes gather into calls of up to
//! [`WriteBackTuning::send_bytes`]. The calls are UNSTABLE: the leader may hold the data in memory. A copy stays here
//! until a commit is answered with the same [`WriteVerifier`] as the writes were; another verifier means
//! that a leader was lost and its memory with it, and the copies that carry the old one are sent again. This
//! is what an NFS client does (RFC 1813 §3.3.21), for the FUSE protocol has no words for it.
//!
//! - `fsync` sends and commits. `close` sends; the commit follows in the background within about
//!   [`WriteBackTuning::commit_every`]. Data of one mount that is not committed is bounded; above
//!   [`WriteBackTuning::memory_bytes`] writers wait.
//! - Whoever looks at an inode (read, getattr, lookup) sees its unsent data, since it is sent first; and
//!   never sees the moment between the loss of a leader and the replay, since the verifier is checked
//!   afterwards with an empty write while uncommitted data is around.
//! - A refusal (no space, quota) loses the data it concerns. It is reported once to every handle of the
//!   inode, by `fsync` or `close`, and makes writes through that handle fail until then. A volume without a
//!   leader loses nothing: its data is kept and tried again.

mod queue;

use crate::caller::Who;
use crate::mounted_volume::MountedVolume;
use bytes::{Bytes, BytesMut};
use nasd_base::file::{Caller, SetAttr, SetTime};
use nasd_base::{Errno, Ino, Timestamp};
use nasd_fs::{Change, Stability, TRANSFER_BYTES_MAX, WriteVerifier};
use parking_lot::Mutex;
use queue::Queue;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// Verifier changes survived within one operation; more means that no leader stays.
const REPLAYS_MAX: u32 = 8;
/// Inodes committed at once in the background: enough for the leader to batch them.
const COMMITS_AT_ONCE: usize = 32;
/// Pieces of one inode that may wait before they are sent, for random writes much smaller than a call.
const PIECES_MAX: usize = 256;
/// How long a writer waits for memory before it fails: longer than a call waits for a leader.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long writes are sent at once after the volume was full.
const CAREFUL_FOR: Duration = Duration::from_secs(10);
/// Failures kept for a next opener when nobody has the file open.
const UNREPORTED_MAX: usize = 1024;

/// The sizes and times of a mount's write-back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteBackTuning {
    /// Bytes gathered into one call.
    pub send_bytes: usize,
    /// Unsent bytes of one inode above which its writers send themselves.
    pub unsent_bytes: usize,
    /// Bytes of all inodes that are not committed.
    pub memory_bytes: usize,
    pub commit_every: Duration,
}

impl Default for WriteBackTuning {
    fn default() -> WriteBackTuning {
        WriteBackTuning {
            send_bytes: TRANSFER_BYTES_MAX as usize,
            unsent_bytes: 4 << 20,
            memory_bytes: 64 << 20,
            commit_every: Duration::from_secs(1),
        }
    }
}

/// The written data of a mount.
pub(crate) struct WriteBack {
    volume: Arc<MountedVolume>,
    tuning: WriteBackTuning,
    inodes: Mutex<HashMap<Ino, Arc<WrittenInode>>>,
    memory: Arc<Semaphore>,
    /// Wakes the background commit early.
    pressed: Notify,
    /// Until when writes are sent at once; see [`WriteBack::is_careful`].
    careful_until: Mutex<Option<Instant>>,
}

/// The written data of one inode.
pub(crate) struct WrittenInode {
    pub(crate) ino: Ino,
    queue: Mutex<Queue>,
    /// Held while data is sent or sent again, and while the file is cut: the server must see those in order. Shared
    /// by writes that pass by an empty queue: their order is the server's.
    order: tokio::sync::RwLock<()>,
    /// Held by one commit at a time; the next finds most of its work done.
    committing: tokio::sync::Mutex<()>,
    /// Handles through which programs may have mapped the file to store into it.
    pub(crate) mappable: AtomicU64,
}

/// How a call ended.
enum Attempt {
    /// It may succeed later: keep the data.
    Later(Errno),
    Never(Errno),
}

fn judge(errno: Errno) -> Attempt {
    match errno {
        Errno::TimedOut | Errno::Again => Attempt::Later(errno),
        other => Attempt::Never(other),
    }
}

impl WriteBack {
    pub(crate) fn new(volume: Arc<MountedVolume>, tuning: WriteBackTuning) -> WriteBack {
        let memory = Arc::new(Semaphore::new(tuning.memory_bytes));
        let (inodes, pressed, careful_until) = Default::default();
        WriteBack { volume, tuning, inodes, memory, pressed, careful_until }
    }

    /// Counts a handle.
    pub(crate) fn open(&self, ino: Ino) -> Arc<WrittenInode> {
        let mut inodes = self.inodes.lock();
        let inode = inodes.entry(ino).or_insert_with(|| {
            let (queue, order, committing, mappable) = Default::default();
            Arc::new(WrittenInode { ino, queue, order, committing, mappable })
        });
        inode.queue.lock().handles += 1;
        inode.clone()
    }

    /// Takes a handle back.
    pub(crate) fn close(&self, inode: &WrittenInode) {
        inode.queue.lock().handles -= 1;
        self.retire(inode.ino);
    }

    /// Forgets an inode that nothing is known about.
    fn retire(&self, ino: Ino) {
        let mut inodes = self.inodes.lock();
        if inodes.get(&ino).is_some_and(|inode| inode.queue.lock().is_idle()) {
            inodes.remove(&ino);
        }
        if inodes.len() > UNREPORTED_MAX {
            for inode in inodes.values() {
                let mut queue = inode.queue.lock();
                if queue.handles == 0 && queue.is_clean() {
                    queue.forget_failure();
                }
            }
            inodes.retain(|_, inode| !inode.queue.lock().is_idle());
        }
    }

    fn find(&self, ino: Ino) -> Option<Arc<WrittenInode>> {
        self.inodes.lock().get(&ino).cloned()
    }

    /// Whether programs of this mount may be storing into the file without our hearing of it.
    pub(crate) fn may_be_mapped(&self, ino: Ino) -> bool {
        self.find(ino).is_some_and(|inode| inode.mappable.load(SeqCst) > 0)
    }

    /// Whether there is data of the inode that is not known to be durable.
    pub(crate) fn is_dirty(&self, ino: Ino) -> bool {
        self.find(ino).is_some_and(|inode| !inode.queue.lock().is_clean())
    }

    /// Bytes that are not known to be durable.
    pub(crate) fn unsaved_bytes(&self) -> u64 {
        let inodes = self.inodes.lock();
        inodes.values().map(|inode| inode.queue.lock().bytes() as u64).sum()
    }

    /// Takes a write of at most [`TRANSFER_BYTES_MAX`] bytes. Durable after [`WriteBack::commit`].
    ///
    /// # Errors
    /// A failure of earlier writes that the handle, which has seen `seen` of them, was not told yet.
    pub(crate) async fn write(
        self: &Arc<Self>,
        inode: &Arc<WrittenInode>,
        seen: u64,
        who: &Who,
        offset: u64,
        data: BytesMut,
    ) -> Result<(), Errno> {
        inode.queue.lock().pending_failure(seen)?;
        if data.is_empty() {
            return Ok(());
        }
        let share = self.share(data.len()).await?;
        let (bytes, pieces) = {
            let mut queue = inode.queue.lock();
            queue.add(offset, data, who.bare(), share, self.tuning.send_bytes);
            (queue.unsent_bytes(), queue.unsent_pieces())
        };
        if bytes >= self.tuning.unsent_bytes {
            self.send(inode).await?;
        } else if (bytes >= self.tuning.send_bytes || pieces >= PIECES_MAX) && inode.order.try_write().is_ok()
        {
            let (this, inode) = (self.clone(), inode.clone());
            tokio::spawn(async move { this.send(&inode).await });
        }
        Ok(())
    }

    /// Memory for `bytes`; waits for commits when there is none.
    async fn share(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Errno> {
        let wanted = bytes.min(self.tuning.memory_bytes) as u32;
        if let Ok(share) = self.memory.clone().try_acquire_many_owned(wanted) {
            return Ok(share);
        }
        self.pressed.notify_one();
        let share = timeout(MEMORY_TIMEOUT, self.memory.clone().acquire_many_owned(wanted)).await;
        share.ok().and_then(Result::ok).ok_or(Errno::TimedOut)
    }

    /// Writes data that is durable on return (O_SYNC, O_DSYNC), behind all earlier writes of the inode.
    pub(crate) async fn write_through(
        &self,
        inode: &WrittenInode,
        who: &Who,
        offset: u64,
        data: Bytes,
        stability: Stability,
    ) -> Result<(), Errno> {
        if let Some(reached) = self.write_past(inode, who, offset, &data, stability).await? {
            return self.reach(inode, stability, reached).await;
        }
        let end = offset + data.len() as u64;
        let order = inode.order.write().await;
        self.send_in_order(inode).await?;
        let (reached, verifier) = self.volume.write(who.bare(), inode.ino, offset, data, stability).await?;
        // First forget what was overwritten: a replay must not put it back.
        inode.queue.lock().cut(offset..end);
        self.replay(inode, verifier).await?;
        drop(order);
        self.reach(inode, stability, reached).await
    }

    /// Writes beside others that do the same, if nothing of the inode waits to be sent or might be sent again; says
    /// how durable the data is then.
    async fn write_past(
        &self,
        inode: &WrittenInode,
        who: &Who,
        offset: u64,
        data: &Bytes,
        stability: Stability,
    ) -> Result<Option<Stability>, Errno> {
        let _order = inode.order.read().await;
        if !inode.queue.lock().is_clean() {
            return Ok(None);
        }
        let written = self.volume.write(who.bare(), inode.ino, offset, data.clone(), stability).await?;
        Ok(Some(written.0))
    }

    async fn reach(&self, inode: &WrittenInode, wanted: Stability, reached: Stability) -> Result<(), Errno> {
        if reached >= wanted { Ok(()) } else { self.volume.commit(inode.ino).await.map(|_| ()) }
    }

    /// Writes behind the last byte of the file, wherever other nodes' writers have put it by now; so the server is
    /// asked at once. Durable after [`WriteBack::commit`].
    pub(crate) async fn append(
        &self,
        inode: &WrittenInode,
        seen: u64,
        who: &Who,
        data: Bytes,
    ) -> Result<(), Errno> {
        inode.queue.lock().pending_failure(seen)?;
        if data.is_empty() {
            return Ok(());
        }
        let share = self.share(data.len()).await?;
        let _order = inode.order.write().await;
        self.send_in_order(inode).await?;
        let (offset, stability, verifier) = self.volume.append(who.bare(), inode.ino, data.clone()).await?;
        inode.queue.lock().taken(offset, data, who.bare(), share, stability, verifier);
        self.replay(inode, verifier).await
    }

    /// Gives the server everything written so far. Refused data is dropped and the failure kept.
    ///
    /// # Errors
    /// When no server could be reached; nothing is lost then.
    pub(crate) async fn send(&self, inode: &WrittenInode) -> Result<(), Errno> {
        if inode.queue.lock().unsent_pieces() == 0 {
            return Ok(());
        }
        let _order = inode.order.write().await;
        self.send_in_order(inode).await
    }

    /// Gives the server everything written to all inodes so far. Refused data is dropped and the failure kept.
    ///
    /// # Errors
    /// When no server could be reached; nothing is lost then.
    pub(crate) async fn send_all(&self) -> Result<(), Errno> {
        let unsent: Vec<_> = {
            let inodes = self.inodes.lock();
            inodes.values().filter(|inode| inode.queue.lock().unsent_pieces() > 0).cloned().collect()
        };
        for inode in unsent {
            self.send(&inode).await?;
        }
        Ok(())
    }

    async fn send_in_order(&self, inode: &WrittenInode) -> Result<(), Errno> {
        loop {
            let Some(next) = inode.queue.lock().next() else { return Ok(()) };
            let wrote =
                self.volume.write(next.caller, inode.ino, next.offset, next.data, Stability::Unstable).await;
            match wrote.map_err(judge) {
                Ok((stability, verifier)) => {
                    inode.queue.lock().sent(stability, verifier);
                    self.replay(inode, verifier).await?;
                }
                Err(Attempt::Later(errno)) => return Err(errno),
                Err(Attempt::Never(errno)) => self.lose(inode, errno, Queue::send_failed),
            }
        }
    }

    /// Sends retained data again that the server with `verifier` does not have. Call with `order` held.
    async fn replay(&self, inode: &WrittenInode, mut verifier: WriteVerifier) -> Result<(), Errno> {
        let mut changes = 0;
        let mut replayed = false;
        loop {
            let Some(lost) = inode.queue.lock().next_lost(verifier) else { break };
            tracing::info!(ino = %inode.ino, offset = lost.offset, bytes = lost.data.len(),
                "the volume's leader changed: writing uncommitted data again");
            let wrote =
                self.volume.write(lost.caller, inode.ino, lost.offset, lost.data, Stability::Unstable).await;
            match wrote.map_err(judge) {
                Ok((stability, now)) => {
                    inode.queue.lock().replayed(lost.stamp, stability, now);
                    replayed = true;
                    changes += u32::from(now != verifier);
                    verifier = now;
                    if changes > REPLAYS_MAX {
                        return Err(Errno::TimedOut);
                    }
                }
                Err(Attempt::Later(errno)) => return Err(errno),
                Err(Attempt::Never(errno)) => {
                    self.lose(inode, errno, |queue, errno| queue.replay_failed(lost.stamp, errno));
                }
            }
        }
        if replayed { self.restore_mtime(inode).await } else { Ok(()) }
    }

    /// Replaying moved the modification time to now; a program had set another after its writes.
    async fn restore_mtime(&self, inode: &WrittenInode) -> Result<(), Errno> {
        let Some(mtime) = inode.queue.lock().mtime_to_restore() else { return Ok(()) };
        let set = SetAttr { mtime: Some(SetTime::To(mtime)), ..SetAttr::default() };
        self.volume
            .change(&Who::root(), Change::SetAttr { ino: inode.ino, set, guard: None })
            .await
            .map(|_| ())
    }

    /// Makes everything written so far durable on a majority.
    ///
    /// # Errors
    /// When no server could be reached in time; the data is kept and tried again. Data that was refused is
    /// told by [`WriteBack::report_to`].
    pub(crate) async fn commit(&self, inode: &WrittenInode) -> Result<(), Errno> {
        for _ in 0..REPLAYS_MAX {
            self.send(inode).await?;
            let _one = inode.committing.lock().await;
            let stamp = {
                let queue = inode.queue.lock();
                if !queue.has_retained() {
                    return Ok(());
                }
                queue.stamp()
            };
            match self.volume.commit(inode.ino).await.map_err(judge) {
                Ok(verifier) => {
                    inode.queue.lock().committed(stamp, verifier);
                    if inode.queue.lock().is_held_under(verifier) {
                        return Ok(());
                    }
                    let _order = inode.order.write().await;
                    self.replay(inode, verifier).await?;
                }
                Err(Attempt::Later(errno)) => return Err(errno),
                Err(Attempt::Never(errno)) => {
                    self.lose(inode, errno, |queue, errno| queue.commit_failed(stamp, errno));
                    return Ok(());
                }
            }
        }
        Err(Errno::TimedOut)
    }

    /// Drops data that was refused, and keeps the failure for whoever asks. A file that is gone altogether
    /// misses nothing.
    fn lose(&self, inode: &WrittenInode, errno: Errno, drop_data: impl FnOnce(&mut Queue, Errno)) {
        let (volume, ino) = (self.volume.id, inode.ino);
        let mut queue = inode.queue.lock();
        drop_data(&mut queue, errno);
        match errno {
            Errno::Stale | Errno::NoEnt if queue.handles == 0 => queue.forget_failure(),
            Errno::NoSpace | Errno::Quota | Errno::Stale | Errno::NoEnt => {
                if matches!(errno, Errno::NoSpace | Errno::Quota) {
                    *self.careful_until.lock() = Some(Instant::now() + CAREFUL_FOR);
                }
                tracing::warn!(%volume, %ino, %errno, "data written to a file could not be stored");
            }
            _ => tracing::error!(%volume, %ino, %errno, "data written to a file could not be stored"),
        }
    }

    /// Tells a handle, which has seen `seen` failures, of one it does not know. Once.
    pub(crate) fn report_to(&self, inode: &WrittenInode, seen: &mut u64) -> Result<(), Errno> {
        inode.queue.lock().report(seen)
    }

    /// Whether the volume was full a moment ago: then a program that goes on writing had better hear of it from
    /// `write` than from `close`.
    pub(crate) fn is_careful(&self) -> bool {
        self.careful_until.lock().is_some_and(|until| Instant::now() < until)
    }

    /// How many failures a new handle need not be told.
    pub(crate) fn seen_at_open(&self, inode: &WrittenInode) -> u64 {
        inode.queue.lock().seen_at_open()
    }

    /// Looks at an inode so that all data written through this mount is seen: `ask` runs after everything is
    /// sent, and once more when the leader that had it was lost meanwhile.
    pub(crate) async fn look<T, F: Future<Output = Result<T, Errno>>>(
        &self,
        ino: Ino,
        mut ask: impl FnMut() -> F,
    ) -> Result<T, Errno> {
        let Some(inode) = self.find(ino) else { return ask().await };
        for _ in 0..REPLAYS_MAX {
            self.send(&inode).await?;
            let replays = inode.queue.lock().replays;
            let seen = ask().await?;
            if self.is_whole(&inode, replays).await? {
                return Ok(seen);
            }
        }
        Err(Errno::TimedOut)
    }

    /// Whether what was read since `replays` was counted came from a server that has all retained data. If
    /// not, it has it now.
    async fn is_whole(&self, inode: &WrittenInode, replays: u64) -> Result<bool, Errno> {
        {
            let queue = inode.queue.lock();
            if queue.replays != replays || !queue.has_retained() {
                return Ok(queue.replays == replays);
            }
        }
        let probe = self.volume.write(Caller::root(), inode.ino, 0, Bytes::new(), Stability::Unstable);
        match probe.await.map_err(judge) {
            Ok((_, verifier)) => {
                if !inode.queue.lock().is_held_under(verifier) {
                    let _order = inode.order.write().await;
                    self.replay(inode, verifier).await?;
                }
                Ok(inode.queue.lock().replays == replays)
            }
            Err(Attempt::Later(errno)) => Err(errno),
            // A file that is gone has nothing to replay; the next commit finds out.
            Err(Attempt::Never(_)) => Ok(true),
        }
    }

    /// Changes an inode behind its writes. When it succeeds, retained data in `cut` is forgotten: the change
    /// put something else there.
    pub(crate) async fn change<T>(
        &self,
        ino: Ino,
        cut: Range<u64>,
        change: impl Future<Output = Result<T, Errno>>,
    ) -> Result<T, Errno> {
        let Some(inode) = self.find(ino) else { return change.await };
        let _order = inode.order.write().await;
        self.send_in_order(&inode).await?;
        let changed = change.await?;
        inode.queue.lock().cut(cut);
        Ok(changed)
    }

    /// A program set the modification time: replays keep it.
    pub(crate) fn mtime_was_set(&self, ino: Ino, mtime: Timestamp) {
        if let Some(inode) = self.find(ino) {
            inode.queue.lock().mtime_was_set(mtime);
        }
    }

    /// Commits all inodes that have anything to commit. What cannot be committed now stays.
    pub(crate) async fn commit_all(self: &Arc<Self>) {
        let dirty: Vec<_> = {
            let inodes = self.inodes.lock();
            inodes.values().filter(|inode| !inode.queue.lock().is_clean()).cloned().collect()
        };
        let places = Arc::new(Semaphore::new(COMMITS_AT_ONCE));
        let mut commits = JoinSet::new();
        for inode in dirty {
            let (this, places) = (self.clone(), places.clone());
            commits.spawn(async move {
                let _place = places.acquire().await;
                if let Err(errno) = this.commit(&inode).await {
                    tracing::warn!(ino = %inode.ino, %errno, "written data waits for the volume");
                }
                this.retire(inode.ino);
            });
        }
        while commits.join_next().await.is_some() {}
    }

    /// Commits in the background, for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let _ = timeout(self.tuning.commit_every, self.pressed.notified()).await;
            self.commit_all().await;
        }
    }
}

#[cfg(test)]
#[path = "writeback/tests.rs"]
mod tests;
