//! One group's view of the log.

use bytes::Bytes;
use nasd_base::GroupId;
use std::io;
use std::ops::Range;

/// Called once with the fate of an append, in submission order, by the log's writer: it must not block.
pub type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

/// An entry as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub index: u64,
    pub payload: Bytes,
}

/// What a group's log holds, unflushed operations included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupState {
    pub vote: Option<Bytes>,
    /// The last purged index and its log id.
    pub purged: Option<(u64, Bytes)>,
    /// The first and last of the entries present.
    pub first_index: Option<u64>,
    pub last_index: Option<u64>,
}

/// The log of one group. Cheap to clone; calls may come from any task.
#[derive(Clone)]
pub struct GroupLog {
    pub(crate) group: GroupId,
}

impl GroupLog {
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// What the log holds, from memory, with everything that was submitted.
    pub fn state(&self) -> GroupState {
        GroupState::default()
    }

    /// Queues entries. Indexes are consecutive and follow the last one (after a purge: the purged one).
    /// They can be read at once; `done` is called when they are durable or have failed. It is called from
    /// within this call when they are refused.
    pub fn append(&self, _entries: Vec<LogEntry>, done: Done) {
        done(Err(io::ErrorKind::Unsupported.into()));
    }

    /// Replaces the vote. Durable on return.
    pub async fn save_vote(&self, _vote: Bytes) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Removes the entries after `index` (`None`: all). Durable on return, ordered with appends.
    pub async fn truncate_after(&self, _index: Option<u64>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Removes the entries up to and including `through` and remembers its log id. Durable on return. May
    /// name an index beyond the last entry (a snapshot was installed); the next append follows it.
    pub async fn purge(&self, _through: u64, _log_id: Bytes) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The entries of `range`, which may end beyond the last one: at least one if it is present, then as
    /// many as fit in `bytes_max` payload bytes.
    ///
    /// # Errors
    /// `NotFound` if `range` starts before the first entry (it was purged); `InvalidData` if an entry cannot
    /// be read back intact.
    pub async fn read(&self, _range: Range<u64>, _bytes_max: usize) -> io::Result<Vec<LogEntry>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
