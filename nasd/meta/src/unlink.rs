//! `Unlink` and `Rmdir`: taking a name away, and what becomes of an inode without names.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::Inode;
use crate::{Outcome, names};
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
        self.may_remove(&dir.attr, &inode.attr)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Volume, name};
    use nasd_base::file::NewNode;

    const ROOT: Ino = Ino::ROOT;

    #[test]
    fn the_last_name_gone_leaves_an_orphan() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        volume.link(file, ROOT, "b").unwrap();
        let outcome = volume.unlink(ROOT, "a").unwrap();
        let Outcome::Removed { ino, nlink: 1, dir } = outcome else { panic!("{outcome:?}") };
        assert_eq!((ino, dir.after.mtime, dir.after.size), (file, volume.now, 1));
        assert_eq!(volume.attr(file).ctime, volume.now);
        assert!(volume.view().orphans(9).unwrap().is_empty());
        volume.unlink(ROOT, "b").unwrap();
        assert_eq!(volume.view().orphans(9).unwrap(), vec![file]);
        assert_eq!(volume.effects().orphaned, vec![file]);
        assert_eq!(volume.effects().names, vec![(ROOT, name("b"))]);
        assert_eq!(volume.attr(file).nlink, 0);
        assert_eq!(volume.find(ROOT, "b"), Err(Errno::NoEnt));
    }

    #[test]
    fn directories_are_not_unlinked_and_files_not_rmdired() {
        let mut volume = Volume::new();
        volume.dir(ROOT, "d");
        volume.file(ROOT, "f");
        assert_eq!(volume.unlink(ROOT, "d"), Err(Errno::IsDir));
        assert_eq!(volume.rmdir(ROOT, "f"), Err(Errno::NotDir));
        assert_eq!(volume.unlink(ROOT, "none"), Err(Errno::NoEnt));
        assert_eq!(volume.rmdir(ROOT, "none"), Err(Errno::NoEnt));
    }

    #[test]
    fn dots_are_not_removed() {
        let mut volume = Volume::new();
        assert_eq!(volume.rmdir(ROOT, "."), Err(Errno::Inval));
        assert_eq!(volume.rmdir(ROOT, ".."), Err(Errno::NotEmpty));
        assert_eq!(volume.unlink(ROOT, "."), Err(Errno::IsDir));
        assert_eq!(volume.unlink(ROOT, ".."), Err(Errno::IsDir));
        assert_eq!(volume.unlink(ROOT, &"x".repeat(256)), Err(Errno::NameTooLong));
    }

    #[test]
    fn only_empty_directories_are_removed() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        volume.file(dir, "f");
        assert_eq!(volume.rmdir(ROOT, "d"), Err(Errno::NotEmpty));
        volume.unlink(dir, "f").unwrap();
        let outcome = volume.rmdir(ROOT, "d").unwrap();
        let Outcome::Removed { nlink: 0, dir: wcc, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(wcc.after.nlink, 2);
        let orphans = volume.view().orphans(9).unwrap();
        assert!(orphans.contains(&dir));
        assert_eq!(volume.attr(dir).nlink, 0);
    }

    #[test]
    fn removal_needs_write_permission_on_the_directory_only() {
        let mut volume = Volume::new();
        let open = volume.make(ROOT, "open", NewNode::Directory, 0o777).unwrap().ino;
        let closed = volume.dir(ROOT, "closed");
        volume.file(open, "f");
        volume.file(closed, "f");
        volume.become_user(10);
        volume.unlink(open, "f").unwrap();
        assert_eq!(volume.unlink(closed, "f"), Err(Errno::Access));
    }

    #[test]
    fn in_a_sticky_directory_only_owners_remove() {
        let mut volume = Volume::new();
        let dir = volume.make(ROOT, "tmp", NewNode::Directory, 0o1777).unwrap().ino;
        volume.chown(dir, Some(5), None).unwrap();
        volume.become_user(10).file(dir, "a");
        volume.file(dir, "b");
        volume.file(dir, "c");
        volume.dir(dir, "d");
        volume.become_user(11);
        assert_eq!(volume.unlink(dir, "a"), Err(Errno::Perm));
        assert_eq!(volume.rmdir(dir, "d"), Err(Errno::Perm));
        volume.become_user(10).unlink(dir, "a").unwrap();
        volume.become_user(5).unlink(dir, "b").unwrap();
        volume.become_root().unlink(dir, "c").unwrap();
        volume.become_user(10).rmdir(dir, "d").unwrap();
    }
}
