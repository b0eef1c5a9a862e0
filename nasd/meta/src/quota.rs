//! How much a volume may hold: the limits, and what is refused because of them.
//!
//! Growth alone is refused: what is there may be read, overwritten, cut and removed, however far above a limit it
//! is. Bytes count before compression and without holes, so that the same files always count the same.

use crate::apply::Apply;
use crate::error::MetaError;
use crate::inode::{Inode, Layout};
use crate::volume_memory::load_limits;
use crate::{Outcome, Piece, extents, small};
use nasd_base::Errno;
use nasd_base::file::VolumeLimits;
use std::ops::Range;

impl Apply<'_> {
    pub fn set_limits(&mut self, limits: VolumeLimits) -> Result<Outcome, MetaError> {
        self.writing();
        let number = |limit: Option<u64>| limit.map(|limit| limit.min(i64::MAX as u64) as i64);
        self.db
            .prepare_cached("INSERT OR REPLACE INTO volume_limit (id, bytes, files) VALUES (0, ?1, ?2)")?
            .execute([number(limits.bytes), number(limits.files)])?;
        self.memory.limits = load_limits(self.db)?;
        Ok(Outcome::Limited)
    }

    /// Refuses another inode where the limit is reached. The root does not count.
    pub fn check_files(&self) -> Result<(), Errno> {
        let there = self.memory.counters.inodes - 1;
        match self.memory.limits.files {
            Some(most) if there >= most => Err(Errno::Quota),
            _ => Ok(()),
        }
    }

    /// Refuses checked pieces that would make the volume grow above its limit. `inode` has its new size.
    pub fn check_growth(&self, inode: &Inode, pieces: &[Piece]) -> Result<(), MetaError> {
        let Some(most) = self.memory.limits.bytes else { return Ok(()) };
        let there = self.memory.counters.logical_bytes;
        let written: u64 = pieces.iter().map(|piece| piece.len).sum();
        if there.saturating_add(written) <= most {
            return Ok(());
        }
        let growth = self.growth(inode, pieces)?;
        if growth == 0 || there + growth <= most { Ok(()) } else { Err(Errno::Quota.into()) }
    }

    /// Refuses to allocate a range of which more is not there yet than the limit leaves.
    pub fn check_allocation(&self, inode: &Inode, range: &Range<u64>) -> Result<(), MetaError> {
        let Some(most) = self.memory.limits.bytes else { return Ok(()) };
        let there = self.memory.counters.logical_bytes;
        let growth = range.end - range.start - self.covered(inode, range)?;
        if growth == 0 || there.saturating_add(growth) <= most { Ok(()) } else { Err(Errno::Quota.into()) }
    }

    /// How many bytes the pieces put where there are none.
    fn growth(&self, inode: &Inode, pieces: &[Piece]) -> Result<u64, MetaError> {
        if small::fits(inode, pieces, inode.attr.size) {
            // A small file has no holes below its last byte.
            let end = pieces.iter().map(|piece| piece.offset + piece.len).max().unwrap_or(0);
            return Ok(end.saturating_sub(inode.attr.allocated));
        }
        let mut growth = 0;
        for range in union(pieces) {
            growth += range.end - range.start - self.covered(inode, &range)?;
        }
        Ok(growth)
    }

    /// How many bytes of a range are there.
    fn covered(&self, inode: &Inode, range: &Range<u64>) -> Result<u64, MetaError> {
        let part = |start: u64, len: u64| (start + len).min(range.end).saturating_sub(start.max(range.start));
        match inode.layout {
            Layout::Empty => Ok(0),
            Layout::Small => Ok(part(0, inode.attr.allocated)),
            Layout::Extents => {
                let chunks = extents::chunk_runs(self.db, inode.attr.ino, range)?;
                let chunks = chunks.iter().filter(|run| run.place.is_some());
                let chunks: u64 = chunks.map(|run| part(run.offset, run.len)).sum();
                let inline = extents::inline_rows(self.db, inode.attr.ino, range)?;
                let inline: u64 = inline.iter().map(|row| part(row.start, row.data.len() as u64)).sum();
                Ok(chunks + inline)
            }
        }
    }
}

