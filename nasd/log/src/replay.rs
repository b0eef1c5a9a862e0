//! Rebuilding the groups from the log's records, one batch after the other.

use crate::LogError;
use crate::format::{Batch, Kind, RecordView};
use crate::state::{GroupIndex, Slot};
use crate::writer::Mark;
use bytes::Bytes;
use nasd_base::GroupId;
use std::collections::{BTreeMap, VecDeque};

/// The groups as of the last record seen.
#[derive(Default)]
pub(crate) struct Replay {
    groups: BTreeMap<GroupId, ReplayedGroup>,
    /// Number of the batch that must come next; 0 before the first.
    pub(crate) next_batch: u64,
    /// Where the last segment's batches end.
    pub(crate) end: u64,
}

/// Entries may come with gaps that copies of older entries fill later.
#[derive(Default)]
struct ReplayedGroup {
    mark: Mark,
    entries: BTreeMap<u64, Slot>,
}

/// The result of a whole log.
pub(crate) struct Replayed {
    pub(crate) groups: BTreeMap<GroupId, GroupIndex>,
    pub(crate) marks: BTreeMap<GroupId, Mark>,
    pub(crate) live: BTreeMap<u64, u64>,
    pub(crate) end: u64,
}

impl Replay {
    /// Applies a valid batch that lies at `offset` of a segment; `bytes` are its bytes.
    pub(crate) fn batch(
        &mut self,
        segment: u64,
        offset: u64,
        bytes: &Bytes,
        batch: &Batch<'_>,
    ) -> Result<(), String> {
        let sequence = batch.head.sequence;
        if self.next_batch != 0 && sequence != self.next_batch {
            return Err(format!("batch {sequence} lies where batch {} should be", self.next_batch));
        }
        self.next_batch = sequence + 1;
        let mut at = offset + crate::format::BATCH_HEAD_BYTES as u64;
        for record in &batch.records {
            let slot = Slot { segment, offset: at as u32, bytes: record.payload.len() as u32 };
            self.record(record, slot)?;
            at += record.bytes() as u64;
        }
        debug_assert!(at <= offset + bytes.len() as u64);
        Ok(())
    }

    fn record(&mut self, record: &RecordView<'_>, slot: Slot) -> Result<(), String> {
        match record.kind {
            Kind::Start => return Ok(()),
            Kind::RemoveGroup => {
                self.groups.remove(&record.group);
                return Ok(());
            }
            _ => {}
        }
        let group = self.groups.entry(record.group).or_default();
        match record.kind {
            Kind::Entry => {
                let last = group.entries.last_key_value().map(|(index, _)| *index);
                let last = last.max(group.mark.purged.as_ref().map(|(through, _)| *through));
                if last.is_some_and(|last| record.index <= last) {
                    return Err(format!("group {} goes back to entry {}", record.group, record.index));
                }
                group.entries.insert(record.index, slot);
            }
            Kind::Moved => {
                group.entries.insert(record.index, slot);
            }
            Kind::Vote => group.mark.vote = Some(Bytes::copy_from_slice(record.payload)),
            Kind::TruncateAfter => {
                group.entries.split_off(&record.index.saturating_add(1));
            }
            Kind::TruncateAll => group.entries.clear(),
            Kind::Purge => {
                group.mark.purged = Some((record.index, Bytes::copy_from_slice(record.payload)));
                group.entries = group.entries.split_off(&record.index.saturating_add(1));
            }
            Kind::Start | Kind::RemoveGroup => {}
        }
        Ok(())
    }

    /// The groups, if no entry is missing in any of them.
    pub(crate) fn finish(self) -> Result<Replayed, LogError> {
        let mut replayed = Replayed {
            groups: BTreeMap::new(),
            marks: BTreeMap::new(),
            live: BTreeMap::new(),
            end: self.end,
        };
        for (id, group) in self.groups {
            for slot in group.entries.values() {
                *replayed.live.entry(slot.segment).or_default() += 1;
            }
            replayed.marks.insert(id, group.mark.clone());
            replayed.groups.insert(id, group.finish(id)?);
        }
        Ok(replayed)
    }
}

impl ReplayedGroup {
    fn finish(self, id: GroupId) -> Result<GroupIndex, LogError> {
        let Mark { vote, purged } = self.mark;
        let lowest = self.entries.first_key_value().map_or(0, |(index, _)| *index);
        let first = purged.as_ref().map_or(lowest, |(through, _)| through + 1);
        let mut slots = VecDeque::with_capacity(self.entries.len());
        for ((index, slot), expected) in self.entries.into_iter().zip(first..) {
            if index != expected {
                return Err(LogError::Damaged {
                    segment: crate::segment::segment_name(slot.segment),
                    offset: u64::from(slot.offset),
                    reason: format!("entry {index} of group {id} comes where entry {expected} should be"),
                });
            }
            slots.push_back(slot);
        }
        Ok(GroupIndex::recovered(vote, purged, first, slots))
    }
}
