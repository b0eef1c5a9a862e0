//! What the log holds in memory: every group's index, the recent payloads, and the queue to the writer.
//!
//! All of it is under one lock, held for short, synchronous work only. An operation takes effect here when
//! it is submitted; the writer makes it durable afterwards, in the order of the queue.

use crate::format::{RECORD_HEAD_BYTES, Salt};
use crate::{Done, GroupState, LogCounters, LogEntry};
use bytes::Bytes;
use nasd_base::GroupId;
use nasd_disk::DiskFile;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;

/// What one payload in the cache costs besides its bytes.
const CACHE_ITEM_BYTES: usize = 64;

/// Where an entry's record lies. Segment 0: not on the disk yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) segment: u64,
    pub(crate) offset: u32,
    /// Length of the payload.
    pub(crate) bytes: u32,
}

impl Slot {
    /// Length of the record, head included.
    pub(crate) fn record_bytes(&self) -> usize {
        RECORD_HEAD_BYTES + self.bytes as usize
    }
}

/// A payload in memory, and the operation that brought it.
struct Recent {
    op: u64,
    payload: Bytes,
}

/// One group's log: where its entries lie.
#[derive(Default)]
pub(crate) struct GroupIndex {
    pub(crate) vote: Option<Bytes>,
    pub(crate) purged: Option<(u64, Bytes)>,
    /// Index of the first slot.
    first: u64,
    slots: VecDeque<Slot>,
    /// The payloads of the last `recent.len()` slots.
    recent: VecDeque<Recent>,
}

impl GroupIndex {
    /// A group as recovery found it.
    pub(crate) fn recovered(
        vote: Option<Bytes>,
        purged: Option<(u64, Bytes)>,
        first: u64,
        slots: VecDeque<Slot>,
    ) -> GroupIndex {
        GroupIndex { vote, purged, first, slots, recent: VecDeque::new() }
    }

    fn is_empty(&self) -> bool {
        self.vote.is_none() && self.purged.is_none() && self.slots.is_empty()
    }

    fn last_index(&self) -> Option<u64> {
        (!self.slots.is_empty()).then(|| self.first + self.slots.len() as u64 - 1)
    }

    /// The index that the next entry must have, if one is prescribed.
    fn next_index(&self) -> Option<u64> {
        self.last_index().or(self.purged.as_ref().map(|(through, _)| *through)).map(|last| last + 1)
    }

    pub(crate) fn slot(&self, index: u64) -> Option<Slot> {
        self.slots.get(usize::try_from(index.checked_sub(self.first)?).ok()?).copied()
    }

    fn recent_at(&self, index: u64) -> Option<&Recent> {
        let place = usize::try_from(index.checked_sub(self.first)?).ok()?;
        self.recent.get(place.checked_sub(self.slots.len() - self.recent.len())?)
    }

    pub(crate) fn slots_in(&self, segment: u64) -> impl Iterator<Item = (u64, Slot)> {
        let numbered = self.slots.iter().enumerate();
        numbered
            .filter(move |(_, slot)| slot.segment == segment)
            .map(|(at, slot)| (self.first + at as u64, *slot))
    }

    /// Bytes of the group's records on the disk.
    pub(crate) fn placed_bytes(&self) -> u64 {
        self.slots.iter().filter(|slot| slot.segment > 0).map(|slot| slot.record_bytes() as u64).sum()
    }

    fn state(&self) -> GroupState {
        GroupState {
            vote: self.vote.clone(),
            purged: self.purged.clone(),
            first_index: (!self.slots.is_empty()).then_some(self.first),
            last_index: self.last_index(),
        }
    }
}

/// Something for the writer to put on the disk.
pub(crate) enum Body {
    Entry {
        index: u64,
        payload: Bytes,
    },
    /// A copy of an entry that lies at `from`.
    Moved {
        index: u64,
        payload: Bytes,
        from: Slot,
    },
    Vote(Bytes),
    Truncate(Option<u64>),
    Purge {
        through: u64,
        log_id: Bytes,
    },
    RemoveGroup,
}

impl Body {
    /// Length of the record that says it.
    pub(crate) fn record_bytes(&self) -> u64 {
        let payload = match self {
            Body::Entry { payload, .. } | Body::Moved { payload, .. } => payload.len(),
            Body::Vote(payload) | Body::Purge { log_id: payload, .. } => payload.len(),
            Body::Truncate(_) | Body::RemoveGroup => 0,
        };
        (RECORD_HEAD_BYTES + payload) as u64
    }
}

