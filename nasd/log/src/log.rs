//! The log of a node.

use crate::{GroupLog, LogCounters, LogError, LogOptions};
use nasd_base::GroupId;
use nasd_disk::Disk;
use std::sync::Arc;

/// One log on one disk. Cheap to clone; the last clone (or [`GroupLog`]) that is dropped lets the writer end.
#[derive(Clone)]
pub struct Log {
    _options: Arc<LogOptions>,
}

impl Log {
    /// Recovers the log in `disk`, or starts one if there is none, and starts its writer on the current
    /// runtime. A write that the last crash tore is cut off; everything before it is made durable.
    ///
    /// # Errors
    /// `Damaged` if bytes that were acknowledged cannot be read; nothing is changed then.
    pub async fn open(_disk: Arc<dyn Disk>, options: LogOptions) -> Result<Log, LogError> {
        options.check()?;
        Err(LogError::Failed("the log has no writer yet".into()))
    }

    /// The log of one group. It needs no creation: a group nothing was written for is empty.
    pub fn group(&self, group: GroupId) -> GroupLog {
        GroupLog { group }
    }

    /// The groups that hold something, sorted.
    pub fn groups(&self) -> Vec<GroupId> {
        Vec::new()
    }

    /// Forgets everything about a group: entries, vote and purge mark. Durable on return, ordered with the
    /// group's other operations.
    pub async fn remove_group(&self, _group: GroupId) -> Result<(), LogError> {
        Err(LogError::Failed("the log has no writer yet".into()))
    }

    pub fn counters(&self) -> LogCounters {
        LogCounters::default()
    }

    /// Why the log is out of order, once a write failed. It stays so until it is opened again: after a failed
    /// flush nobody knows what is on the disk, so it is never retried.
    pub fn failed(&self) -> Option<String> {
        None
    }

    /// Writes what was submitted and stops. Later calls fail.
    pub async fn close(&self) {}
}
