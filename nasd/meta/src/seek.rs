//! Where the data of a file is, without the data: for lseek's SEEK_DATA and SEEK_HOLE.

use crate::error::MetaError;
use crate::extent_row::BLOCK_BYTES;
use crate::extents::{INLINE_BYTES_MAX, chunk_runs, inline_spans};
use crate::inode::{self, Layout};
use crate::{View, small};
use nasd_base::file::Attr;
use nasd_base::{Errno, Ino};
use rusqlite::{Connection, OptionalExtension, Params};
use std::ops::Range;

/// File bytes that are looked at in one step: some rows, whatever the file's size.
const STEP_BYTES: u64 = 32 * BLOCK_BYTES;

impl View<'_> {
    /// The first run of data that ends after `from`, as far as one step sees, and the attributes; `None` when
    /// there is only a hole up to the end. Adjacent runs are one.
    pub fn next_data(&self, ino: Ino, from: u64) -> Result<(Attr, Option<Range<u64>>), MetaError> {
        let db = self.connection();
        let inode = inode::select(db, ino)?.ok_or(Errno::Stale)?;
        crate::write::must_hold_data(&inode.attr)?;
        let run = match inode.layout {
            Layout::Empty => None,
            Layout::Small => Some(0..small::load(db, ino)?.len() as u64).filter(|run| run.end > from),
            Layout::Extents => next_run(db, ino, from)?,
        };
        let run = run.map(|run| run.start.max(from)..run.end).filter(|run| !run.is_empty());
        Ok((inode.attr, run))
    }
}

fn next_run(db: &Connection, ino: Ino, from: u64) -> Result<Option<Range<u64>>, MetaError> {
    let mut at = from;
    while let Some(start) = first_row(db, ino, at)? {
        at = at.max(start);
        let step = at..at.saturating_add(STEP_BYTES);
        if let Some(run) = first_run(db, ino, &step)? {
            return Ok(Some(run));
        }
        // The row that was found has nothing after `from`.
        at = step.end;
    }
    Ok(None)
}

/// Where the first row begins that may hold bytes at or after `from`.
fn first_row(db: &Connection, ino: Ino, from: u64) -> Result<Option<u64>, MetaError> {
    let Ok(begin) = i64::try_from(from) else { return Ok(None) };
    let block = number(
        db,
        "SELECT block FROM extent WHERE ino = ?1 AND block >= ?2 ORDER BY block LIMIT 1",
        [ino.0 as i64, begin / BLOCK_BYTES as i64],
    )?;
    let inline = number(
        db,
        "SELECT start FROM inline
         WHERE ino = ?1 AND start > ?2 AND start + length(data) > ?3 ORDER BY start LIMIT 1",
        [ino.0 as i64, begin - INLINE_BYTES_MAX as i64, begin],
    )?;
    Ok(block.map(|block| block * BLOCK_BYTES).into_iter().chain(inline).min())
}

fn number(db: &Connection, sql: &str, parameters: impl Params) -> Result<Option<u64>, MetaError> {
    let found: Option<i64> = db.prepare_cached(sql)?.query_row(parameters, |row| row.get(0)).optional()?;
    Ok(found.map(|found| found as u64))
}

/// The first run in `range`, with those that follow it at once.
fn first_run(db: &Connection, ino: Ino, range: &Range<u64>) -> Result<Option<Range<u64>>, MetaError> {
    let mut runs = chunk_runs(db, ino, range)?;
    runs.extend(inline_spans(db, ino, range)?);
    runs.sort_unstable_by_key(|run| run.offset);
    let mut runs = runs.iter().map(|run| run.offset..run.offset + run.len);
    let Some(mut first) = runs.next() else { return Ok(None) };
    for run in runs {
        if run.start > first.end {
            break;
        }
        first.end = first.end.max(run.end);
    }
    Ok(Some(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Change;
    use crate::testing::Volume;

    const ROOT: Ino = Ino::ROOT;
    const MIB: u64 = 1 << 20;

    fn data(volume: &Volume, ino: Ino, from: u64) -> Option<Range<u64>> {
        volume.view().next_data(ino, from).unwrap().1
    }

    #[test]
    fn a_small_file_is_data_up_to_its_bytes_and_a_hole_after() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        assert_eq!(data(&volume, file, 0), None);
        volume.write_inline(file, 0, b"small").unwrap();
        assert_eq!(data(&volume, file, 2), Some(2..5));
        assert_eq!(data(&volume, file, 5), None);
        assert_eq!(volume.view().next_data(ROOT, 0).unwrap_err().errno(), Errno::IsDir);
    }

    #[test]
    fn chunks_and_inline_bytes_side_by_side_are_one_run() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_chunk(file, 3 * MIB, MIB as u32);
        volume.write_inline(file, 4 * MIB, &[1; 5000]).unwrap();
        volume.write_chunk(file, 100 * BLOCK_BYTES, MIB as u32);
        assert_eq!(data(&volume, file, 0), Some(3 * MIB..4 * MIB + 5000));
        assert_eq!(data(&volume, file, 4 * MIB + 10), Some(4 * MIB + 10..4 * MIB + 5000));
        assert_eq!(data(&volume, file, 4 * MIB + 5000), Some(100 * BLOCK_BYTES..100 * BLOCK_BYTES + MIB));
        assert_eq!(data(&volume, file, 100 * BLOCK_BYTES + MIB), None);
    }

    #[test]
    fn a_punched_hole_is_none_and_a_far_end_costs_nothing() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_chunk(file, 0, MIB as u32);
        volume.change(Change::Punch { ino: file, offset: 4096, len: 8192 }).unwrap();
        assert_eq!(data(&volume, file, 0), Some(0..4096));
        assert_eq!(data(&volume, file, 4096), Some(12_288..MIB));
        volume.resize(file, nasd_base::file::FILE_BYTES_MAX).unwrap();
        assert_eq!(data(&volume, file, MIB), None);
    }
}