/// The ranges of the pieces, in order, without overlaps.
fn union(pieces: &[Piece]) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> =
        pieces.iter().map(|piece| piece.offset..piece.offset + piece.len).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    let mut union: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match union.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => union.push(range),
        }
    }
    union
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Volume, inline, piece};
    use crate::{Change, FreshChunk};
    use nasd_base::Ino;
    use nasd_base::file::NewNode;

    const ROOT: Ino = Ino::ROOT;

    fn limited(bytes: Option<u64>, files: Option<u64>) -> Volume {
        let mut volume = Volume::new();
        limit(&mut volume, bytes, files);
        volume
    }

    fn limit(volume: &mut Volume, bytes: Option<u64>, files: Option<u64>) {
        let limits = VolumeLimits { bytes, files };
        assert_eq!(volume.change(Change::SetLimits { limits }), Ok(Outcome::Limited));
        assert_eq!(volume.view().limits().unwrap(), limits);
    }

    fn used(volume: &Volume) -> u64 {
        volume.view().totals().unwrap().logical_bytes
    }

    #[test]
    fn a_volume_without_limits_has_none() {
        let mut volume = Volume::new();
        assert_eq!(volume.view().limits().unwrap(), VolumeLimits::default());
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[1; 50_000]).unwrap();
    }

    #[test]
    fn the_last_file_is_made_and_the_next_is_not() {
        let mut volume = limited(None, Some(2));
        volume.file(ROOT, "a");
        volume.dir(ROOT, "b");
        for node in [NewNode::File, NewNode::Directory, NewNode::Fifo] {
            assert_eq!(volume.make(ROOT, "c", node, 0o644).map(|_| ()), Err(Errno::Quota));
        }
        let a = volume.find(ROOT, "a").unwrap();
        volume.link(a, ROOT, "another name of it").unwrap();
        volume.unlink(ROOT, "another name of it").unwrap();
        volume.unlink(ROOT, "a").unwrap();
        volume.change(Change::Reap { inos: vec![a] }).unwrap();
        volume.file(ROOT, "c");
    }

    #[test]
    fn small_files_grow_to_the_limit_and_not_beyond() {
        let mut volume = limited(Some(100), None);
        let (a, b) = (volume.file(ROOT, "a"), volume.file(ROOT, "b"));
        volume.write_inline(a, 0, &[1; 60]).unwrap();
        assert_eq!(volume.write_inline(b, 0, &[1; 41]), Err(Errno::Quota));
        volume.write_inline(b, 0, &[1; 40]).unwrap();
        assert_eq!(volume.write_inline(a, 60, b"x"), Err(Errno::Quota));
        volume.write_inline(a, 10, &[2; 50]).unwrap();
        assert_eq!(used(&volume), 100);
        assert_eq!(volume.write_inline(a, 59, b"xy"), Err(Errno::Quota), "one byte of it would be new");
        volume.resize(a, 1_000_000).unwrap();
        assert_eq!(volume.write_inline(a, 500_000, b"x"), Err(Errno::Quota), "into the hole");
        volume.write_inline(a, 0, &[3; 60]).unwrap();
        volume.resize(b, 39).unwrap();
        volume.write_inline(a, 500_000, b"x").unwrap();
    }

    #[test]
    fn large_files_are_overwritten_at_the_limit_and_holes_are_not_filled() {
        let mut volume = limited(Some(20_000), None);
        let file = volume.file(ROOT, "f");
        volume.write_chunk(file, 0, 10_000);
        volume.write_inline(file, 15_000, &[1; 10_000]).unwrap();
        assert_eq!(used(&volume), 20_000);
        assert_eq!(volume.write_inline(file, 9_999, b"xy"), Err(Errno::Quota));
        volume.write_inline(file, 5_000, &[2; 5_000]).unwrap();
        let fresh = volume.fresh_chunk(9_000);
        let write =
            |volume: &mut Volume, at| volume.write(file, vec![piece(at, 9_000, &fresh, 0)], vec![fresh]);
        assert_eq!(write(&mut volume, 8_000), Err(Errno::Quota));
        assert_eq!(volume.effects().freed, vec![fresh.chunk], "a refused chunk is given up");
        let fresh: FreshChunk = volume.fresh_chunk(9_000);
        volume.write(file, vec![piece(15_500, 9_000, &fresh, 0)], vec![fresh]).unwrap();
        let twice = vec![inline(0, &[1; 100]), inline(50, &[2; 100])];
        volume.write(file, twice, vec![]).unwrap();
        volume.change(Change::Punch { ino: file, offset: 0, len: 1_000 }).unwrap();
        volume.write_inline(file, 10_000, &[3; 1_000]).unwrap();
        assert_eq!(volume.write_inline(file, 11_000, b"x"), Err(Errno::Quota));
        assert_eq!(used(&volume), 20_000);
    }

    /// fallocate of what was there already was refused with EDQUOT where the file was larger than what was left.
    #[test]
    fn only_what_is_not_there_yet_is_asked_room_for() {
        let mut volume = limited(Some(20_000), None);
        let (file, small) = (volume.file(ROOT, "f"), volume.file(ROOT, "s"));
        volume.write_chunk(file, 0, 10_000);
        volume.write_inline(file, 10_000, &[1; 6_000]).unwrap();
        volume.write_inline(small, 0, &[1; 1_000]).unwrap();
        let allocate = |volume: &mut Volume, ino, offset, len| {
            let how = crate::Reshape::Allocate { offset, len, keep_size: false };
            volume.change(Change::Reshape { ino, how }).map(|_| ())
        };
        assert_eq!(allocate(&mut volume, file, 0, 19_000), Ok(()));
        assert_eq!(allocate(&mut volume, file, 0, 19_001), Err(Errno::Quota));
        assert_eq!(allocate(&mut volume, small, 0, 4_000), Ok(()));
        assert_eq!(allocate(&mut volume, small, 500, 3_501), Err(Errno::Quota));
        assert_eq!(used(&volume), 17_000, "nothing is reserved");
        limit(&mut volume, Some(10), None);
        assert_eq!(allocate(&mut volume, file, 1_000, 15_000), Ok(()), "above the limit, too");
        assert_eq!(allocate(&mut volume, file, 1_000, 15_001), Err(Errno::Quota));
    }

    #[test]
    fn a_volume_above_a_lowered_limit_shrinks_and_does_not_grow() {
        let mut volume = limited(None, None);
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[1; 50_000]).unwrap();
        limit(&mut volume, Some(10_000), Some(0));
        volume.write_inline(file, 0, &[2; 50_000]).unwrap();
        assert_eq!(volume.write_inline(file, 50_000, b"x"), Err(Errno::Quota));
        volume.resize(file, 20_000).unwrap();
        assert_eq!(volume.write_inline(file, 20_000, b"x"), Err(Errno::Quota));
        volume.resize(file, 9_999).unwrap();
        volume.write_inline(file, 9_999, b"x").unwrap();
        assert_eq!(volume.make(ROOT, "g", NewNode::File, 0o644).map(|_| ()), Err(Errno::Quota));
        volume.unlink(ROOT, "f").unwrap();
        limit(&mut volume, None, None);
        volume.file(ROOT, "g");
    }
}
