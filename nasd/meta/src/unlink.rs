//! `Unlink` and `Rmdir`: taking a name away, and what becomes of an inode without names.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::Inode;
use crate::{Outcome, names, perm};
use nasd_base::file::FileKind;
use nasd_base::{Errno, Ino};

impl Apply<'_> {
    pub fn unlink(&mut self, parent: Ino, name: &[u8]) -> Result<Outcome, MetaError> {
        let dir = self.directory(parent)?;
        names::check(name)?;
        if names::is_dots(name) {
            return Err(Errno::IsDir.into());
        }
        let inode = self.victim(&dir, name)?;
        if inode.attr.kind == FileKind::Directory {
            return Err(Errno::IsDir.into());
        }
        self.remove(dir, name, inode)
    }

    pub fn rmdir(&mut self, parent: Ino, name: &[u8]) -> Result<Outcome, MetaError> {
        let dir = self.directory(parent)?;
        names::check(name)?;
        match name {
            b"." => return Err(Errno::Inval.into()),
            b".." => return Err(Errno::NotEmpty.into()),
            _ => {}
        }
        let inode = self.victim(&dir, name)?;
        if inode.attr.kind != FileKind::Directory {
            return Err(Errno::NotDir.into());
        }
        // A directory's size is the number of its entries.
        if inode.attr.size > 0 {
            return Err(Errno::NotEmpty.into());
        }
        self.remove(dir, name, inode)
    }

    /// The inode behind a name that the caller may remove.
    fn victim(&mut self, dir: &Inode, name: &[u8]) -> Result<Inode, MetaError> {
        let entry = names::find(self.db, dir.attr.ino, name)?.ok_or(Errno::NoEnt)?;
        let inode = self.named_inode(entry.ino)?;
        perm::may_remove(&dir.attr, &inode.attr, self.caller)?;
        Ok(inode)
    }

    fn remove(&mut self, before: Inode, name: &[u8], mut inode: Inode) -> Result<Outcome, MetaError> {
        self.remove_name(before.attr.ino, name)?;
        self.drop_link(&mut inode)?;
        let mut dir = before;
        dir.attr.size -= 1;
        dir.attr.nlink -= u32::from(inode.attr.kind == FileKind::Directory);
        self.put_directory(&mut dir);
        let Inode { attr, .. } = inode;
        Ok(Outcome::Removed { ino: attr.ino, nlink: attr.nlink, dir: wcc(&before, &dir) })
    }

    /// Takes one link from an inode, the only one from a directory. At none it becomes an orphan.
    pub fn drop_link(&mut self, inode: &mut Inode) -> Result<(), MetaError> {
        let directory = inode.attr.kind == FileKind::Directory;
        inode.attr.nlink = if directory { 0 } else { inode.attr.nlink - 1 };
        inode.attr.ctime = self.now;
        self.put(inode);
        if inode.attr.nlink == 0 {
            self.effects.orphaned.push(inode.attr.ino);
            self.db
                .prepare_cached("INSERT INTO orphan (ino) VALUES (?1)")?
                .execute([inode.attr.ino.0 as i64])?;
        }
        Ok(())
    }
}
