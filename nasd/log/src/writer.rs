//! The one task that writes: whatever gathered while the last batch was in flight becomes the next batch.

use crate::clean::Cleaner;
use crate::format::{BatchBuilder, Kind};
use crate::segment::{LogSegment, Retired};
use crate::shared::Shared;
use crate::spares::Spares;
use crate::state::{Body, Failure, Op, ReadableSegment};
use crate::{Done, LogError, LogOptions};
use bytes::Bytes;
use nasd_base::GroupId;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Soft limit of a batch: what one direct write takes. A longer record goes alone.
const BATCH_BYTES_MAX: u64 = 8 << 20;

/// After so long without work an empty batch is written. It proves that the batch before it was complete, so
/// that later rot in it is told from a torn write.
const SEAL_AFTER: Duration = Duration::from_secs(1);

/// Between two attempts to write when there is too little of something.
const SHORT_PAUSE: Duration = Duration::from_millis(500);

/// How often the segments that should be kept ready are looked at while one could not be prepared.
const SPARES_PAUSE: Duration = Duration::from_secs(5);

/// What each segment repeats of a group at its start, so that older segments can go.
#[derive(Clone, Default)]
pub(crate) struct Mark {
    pub(crate) vote: Option<Bytes>,
    pub(crate) purged: Option<(u64, Bytes)>,
}

/// What recovery hands to the writer.
pub(crate) struct Position {
    pub(crate) current: Option<LogSegment>,
    pub(crate) next_batch: u64,
    pub(crate) marks: BTreeMap<GroupId, Mark>,
    pub(crate) retired: Vec<Retired>,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    options: LogOptions,
    spares: Spares,
    current: Option<LogSegment>,
    /// Number of the next batch.
    next_batch: u64,
    /// The marks as of the last batch composed. The memory of the groups is ahead of it by the queue.
    marks: BTreeMap<GroupId, Mark>,
    cleaner: Cleaner,
    sealed: bool,
}

/// A batch that is being put together.
struct Draft {
    builder: BatchBuilder,
    /// With the place of its record in the batch, if it has one.
    ops: Vec<(Op, Option<u32>)>,
    /// Set if the batch starts a segment: the oldest one that is still needed.
    first_needed: Option<u64>,
    entry_bytes: u64,
}

/// What the writer waits for.
enum Wake {
    Work,
    Idle,
    Close,
}

impl Writer {
    /// Waits only for the first segment of a new log: a disk without room for it is better known at once.
    pub(crate) async fn new(
        shared: Arc<Shared>,
        options: LogOptions,
        mut spares: Spares,
        position: Position,
    ) -> Result<Writer, LogError> {
        spares.retire(position.retired).await;
        if position.current.is_none() {
            spares.wait_for_one().await?;
        }
        spares.top_up().await;
        Ok(Writer {
            cleaner: Cleaner::new(shared.clone(), options.segments_before_cleaning),
            shared,
            options,
            spares,
            current: position.current,
            next_batch: position.next_batch,
            marks: position.marks,
            sealed: false,
        })
    }

    /// Writes until the log is closed or a write fails.
    pub(crate) async fn run(mut self) {
        let _ended = Ended(self.shared.clone());
        let mut in_flight = Vec::new();
        let result = loop {
            let step = match self.wait().await {
                Wake::Work => self.write_batch(&mut in_flight).await,
                Wake::Idle => self.seal().await,
                Wake::Close => break self.seal().await,
            };
            if step.is_err() {
                break step;
            }
            self.spares.top_up().await;
            let mut state = self.shared.state.lock();
            state.counters.spare_failures += self.spares.take_failures();
            state.unprepared = self.spares.trouble();
        };
        match result {
            Ok(()) => self.spares.settle().await,
            Err(error) => self.fail(error, in_flight),
        }
    }

    async fn wait(&self) -> Wake {
        loop {
            {
                let state = self.shared.state.lock();
                if !state.queue.is_empty() {
                    return Wake::Work;
                }
                if state.closing {
                    return Wake::Close;
                }
            }
            let woken = self.shared.wake.notified();
            if self.sealed && self.spares.trouble().is_some() {
                if tokio::time::timeout(SPARES_PAUSE, woken).await.is_err() {
                    return Wake::Idle;
                }
            } else if self.sealed {
                woken.await;
            } else if tokio::time::timeout(SEAL_AFTER, woken).await.is_err() {
                return Wake::Idle;
            }
        }
    }

