//! The bytes of one file that were acknowledged and are not in the metadata yet: runs laid over what the
//! metadata says, the newest on top.
//!
//! A run holds its bytes, or names a part of a staged chunk (see `stage.rs`). Each carries the sequence
//! number of the write it came from. A commit names every run up to a number and then forgets them; runs
//! that newer writes brought in the meantime stay.

use crate::leader::staged::Staged;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Where the bytes of a run are.
#[derive(Clone, Debug)]
pub(super) enum RunPlace {
    Memory(Bytes),
    /// From `start` in the chunk's uncompressed data.
    Staged {
        chunk: Arc<Staged>,
        start: u32,
    },
}

impl RunPlace {
    fn skip(&self, by: u64) -> RunPlace {
        match self {
            RunPlace::Memory(bytes) => RunPlace::Memory(bytes.slice(by as usize..)),
            RunPlace::Staged { chunk, start } => {
                RunPlace::Staged { chunk: chunk.clone(), start: start + by as u32 }
            }
        }
    }

    fn keep(self, len: u64) -> RunPlace {
        match self {
            RunPlace::Memory(bytes) => RunPlace::Memory(bytes.slice(..len as usize)),
            staged => staged,
        }
    }

    fn memory_bytes(&self) -> u64 {
        match self {
            RunPlace::Memory(bytes) => bytes.len() as u64,
            RunPlace::Staged { .. } => 0,
        }
    }
}

/// A run of dirty bytes.
#[derive(Clone, Debug)]
pub(super) struct UnsavedRun {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(super) place: RunPlace,
    pub(super) seq: u64,
}

impl UnsavedRun {
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.len
    }

    fn part(&self, range: &Range<u64>) -> UnsavedRun {
        let start = self.offset.max(range.start);
        let end = self.end().min(range.end);
        let place = self.place.skip(start - self.offset).keep(end - start);
        UnsavedRun { offset: start, len: end - start, place, seq: self.seq }
    }
}

/// Non-overlapping runs by offset.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    runs: BTreeMap<u64, UnsavedRun>,
    /// Bytes of runs in memory, by block: a block whose count reaches its size can be staged.
    blocks: BTreeMap<u64, u64>,
    memory_bytes: u64,
    dirty_bytes: u64,
    seq: u64,
    block_bytes: u64,
}

