//! The chunks of a volume: ids, the rows of `chunk`, and how many of each chunk's bytes files still name.

use crate::apply::Apply;
use crate::error::{MetaError, damaged};
use crate::extent_row::Extent;
use crate::{FreshChunk, Outcome, Piece, Source};
use nasd_base::{ChunkId, Errno};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Most chunk ids in one allocation.
pub(crate) const ALLOCATION_MAX: u32 = 1 << 20;

/// What a change does to chunks, settled when its extents are written: a piece that replaces itself must not
/// free its chunk in between.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Chunks to register, by id.
    fresh: BTreeMap<ChunkId, FreshChunk>,
    /// Bytes that became named, less those no longer named.
    named_bytes: BTreeMap<ChunkId, i64>,
}

impl Ledger {
    pub fn name(&mut self, chunk: ChunkId, len: u64) {
        *self.named_bytes.entry(chunk).or_default() += len as i64;
    }

    /// Notes that extents are gone; returns their bytes.
    pub fn unname(&mut self, extents: &[Extent]) -> u64 {
        for extent in extents {
            *self.named_bytes.entry(extent.chunk).or_default() -= i64::from(extent.len);
        }
        extents.iter().map(|extent| u64::from(extent.len)).sum()
    }
}

/// A chunk's row: what it is, the bytes of it that files name, and the change that registered it.
pub(crate) fn select(db: &Connection, id: ChunkId) -> Result<Option<(FreshChunk, u64)>, MetaError> {
    let mut statement = db.prepare_cached("SELECT id, len, stored, live, digest FROM chunk WHERE id = ?1")?;
    Ok(statement.query_row([id.0 as i64], from_row).optional()?)
}

/// Reads the columns `id, len, stored, live, digest`.
pub(crate) fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(FreshChunk, u64)> {
    let chunk = FreshChunk {
        chunk: ChunkId(row.get::<_, i64>(0)? as u64),
        len: row.get(1)?,
        stored: row.get(2)?,
        digest: row.get(4)?,
    };
    Ok((chunk, row.get::<_, i64>(3)? as u64))
}