    /// One batch: taken from the queue, written, reported. `in_flight` holds its operations meanwhile.
    async fn write_batch(&mut self, in_flight: &mut Vec<Op>) -> Result<(), LogError> {
        let (mut draft, number, offset) = self.draft().await?;
        self.place(&mut draft, number, offset);
        let Draft { builder, ops, first_needed, entry_bytes } = draft;
        in_flight.extend(ops.into_iter().map(|(op, _)| op));
        let records = builder.records();
        self.put(builder).await?;
        self.sealed = false;
        let dones = {
            let mut state = self.shared.state.lock();
            let last = in_flight.last().map_or(0, |op| op.number);
            state.flushed(last, in_flight.iter_mut().flat_map(|op| std::mem::take(&mut op.freed)));
            state.counters.records += u64::from(records);
            state.counters.entry_bytes += entry_bytes;
            in_flight.drain(..).filter_map(|op| op.done).collect::<Vec<Done>>()
        };
        dones.into_iter().for_each(|done| done(Ok(())));
        if let Some(first_needed) = first_needed {
            self.retire_before(first_needed).await;
            self.cleaner.consider(number, self.options.segment_bytes);
        }
        Ok(())
    }

    /// Tells the index where the records of a batch will lie.
    fn place(&self, draft: &mut Draft, segment: u64, offset: u64) {
        let mut state = self.shared.state.lock();
        for (op, at) in &mut draft.ops {
            let placed = at.is_some_and(|at| state.place(op, segment, offset as u32 + at));
            if matches!(op.body, Body::Moved { .. }) {
                state.counters.entries_moved += u64::from(placed);
                if !placed {
                    op.freed.clear(); // whoever ended the entry has counted it
                }
            }
        }
    }

    /// Composes the next batch from the front of the queue.
    async fn draft(&mut self) -> Result<(Draft, u64, u64), LogError> {
        let next = self.shared.state.lock().queue.front().map_or(0, |op| op.body.record_bytes());
        let here = self.current.as_ref().map(|segment| (BatchBuilder::new(segment.salt()), segment.room()));
        let mut draft = match here.filter(|(builder, room)| builder.bytes() + next <= *room) {
            Some((builder, _)) => Draft::new(builder),
            None => self.start_segment().await?,
        };
        let missing = || LogError::Failed("no log segment has room for the next record".into());
        let (number, offset, room) =
            self.current.as_ref().map(|at| (at.number, at.end, at.room())).ok_or_else(missing)?;
        for (op, stale) in self.take_ops(draft.builder.bytes(), room) {
            self.note(&op);
            draft.add(op, stale);
        }
        if draft.ops.is_empty() { Err(missing()) } else { Ok((draft, number, offset)) }
    }

    /// Takes the operations that fit from the queue; with each, whether it is a move that has become pointless.
    fn take_ops(&self, mut bytes: u64, room: u64) -> Vec<(Op, bool)> {
        let mut state = self.shared.state.lock();
        let mut taken = Vec::new();
        while let Some(op) = state.queue.front() {
            bytes += op.body.record_bytes();
            let limit = if taken.is_empty() { room } else { room.min(BATCH_BYTES_MAX) };
            if bytes > limit {
                break;
            }
            let stale = matches!(&op.body, Body::Moved { index, from, .. } if !state.lies_at(op.group, *index, *from));
            taken.extend(state.queue.pop_front().map(|op| (op, stale)));
        }
        taken
    }

    /// Keeps the marks in step with what goes to the disk.
    fn note(&mut self, op: &Op) {
        match &op.body {
            Body::Vote(vote) => self.marks.entry(op.group).or_default().vote = Some(vote.clone()),
            Body::Purge { through, log_id } => {
                self.marks.entry(op.group).or_default().purged = Some((*through, log_id.clone()));
            }
            Body::RemoveGroup => {
                self.marks.remove(&op.group);
            }
            Body::Entry { .. } | Body::Moved { .. } | Body::Truncate(_) => {}
        }
    }

    /// Goes on in the next segment. Its first batch repeats the marks and says which segments still count.
    async fn start_segment(&mut self) -> Result<Draft, LogError> {
        let segment = self.next_segment().await?;
        let mut builder = BatchBuilder::new(segment.salt());
        let first_needed = {
            let mut state = self.shared.state.lock();
            state.segments.insert(segment.number, segment.readable.clone());
            state.counters.segments += 1;
            state.oldest_live().unwrap_or(segment.number)
        };
        builder.push(Kind::Start, GroupId(0), first_needed, Bytes::new());
        for (group, mark) in &self.marks {
            if let Some(vote) = &mark.vote {
                builder.push(Kind::Vote, *group, 0, vote.clone());
            }
            if let Some((through, log_id)) = &mark.purged {
                builder.push(Kind::Purge, *group, *through, log_id.clone());
            }
        }
        if builder.bytes() > segment.bytes / 2 {
            return Err(LogError::Options(format!(
                "the votes and purge marks of {} groups fill more than half a segment of {} bytes; set larger segments",
                self.marks.len(),
                segment.bytes
            )));
        }
        self.current = Some(segment);
        Ok(Draft { first_needed: Some(first_needed), ..Draft::new(builder) })
    }