impl Overlay {
    pub(crate) fn new(block_bytes: u64) -> Overlay {
        Overlay { block_bytes, ..Overlay::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Bytes held in memory by runs that are not staged.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// Bytes of all runs.
    pub(super) fn dirty_bytes(&self) -> u64 {
        self.dirty_bytes
    }

    /// The number of the newest write.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    /// Where the last dirty byte ends; 0 when there is none.
    pub(crate) fn end(&self) -> u64 {
        self.runs.last_key_value().map_or(0, |(_, run)| run.end())
    }

    /// Lays a write over everything older.
    pub(crate) fn write(&mut self, offset: u64, bytes: Bytes) {
        self.seq += 1;
        let run =
            UnsavedRun { offset, len: bytes.len() as u64, place: RunPlace::Memory(bytes), seq: self.seq };
        self.replace(run);
    }

    /// Puts a run in place of whatever its range holds.
    fn replace(&mut self, run: UnsavedRun) {
        if run.len > 0 {
            self.cut(run.offset..run.end());
            self.add(run);
        }
    }

    /// Forgets the dirty bytes of a range.
    pub(crate) fn cut(&mut self, range: Range<u64>) {
        for run in self.take_touching(&range) {
            if run.offset < range.start {
                self.add(run.part(&(run.offset..range.start)));
            }
            if run.end() > range.end {
                self.add(run.part(&(range.end..run.end())));
            }
        }
    }

    /// The dirty parts of a range, in order.
    pub(super) fn read(&self, range: Range<u64>) -> Vec<UnsavedRun> {
        self.touching(&range).map(|run| run.part(&range)).collect()
    }

    /// The parts of a range that are not dirty, in order.
    pub(super) fn gaps(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut at = range.start;
        for run in self.touching(&range) {
            if run.offset > at {
                gaps.push(at..run.offset);
            }
            at = at.max(run.end());
        }
        if at < range.end {
            gaps.push(at..range.end);
        }
        gaps
    }

    /// The ranges of all runs, in order.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.runs.values().map(|run| run.offset..run.end())
    }

    /// The first dirty run that ends after `from`, without what lies before `from`.
    pub(crate) fn next(&self, from: u64) -> Option<Range<u64>> {
        self.touching(&(from..u64::MAX)).next().map(|run| run.offset.max(from)..run.end())
    }

    pub(super) fn overlaps(&self, range: Range<u64>) -> bool {
        self.touching(&range).next().is_some()
    }

    /// All runs of writes up to `seq`, in order.
    pub(super) fn up_to(&self, seq: u64) -> Vec<UnsavedRun> {
        self.runs.values().filter(|run| run.seq <= seq).cloned().collect()
    }

    /// Forgets the runs of writes up to `seq`: the metadata has them.
    pub(crate) fn forget(&mut self, seq: u64) {
        let old: Vec<u64> = self.runs.values().filter(|run| run.seq <= seq).map(|run| run.offset).collect();
        for offset in old {
            self.take(offset);
        }
    }

    /// The blocks touched by `range` that are dirty from end to end, as their first bytes and content.
    pub(super) fn full_blocks(&self, range: Range<u64>) -> Vec<(u64, Bytes)> {
        let block_bytes = self.block_bytes;
        let (first, last) = (range.start / block_bytes, range.end.saturating_sub(1) / block_bytes);
        let full = self.blocks.range(first..=last).filter(|(_, bytes)| **bytes == block_bytes);
        full.map(|(block, _)| (block * block_bytes, self.gather(block * block_bytes, block_bytes))).collect()
    }

    /// The bytes of a range that runs in memory cover.
    fn gather(&self, offset: u64, len: u64) -> Bytes {
        let runs = self.read(offset..offset + len);
        if let [UnsavedRun { place: RunPlace::Memory(bytes), .. }] = &runs[..] {
            return bytes.clone();
        }
        let mut whole = BytesMut::with_capacity(len as usize);
        for run in &runs {
            if let RunPlace::Memory(bytes) = &run.place {
                whole.extend_from_slice(bytes);
            }
        }
        debug_assert_eq!(whole.len() as u64, len);
        whole.freeze()
    }

    /// Says that the bytes of `[offset, offset + chunk length)` are now in `chunk`.
    pub(super) fn stage_block(&mut self, offset: u64, chunk: Arc<Staged>) {
        let range = offset..offset + u64::from(chunk.len());
        let seq = self.touching(&range).map(|run| run.seq).max().unwrap_or(self.seq);
        let len = u64::from(chunk.len());
        self.replace(UnsavedRun { offset, len, place: RunPlace::Staged { chunk, start: 0 }, seq });
    }

    /// Says that the bytes of a run (as `up_to` gave it, with nothing written since) are in `chunk`.
    pub(super) fn stage_run(&mut self, run: &UnsavedRun, chunk: Arc<Staged>, start: u32) {
        let place = RunPlace::Staged { chunk, start };
        self.replace(UnsavedRun { place, ..run.clone() });
    }

    fn touching(&self, range: &Range<u64>) -> impl Iterator<Item = &UnsavedRun> + use<'_> {
        let range = range.clone();
        let before = self.runs.range(..range.start).next_back().map(|(_, run)| run);
        let before = before.filter(|run| run.end() > range.start);
        let inside = if range.is_empty() { range.start..range.start } else { range };
        before.filter(|_| !inside.is_empty()).into_iter().chain(self.runs.range(inside).map(|(_, run)| run))
    }

    fn take_touching(&mut self, range: &Range<u64>) -> Vec<UnsavedRun> {
        let offsets: Vec<u64> = self.touching(range).map(|run| run.offset).collect();
        offsets.into_iter().filter_map(|offset| self.take(offset)).collect()
    }

    fn take(&mut self, offset: u64) -> Option<UnsavedRun> {
        let run = self.runs.remove(&offset)?;
        self.memory_bytes -= run.place.memory_bytes();
        self.dirty_bytes -= run.len;
        self.count(&run, |count, bytes| *count -= bytes);
        Some(run)
    }

