//! Putting the scattered pieces of a file together again, so that reads stay few and dead bytes go.
//!
//! A small overwrite splits an extent and leaves dead bytes in an old chunk. The leader walks over the files'
//! extents in rotation; a window of a file that has become fragmented is read, kept as one new chunk and named
//! by [`Change::Restage`], which only takes effect where the bytes are still those that were read. Writers need
//! not be stopped: what they change meanwhile is left to them.
//!
//! Rewriting ends: a window is rewritten when that joins pieces or frees chunks, and afterwards there is nothing
//! to join.

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use bytes::{Bytes, BytesMut};
use nasd_base::file::Caller;
use nasd_base::{ChunkId, Ino, OpId};
use nasd_meta::{Change, ExtentBlock, Outcome, Piece, Source};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A window is worth rewriting when it has more than this many pieces to spare: each is a read, and room in the
/// metadata.
const PIECES_TO_SPARE: usize = 16;

/// Blocks of 8 MiB looked at in one step: some milliseconds.
const BLOCKS_PER_STEP: u32 = 128;

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    More,
    /// This node does not lead, or there is no room.
    Waiting,
    /// All files have been looked at.
    Finished,
}

/// A window of a file, and what is in it.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    range: Range<u64>,
    pieces: Vec<Piece>,
}

impl Core {
    /// Runs as long as the replica does.
    pub(crate) async fn coalesce_loop(self: Arc<Self>) {
        let mut after = None;
        loop {
            tokio::time::sleep(self.tuning.coalesce_interval).await;
            let progress = match self.tenure() {
                Ok(tenure) => self.coalesce_step(&tenure, &mut after).await,
                Err(_) => Ok(Progress::Waiting),
            };
            match progress {
                Ok(Progress::More | Progress::Waiting) => {}
                Ok(Progress::Finished) => tokio::time::sleep(self.tuning.coalesce_rest).await,
                Err(error) => tracing::debug!(%error, "files could not be put together this time"),
            }
        }
    }

    /// Looks at the next blocks and rewrites what is fragmented in them.
    async fn coalesce_step(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        after: &mut Option<ExtentBlock>,
    ) -> Result<Progress, ExecuteError> {
        if !self.has_room(self.window_bytes()) {
            return Ok(Progress::Waiting);
        }
        let blocks = self.meta.extent_blocks(*after, BLOCKS_PER_STEP)?;
        for block in &blocks {
            // An error does not keep the walk at one file for ever.
            *after = Some(*block);
            self.coalesce_block(tenure, block).await?;
        }
        if blocks.len() < BLOCKS_PER_STEP as usize {
            *after = None;
            return Ok(Progress::Finished);
        }
        Ok(Progress::More)
    }