    /// The next segment. Waits as long as the node lacks what one takes: nothing is in doubt meanwhile.
    async fn next_segment(&mut self) -> Result<LogSegment, LogError> {
        loop {
            match self.spares.take().await {
                Err(error) if error.is_shortage() => self.wait_for_enough(error).await?,
                outcome => {
                    self.shared.has_enough();
                    return outcome;
                }
            }
        }
    }

    /// Lets time pass in which somebody may give back what there is too little of.
    ///
    /// # Errors
    /// The same error when the log is to close: what waits will not be written.
    async fn wait_for_enough(&self, error: LogError) -> Result<(), LogError> {
        if self.shared.state.lock().closing {
            return Err(error);
        }
        self.shared.is_short(&error);
        tokio::time::sleep(SHORT_PAUSE).await;
        Ok(())
    }

    /// Writes a batch at the end of the current segment. What was refused for want of something is written again, to
    /// the same place.
    async fn put(&mut self, builder: BatchBuilder) -> Result<(), LogError> {
        let Some(segment) = &self.current else { return Ok(()) };
        let (pieces, bytes) = builder.finish(self.next_batch);
        let ReadableSegment { name, file, .. } = segment.readable.clone();
        let end = segment.end;
        let begun = Instant::now();
        while let Err(error) = file.write_durably_at(end, pieces.clone()).await {
            let error = LogError::disk(format!("write {bytes} bytes to segment {name} at byte {end}"))(error);
            if !error.is_shortage() {
                return Err(error);
            }
            self.wait_for_enough(error).await?;
        }
        self.shared.has_enough();
        if let Some(segment) = &mut self.current {
            segment.end += bytes;
        }
        self.next_batch += 1;
        self.shared.flush_times.count(begun.elapsed());
        self.shared.state.lock().counters.flushes += 1;
        Ok(())
    }

    /// Writes an empty batch behind the last one, if there is room and it is not done yet.
    async fn seal(&mut self) -> Result<(), LogError> {
        let seal = self.current.as_ref().filter(|segment| !self.sealed && segment.room() > 0);
        self.sealed = true;
        match seal.map(|segment| BatchBuilder::new(segment.salt())) {
            Some(builder) => self.put(builder).await,
            None => Ok(()),
        }
    }

    /// Gives the segments before `first_needed` to later uses: the disk says by now that they do not count.
    async fn retire_before(&mut self, first_needed: u64) {
        let retired: Vec<Retired> = {
            let mut state = self.shared.state.lock();
            let needed = state.segments.split_off(&first_needed);
            let old = std::mem::replace(&mut state.segments, needed);
            state.live = state.live.split_off(&first_needed);
            state.counters.segments_recycled += old.len() as u64;
            old.into_values().map(|segment| Retired { name: segment.name, file: segment.file }).collect()
        };
        if !retired.is_empty() {
            self.spares.retire(retired).await;
        }
    }

    /// The end: nobody knows what is on the disk, so nothing is tried again.
    fn fail(&mut self, error: LogError, in_flight: Vec<Op>) {
        let text = format!("the node's log stopped: {error}");
        tracing::error!("{text}");
        let failure = Failure { kind: io::Error::from(error).kind(), text };
        let queued = {
            let mut state = self.shared.state.lock();
            state.failure = Some(failure.clone());
            std::mem::take(&mut state.queue)
        };
        let dones = in_flight.into_iter().chain(queued).filter_map(|op| op.done);
        dones.for_each(|done| done(Err((&failure).into())));
    }
}

impl Draft {
    fn new(builder: BatchBuilder) -> Draft {
        Draft { builder, ops: Vec::new(), first_needed: None, entry_bytes: 0 }
    }

    fn add(&mut self, op: Op, stale: bool) {
        if stale {
            return self.ops.push((op, None));
        }
        let (kind, index, payload) = match &op.body {
            Body::Entry { index, payload } => (Kind::Entry, *index, payload.clone()),
            Body::Moved { index, payload, .. } => (Kind::Moved, *index, payload.clone()),
            Body::Vote(vote) => (Kind::Vote, 0, vote.clone()),
            Body::Truncate(Some(index)) => (Kind::TruncateAfter, *index, Bytes::new()),
            Body::Truncate(None) => (Kind::TruncateAll, 0, Bytes::new()),
            Body::Purge { through, log_id } => (Kind::Purge, *through, log_id.clone()),
            Body::RemoveGroup => (Kind::RemoveGroup, 0, Bytes::new()),
        };
        if let Body::Entry { payload, .. } = &op.body {
            self.entry_bytes += payload.len() as u64;
        }
        let at = self.builder.push(kind, op.group, index, payload);
        self.ops.push((op, Some(at)));
    }
}

/// Tells those who wait for the end of the writer, however it comes: also when the runtime drops the task.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let abandoned = {
            let mut state = self.0.state.lock();
            state.closing = true;
            std::mem::take(&mut state.queue)
        };
        drop(abandoned);
        self.0.ended.send_replace(true);
    }
}
