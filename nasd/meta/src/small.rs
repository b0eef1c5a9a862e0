//! Bytes that belong to one inode as a whole: the data of files of at most 4 KiB, and symlink targets.
//!
//! They have a table of their own so that rows of `inode` stay narrow: a `chmod` copies a hundred bytes, and
//! a listing with attributes reads thirty inodes from a page instead of one.

use crate::apply::Apply;
use crate::error::{MetaError, damaged};
use crate::inode::{Inode, Layout};
use crate::{Piece, Source};
use nasd_base::Ino;
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::Range;

/// Largest file whose data is in `small`.
pub(crate) const SMALL_BYTES_MAX: u64 = 4096;

/// The inode's bytes.
pub(crate) fn load(db: &Connection, ino: Ino) -> Result<Vec<u8>, MetaError> {
    let mut statement = db.prepare_cached("SELECT data FROM small WHERE ino = ?1")?;
    let data = statement.query_row([ino.0 as i64], |row| row.get(0)).optional()?;
    data.ok_or_else(|| damaged(format!("the bytes of inode {ino} are missing")))
}

/// Whether a file of `size` after the write can hold its data in `small`.
pub(crate) fn fits(inode: &Inode, pieces: &[Piece], size: u64) -> bool {
    let inline = |piece: &Piece| matches!(piece.source, Source::Inline { .. });
    size <= SMALL_BYTES_MAX && inode.layout != Layout::Extents && pieces.iter().all(inline)
}

impl Apply<'_> {
    /// The data of a file that is not in extents; bytes past the end are a hole.
    pub fn load_small(&self, inode: &Inode) -> Result<Vec<u8>, MetaError> {
        match inode.layout {
            Layout::Small => load(self.db, inode.attr.ino),
            _ => Ok(Vec::new()),
        }
    }

    /// Makes `data` the data of a file that is not in extents.
    pub fn save_small(&mut self, inode: &mut Inode, data: &[u8]) -> Result<(), MetaError> {
        if data.is_empty() {
            self.delete_small(inode.attr.ino)?;
        } else {
            self.store_small(inode.attr.ino, data)?;
        }
        inode.layout = if data.is_empty() { Layout::Empty } else { Layout::Small };
        self.account(inode, data.len() as u64, inode.attr.allocated);
        Ok(())
    }

    pub fn store_small(&mut self, ino: Ino, data: &[u8]) -> Result<(), MetaError> {
        self.writing();
        self.db
            .prepare_cached("INSERT OR REPLACE INTO small (ino, txg, data) VALUES (?1, ?2, ?3)")?
            .execute(params![ino.0 as i64, self.txg.0 as i64, data])?;
        Ok(())
    }

    pub fn delete_small(&mut self, ino: Ino) -> Result<(), MetaError> {
        self.writing();
        self.db.prepare_cached("DELETE FROM small WHERE ino = ?1")?.execute([ino.0 as i64])?;
        Ok(())
    }

    /// Writes inline pieces into a file that [`fits`].
    pub fn write_small(&mut self, inode: &mut Inode, pieces: &[Piece]) -> Result<(), MetaError> {
        let mut bytes = self.load_small(inode)?;
        for piece in pieces {
            let Source::Inline { data } = &piece.source else { continue };
            let range = piece.offset as usize..piece.offset as usize + data.len();
            if bytes.len() < range.end {
                bytes.resize(range.end, 0);
            }
            bytes[range].copy_from_slice(data);
        }
        self.save_small(inode, &bytes)
    }

    /// Makes `range` of a file that is not in extents read as zeros.
    pub fn punch_small(&mut self, inode: &mut Inode, range: &Range<u64>) -> Result<(), MetaError> {
        let mut bytes = self.load_small(inode)?;
        let len = bytes.len() as u64;
        if range.start >= len {
            return Ok(());
        }
        if range.end >= len {
            bytes.truncate(range.start as usize);
        } else {
            bytes[range.start as usize..range.end as usize].fill(0);
        }
        self.save_small(inode, &bytes)
    }

    /// Moves the data of a small file to where extents are.
    pub fn leave_small(&mut self, inode: &mut Inode) -> Result<(), MetaError> {
        if inode.layout == Layout::Small {
            let bytes = self.load_small(inode)?;
            self.delete_small(inode.attr.ino)?;
            let stamp = inode.data_txg.0;
            self.put_inline(inode.attr.ino, 0, &bytes, stamp, &mut Default::default())?;
        }
        inode.layout = Layout::Extents;
        Ok(())
    }

    /// Counts bytes of data that came and went.
    pub fn account(&mut self, inode: &mut Inode, added: u64, removed: u64) {
        inode.attr.allocated = inode.attr.allocated + added - removed;
        let logical = &mut self.memory.counters.logical_bytes;
        *logical = *logical + added - removed;
    }
}
