//! The log of a node: opening, closing, and what concerns all groups.

use crate::group::{stopped_is_an_error, waiter};
use crate::handle::Handle;
use crate::recover::{Recovery, recover};
use crate::shared::Shared;
use crate::spares::Spares;
use crate::state::State;
use crate::writer::{Position, Writer};
use crate::{GroupLog, LogCounters, LogError, LogOptions};
use nasd_base::{GroupId, Latency, LatencyCounts};
use nasd_disk::Disk;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::{Notify, watch};

/// One log on one disk. Cheap to clone; when the last clone (or [`GroupLog`]) is dropped the writer ends.
#[derive(Clone)]
pub struct Log {
    handle: Arc<Handle>,
}

impl Log {
    /// Recovers the log in `disk`, or starts one if there is none, and starts its writer on the current
    /// runtime. A write that the last crash tore is cut off; everything before it is made durable.
    ///
    /// Only one log at a time may be open on a disk; the caller sees to that.
    ///
    /// # Errors
    /// `Damaged` if bytes that were acknowledged cannot be read; nothing is changed then.
    pub async fn open(disk: Arc<dyn Disk>, options: LogOptions) -> Result<Log, LogError> {
        options.check()?;
        let mut state = State::new(options.cache_bytes, options.payload_bytes_max());
        let recovered = recover(&*disk, &options).await?;
        state.groups = recovered.groups;
        state.live = recovered.live;
        state.segments = recovered.segments;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            wake: Notify::new(),
            ended: watch::Sender::new(false),
            waits: AtomicBool::new(false),
            flush_times: Latency::default(),
        });
        let spares = Spares::new(disk, recovered.log, &options, recovered.next_segment, recovered.ready);
        let position = Position {
            current: recovered.current,
            next_batch: recovered.next_batch,
            marks: recovered.marks,
            retired: recovered.retired,
        };
        let writer = Writer::new(shared.clone(), options, spares, position).await?;
        tokio::spawn(writer.run());
        Ok(Log { handle: Arc::new(Handle { shared, recovery: recovered.summary }) })
    }

    /// The log of one group. It needs no creation: a group nothing was written for is empty.
    pub fn group(&self, group: GroupId) -> GroupLog {
        GroupLog { handle: self.handle.clone(), group }
    }

    /// The groups that hold something, sorted.
    pub fn groups(&self) -> Vec<GroupId> {
        self.handle.shared.state.lock().filled_groups()
    }

    /// Forgets everything about a group: entries, vote and purge mark. Durable on return, ordered with the
    /// group's other operations.
    pub async fn remove_group(&self, group: GroupId) -> Result<(), LogError> {
        let (done, removed) = waiter();
        let failed = |error| LogError::disk(format!("remove group {group}"))(error);
        if !self.handle.shared.state.lock().remove_group(group, done).map_err(failed)? {
            return Ok(());
        }
        self.handle.shared.wake.notify_one();
        stopped_is_an_error(removed).await.map_err(failed)
    }

    pub fn counters(&self) -> LogCounters {
        self.handle.shared.state.lock().counters
    }

    /// What durable writes of batches took.
    pub fn flush_times(&self) -> LatencyCounts {
        self.handle.shared.flush_times.counts()
    }

    /// Largest payload of one entry, vote or log id, in bytes. A longer one fails its append.
    pub fn payload_bytes_max(&self) -> usize {
        self.handle.shared.state.lock().payload_bytes_max
    }

    /// What opening the log has found.
    pub fn recovery(&self) -> &Recovery {
        &self.handle.recovery
    }

    /// Why the log is out of order, once a write failed. It stays so until it is opened again: after a failed
    /// flush nobody knows what is on the disk, so it is never retried.
    pub fn failed(&self) -> Option<String> {
        self.handle.shared.state.lock().failure.as_ref().map(|failure| failure.text.clone())
    }

    /// What the log lacks: writes wait for it, or will when the segments that are ready are full. It goes on by
    /// itself. `None` when it lacks nothing.
    pub fn short_of(&self) -> Option<String> {
        let state = self.handle.shared.state.lock();
        state.short.clone().or_else(|| state.unprepared.clone())
    }

    /// Whether writes wait now for what the node lacks. Cheap: to be asked before each.
    pub fn waits(&self) -> bool {
        self.handle.shared.waits()
    }

    /// Writes what was submitted and stops. Later operations fail; entries can still be read.
    pub async fn close(&self) {
        self.handle.shared.close();
        let mut ended = self.handle.shared.ended.subscribe();
        // An error means that the sender is gone, which it is not: `self` holds it.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}
