//! `Reap`: freeing inodes that have no name and that nobody has open.

use crate::Outcome;
use crate::apply::Apply;
use crate::chunks::Ledger;
use crate::error::MetaError;
use crate::extents::{RUNS_PER_CUT, cut_start};
use crate::inode::{Inode, Layout};
use crate::write::settle_layout;
use nasd_base::Ino;
use nasd_base::file::FILE_BYTES_MAX;
use rusqlite::OptionalExtension;

impl Apply<'_> {
    pub fn reap(&mut self, inos: &[Ino]) -> Result<Outcome, MetaError> {
        let mut ledger = Ledger::default();
        let mut runs_left = RUNS_PER_CUT;
        let mut count = 0;
        for ino in inos {
            if self.is_orphan(*ino)? && self.reap_one(*ino, &mut runs_left, &mut ledger)? {
                count += 1;
            }
            if runs_left == 0 {
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
    fn reap_one(&mut self, ino: Ino, runs_left: &mut u64, ledger: &mut Ledger) -> Result<bool, MetaError> {
        let mut inode = self.named_inode(ino)?;
        if inode.layout == Layout::Extents && !self.reap_extents(&mut inode, runs_left, ledger)? {
            return Ok(false);
        }
        let allocated = inode.attr.allocated;
        self.account(&mut inode, 0, allocated);
        self.writing();
        self.effects.changed.push(ino);
        self.memory.inodes.remove(self.db, ino)?;
        self.memory.counters.inodes -= 1;
        self.drop_locks_of(ino)?;
        for sql in [
            "DELETE FROM small WHERE ino = ?1",
            "DELETE FROM xattr WHERE ino = ?1",
            "DELETE FROM orphan WHERE ino = ?1",
        ] {
            self.db.prepare_cached(sql)?.execute([ino.0 as i64])?;
        }
        Ok(true)
    }

    /// Cuts a file from its end, as many runs as are left; false if some remain.
    fn reap_extents(
        &mut self,
        inode: &mut Inode,
        runs_left: &mut u64,
        ledger: &mut Ledger,
    ) -> Result<bool, MetaError> {
        let ino = inode.attr.ino;
        let start = cut_start(self.db, ino, &(0..FILE_BYTES_MAX), runs_left)?;
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

#[cfg(test)]
mod tests {
    use crate::testing::{Volume, name, piece};
    use crate::{Change, Outcome, XattrMode};
    use nasd_base::file::NewNode;
    use nasd_base::{Errno, Ino};

    const ROOT: Ino = Ino::ROOT;

    #[test]
    fn reaping_frees_all_that_an_orphan_had() {
        let mut volume = Volume::new();
        let empty = volume.view().totals().unwrap();
        let file = volume.file(ROOT, "f");
        let link = volume.make(ROOT, "l", NewNode::Symlink { target: name("t") }, 0o777).unwrap().ino;
        let small = volume.file(ROOT, "s");
        volume.write_inline(small, 0, b"small").unwrap();
        let chunk = volume.write_chunk(file, 0, 1 << 20);
        volume.write_inline(file, 100, &[1; 9000]).unwrap();
        let value = name("v");
        let set = Change::SetXattr { ino: file, name: name("user.a"), value, mode: XattrMode::Either };
        volume.change(set).unwrap();
        for at in ["f", "l", "s"] {
            volume.unlink(ROOT, at).unwrap();
        }
        assert_eq!(volume.pieces(file, 0..u64::MAX).len(), 3);
        let reaped = volume.change(Change::Reap { inos: vec![file, link, small, file] });
        assert_eq!(reaped, Ok(Outcome::Reaped { count: 3 }));
        assert_eq!(volume.effects().freed, vec![chunk.chunk]);
        assert_eq!(volume.effects().changed, vec![file, link, small]);
        assert_eq!(volume.view().attr(file).unwrap_err().errno(), Errno::Stale);
        let totals = volume.view().totals().unwrap();
        assert_eq!((totals.inodes, totals.logical_bytes, totals.stored_bytes, totals.chunks), (1, 0, 0, 0));
        assert_eq!(totals.inodes, empty.inodes);
        for table in ["small", "inline", "extent", "chunk", "xattr", "orphan"] {
            let sql = format!("SELECT count(*) FROM {table}");
            let rows: i64 = volume.db.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 0, "{table}");
        }
    }

    #[test]
    fn inodes_with_names_are_left_alone() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let before = volume.dump();
        let reaped = volume.change(Change::Reap { inos: vec![file, ROOT, Ino(99), Ino(u64::MAX)] });
        assert_eq!(reaped, Ok(Outcome::Reaped { count: 0 }));
        assert_eq!(volume.dump(), before);
    }

    /// Rows of extents were counted, of which one may name thousands of chunks.
    #[test]
    fn a_huge_file_is_reaped_in_steps() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let runs = super::RUNS_PER_CUT + 10;
        let chunk = volume.fresh_chunk(runs as u32 * 2);
        let pieces: Vec<_> = (0..runs).map(|run| piece(run << 12, 1, &chunk, run as u32 * 2)).collect();
        for (step, pieces) in pieces.chunks(1000).enumerate() {
            let fresh = if step == 0 { vec![chunk] } else { vec![] };
            volume.write(file, pieces.to_vec(), fresh).unwrap();
        }
        volume.unlink(ROOT, "f").unwrap();
        let reap = Change::Reap { inos: vec![file] };
        assert_eq!(volume.change(reap.clone()), Ok(Outcome::Reaped { count: 0 }));
        assert_eq!(volume.attr(file).allocated, 10);
        assert_eq!(volume.live(chunk.chunk), Some(10));
        assert_eq!(volume.view().orphans(9).unwrap(), vec![file]);
        assert_eq!(volume.change(reap), Ok(Outcome::Reaped { count: 1 }));
        assert_eq!(volume.live(chunk.chunk), None);
    }
}
