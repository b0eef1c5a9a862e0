//! The volume's counters: what the next ids are and how much there is. In memory while commands are
//! applied, in the row of `volume` once per command.

use crate::StateBounds;
use crate::error::MetaError;
use nasd_base::{ChunkId, Txg};
use rusqlite::Connection;

/// The sizes of a volume as its tables have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The last change applied.
    pub txg: Txg,
    /// Inodes, with the root and orphans.
    pub inodes: u64,
    pub inodes_max: u64,
    /// Bytes of file data that are not holes, uncompressed.
    pub logical_bytes: u64,
    /// Bytes of all registered chunks as stores keep them; one copy.
    pub stored_bytes: u64,
    /// Registered chunks.
    pub chunks: u64,
    /// The next chunk id that `AllocateChunks` will give out; all in use are below.
    pub next_chunk: ChunkId,
}

/// The row of `volume`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VolumeCounters {
    pub bounds: StateBounds,
    pub txg: Txg,
    pub next_ino: u64,
    pub next_cookie: u64,
    pub next_chunk: u64,
    pub next_reply: u64,
    pub inodes: u64,
    pub logical_bytes: u64,
    pub chunks: u64,
    pub stored_bytes: u64,
}

impl VolumeCounters {
    pub fn load(db: &Connection) -> Result<VolumeCounters, MetaError> {
        let mut statement = db.prepare_cached(
            "SELECT inodes_max, replies_max, reply_secs_max, txg, next_ino, next_cookie, next_chunk,
                    next_reply, inodes, logical_bytes, chunks, stored_bytes FROM volume",
        )?;
        Ok(statement.query_row([], |row| {
            let number = |column| row.get::<_, i64>(column).map(|n| n as u64);
            Ok(VolumeCounters {
                bounds: StateBounds {
                    inodes_max: number(0)?,
                    replies_max: number(1)?,
                    reply_secs_max: number(2)?,
                },
                txg: Txg(number(3)?),
                next_ino: number(4)?,
                next_cookie: number(5)?,
                next_chunk: number(6)?,
                next_reply: number(7)?,
                inodes: number(8)?,
                logical_bytes: number(9)?,
                chunks: number(10)?,
                stored_bytes: number(11)?,
            })
        })?)
    }

    pub fn save(&self, db: &Connection) -> Result<(), MetaError> {
        let mut statement = db.prepare_cached(
            "UPDATE volume SET txg = ?1, next_ino = ?2, next_cookie = ?3, next_chunk = ?4, next_reply = ?5,
                    inodes = ?6, logical_bytes = ?7, chunks = ?8, stored_bytes = ?9",
        )?;
        statement.execute([
            self.txg.0 as i64,
            self.next_ino as i64,
            self.next_cookie as i64,
            self.next_chunk as i64,
            self.next_reply as i64,
            self.inodes as i64,
            self.logical_bytes as i64,
            self.chunks as i64,
            self.stored_bytes as i64,
        ])?;
        Ok(())
    }

    pub fn totals(&self) -> Totals {
        Totals {
            txg: self.txg,
            inodes: self.inodes,
            inodes_max: self.bounds.inodes_max,
            logical_bytes: self.logical_bytes,
            stored_bytes: self.stored_bytes,
            chunks: self.chunks,
            next_chunk: ChunkId(self.next_chunk),
        }
    }
}
