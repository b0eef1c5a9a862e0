//! Holes and sizes: `Punch`, and what `SetAttr` does to data when it sets a size.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::extents::{RUNS_PER_CUT, cut_start};
use crate::inode::{Inode, Layout};
use crate::write::{must_hold_data, settle_layout};
use crate::{Outcome, Reshape};
use nasd_base::file::{FILE_BYTES_MAX, Wcc};
use nasd_base::{Errno, Ino};
use std::ops::Range;

impl Apply<'_> {
    pub fn punch(&mut self, ino: Ino, offset: u64, len: u64) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        must_hold_data(&before.attr)?;
        self.may_change_data(&before.attr)?;
        let range = range_of(offset, len)?;
        let mut inode = before;
        let left = self.make_hole(&mut inode, &range)?;
        self.data_changed(&mut inode)?;
        self.put(&mut inode);
        Ok(cut_outcome(wcc(&before, &inode), offset, left))
    }

    pub fn reshape(&mut self, ino: Ino, how: Reshape) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        must_hold_data(&before.attr)?;
        let mut inode = before;
        let (wanted, reached) = self.reshape_inode(&mut inode, how)?;
        self.put(&mut inode);
        Ok(cut_outcome(wcc(&before, &inode), wanted, reached))
    }

    /// Returns from where on it was to cut, and from where on it has.
    fn reshape_inode(&mut self, inode: &mut Inode, how: Reshape) -> Result<(u64, u64), MetaError> {
        match how {
            Reshape::Resize { size } if size > FILE_BYTES_MAX => Err(Errno::FileTooBig.into()),
            Reshape::Resize { size } => {
                self.resize(inode, size)?;
                Ok((size, inode.attr.size))
            }
            Reshape::Allocate { offset, len, keep_size } => {
                let range = range_of(offset, len)?;
                self.check_allocation(inode, &range)?;
                self.reach(inode, &range, keep_size)?;
                Ok((offset, offset))
            }
            Reshape::Punch { offset, len } => {
                let left = self.make_hole(inode, &range_of(offset, len)?)?;
                self.data_changed(inode)?;
                Ok((offset, left))
            }
            Reshape::Zero { offset, len, keep_size } => {
                let range = range_of(offset, len)?;
                let left = self.make_hole(inode, &range)?;
                self.reach(inode, &range, keep_size)?;
                Ok((offset, left))
            }
        }
    }

    fn reach(&mut self, inode: &mut Inode, range: &Range<u64>, keep_size: bool) -> Result<(), MetaError> {
        if !keep_size {
            inode.attr.size = inode.attr.size.max(range.end);
        }
        self.data_changed(inode)
    }

    /// Gives a file another size: cuts what is beyond it, or adds a hole. The caller stores the inode,
    /// whose size is then more than was asked for if there is too much to cut for one change.
    pub fn resize(&mut self, inode: &mut Inode, size: u64) -> Result<(), MetaError> {
        let mut reached = size;
        if size < inode.attr.size {
            reached = self.make_hole(inode, &(size..FILE_BYTES_MAX))?;
        }
        inode.attr.size = reached;
        self.data_changed(inode)
    }

    /// Returns where the hole begins: later than it should if there is too much to cut for one change.
    fn make_hole(&mut self, inode: &mut Inode, range: &Range<u64>) -> Result<u64, MetaError> {
        if inode.layout != Layout::Extents {
            self.punch_small(inode, range)?;
            return Ok(range.start);
        }
        let (ino, mut runs_left) = (inode.attr.ino, RUNS_PER_CUT);
        let start = cut_start(self.db, ino, range, &mut runs_left)?;
        let mut ledger = Default::default();
        let removed = self.cut(ino, &(start..range.end), &mut ledger)?;
        self.settle(ledger)?;
        self.account(inode, 0, removed);
        settle_layout(inode);
        Ok(start)
    }

    /// What every change of data by hand does to the attributes.
    fn data_changed(&mut self, inode: &mut Inode) -> Result<(), MetaError> {
        inode.attr.mtime = self.now;
        inode.attr.ctime = self.now;
        inode.data_txg = self.txg;
        self.take_privileges(inode)
    }
}

/// The answer to a change that was to cut from `start` on, and has from `reached` on.
pub(crate) fn cut_outcome(wcc: Wcc, start: u64, reached: u64) -> Outcome {
    if reached > start { Outcome::Cut { wcc, left: reached } } else { Outcome::Changed(wcc) }
}

