//! Reading a file: what the metadata says, what is unsaved laid over it, chunks from this node's store.

use crate::core::Core;
use crate::leader::access::{may_read, refuse_gone};
use crate::leader::files::File;
use crate::leader::overlay::{RunPlace, UnsavedRun};
use crate::leader::staged::Staged;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply, TRANSFER_BYTES_MAX};
use crate::timing::{Stage, Trace};
use bytes::{Bytes, BytesMut};
use nasd_base::file::Attr;
use nasd_base::{ChunkId, Errno, Ino};
use nasd_meta::{Piece, Source};
use std::ops::Range;
use std::sync::Arc;

/// How often a read is planned anew because a chunk it was to read is no longer part of the volume.
const REPLANS_MAX: u32 = 16;

/// The chunk is no longer part of the volume. Never leaves this file.
const GONE: ExecuteError = ExecuteError::Refused(Errno::Again);

/// A run of bytes of the answer and where they come from.
struct Part {
    offset: u64,
    len: u64,
    from: Origin,
}

enum Origin {
    Memory(Bytes),
    Chunk { chunk: ChunkId, start: u32 },
    Staged { chunk: Arc<Staged>, start: u32 },
}

impl Part {
    fn end(&self) -> u64 {
        self.offset + self.len
    }
}