impl Apply<'_> {
    pub fn allocate_chunks(&mut self, count: u32) -> Result<Outcome, MetaError> {
        if !(1..=ALLOCATION_MAX).contains(&count) {
            return Err(Errno::Inval.into());
        }
        let first = ChunkId(self.memory.counters.next_chunk);
        self.writing();
        self.memory.counters.next_chunk += u64::from(count);
        Ok(Outcome::Allocated { first, count })
    }

    /// A ledger that will register `fresh`. Naming a chunk again as what it is does nothing; as something
    /// else, or with an id that was never allocated, is `Inval`.
    pub fn open_ledger(&self, fresh: &[FreshChunk]) -> Result<Ledger, MetaError> {
        let mut ledger = Ledger::default();
        for chunk in fresh {
            let id = chunk.chunk;
            if id.0 == 0 || id.0 >= self.memory.counters.next_chunk || chunk.len == 0 {
                return Err(Errno::Inval.into());
            }
            match select(self.db, id)? {
                Some((known, _)) if known == *chunk => continue,
                Some(_) => return Err(Errno::Inval.into()),
                None => {}
            }
            if ledger.fresh.insert(id, *chunk).is_some_and(|other| other != *chunk) {
                return Err(Errno::Inval.into());
            }
        }
        Ok(ledger)
    }

    /// The length of a chunk that is registered or about to be.
    pub fn chunk_len(&self, ledger: &Ledger, id: ChunkId) -> Result<Option<u32>, MetaError> {
        if let Some(fresh) = ledger.fresh.get(&id) {
            return Ok(Some(fresh.len));
        }
        Ok(select(self.db, id)?.map(|(chunk, _)| chunk.len))
    }

    /// Whether the piece lies in its chunk: `None` when there is no such chunk.
    pub fn chunk_holds(&self, ledger: &Ledger, piece: &Piece) -> Result<Option<bool>, MetaError> {
        let Source::Chunk { chunk, start } = piece.source else { return Ok(Some(true)) };
        let end = u64::from(start).checked_add(piece.len);
        let len = self.chunk_len(ledger, chunk)?;
        Ok(len.map(|len| end.is_some_and(|end| end <= u64::from(len))))
    }

    /// Brings the rows of `chunk` up to date. Chunks that nothing names any more are freed.
    pub fn settle(&mut self, ledger: Ledger) -> Result<(), MetaError> {
        let Ledger { fresh, mut named_bytes } = ledger;
        for (id, chunk) in fresh {
            match named_bytes.remove(&id) {
                Some(live) if live > 0 => self.register(&chunk, live)?,
                _ => self.effects.freed.push(id),
            }
        }
        for (id, difference) in named_bytes {
            if difference != 0 {
                self.adjust(id, difference)?;
            }
        }
        Ok(())
    }

    fn register(&mut self, chunk: &FreshChunk, live: i64) -> Result<(), MetaError> {
        self.writing();
        self.memory.counters.chunks += 1;
        self.memory.counters.stored_bytes += u64::from(chunk.stored);
        self.effects.named.push(*chunk);
        self.db
            .prepare_cached(
                "INSERT INTO chunk (id, len, stored, live, txg, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                chunk.chunk.0 as i64,
                chunk.len,
                chunk.stored,
                live,
                self.txg.0 as i64,
                chunk.digest
            ])?;
        Ok(())
    }

    fn adjust(&mut self, id: ChunkId, difference: i64) -> Result<(), MetaError> {
        self.writing();
        let mut statement = self
            .db
            .prepare_cached("UPDATE chunk SET live = live + ?2 WHERE id = ?1 RETURNING live, stored")?;
        let row = statement
            .query_row([id.0 as i64, difference], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        let (live, stored) = row.ok_or_else(|| damaged(format!("extents name chunk {id}, which is gone")))?;
        if live < 0 {
            return Err(damaged(format!("chunk {id} lost more bytes than were named")));
        }
        if live == 0 {
            self.db.prepare_cached("DELETE FROM chunk WHERE id = ?1")?.execute([id.0 as i64])?;
            self.memory.counters.chunks -= 1;
            self.memory.counters.stored_bytes -= stored as u64;
            self.effects.freed.push(id);
        }
        Ok(())
    }

    /// After a refusal: the fresh chunks that no file names are of no use to anybody.
    pub fn give_up(&mut self, fresh: &[FreshChunk]) -> Result<(), MetaError> {
        for chunk in fresh {
            let allocated = chunk.chunk.0 > 0 && chunk.chunk.0 < self.memory.counters.next_chunk;
            if allocated && select(self.db, chunk.chunk)?.is_none() {
                self.effects.freed.push(chunk.chunk);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Volume;
    use crate::{Change, StateBounds, VolumeOptions};
    use nasd_base::Ino;

    #[test]
    fn allocated_ids_are_never_given_out_again() {
        let mut volume = Volume::with(VolumeOptions { bounds: StateBounds::default(), ..Default::default() });
        let mut next = 1;
        for count in [1, 5, ALLOCATION_MAX] {
            let first = ChunkId(next);
            let allocated = volume.change(Change::AllocateChunks { count });
            assert_eq!(allocated, Ok(Outcome::Allocated { first, count }));
            next += u64::from(count);
        }
        assert_eq!(volume.view().totals().unwrap().next_chunk, ChunkId(next));
        for count in [0, ALLOCATION_MAX + 1] {
            assert_eq!(volume.change(Change::AllocateChunks { count }), Err(Errno::Inval));
        }
    }

    #[test]
    fn registered_chunks_are_listed_in_order() {
        let mut volume = Volume::new();
        let file = volume.file(Ino::ROOT, "f");
        let chunks: Vec<_> = (0..5).map(|i| volume.write_chunk(file, i * 100, 100)).collect();
        let listed = volume.view().chunks_after(chunks[0].chunk, 3).unwrap();
        assert_eq!(listed.iter().map(|row| row.chunk).collect::<Vec<_>>(), chunks[1..4]);
        assert!(listed.iter().all(|row| row.live == 100));
        assert_eq!(volume.view().chunks_after(ChunkId(u64::MAX), 3).unwrap(), vec![]);
        assert_eq!(volume.view().chunk(ChunkId(u64::MAX)).unwrap(), None);
    }
}