/// One submitted operation. Its number is its place in the order of all submissions.
pub(crate) struct Op {
    pub(crate) number: u64,
    pub(crate) group: GroupId,
    pub(crate) body: Body,
    /// How many live entries of which segments it ends, once it is durable.
    pub(crate) freed: Vec<(u64, u64)>,
    pub(crate) done: Option<Done>,
}

/// A segment as readers need it.
#[derive(Clone)]
pub(crate) struct ReadableSegment {
    pub(crate) name: String,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) salt: Salt,
}

struct CacheItem {
    group: GroupId,
    index: u64,
    op: u64,
}

/// Why nothing goes any more.
#[derive(Clone)]
pub(crate) struct Failure {
    pub(crate) kind: io::ErrorKind,
    pub(crate) text: String,
}

impl From<&Failure> for io::Error {
    fn from(failure: &Failure) -> io::Error {
        io::Error::new(failure.kind, failure.text.clone())
    }
}

/// A record of an entry that is gone from memory, but not yet from the disk.
struct Doomed {
    /// The operation that ended the entry is this one or an earlier one.
    until_op: u64,
    segment: u64,
}

pub(crate) struct State {
    pub(crate) groups: BTreeMap<GroupId, GroupIndex>,
    pub(crate) queue: VecDeque<Op>,
    next_op: u64,
    /// The last operation that is durable.
    flushed_op: u64,
    /// In order of arrival. Items outlive their payload when that was truncated or purged.
    cache: VecDeque<CacheItem>,
    cached_bytes: usize,
    cache_bytes: usize,
    /// Live entries of each segment, as the disk has it: an entry counts until its end is durable.
    pub(crate) live: BTreeMap<u64, u64>,
    doomed: VecDeque<Doomed>,
    pub(crate) segments: BTreeMap<u64, ReadableSegment>,
    pub(crate) failure: Option<Failure>,
    /// What writes wait for, if there is too little of something.
    pub(crate) short: Option<String>,
    /// Why no further segment is ready: when those there are full, writes will have to wait.
    pub(crate) unprepared: Option<String>,
    /// Nothing more is accepted; the writer ends when the queue is empty.
    pub(crate) closing: bool,
    pub(crate) counters: LogCounters,
    pub(crate) payload_bytes_max: usize,
}

impl State {
    pub(crate) fn new(cache_bytes: usize, payload_bytes_max: usize) -> State {
        State {
            groups: BTreeMap::new(),
            queue: VecDeque::new(),
            next_op: 0,
            flushed_op: 0,
            cache: VecDeque::new(),
            cached_bytes: 0,
            cache_bytes,
            live: BTreeMap::new(),
            doomed: VecDeque::new(),
            segments: BTreeMap::new(),
            failure: None,
            short: None,
            unprepared: None,
            closing: false,
            counters: LogCounters::default(),
            payload_bytes_max,
        }
    }

