//! The data of a file that is not small: rows of `extent` name chunks, rows of `inline` hold bytes that wait
//! to be destaged. The two never overlap, and neither reaches beyond the file's size.

use crate::apply::Apply;
use crate::chunks::Ledger;
use crate::error::{MetaError, damaged};
use crate::extent_row::{BLOCK_BYTES, Extent, ExtentRow};
use nasd_base::{ChunkId, Ino};
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::Range;

/// Longest row of `inline`; longer pieces are split. Bounds how far before a range its rows may begin.
pub(crate) const INLINE_BYTES_MAX: u64 = 64 << 10;
/// Inline bytes that follow each other share a row up to this: a log written line by line does not leave a
/// row per line.
const INLINE_JOIN_BYTES: u64 = 4 << 10;
/// Runs of data that one change takes away: some tens of milliseconds' work, in which the volume applies nothing else.
/// A file written at random in blocks of 4 KiB has a million in 4 GiB.
pub(crate) const RUNS_PER_CUT: u64 = 4096;

/// A run of file bytes without its data: what the rows say where it is and how old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub offset: u64,
    pub len: u64,
    pub stamp: u64,
    /// The chunk and the first byte in it; `None` for inline bytes.
    pub place: Option<(ChunkId, u32)>,
}

/// A row of `inline`.
pub(crate) struct InlineRow {
    pub start: u64,
    pub stamp: u64,
    pub data: Vec<u8>,
}

fn decode_row(ino: Ino, block: i64, pieces: &[u8]) -> Result<ExtentRow, MetaError> {
    ExtentRow::decode(pieces).ok_or_else(|| damaged(format!("block {block} of inode {ino} is unreadable")))
}

/// The part of `range` in a block, from the block's start.
fn in_block(range: &Range<u64>, block: u64) -> Range<u32> {
    let first = block * BLOCK_BYTES;
    let start = range.start.saturating_sub(first).min(BLOCK_BYTES);
    let end = range.end.saturating_sub(first).min(BLOCK_BYTES);
    start as u32..end as u32
}

/// The blocks that `range`, which is not empty, touches.
fn blocks(range: &Range<u64>) -> std::ops::RangeInclusive<u64> {
    range.start / BLOCK_BYTES..=(range.end - 1) / BLOCK_BYTES
}

/// The blocks that lie in `range` as a whole.
fn whole_blocks(range: &Range<u64>) -> Range<u64> {
    range.start.div_ceil(BLOCK_BYTES)..range.end / BLOCK_BYTES
}

/// Calls `f` with each row of `extent` whose block `range` touches, in order.
fn each_row(
    db: &Connection,
    ino: Ino,
    range: &Range<u64>,
    mut f: impl FnMut(u64, ExtentRow) -> Result<(), MetaError>,
) -> Result<(), MetaError> {
    let blocks = blocks(range);
    let mut statement = db.prepare_cached(
        "SELECT block, pieces FROM extent WHERE ino = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block",
    )?;
    let mut rows = statement.query([ino.0 as i64, *blocks.start() as i64, *blocks.end() as i64])?;
    while let Some(row) = rows.next()? {
        let block: i64 = row.get(0)?;
        let pieces = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        f(block as u64, decode_row(ino, block, pieces)?)?;
    }
    Ok(())
}

/// The runs in chunks within `range`, clipped to it, in order.
pub(crate) fn chunk_runs(db: &Connection, ino: Ino, range: &Range<u64>) -> Result<Vec<Run>, MetaError> {
    let mut runs = Vec::new();
    each_row(db, ino, range, |block, row| {
        let part = in_block(range, block);
        runs.extend(row.overlapping(&part).iter().map(|extent| {
            let extent = extent.clipped(&part);
            Run {
                offset: block * BLOCK_BYTES + u64::from(extent.offset),
                len: extent.len.into(),
                stamp: extent.stamp,
                place: Some((extent.chunk, extent.start)),
            }
        }));
        Ok(())
    })?;
    Ok(runs)
}

