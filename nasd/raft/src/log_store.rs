//! openraft's log and vote, kept in the node's shared log.
//!
//! Appends are queued and return at once; the flush of many groups' appends is one write. Entries can be
//! read as soon as they are queued, so replication overlaps the local flush.

use crate::codec::entry;
use crate::codec::ids::{decode_log_id, decode_vote, encode_log_id, encode_vote};
use crate::config::{APPEND_BYTES_MAX, APPLY_BYTES_MAX};
use crate::counters::RaftCounters;
use crate::types::{Entry, LogId, Types, Vote};
use futures::Stream;
use nasd_log::{GroupLog, LogEntry};
use openraft::storage::{IOFlushed, LogState, RaftLogReader, RaftLogStorage};
use openraft::{OptionalSend, entry::RaftEntry};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

/// Where the log stands, for deciding what to release; see [`Gauge::release_below`].
#[derive(Debug, Default)]
pub(crate) struct Gauge(Mutex<Readings>);

#[derive(Debug, Default)]
struct Readings {
    /// Payload bytes appended since the start.
    bytes: u64,
    last_index: u64,
    /// `(index, bytes before it)`, about one per [`READING_BYTES`].
    marks: VecDeque<(u64, u64)>,
}

/// Distance of two readings: how exactly `log_keep_bytes` is met.
const READING_BYTES: u64 = 1 << 20;

impl Gauge {
    fn appended(&self, index: u64, bytes: u64) {
        let mut gauge = self.0.lock();
        let before = gauge.bytes;
        if gauge.marks.back().is_none_or(|(_, at)| before - at >= READING_BYTES) {
            gauge.marks.push_back((index, before));
        }
        gauge.bytes += bytes;
        gauge.last_index = index;
    }

    fn truncated(&self, keep: Option<u64>) {
        let mut gauge = self.0.lock();
        while gauge.marks.back().is_some_and(|(index, _)| keep.is_none_or(|keep| *index > keep)) {
            gauge.marks.pop_back();
        }
    }

    /// Payload bytes appended since the start.
    pub fn bytes(&self) -> u64 {
        self.0.lock().bytes
    }

    /// The index below which entries can go if about `keep` bytes are to stay, `None` if all have to.
    pub fn release_below(&self, keep: u64) -> Option<u64> {
        let mut gauge = self.0.lock();
        if keep == 0 {
            return (gauge.bytes > 0).then_some(gauge.last_index + 1);
        }
        let bytes = gauge.bytes;
        let old_enough = gauge.marks.partition_point(|(_, at)| bytes - at >= keep);
        let found = gauge.marks.get(old_enough.checked_sub(1)?).map(|(index, _)| *index);
        gauge.marks.drain(..old_enough - 1);
        found
    }
}

/// The log of one group as openraft sees it.
#[derive(Clone)]
pub(crate) struct LogStore {
    log: GroupLog,
    gauge: Arc<Gauge>,
    counters: RaftCounters,
    acks_before_flush: bool,
}

impl LogStore {
    pub fn new(log: GroupLog, counters: RaftCounters, acks_before_flush: bool) -> LogStore {
        LogStore { log, gauge: Arc::default(), counters, acks_before_flush }
    }

    pub fn gauge(&self) -> Arc<Gauge> {
        self.gauge.clone()
    }

    /// Whether this replica has ever voted for or followed a leader.
    pub fn has_voted(&self) -> bool {
        self.log.state().vote.is_some()
    }

    /// What of `range` the log holds.
    fn clamp(&self, range: impl RangeBounds<u64>) -> Range<u64> {
        let state = self.log.state();
        let (Some(first), Some(last)) = (state.first_index, state.last_index) else { return 0..0 };
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => u64::MAX,
        };
        start.max(first)..end.min(last + 1)
    }

    async fn read(&self, range: Range<u64>, bytes_max: usize) -> io::Result<Vec<Entry>> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let start = range.start;
        let stored = self.log.read(range, bytes_max).await?;
        let mut entries = Vec::with_capacity(stored.len());
        for (expected, stored) in (start..).zip(stored) {
            let entry = entry::decode(stored.payload)?;
            if stored.index != expected || entry.log_id.index != expected {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a log entry at another's index"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    async fn read_all(&self, range: Range<u64>) -> io::Result<Vec<Entry>> {
        let mut entries = self.read(range.clone(), APPLY_BYTES_MAX).await?;
        loop {
            let next = range.start + entries.len() as u64;
            if next >= range.end {
                return Ok(entries);
            }
            let more = self.read(next..range.end, APPLY_BYTES_MAX).await?;
            if more.is_empty() {
                return Ok(entries);
            }
            entries.extend(more);
        }
    }
}