    /// Refuses work after a failure.
    pub(crate) fn check_alive(&self) -> io::Result<()> {
        self.failure.as_ref().map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Refuses new operations after a failure or while closing.
    pub(crate) fn check_open(&self) -> io::Result<()> {
        self.check_alive()?;
        if self.closing { Err(io::Error::other("the log is closed")) } else { Ok(()) }
    }

    fn check_payload(&self, payload: &Bytes) -> io::Result<()> {
        if payload.len() <= self.payload_bytes_max {
            return Ok(());
        }
        let text = format!(
            "a log payload of {} bytes is longer than {} bytes",
            payload.len(),
            self.payload_bytes_max
        );
        Err(io::Error::new(io::ErrorKind::InvalidInput, text))
    }

    pub(crate) fn group_state(&self, group: GroupId) -> GroupState {
        self.groups.get(&group).map(GroupIndex::state).unwrap_or_default()
    }

    pub(crate) fn filled_groups(&self) -> Vec<GroupId> {
        self.groups.iter().filter(|(_, group)| !group.is_empty()).map(|(id, _)| *id).collect()
    }

    fn submit(&mut self, group: GroupId, body: Body, freed: Vec<(u64, u64)>, done: Option<Done>) -> u64 {
        self.next_op += 1;
        self.queue.push_back(Op { number: self.next_op, group, body, freed, done });
        self.next_op
    }

    /// Accepts entries whose indexes follow; nothing of them is kept otherwise.
    pub(crate) fn check_append(&self, group: GroupId, entries: &[LogEntry]) -> io::Result<()> {
        self.check_open()?;
        let mut expected = self.groups.get(&group).and_then(GroupIndex::next_index);
        for entry in entries {
            if expected.is_some_and(|expected| expected != entry.index) || entry.index == u64::MAX {
                let text = format!(
                    "group {group}: entry {} does not follow; the next index is {}",
                    entry.index,
                    expected.unwrap_or_default()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
            self.check_payload(&entry.payload)?;
            expected = Some(entry.index + 1);
        }
        Ok(())
    }

    /// Appends checked entries; `done` goes with the last of them.
    pub(crate) fn append(&mut self, id: GroupId, entries: Vec<LogEntry>, done: Done) {
        let last = entries.len() - 1;
        let mut done = Some(done);
        for (at, LogEntry { index, payload }) in entries.into_iter().enumerate() {
            let done = if at == last { done.take() } else { None };
            let bytes = payload.len();
            let op = self.submit(id, Body::Entry { index, payload: payload.clone() }, Vec::new(), done);
            let group = self.groups.entry(id).or_default();
            if group.slots.is_empty() {
                group.first = index;
            }
            group.slots.push_back(Slot { bytes: bytes as u32, ..Slot::default() });
            group.recent.push_back(Recent { op, payload });
            self.cache.push_back(CacheItem { group: id, index, op });
            self.cached_bytes += bytes + CACHE_ITEM_BYTES;
        }
    }

    pub(crate) fn save_vote(&mut self, id: GroupId, vote: Bytes, done: Done) -> io::Result<()> {
        self.check_open()?;
        self.check_payload(&vote)?;
        self.groups.entry(id).or_default().vote = Some(vote.clone());
        self.submit(id, Body::Vote(vote), Vec::new(), Some(done));
        Ok(())
    }

    pub(crate) fn truncate_after(&mut self, id: GroupId, index: Option<u64>, done: Done) -> io::Result<()> {
        self.check_open()?;
        let group = self.groups.entry(id).or_default();
        let keep = index.map_or(0, |index| index.saturating_add(1).saturating_sub(group.first)) as usize;
        let mut freed = Freed::default();
        while group.slots.len() > keep {
            freed.slot(group.slots.pop_back());
            self.cached_bytes -= group.recent.pop_back().map_or(0, |recent| recent.payload.len());
        }
        self.submit(id, Body::Truncate(index), freed.0, Some(done));
        Ok(())
    }

    /// `Ok(false)`: so much was purged already, and nothing was submitted.
    pub(crate) fn purge(&mut self, id: GroupId, through: u64, log_id: Bytes, done: Done) -> io::Result<bool> {
        self.check_open()?;
        self.check_payload(&log_id)?;
        if through == u64::MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no entry can follow the last index"));
        }
        let group = self.groups.entry(id).or_default();
        if group.purged.as_ref().is_some_and(|(purged, _)| *purged >= through) {
            return Ok(false);
        }
        let mut freed = Freed::default();
        while group.first <= through && !group.slots.is_empty() {
            if group.recent.len() == group.slots.len() {
                self.cached_bytes -= group.recent.pop_front().map_or(0, |recent| recent.payload.len());
            }
            freed.slot(group.slots.pop_front());
            group.first += 1;
        }
        group.purged = Some((through, log_id.clone()));
        self.submit(id, Body::Purge { through, log_id }, freed.0, Some(done));
        Ok(true)
    }

    /// `Ok(false)`: there is no such group, and nothing was submitted.
    pub(crate) fn remove_group(&mut self, id: GroupId, done: Done) -> io::Result<bool> {
        self.check_open()?;
        let Some(group) = self.groups.remove(&id) else { return Ok(false) };
        let mut freed = Freed::default();
        group.slots.iter().for_each(|slot| freed.slot(Some(*slot)));
        self.cached_bytes -= group.recent.iter().map(|recent| recent.payload.len()).sum::<usize>();
        self.submit(id, Body::RemoveGroup, freed.0, Some(done));
        Ok(true)
    }

    /// Queues copies of entries that lie in a segment that is to go.
    pub(crate) fn move_entries(
        &mut self,
        entries: Vec<(GroupId, u64, Slot, Bytes)>,
        done: Done,
    ) -> io::Result<()> {
        self.check_open()?;
        let last = entries.len() - 1;
        let mut done = Some(done);
        for (at, (group, index, from, payload)) in entries.into_iter().enumerate() {
            let done = if at == last { done.take() } else { None };
            self.submit(group, Body::Moved { index, payload, from }, vec![(from.segment, 1)], done);
        }
        Ok(())
    }

    /// The payload at `index` if it is in memory, else where it lies.
    pub(crate) fn find(&self, group: GroupId, index: u64) -> Option<Result<Bytes, Slot>> {
        let group = self.groups.get(&group)?;
        let slot = group.slot(index)?;
        Some(group.recent_at(index).map_or(Err(slot), |recent| Ok(recent.payload.clone())))
    }

    /// Whether an entry still lies where a move has found it.
    pub(crate) fn lies_at(&self, group: GroupId, index: u64, slot: Slot) -> bool {
        self.groups.get(&group).and_then(|group| group.slot(index)) == Some(slot)
    }

    /// Tells the index where the writer puts an entry's record; `false` if the entry is gone by now.
    pub(crate) fn place(&mut self, op: &Op, segment: u64, offset: u32) -> bool {
        let (index, expected) = match &op.body {
            Body::Entry { index, .. } => (*index, None),
            Body::Moved { index, from, .. } => (*index, Some(*from)),
            _ => return false,
        };
        let group = self.groups.get_mut(&op.group).filter(|group| match expected {
            None => group.recent_at(index).is_some_and(|recent| recent.op == op.number),
            Some(from) => group.slot(index) == Some(from),
        });
        let slot = group.and_then(|group| group.slots.get_mut(index.saturating_sub(group.first) as usize));
        let placed = slot.is_some();
        if let Some(slot) = slot {
            (slot.segment, slot.offset) = (segment, offset);
        } else if expected.is_none() {
            // Its end was submitted before its record is written, and is somewhere in the queue. Until that
            // is durable a crash would bring the entry back, so the record must not go.
            self.doomed.push_back(Doomed { until_op: self.next_op, segment });
        }
        if placed || expected.is_none() {
            *self.live.entry(segment).or_default() += 1;
        }
        placed
    }

    /// Everything up to `last` is durable, and these entries are at an end.
    pub(crate) fn flushed(&mut self, last: u64, freed: impl IntoIterator<Item = (u64, u64)>) {
        self.flushed_op = self.flushed_op.max(last);
        let outlived = self.doomed.partition_point(|doomed| doomed.until_op <= last);
        let outlived: Vec<_> = self.doomed.drain(..outlived).map(|doomed| (doomed.segment, 1)).collect();
        for (segment, count) in freed.into_iter().chain(outlived) {
            if let Some(live) = self.live.get_mut(&segment) {
                debug_assert!(*live >= count, "segment {segment}: {count} of {live} live entries ended");
                *live = live.saturating_sub(count);
            }
        }
        self.evict();
    }

    /// Drops the oldest payloads beyond the cache's size. What is not durable yet stays.
    fn evict(&mut self) {
        while self.cached_bytes > self.cache_bytes {
            let Some(item) = self.cache.front() else { break };
            let group = self.groups.get_mut(&item.group);
            let held =
                group.filter(|group| group.recent_at(item.index).is_some_and(|recent| recent.op == item.op));
            if let Some(group) = held {
                if item.op > self.flushed_op {
                    break;
                }
                // In a group the oldest in the cache is the one with the lowest index.
                self.cached_bytes -= group.recent.pop_front().map_or(0, |recent| recent.payload.len());
            }
            self.cached_bytes -= CACHE_ITEM_BYTES;
            self.cache.pop_front();
        }
    }

    /// The oldest segment with a live entry.
    pub(crate) fn oldest_live(&self) -> Option<u64> {
        self.live.iter().find(|(_, live)| **live > 0).map(|(segment, _)| *segment)
    }
}

/// Counts ended entries by segment.
#[derive(Default)]
struct Freed(Vec<(u64, u64)>);

impl Freed {
    fn slot(&mut self, slot: Option<Slot>) {
        let Some(segment) = slot.map(|slot| slot.segment).filter(|segment| *segment > 0) else { return };
        match self.0.last_mut() {
            Some((last, count)) if *last == segment => *count += 1,
            _ => self.0.push((segment, 1)),
        }
    }
}