impl Core {
    pub(crate) async fn read(
        self: &Arc<Self>,
        context: &Context,
        ino: Ino,
        offset: u64,
        len: u32,
    ) -> Result<(Reply, Bytes), ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let file = tenure.files.open(ino);
        // Shared until the bytes are here: no truncation comes in between.
        let _gate = context.trace.waited(Stage::Queue, file.gate.read()).await;
        let len = u64::from(len.min(TRANSFER_BYTES_MAX));
        let wanted = offset..offset.saturating_add(len);
        let mut attempt = 0;
        loop {
            let (attr, range, parts) = self.plan_read(&file, wanted.clone(), context)?;
            self.look_ahead(ino, &range, attr.size);
            match self.gather_parts(&range, parts, &context.trace).await {
                // A commit put newer data in the place of a chunk in between.
                Err(GONE) if attempt < REPLANS_MAX => attempt += 1,
                Err(GONE) => return Err(Errno::Io.into()),
                Err(error) => return Err(error),
                Ok(bytes) => return Ok((Reply::Data { attr, end: range.end >= attr.size }, bytes)),
            }
        }
    }

    /// Where the bytes of a range are, with the range cut to the file's size.
    fn plan_read(
        &self,
        file: &Arc<File>,
        range: Range<u64>,
        context: &Context,
    ) -> Result<(Attr, Range<u64>, Vec<Part>), ExecuteError> {
        // First what is unsaved, then the metadata: what is saved in between is then in both.
        let dirty = file.dirty();
        let runs = dirty.overlay.read(range.clone());
        let shown = |attr: Attr| {
            let mut attr = attr;
            dirty.show_in(&mut attr);
            attr
        };
        let (attr, pieces) = self.meta.pieces(file.ino, range.clone())?;
        let attr = shown(attr);
        refuse_gone(&attr, context)?;
        may_read(&attr, self.list_for_data(&attr, context)?.as_ref(), context)?;
        let start = range.start.min(attr.size);
        let range = start..range.end.min(attr.size).max(start);
        Ok((attr, range, merge(pieces, runs)))
    }

    async fn gather_parts(
        self: &Arc<Self>,
        range: &Range<u64>,
        parts: Vec<Part>,
        trace: &Trace,
    ) -> Result<Bytes, ExecuteError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let whole = matches!(&parts[..], [part] if part.offset == range.start && part.end() == range.end);
        let reads_chunks = parts.iter().any(|part| !matches!(part.from, Origin::Memory(_)));
        let fetching = futures::future::try_join_all(parts.into_iter().map(|part| async move {
            Ok::<_, ExecuteError>((part.offset, self.fetch(part.len, part.from).await?))
        }));
        let fetched = match reads_chunks {
            true => trace.timed(Stage::ChunkRead, fetching).await?,
            false => fetching.await?,
        };
        if whole {
            return Ok(fetched.into_iter().next().map(|(_, bytes)| bytes).unwrap_or_default());
        }
        let mut answer = BytesMut::with_capacity((range.end - range.start) as usize);
        for (offset, bytes) in fetched {
            answer.resize((offset - range.start) as usize, 0);
            answer.extend_from_slice(&bytes);
        }
        answer.resize((range.end - range.start) as usize, 0);
        Ok(answer.freeze())
    }

    async fn fetch(self: &Arc<Self>, len: u64, from: Origin) -> Result<Bytes, ExecuteError> {
        match from {
            Origin::Memory(bytes) => Ok(bytes),
            Origin::Chunk { chunk, start } => self.read_chunk(chunk, start, len as u32).await,
            Origin::Staged { chunk, start } => {
                let part = start as usize..start as usize + len as usize;
                if let Some(data) = chunk.data() {
                    return Ok(data.slice(part));
                }
                let fresh = chunk.fresh().ok_or(Errno::Io)?;
                self.read_known(fresh, start, len as u32).await
            }
        }
    }

    /// Bytes of a chunk that the metadata names.
    async fn read_chunk(
        self: &Arc<Self>,
        chunk: ChunkId,
        start: u32,
        len: u32,
    ) -> Result<Bytes, ExecuteError> {
        match self.store.read(self.key(chunk), start, len).await {
            Ok(bytes) => Ok(bytes),
            Err(error) => {
                let row = self.meta.chunk(chunk)?.ok_or(GONE)?;
                self.repair(row.chunk, start, len, &error).await
            }
        }
    }

    /// As [`Core::read_chunk`]; `None` when the chunk is no longer part of the volume.
    pub(crate) async fn read_chunk_if_named(
        self: &Arc<Self>,
        chunk: ChunkId,
        start: u32,
        len: u32,
    ) -> Result<Option<Bytes>, ExecuteError> {
        match self.read_chunk(chunk, start, len).await {
            Err(GONE) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    async fn read_known(
        self: &Arc<Self>,
        fresh: nasd_meta::FreshChunk,
        start: u32,
        len: u32,
    ) -> Result<Bytes, ExecuteError> {
        match self.store.read(self.key(fresh.chunk), start, len).await {
            Ok(bytes) => Ok(bytes),
            Err(error) => self.repair(fresh, start, len, &error).await,
        }
    }
}

/// Lays runs over pieces; both are sorted and without overlaps, and so is what comes out.
fn merge(pieces: Vec<Piece>, runs: Vec<UnsavedRun>) -> Vec<Part> {
    let mut parts = Vec::with_capacity(pieces.len() + 2 * runs.len());
    let mut over = runs.iter().peekable();
    for piece in pieces {
        let end = piece.offset + piece.len;
        let mut at = piece.offset;
        while let Some(run) = over.peek().filter(|run| run.offset < end) {
            if run.offset > at {
                parts.push(cut(&piece, at..run.offset));
            }
            at = at.max(run.end());
            if run.end() > end {
                break;
            }
            over.next();
        }
        if at < end {
            parts.push(cut(&piece, at..end));
        }
    }
    parts.extend(runs.into_iter().map(|run| Part {
        offset: run.offset,
        len: run.len,
        from: match run.place {
            RunPlace::Memory(bytes) => Origin::Memory(bytes),
            RunPlace::Staged { chunk, start } => Origin::Staged { chunk, start },
        },
    }));
    parts.sort_unstable_by_key(|part| part.offset);
    parts
}

fn cut(piece: &Piece, range: Range<u64>) -> Part {
    let skip = range.start - piece.offset;
    let len = range.end - range.start;
    let from = match &piece.source {
        Source::Inline { data } => Origin::Memory(data.slice(skip as usize..(skip + len) as usize)),
        Source::Chunk { chunk, start } => Origin::Chunk { chunk: *chunk, start: start + skip as u32 },
    };
    Part { offset: range.start, len, from }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leader::overlay::Overlay;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn unsaved_runs_cover_pieces_and_nothing_else(
            pieces in proptest::collection::vec((0u64..8, 1u64..8), 0..6),
            runs in proptest::collection::vec((0u64..64, 1usize..16), 0..6),
        ) {
            let mut model = vec![None; 128];
            let (mut at, mut base) = (0, Vec::new());
            for (gap, len) in pieces {
                at += gap;
                let data = Bytes::from((0..len).map(|i| (at + i) as u8).collect::<Vec<_>>());
                (0..len).for_each(|i| model[(at + i) as usize] = Some((at + i) as u8));
                base.push(Piece { offset: at, len, source: Source::Inline { data } });
                at += len;
            }
            let mut overlay = Overlay::new(1 << 20);
            for (index, (offset, len)) in runs.into_iter().enumerate() {
                let byte = 200 + index as u8;
                overlay.write(offset, vec![byte; len].into());
                model[offset as usize..offset as usize + len].fill(Some(byte));
            }
            let mut seen = vec![None; 128];
            for part in merge(base, overlay.read(0..128)) {
                let Origin::Memory(bytes) = &part.from else { panic!("all is in memory") };
                prop_assert_eq!(bytes.len() as u64, part.len);
                for (i, byte) in bytes.iter().enumerate() {
                    prop_assert!(seen[part.offset as usize + i].replace(*byte).is_none(), "parts overlap");
                }
            }
            prop_assert_eq!(seen, model);
        }
    }
}