    fn add(&mut self, run: UnsavedRun) {
        self.memory_bytes += run.place.memory_bytes();
        self.dirty_bytes += run.len;
        self.count(&run, |count, bytes| *count += bytes);
        self.runs.insert(run.offset, run);
    }

    fn count(&mut self, run: &UnsavedRun, change: impl Fn(&mut u64, u64)) {
        if run.place.memory_bytes() == 0 {
            return;
        }
        let mut at = run.offset;
        while at < run.end() {
            let block = at / self.block_bytes;
            let end = run.end().min((block + 1) * self.block_bytes);
            let count = self.blocks.entry(block).or_insert(0);
            change(count, end - at);
            if *count == 0 {
                self.blocks.remove(&block);
            }
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BLOCK: u64 = 16;

    fn flatten(overlay: &Overlay, len: usize) -> Vec<Option<u8>> {
        let mut flat = vec![None; len];
        for run in overlay.up_to(u64::MAX) {
            let RunPlace::Memory(bytes) = &run.place else { panic!("nothing was staged") };
            for (at, byte) in bytes.iter().enumerate() {
                assert!(flat[run.offset as usize + at].replace(*byte).is_none(), "runs overlap");
            }
        }
        flat
    }

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, u8, usize),
        Cut(u64, u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0u64..60, any::<u8>(), 0usize..30).prop_map(|(at, byte, len)| Step::Write(at, byte, len)),
            1 => (0u64..60, 0u64..40).prop_map(|(at, len)| Step::Cut(at, at + len)),
        ]
    }

    proptest! {
        #[test]
        fn the_newest_write_wins_everywhere(steps in proptest::collection::vec(step(), 0..40), from in 0u64..90, len in 0u64..40) {
            let mut overlay = Overlay::new(BLOCK);
            let mut model = vec![None; 100];
            for step in steps {
                match step {
                    Step::Write(at, byte, len) => {
                        overlay.write(at, vec![byte; len].into());
                        model[at as usize..at as usize + len].fill(Some(byte));
                    }
                    Step::Cut(from, to) => {
                        overlay.cut(from..to);
                        model[from as usize..to as usize].fill(None);
                    }
                }
            }
            prop_assert_eq!(flatten(&overlay, 100), model.clone());
            let dirty = model.iter().flatten().count() as u64;
            prop_assert_eq!((overlay.memory_bytes(), overlay.dirty_bytes()), (dirty, dirty));
            let end = model.iter().rposition(Option::is_some).map_or(0, |at| at as u64 + 1);
            prop_assert_eq!(overlay.end(), end);
            let part = overlay.read(from..from + len);
            let covered: u64 = part.iter().map(|run| run.len).sum();
            let expected = (from..from + len).filter(|at| model.get(*at as usize).is_some_and(Option::is_some)).count();
            prop_assert_eq!(covered, expected as u64);
            prop_assert_eq!(overlay.overlaps(from..from + len), expected > 0);
            let next = (from..100).find(|at| model[*at as usize].is_some());
            prop_assert_eq!(overlay.next(from).map(|run| run.start), next);
            for (offset, bytes) in overlay.full_blocks(0..100) {
                let expected: Vec<u8> = model[offset as usize..][..BLOCK as usize].iter().map(|byte| byte.unwrap()).collect();
                prop_assert_eq!(&bytes[..], &expected[..]);
            }
            let full = (0..6).filter(|block| model[block * 16..][..16].iter().all(Option::is_some)).count();
            prop_assert_eq!(overlay.full_blocks(0..96).len(), full);
        }
    }

    #[test]
    fn forgetting_a_commit_keeps_newer_writes_and_what_they_left_of_older_ones_goes() {
        let mut overlay = Overlay::new(BLOCK);
        overlay.write(0, Bytes::from_static(b"aaaaaaaa"));
        let committed = overlay.seq();
        overlay.write(2, Bytes::from_static(b"bb"));
        overlay.forget(committed);
        let flat = flatten(&overlay, 8);
        assert_eq!(flat, [None, None, Some(b'b'), Some(b'b'), None, None, None, None]);
    }
}
