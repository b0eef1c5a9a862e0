//! `Reap`: freeing inodes that have no name and that nobody has open.

use crate::Outcome;
use crate::apply::Apply;
use crate::chunks::Ledger;
use crate::error::MetaError;
use crate::extent_row::BLOCK_BYTES;
use crate::inode::{Inode, Layout};
use crate::write::settle_layout;
use nasd_base::Ino;
use nasd_base::file::FILE_BYTES_MAX;
use rusqlite::OptionalExtension;

/// Rows of `extent` freed by one change: 16 GiB of file. What is larger stays an orphan and is reaped by the
/// next changes, so that no single one holds up the volume.
const ROWS_PER_REAP: u64 = 2048;

impl Apply<'_> {
    pub fn reap(&mut self, inos: &[Ino]) -> Result<Outcome, MetaError> {
        let mut ledger = Ledger::default();
        let mut rows_left = ROWS_PER_REAP;
        let mut count = 0;
        for ino in inos {
            if self.is_orphan(*ino)? && self.reap_one(*ino, &mut rows_left, &mut ledger)? {
                count += 1;
            }
            if rows_left == 0 {
                break;
            }
        }
        self.settle(ledger)?;
        Ok(Outcome::Reaped { count })
    }

    fn is_orphan(&self, ino: Ino) -> Result<bool, MetaError> {
        let mut statement = self.db.prepare_cached("SELECT 1 FROM orphan WHERE ino = ?1")?;
        Ok(statement.query_row([ino.0 as i64], |_| Ok(())).optional()?.is_some())
    }

    /// Frees what it may of the inode; false if some is left.
    fn reap_one(&mut self, ino: Ino, rows_left: &mut u64, ledger: &mut Ledger) -> Result<bool, MetaError> {
        let mut inode = self.named_inode(ino)?;
        if inode.layout == Layout::Extents && !self.reap_extents(&mut inode, rows_left, ledger)? {
            return Ok(false);
        }
        let allocated = inode.attr.allocated;
        self.account(&mut inode, 0, allocated);
        self.writing();
        self.effects.changed.push(ino);
        self.memory.inodes.remove(self.db, ino)?;
        self.memory.counters.inodes -= 1;
        for sql in [
            "DELETE FROM small WHERE ino = ?1",
            "DELETE FROM xattr WHERE ino = ?1",
            "DELETE FROM orphan WHERE ino = ?1",
        ] {
            self.db.prepare_cached(sql)?.execute([ino.0 as i64])?;
        }
        Ok(true)
    }

    /// Cuts a file from its end, as many rows as are left; false if some remain.
    fn reap_extents(
        &mut self,
        inode: &mut Inode,
        rows_left: &mut u64,
        ledger: &mut Ledger,
    ) -> Result<bool, MetaError> {
        let ino = inode.attr.ino;
        let mut statement = self.db.prepare_cached(
            "SELECT block FROM extent WHERE ino = ?1 ORDER BY block DESC LIMIT 1 OFFSET ?2",
        )?;
        let limit: Option<i64> =
            statement.query_row([ino.0 as i64, *rows_left as i64], |row| row.get(0)).optional()?;
        // Beyond the block that is one too many, if there is one.
        let start = limit.map_or(0, |block| (block as u64 + 1) * BLOCK_BYTES);
        let rows: i64 = self
            .db
            .prepare_cached("SELECT count(*) FROM extent WHERE ino = ?1 AND block >= ?2")?
            .query_row([ino.0 as i64, (start / BLOCK_BYTES) as i64], |row| row.get(0))?;
        *rows_left -= (rows as u64).min(*rows_left);
        let removed = self.cut(ino, &(start..FILE_BYTES_MAX), ledger)?;
        self.account(inode, 0, removed);
        if start == 0 {
            return Ok(true);
        }
        settle_layout(inode);
        self.put(inode);
        Ok(false)
    }
}