    async fn coalesce_block(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        block: &ExtentBlock,
    ) -> Result<(), ExecuteError> {
        // Gone, or no regular file any more: nothing to do.
        let Ok((_, pieces)) = self.meta.pieces(block.ino, block.range()) else { return Ok(()) };
        let wasteful = self.wasteful_chunks(&pieces)?;
        for window in plan(pieces, self.window_bytes(), &wasteful) {
            let bytes = window.range.end - window.range.start;
            self.coalesce_window(tenure, block.ino, window.range, &wasteful).await?;
            let micros = bytes.saturating_mul(1_000_000) / self.tuning.coalesce_bytes_per_second.max(1);
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        Ok(())
    }

    /// Rewrites a window if it is still fragmented when its turn has come.
    async fn coalesce_window(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        ino: Ino,
        range: Range<u64>,
        wasteful: &BTreeMap<ChunkId, bool>,
    ) -> Result<(), ExecuteError> {
        let held = tenure.files.open(ino);
        let _turn = held.turn.lock().await;
        if !held.dirty().overlay.is_empty() {
            // It is being written: there will be more pieces soon.
            return Ok(());
        }
        // Asked first: what is newer than this is refused when it is named.
        let Ok(as_of) = self.meta.data_change(ino) else { return Ok(()) };
        let Ok((_, pieces)) = self.meta.pieces(ino, range) else { return Ok(()) };
        let Some(window) = plan(pieces, self.window_bytes(), wasteful).pop() else { return Ok(()) };
        let Some(data) = self.read_pieces(&window.pieces).await? else { return Ok(()) };
        let len = data.len() as u64;
        let chunk = self.stage(tenure, data, None);
        self.make_durable(tenure, std::slice::from_ref(&chunk)).await?;
        let Some(fresh) = chunk.fresh() else { return Ok(()) };
        let mut start = 0;
        let pieces = runs(&window.pieces).into_iter().map(|run| {
            let (offset, len) = (run.start, run.end - run.start);
            let source = Source::Chunk { chunk: fresh.chunk, start };
            start += len as u32;
            Piece { offset, len, source }
        });
        let change = Change::Restage { ino, pieces: pieces.collect(), fresh: vec![fresh], as_of };
        chunk.offer();
        let outcome = tenure.committer.submit(Caller::root(), OpId::NONE, change).await?;
        if matches!(outcome, Outcome::Restaged { taken } if taken > 0) {
            self.stats.coalesced_bytes.fetch_add(len, Relaxed);
        }
        Ok(())
    }

    /// The bytes of all pieces, one behind the other; `None` when a chunk is gone by now.
    async fn read_pieces(self: &Arc<Self>, pieces: &[Piece]) -> Result<Option<Bytes>, ExecuteError> {
        let mut data = BytesMut::new();
        for piece in pieces {
            match &piece.source {
                Source::Inline { data: inline } => data.extend_from_slice(inline),
                Source::Chunk { chunk, start } => {
                    let read = self.read_chunk_if_named(*chunk, *start, piece.len as u32).await?;
                    let Some(bytes) = read else { return Ok(None) };
                    data.extend_from_slice(&bytes);
                }
            }
        }
        Ok(Some(data.freeze()))
    }

    /// The chunks of these pieces, and whether files name less than half of each.
    fn wasteful_chunks(&self, pieces: &[Piece]) -> Result<BTreeMap<ChunkId, bool>, ExecuteError> {
        let mut wasteful = BTreeMap::new();
        for piece in pieces {
            let Source::Chunk { chunk, .. } = piece.source else { continue };
            if let std::collections::btree_map::Entry::Vacant(entry) = wasteful.entry(chunk) {
                let row = self.meta.chunk(chunk)?;
                entry.insert(row.is_some_and(|row| row.live * 2 < u64::from(row.chunk.len)));
            }
        }
        Ok(wasteful)
    }

    fn window_bytes(&self) -> u64 {
        u64::from(self.tuning.chunk_bytes)
    }
}

/// The windows that are worth rewriting, of sorted pieces that do not overlap.
fn plan(pieces: Vec<Piece>, window_bytes: u64, wasteful: &BTreeMap<ChunkId, bool>) -> Vec<Window> {
    let mut windows: BTreeMap<u64, Vec<Piece>> = BTreeMap::new();
    for piece in pieces {
        for part in split(piece, window_bytes) {
            windows.entry(part.offset / window_bytes).or_default().push(part);
        }
    }
    let is_wasteful = |piece: &Piece| match piece.source {
        Source::Chunk { chunk, .. } => wasteful.get(&chunk).copied().unwrap_or_default(),
        Source::Inline { .. } => false,
    };
    windows.retain(|_, pieces| {
        pieces.len() > runs(pieces).len() + PIECES_TO_SPARE - 1 || pieces.iter().any(is_wasteful)
    });
    let window =
        |(number, pieces)| Window { range: number * window_bytes..(number + 1) * window_bytes, pieces };
    windows.into_iter().map(window).collect()
}

/// A piece cut where windows meet.
fn split(mut piece: Piece, window_bytes: u64) -> Vec<Piece> {
    let mut parts = Vec::new();
    loop {
        let room = window_bytes - piece.offset % window_bytes;
        if piece.len <= room {
            parts.push(piece);
            return parts;
        }
        let rest = match &piece.source {
            Source::Inline { data } => Source::Inline { data: data.slice(room as usize..) },
            Source::Chunk { chunk, start } => Source::Chunk { chunk: *chunk, start: start + room as u32 },
        };
        let rest = Piece { offset: piece.offset + room, len: piece.len - room, source: rest };
        if let Source::Inline { data } = &mut piece.source {
            data.truncate(room as usize);
        }
        piece.len = room;
        parts.push(std::mem::replace(&mut piece, rest));
    }
}

/// The runs of bytes without a hole.
fn runs(pieces: &[Piece]) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for piece in pieces {
        match runs.last_mut().filter(|run| run.end == piece.offset) {
            Some(run) => run.end += piece.len,
            None => runs.push(piece.offset..piece.offset + piece.len),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: u64 = 1000;

    fn piece(offset: u64, len: u64, chunk: u64) -> Piece {
        Piece { offset, len, source: Source::Chunk { chunk: ChunkId(chunk), start: 0 } }
    }

    /// Where the windows start.
    fn planned(pieces: Vec<Piece>, wasteful: &[u64]) -> Vec<u64> {
        let wasteful = wasteful.iter().map(|id| (ChunkId(*id), true)).collect();
        plan(pieces, WINDOW, &wasteful).into_iter().map(|window| window.range.start).collect()
    }

    #[test]
    fn more_than_sixteen_adjacent_pieces_are_worth_it_and_sixteen_are_not() {
        let pieces = |count| (0..count).map(|at| piece(at * 10, 10, at)).collect::<Vec<_>>();
        assert!(planned(pieces(16), &[]).is_empty());
        assert_eq!(planned(pieces(17), &[]), [0]);
    }

    #[test]
    fn pieces_between_holes_stay_apart_whatever_is_done() {
        let pieces = (0..40).map(|at| piece(at * 20, 10, at)).collect();
        assert!(planned(pieces, &[]).is_empty());
    }

    #[test]
    fn a_chunk_that_is_mostly_dead_is_worth_it_wherever_it_is_named() {
        let pieces = vec![piece(0, 10, 1), piece(990, 20, 2), piece(2500, 10, 3)];
        assert_eq!(planned(pieces, &[2]), [0, 1000]);
    }

    #[test]
    fn pieces_are_cut_where_windows_meet() {
        let parts = split(piece(900, 1300, 5), WINDOW);
        let seen: Vec<(u64, u64, u32)> = parts
            .iter()
            .map(|part| match part.source {
                Source::Chunk { start, .. } => (part.offset, part.len, start),
                Source::Inline { .. } => unreachable!(),
            })
            .collect();
        assert_eq!(seen, [(900, 100, 0), (1000, 1000, 100), (2000, 200, 1100)]);
        let inline =
            Piece { offset: 990, len: 20, source: Source::Inline { data: Bytes::from(vec![7; 20]) } };
        let lens: Vec<u64> = split(inline, WINDOW).iter().map(|part| part.len).collect();
        assert_eq!(lens, [10, 10]);
    }
}
