//! One group's view of the log.

use crate::entry::{Done, GroupState, LogEntry};
use crate::handle::Handle;
use crate::read;
use bytes::Bytes;
use nasd_base::GroupId;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The log of one group. Cheap to clone; calls may come from any task.
#[derive(Clone)]
pub struct GroupLog {
    pub(crate) handle: Arc<Handle>,
    pub(crate) group: GroupId,
}

impl GroupLog {
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// What the log holds, from memory, with everything that was submitted.
    pub fn state(&self) -> GroupState {
        self.handle.shared.state.lock().group_state(self.group)
    }

    /// Whether writes wait now for what the node lacks; see [`crate::Log::waits`].
    pub fn waits(&self) -> bool {
        self.handle.shared.waits()
    }

    /// Queues entries. Indexes are consecutive and follow the last one (after a purge of everything: the
    /// purged one; in an empty log any index will do). They can be read at once; `done` is called when they
    /// are durable or have failed. It is called from within this call when they are refused
    /// (`InvalidInput`: a wrong index or a payload that is too long) or there are none.
    pub fn append(&self, entries: Vec<LogEntry>, done: Done) {
        let mut state = self.handle.shared.state.lock();
        let refused = state.check_append(self.group, &entries);
        if refused.is_err() || entries.is_empty() {
            drop(state);
            return done(refused);
        }
        state.append(self.group, entries, done);
        drop(state);
        self.handle.shared.wake.notify_one();
    }

    /// Replaces the vote. Durable on return.
    pub async fn save_vote(&self, vote: Bytes) -> io::Result<()> {
        let (done, saved) = waiter();
        self.handle.shared.state.lock().save_vote(self.group, vote, done)?;
        self.durable(saved).await
    }

    /// Removes the entries after `index` (`None`: all). Durable on return, ordered with appends.
    pub async fn truncate_after(&self, index: Option<u64>) -> io::Result<()> {
        let (done, truncated) = waiter();
        self.handle.shared.state.lock().truncate_after(self.group, index, done)?;
        self.durable(truncated).await
    }

    /// Removes the entries up to and including `through` and remembers its log id. Durable on return. May
    /// name an index beyond the last entry (a snapshot was installed); the next append follows it. What was
    /// purged already stays purged, with its log id.
    pub async fn purge(&self, through: u64, log_id: Bytes) -> io::Result<()> {
        let (done, purged) = waiter();
        if !self.handle.shared.state.lock().purge(self.group, through, log_id, done)? {
            return Ok(());
        }
        self.durable(purged).await
    }

    /// The entries of `range`, which may end beyond the last one: at least one if it is present, then as
    /// many as fit in `bytes_max` payload bytes.
    ///
    /// # Errors
    /// `NotFound` if `range` starts before the first entry (it was purged); `InvalidData` if an entry cannot
    /// be read back intact: the node must not go on with this group, and be replaced.
    pub async fn read(&self, range: Range<u64>, bytes_max: usize) -> io::Result<Vec<LogEntry>> {
        read::read(&self.handle.shared.state, self.group, range, bytes_max).await
    }

    /// Wakes the writer and waits for its word.
    async fn durable(&self, word: oneshot::Receiver<io::Result<()>>) -> io::Result<()> {
        self.handle.shared.wake.notify_one();
        stopped_is_an_error(word).await
    }
}

/// A callback, and the place where its argument arrives.
pub(crate) fn waiter() -> (Done, oneshot::Receiver<io::Result<()>>) {
    let (done, word) = oneshot::channel();
    (Box::new(|result| drop(done.send(result))), word)
}

pub(crate) async fn stopped_is_an_error(word: oneshot::Receiver<io::Result<()>>) -> io::Result<()> {
    word.await.unwrap_or_else(|_| Err(io::Error::other("the log's writer was stopped")))
}