fn range_of(offset: u64, len: u64) -> Result<Range<u64>, Errno> {
    if len == 0 {
        return Err(Errno::Inval);
    }
    let end = offset.checked_add(len).filter(|end| *end <= FILE_BYTES_MAX);
    Ok(offset..end.ok_or(Errno::FileTooBig)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Change;
    use crate::testing::{Volume, inline, piece};

    const ROOT: Ino = Ino::ROOT;

    fn punch(volume: &mut Volume, ino: Ino, offset: u64, len: u64) -> crate::ChangeResult {
        volume.change(Change::Punch { ino, offset, len })
    }

    #[test]
    fn a_hole_in_a_small_file_reads_as_zeros() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, b"abcdef").unwrap();
        punch(&mut volume, file, 1, 2).unwrap();
        assert_eq!(volume.read_inline(file), b"a\0\0def");
        punch(&mut volume, file, 4, 100).unwrap();
        assert_eq!((volume.read_inline(file), volume.attr(file).allocated), (b"a\0\0d\0\0".to_vec(), 4));
        punch(&mut volume, file, 0, 100).unwrap();
        assert_eq!((volume.attr(file).size, volume.attr(file).allocated), (6, 0));
        assert_eq!(volume.pieces(file, 0..9), vec![]);
    }

    #[test]
    fn a_hole_splits_chunks_and_inline_bytes() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let chunk = volume.write_chunk(file, 0, 10_000);
        volume.write_inline(file, 10_000, &[5; 100]).unwrap();
        let outcome = punch(&mut volume, file, 9000, 1050).unwrap();
        let Outcome::Changed(wcc) = outcome else { panic!("{outcome:?}") };
        assert_eq!((wcc.after.size, wcc.after.allocated, wcc.after.mtime), (10_100, 9050, volume.now));
        let expected = vec![piece(0, 9000, &chunk, 0), inline(10_050, &[5; 50])];
        assert_eq!(volume.pieces(file, 0..u64::MAX), expected);
        assert_eq!(volume.live(chunk.chunk), Some(9000));
        punch(&mut volume, file, 0, FILE_BYTES_MAX).unwrap();
        assert_eq!((volume.live(chunk.chunk), volume.attr(file).allocated), (None, 0));
        assert_eq!(volume.effects().freed, vec![chunk.chunk]);
    }

    #[test]
    fn holes_are_refused_where_they_make_no_sense() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        assert_eq!(punch(&mut volume, file, 0, 0), Err(Errno::Inval));
        assert_eq!(punch(&mut volume, file, FILE_BYTES_MAX, 1), Err(Errno::FileTooBig));
        assert_eq!(punch(&mut volume, file, u64::MAX, u64::MAX), Err(Errno::FileTooBig));
        assert_eq!(punch(&mut volume, ROOT, 0, 1), Err(Errno::IsDir));
        volume.become_user(10);
        assert_eq!(punch(&mut volume, file, 0, 1), Err(Errno::Access));
    }

    #[test]
    fn through_an_open_file_sizes_and_holes_are_anybodys() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[7; 9000]).unwrap();
        volume.become_user(10);
        let reshape = |volume: &mut Volume, how| match volume.change(Change::Reshape { ino: file, how }) {
            Ok(Outcome::Changed(wcc)) => Ok((wcc.after.size, wcc.after.allocated)),
            Ok(other) => panic!("{other:?}"),
            Err(errno) => Err(errno),
        };
        let allocate = |offset, len, keep_size| Reshape::Allocate { offset, len, keep_size };
        let zero = |offset, len, keep_size| Reshape::Zero { offset, len, keep_size };
        assert_eq!(reshape(&mut volume, allocate(0, 20_000, true)), Ok((9000, 9000)));
        assert_eq!(reshape(&mut volume, allocate(100, 9900, false)), Ok((10_000, 9000)));
        assert_eq!(reshape(&mut volume, Reshape::Punch { offset: 1000, len: 1000 }), Ok((10_000, 8000)));
        assert_eq!(reshape(&mut volume, zero(8000, 9000, true)), Ok((10_000, 7000)));
        assert_eq!(reshape(&mut volume, zero(7000, 9000, false)), Ok((16_000, 6000)));
        assert_eq!(reshape(&mut volume, Reshape::Resize { size: 500 }), Ok((500, 500)));
        assert_eq!(volume.attr(file).mtime, volume.now);
        assert_eq!(reshape(&mut volume, allocate(0, 0, false)), Err(Errno::Inval));
        assert_eq!(reshape(&mut volume, zero(u64::MAX, 9, false)), Err(Errno::FileTooBig));
        assert_eq!(reshape(&mut volume, Reshape::Resize { size: u64::MAX }), Err(Errno::FileTooBig));
    }

    #[test]
    fn what_was_cut_off_reads_as_zeros_when_the_file_grows_again() {
        let mut volume = Volume::new();
        let small = volume.file(ROOT, "s");
        volume.write_inline(small, 0, b"abcdef").unwrap();
        let long = volume.file(ROOT, "l");
        volume.write_inline(long, 0, &[7; 9000]).unwrap();
        for file in [small, long] {
            volume.resize(file, 3).unwrap();
            assert_eq!(volume.attr(file).allocated, 3);
            volume.resize(file, 6).unwrap();
        }
        assert_eq!(volume.read_inline(small), b"abc\0\0\0");
        assert_eq!(volume.read_inline(long), [7, 7, 7, 0, 0, 0]);
    }

    #[test]
    fn a_shorter_file_frees_its_chunks() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let first = volume.write_chunk(file, 0, 1 << 20);
        let second = volume.write_chunk(file, 1 << 40, 1 << 20);
        volume.resize(file, 1000).unwrap();
        assert_eq!((volume.live(first.chunk), volume.live(second.chunk)), (Some(1000), None));
        volume.resize(file, 1 << 20).unwrap();
        assert_eq!(volume.pieces(file, 0..u64::MAX), vec![piece(0, 1000, &first, 0)]);
    }

    #[test]
    fn an_emptied_file_may_become_a_small_one() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_chunk(file, 0, 1 << 20);
        volume.resize(file, 0).unwrap();
        volume.write_inline(file, 0, b"small").unwrap();
        let rows: i64 = volume.db.query_row("SELECT count(*) FROM small", [], |row| row.get(0)).unwrap();
        assert_eq!((rows, volume.read_inline(file)), (1, b"small".to_vec()));
    }

    #[test]
    fn a_hole_over_many_blocks_keeps_what_is_around_it() {
        const BLOCK: u64 = 8 << 20;
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let chunks: Vec<_> = (0..5).map(|block| volume.write_chunk(file, block * BLOCK, 1000)).collect();
        for block in 0..5 {
            volume.write_inline(file, block * BLOCK + 1000, &[block as u8; 10]).unwrap();
        }
        punch(&mut volume, file, 500, 4 * BLOCK + 5).unwrap();
        let expected = vec![
            piece(0, 500, &chunks[0], 0),
            piece(4 * BLOCK + 505, 495, &chunks[4], 505),
            inline(4 * BLOCK + 1000, &[4; 10]),
        ];
        assert_eq!(volume.pieces(file, 0..u64::MAX), expected);
        let freed: Vec<_> = chunks[1..4].iter().map(|chunk| chunk.chunk).collect();
        assert_eq!(volume.effects().freed, freed);
        assert_eq!(volume.attr(file).allocated, 1005);
    }

    /// A file of a million runs, as random writes leave it, took one apply of ten seconds, in which the volume did
    /// nothing else.
    #[test]
    fn what_is_fragmented_is_cut_in_steps_of_bounded_work() {
        const RUNS: u64 = 2 * RUNS_PER_CUT + 100;
        let mut volume = Volume::new();
        for punched in [false, true] {
            let file = volume.file(ROOT, if punched { "p" } else { "t" });
            let chunk = volume.fresh_chunk(RUNS as u32 * 2);
            // Every second byte of a chunk, so that no two runs join, over many rows.
            let at = |run: u64| ((run % 64) << 23) + run * 2;
            let mut pieces: Vec<_> = (0..RUNS).map(|run| piece(at(run), 1, &chunk, run as u32 * 2)).collect();
            pieces.sort_by_key(|piece| piece.offset);
            for (step, pieces) in pieces.chunks(1000).enumerate() {
                let fresh = if step == 0 { vec![chunk] } else { vec![] };
                volume.write(file, pieces.to_vec(), fresh).unwrap();
            }
            let size = volume.attr(file).size;
            let mut steps = Vec::new();
            let mut end = size;
            loop {
                let live = volume.live(chunk.chunk).unwrap_or(0);
                let outcome = match punched {
                    true => punch(&mut volume, file, 0, end),
                    false => volume.resize(file, 0),
                };
                steps.push(live - volume.live(chunk.chunk).unwrap_or(0));
                match outcome.unwrap() {
                    Outcome::Cut { wcc, left } => {
                        assert!(left < end, "it comes closer: {left} after {end}");
                        assert_eq!(wcc.after.size, if punched { size } else { left });
                        end = left;
                    }
                    Outcome::Changed(wcc) => {
                        assert_eq!(wcc.after.size, if punched { size } else { 0 });
                        break;
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(steps, [RUNS_PER_CUT, RUNS_PER_CUT, 100], "runs taken by each change");
            assert_eq!((volume.live(chunk.chunk), volume.attr(file).allocated), (None, 0));
        }
    }

    #[test]
    fn inline_bytes_that_nobody_has_destaged_are_cut_in_steps_too() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[1; 8192]).unwrap();
        let rows = RUNS_PER_CUT + 10;
        for row in 1..rows {
            volume.write_inline(file, row << 14, b"x").unwrap();
        }
        let outcome = volume.resize(file, 5).unwrap();
        assert!(matches!(outcome, Outcome::Cut { left, .. } if left == (9 << 14) + 1), "{outcome:?}");
        assert_eq!(volume.attr(file).allocated, 8192 + 9);
        assert!(matches!(volume.resize(file, 5).unwrap(), Outcome::Changed(wcc) if wcc.after.size == 5));
        assert_eq!(volume.read_inline(file), [1; 5]);
    }
}
