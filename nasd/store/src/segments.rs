//! The segments of one disk, how much of each is needed, and which may go.

use crate::catalog::Place;
use crate::format::{FOOTER_ENTRY_BYTES, HEAD_BYTES, RECORD_HEAD_BYTES, SegmentHead};
use std::collections::BTreeMap;

/// What a tombstone takes: its record and its entry in the footer.
const TOMBSTONE_BYTES: u64 = RECORD_HEAD_BYTES + FOOTER_ENTRY_BYTES as u64;

/// A segment file.
pub(crate) struct ChunkSegment {
    pub head: SegmentHead,
    /// Length of the file.
    pub bytes: u64,
    /// Bytes of records whose chunk the catalog names here.
    pub live_bytes: u64,
    /// Full, durable, and listed in a footer unless that could not be written.
    pub sealed: bool,
    /// Tombstones in here for chunks in other segments that still exist.
    needed_tombstones: u64,
    /// How many tombstones for chunks in here lie in which other segments.
    buried_by: BTreeMap<u32, u64>,
}

impl ChunkSegment {
    pub fn new(head: SegmentHead) -> ChunkSegment {
        ChunkSegment {
            head,
            bytes: HEAD_BYTES,
            live_bytes: 0,
            sealed: false,
            needed_tombstones: 0,
            buried_by: BTreeMap::new(),
        }
    }

    /// Bytes that compaction would have to write again.
    pub fn needed_bytes(&self) -> u64 {
        self.live_bytes + self.needed_tombstones * TOMBSTONE_BYTES
    }
}

/// All segments of a disk, by number: by age.
#[derive(Default)]
pub(crate) struct Segments {
    all: BTreeMap<u32, ChunkSegment>,
    live_bytes: u64,
    /// Segments that may have become empty since somebody asked.
    emptied: Vec<u32>,
}

impl Segments {
    pub fn get(&self, number: u32) -> Option<&ChunkSegment> {
        self.all.get(&number)
    }

    pub fn contains(&self, number: u32) -> bool {
        self.all.contains_key(&number)
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &ChunkSegment)> {
        self.all.iter().map(|(number, segment)| (*number, segment))
    }

    pub fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    pub fn add(&mut self, segment: ChunkSegment) {
        self.all.insert(segment.head.number, segment);
    }

    /// Notes that a file has grown.
    pub fn grow(&mut self, number: u32, bytes: u64) {
        if let Some(segment) = self.all.get_mut(&number) {
            segment.bytes += bytes;
        }
    }

    pub fn seal(&mut self, number: u32) {
        if let Some(segment) = self.all.get_mut(&number) {
            segment.sealed = true;
        }
    }

    /// The catalog names the record at `place` now.
    pub fn claim(&mut self, place: Place) {
        if let Some(segment) = self.all.get_mut(&place.segment) {
            segment.live_bytes += place.record_bytes();
            self.live_bytes += place.record_bytes();
        }
    }

    /// The catalog does not name the record at `place` any more.
    pub fn release(&mut self, place: Place) {
        if let Some(segment) = self.all.get_mut(&place.segment) {
            segment.live_bytes -= place.record_bytes();
            self.live_bytes -= place.record_bytes();
            if segment.live_bytes == 0 {
                self.emptied.push(place.segment);
            }
        }
    }

    /// Sealed segments that nothing in them is needed of, since the last call.
    pub fn take_emptied(&mut self) -> Vec<u32> {
        let all = &self.all;
        let empty = |number: &u32| all.get(number).is_some_and(|s| s.sealed && s.needed_bytes() == 0);
        std::mem::take(&mut self.emptied).into_iter().filter(empty).collect()
    }

    /// Notes a tombstone in `host` for a chunk in `victim`. It is needed as long as both exist.
    pub fn bury(&mut self, host: u32, victim: u32) {
        if host == victim || !self.all.contains_key(&host) {
            return;
        }
        if let Some(segment) = self.all.get_mut(&victim) {
            *segment.buried_by.entry(host).or_default() += 1;
            self.all.get_mut(&host).expect("checked above").needed_tombstones += 1;
        }
    }

    /// Takes a segment out whose file is gone.
    pub fn remove(&mut self, number: u32) -> Option<ChunkSegment> {
        let gone = self.all.remove(&number)?;
        self.live_bytes -= gone.live_bytes;
        for (host, count) in &gone.buried_by {
            if let Some(host) = self.all.get_mut(host) {
                host.needed_tombstones -= count;
            }
        }
        for segment in self.all.values_mut().filter(|_| gone.needed_tombstones > 0) {
            segment.buried_by.remove(&number);
        }
        Some(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_is_needed_until_the_segment_of_its_victim_is_gone() {
        let mut segments = Segments::default();
        (1..=3).for_each(|number| segments.add(ChunkSegment::new(SegmentHead { number, salt: 0 })));
        segments.bury(2, 1);
        segments.bury(3, 1);
        segments.bury(3, 3);
        let needed = |segments: &Segments, number| segments.get(number).unwrap().needed_bytes();
        assert_eq!((needed(&segments, 2), needed(&segments, 3)), (TOMBSTONE_BYTES, TOMBSTONE_BYTES));
        segments.remove(2);
        segments.remove(1);
        assert_eq!(needed(&segments, 3), 0);
    }
}