/// The rows of `inline` that overlap `range`, whole, in order.
pub(crate) fn inline_rows(
    db: &Connection,
    ino: Ino,
    range: &Range<u64>,
) -> Result<Vec<InlineRow>, MetaError> {
    let mut statement = db.prepare_cached(
        "SELECT start, stamp, data FROM inline
         WHERE ino = ?1 AND start > ?2 AND start < ?3 AND start + length(data) > ?4 ORDER BY start",
    )?;
    let rows = statement.query_map(overlap(ino, range), |row| {
        Ok(InlineRow {
            start: row.get::<_, i64>(0)? as u64,
            stamp: row.get::<_, i64>(1)? as u64,
            data: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The parameters of a query for the rows of `inline` that overlap `range`.
fn overlap(ino: Ino, range: &Range<u64>) -> [i64; 4] {
    let (begin, end) = (range.start as i64, range.end.min(i64::MAX as u64) as i64);
    [ino.0 as i64, begin - INLINE_BYTES_MAX as i64, end, begin]
}

/// The runs of inline bytes that overlap `range`, whole, in order; their data is not read.
pub(crate) fn inline_spans(db: &Connection, ino: Ino, range: &Range<u64>) -> Result<Vec<Run>, MetaError> {
    let mut statement = db.prepare_cached(
        "SELECT start, stamp, length(data) FROM inline
         WHERE ino = ?1 AND start > ?2 AND start < ?3 AND start + length(data) > ?4 ORDER BY start",
    )?;
    let rows = statement.query_map(overlap(ino, range), |row| {
        let number = |column| row.get::<_, i64>(column).map(|n| n as u64);
        Ok(Run { offset: number(0)?, stamp: number(1)?, len: number(2)?, place: None })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest stamp in `range`, or `None` if there is a hole in it.
pub(crate) fn newest_stamp(db: &Connection, ino: Ino, range: &Range<u64>) -> Result<Option<u64>, MetaError> {
    let mut runs = chunk_runs(db, ino, range)?;
    runs.extend(inline_spans(db, ino, range)?);
    let within = |run: &Run| (run.offset + run.len).min(range.end) - run.offset.max(range.start);
    let covered: u64 = runs.iter().map(within).sum();
    let newest = runs.iter().map(|run| run.stamp).max();
    // Runs do not overlap, so that they cover the range if they are as long.
    Ok(newest.filter(|_| covered == range.end - range.start))
}

/// Where a cut up to the end of `range` may begin, at its start or later, if it may take away only so many runs. What it
/// will take is subtracted from `runs_left`.
pub(crate) fn cut_start(
    db: &Connection,
    ino: Ino,
    range: &Range<u64>,
    runs_left: &mut u64,
) -> Result<u64, MetaError> {
    let (from_inline, inline_runs) = inline_cut_start(db, ino, range, *runs_left)?;
    let (start, chunk_runs) = chunk_cut_start(db, ino, &(from_inline..range.end), *runs_left)?;
    *runs_left = runs_left.saturating_sub(inline_runs.max(chunk_runs));
    Ok(start)
}

/// The same for the rows of `inline` alone, and how many there are from there on, at most.
fn inline_cut_start(
    db: &Connection,
    ino: Ino,
    range: &Range<u64>,
    runs_max: u64,
) -> Result<(u64, u64), MetaError> {
    let [ino, begin, end, _] = overlap(ino, range);
    // From the row that is one too many everything stays.
    let mut statement = db.prepare_cached(
        "SELECT start + length(data) FROM inline
         WHERE ino = ?1 AND start > ?2 AND start < ?3 ORDER BY start DESC LIMIT 1 OFFSET ?4",
    )?;
    let too_many: Option<i64> =
        statement.query_row([ino, begin, end, runs_max as i64], |row| row.get(0)).optional()?;
    if let Some(end) = too_many {
        return Ok(((end as u64).max(range.start), runs_max));
    }
    let mut statement =
        db.prepare_cached("SELECT count(*) FROM inline WHERE ino = ?1 AND start > ?2 AND start < ?3")?;
    let count: i64 = statement.query_row([ino, begin, end], |row| row.get(0))?;
    Ok((range.start, count as u64))
}

/// The same for runs in chunks. Reads the rows from the end, and none that it does not need.
fn chunk_cut_start(
    db: &Connection,
    ino: Ino,
    range: &Range<u64>,
    runs_max: u64,
) -> Result<(u64, u64), MetaError> {
    if range.is_empty() {
        return Ok((range.start, 0));
    }
    let blocks = blocks(range);
    let mut statement = db.prepare_cached(
        "SELECT block, pieces FROM extent WHERE ino = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block DESC",
    )?;
    let mut rows = statement.query([ino.0 as i64, *blocks.start() as i64, *blocks.end() as i64])?;
    let mut runs = 0;
    while let Some(row) = rows.next()? {
        let block: i64 = row.get(0)?;
        let row = decode_row(ino, block, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        let part = in_block(range, block as u64);
        let here = row.overlapping(&part);
        if runs + here.len() as u64 > runs_max {
            let last_kept = &here[here.len() - 1 - (runs_max - runs) as usize];
            return Ok((block as u64 * BLOCK_BYTES + u64::from(last_kept.end()), runs_max));
        }
        runs += here.len() as u64;
    }
    Ok((range.start, runs))
}

impl Apply<'_> {
    /// Makes `range` of the file a hole. Returns how many bytes were there.
    pub fn cut(&mut self, ino: Ino, range: &Range<u64>, ledger: &mut Ledger) -> Result<u64, MetaError> {
        if range.is_empty() {
            return Ok(0);
        }
        let whole = whole_blocks(range);
        let (mut torn, mut any_whole) = (Vec::new(), false);
        let mut removed_bytes = self.cut_inline(ino, range)?;
        each_row(self.db, ino, range, |block, mut row| {
            if whole.contains(&block) {
                removed_bytes += ledger.unname(&row.0);
                any_whole = true;
                return Ok(());
            }
            let removed = row.cut(&in_block(range, block));
            if !removed.is_empty() {
                removed_bytes += ledger.unname(&removed);
                torn.push((block, row));
            }
            Ok(())
        })?;
        if any_whole {
            self.delete_rows(ino, &whole)?;
        }
        for (block, row) in torn {
            self.save_row(ino, block, &row)?;
        }
        Ok(removed_bytes)
    }

    /// Lets `range` of the file be the bytes of a chunk from `start` on. Returns how many bytes were there.
    pub fn put_chunk(
        &mut self,
        ino: Ino,
        range: &Range<u64>,
        (chunk, start): (ChunkId, u32),
        stamp: u64,
        ledger: &mut Ledger,
    ) -> Result<u64, MetaError> {
        let mut removed_bytes = self.cut_inline(ino, range)?;
        for block in blocks(range) {
            let part = in_block(range, block);
            let mut row = self.load_row(ino, block)?;
            removed_bytes += ledger.unname(&row.cut(&part));
            let skipped = (block * BLOCK_BYTES + u64::from(part.start) - range.start) as u32;
            let len = part.end - part.start;
            row.put(Extent { offset: part.start, len, chunk, start: start + skipped, stamp });
            self.save_row(ino, block, &row)?;
        }
        ledger.name(chunk, range.end - range.start);
        Ok(removed_bytes)
    }

    /// Puts bytes into the file, to be kept inline. Returns how many bytes were there.
    pub fn put_inline(
        &mut self,
        ino: Ino,
        offset: u64,
        data: &[u8],
        stamp: u64,
        ledger: &mut Ledger,
    ) -> Result<u64, MetaError> {
        let removed_bytes = self.cut(ino, &(offset..offset + data.len() as u64), ledger)?;
        if let Some(mut row) = self.inline_to_join(ino, offset, data.len() as u64)? {
            row.data.extend_from_slice(data);
            self.save_inline(ino, &InlineRow { stamp, ..row })?;
            return Ok(removed_bytes);
        }
        let mut start = offset;
        for part in data.chunks(INLINE_BYTES_MAX as usize) {
            self.save_inline(ino, &InlineRow { start, stamp, data: part.to_vec() })?;
            start += part.len() as u64;
        }
        Ok(removed_bytes)
    }

    /// The row of inline bytes that ends at `offset`, if `len` more may join it.
    fn inline_to_join(&self, ino: Ino, offset: u64, len: u64) -> Result<Option<InlineRow>, MetaError> {
        if len >= INLINE_JOIN_BYTES || offset == 0 {
            return Ok(None);
        }
        let before = inline_rows(self.db, ino, &(offset - 1..offset))?.pop();
        Ok(before.filter(|row| row.data.len() as u64 + len <= INLINE_JOIN_BYTES))
    }

    fn cut_inline(&mut self, ino: Ino, range: &Range<u64>) -> Result<u64, MetaError> {
        let (mut removed_bytes, mut any_inside) = (0, false);
        for span in inline_spans(self.db, ino, range)? {
            let end = span.offset + span.len;
            removed_bytes += end.min(range.end) - span.offset.max(range.start);
            any_inside |= span.offset >= range.start;
            if span.offset < range.start || end > range.end {
                self.keep_ends(ino, range, &span)?;
            }
        }
        if any_inside {
            self.db
                .prepare_cached("DELETE FROM inline WHERE ino = ?1 AND start >= ?2 AND start < ?3")?
                .execute([ino.0 as i64, range.start as i64, range.end as i64])?;
            self.writing();
        }
        Ok(removed_bytes)
    }

    /// Stores what a row of inline bytes has before and after `range`.
    fn keep_ends(&mut self, ino: Ino, range: &Range<u64>, span: &Run) -> Result<(), MetaError> {
        let (start, end, stamp) = (span.offset, span.offset + span.len, span.stamp);
        let data: Vec<u8> = self
            .db
            .prepare_cached("SELECT data FROM inline WHERE ino = ?1 AND start = ?2")?
            .query_row([ino.0 as i64, start as i64], |row| row.get(0))?;
        if end > range.end {
            let data = data[(range.end - start) as usize..].to_vec();
            self.save_inline(ino, &InlineRow { start: range.end, stamp, data })?;
        }
        if start < range.start {
            let data = data[..(range.start - start) as usize].to_vec();
            self.save_inline(ino, &InlineRow { start, stamp, data })?;
        }
        Ok(())
    }

    fn save_inline(&mut self, ino: Ino, row: &InlineRow) -> Result<(), MetaError> {
        self.writing();
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO inline (ino, start, txg, stamp, data) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                ino.0 as i64,
                row.start as i64,
                self.txg.0 as i64,
                row.stamp as i64,
                row.data
            ])?;
        Ok(())
    }

    fn delete_rows(&mut self, ino: Ino, blocks: &Range<u64>) -> Result<(), MetaError> {
        self.writing();
        self.db
            .prepare_cached("DELETE FROM extent WHERE ino = ?1 AND block >= ?2 AND block < ?3")?
            .execute([ino.0 as i64, blocks.start as i64, blocks.end as i64])?;
        Ok(())
    }

    fn load_row(&self, ino: Ino, block: u64) -> Result<ExtentRow, MetaError> {
        let mut statement =
            self.db.prepare_cached("SELECT pieces FROM extent WHERE ino = ?1 AND block = ?2")?;
        let pieces: Option<Vec<u8>> =
            statement.query_row([ino.0 as i64, block as i64], |row| row.get(0)).optional()?;
        pieces.map_or(Ok(ExtentRow::default()), |pieces| decode_row(ino, block as i64, &pieces))
    }

    fn save_row(&mut self, ino: Ino, block: u64, row: &ExtentRow) -> Result<(), MetaError> {
        self.writing();
        if row.0.is_empty() {
            self.db
                .prepare_cached("DELETE FROM extent WHERE ino = ?1 AND block = ?2")?
                .execute([ino.0 as i64, block as i64])?;
            return Ok(());
        }
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO extent (ino, block, txg, pieces) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![ino.0 as i64, block as i64, self.txg.0 as i64, row.encode()])?;
        Ok(())
    }
}