impl RaftLogReader<Types> for LogStore {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, io::Error> {
        self.read_all(self.clamp(range)).await
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.log.state().vote.map(|bytes| decode_vote(&bytes)).transpose()?)
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, io::Error> {
        self.read(self.clamp(start..end), APPEND_BYTES_MAX).await
    }

    async fn entries_stream<RB>(
        &mut self,
        range: RB,
    ) -> impl Stream<Item = Result<Entry, io::Error>> + OptionalSend
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let range = self.clamp(range);
        let state = (self.clone(), range, Vec::new().into_iter());
        futures::stream::try_unfold(state, |(log, mut range, mut ready)| async move {
            loop {
                if let Some(entry) = ready.next() {
                    return Ok(Some((entry, (log, range, ready))));
                }
                let entries = log.read(range.clone(), APPLY_BYTES_MAX).await?;
                if entries.is_empty() {
                    return Ok(None);
                }
                range.start += entries.len() as u64;
                ready = entries.into_iter();
            }
        })
    }
}

impl RaftLogStorage<Types> for LogStore {
    type LogReader = LogStore;

    async fn get_log_state(&mut self) -> Result<LogState<Types>, io::Error> {
        let state = self.log.state();
        let last_purged_log_id = match &state.purged {
            Some((_, bytes)) => Some(decode_log_id(bytes)?),
            None => None,
        };
        let last_log_id = match state.last_index {
            Some(last) => self.read(last..last + 1, 1).await?.first().map(|entry: &Entry| entry.log_id),
            None => last_purged_log_id,
        };
        Ok(LogState { last_purged_log_id, last_log_id })
    }

    async fn get_log_reader(&mut self) -> LogStore {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        self.log.save_vote(encode_vote(*vote)).await
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut records = Vec::new();
        for entry in entries {
            let payload = entry::encode(&entry);
            self.gauge.appended(entry.index(), payload.len() as u64);
            records.push(LogEntry { index: entry.index(), payload });
        }
        self.counters.add_appended(records.len() as u64);
        if self.acks_before_flush {
            callback.io_completed(Ok(()));
            self.log.append(records, Box::new(|_| {}));
        } else {
            self.log.append(records, Box::new(move |result| callback.io_completed(result)));
        }
        Ok(())
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogId>) -> Result<(), io::Error> {
        let keep = last_log_id.map(|id| id.index);
        self.gauge.truncated(keep);
        self.log.truncate_after(keep).await
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), io::Error> {
        self.log.purge(log_id.index, encode_log_id(log_id)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gauge_keeps_about_what_is_asked() {
        let gauge = Gauge::default();
        assert_eq!(gauge.release_below(0), None);
        for index in 1..=1000 {
            gauge.appended(index, 64 << 10);
        }
        // 62.5 MiB in all; 10 MiB are the last 160 entries.
        let below = gauge.release_below(10 << 20).unwrap();
        assert!((820..=841).contains(&below), "{below}");
        assert_eq!(gauge.release_below(1 << 40), None, "readings of what is released are dropped");
        assert_eq!(gauge.bytes(), 1000 * (64 << 10));
    }

    #[test]
    fn truncation_takes_the_readings_along() {
        let gauge = Gauge::default();
        for index in 1..=100 {
            gauge.appended(index, 1 << 20);
        }
        gauge.truncated(Some(10));
        assert!(gauge.release_below(1).unwrap() <= 10);
        gauge.truncated(None);
        assert_eq!(gauge.release_below(1), None);
    }
}
