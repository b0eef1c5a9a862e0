//! `Link`: another name for a file.

use crate::Outcome;
use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::names::{self, DirRow};
use nasd_base::file::{FileKind, LINKS_MAX};
use nasd_base::{Errno, Ino};

impl Apply<'_> {
    pub fn link(&mut self, ino: Ino, parent: Ino, name: &[u8]) -> Result<Outcome, MetaError> {
        let mut inode = self.inode(ino)?;
        let before = self.directory(parent)?;
        names::check_new(name)?;
        if names::find(self.db, parent, name)?.is_some() {
            return Err(Errno::Exist.into());
        }
        if before.attr.nlink == 0 {
            return Err(Errno::NoEnt.into());
        }
        self.may_add(&before.attr)?;
        match inode.attr.nlink {
            _ if inode.attr.kind == FileKind::Directory => return Err(Errno::Perm.into()),
            // Its last name is gone; it must stay so, for it may be reaped at any time.
            0 => return Err(Errno::NoEnt.into()),
            LINKS_MAX.. => return Err(Errno::TooManyLinks.into()),
            _ => {}
        }
        self.insert_name(parent, name, DirRow { ino, kind: inode.attr.kind })?;
        inode.attr.nlink += 1;
        inode.attr.ctime = self.now;
        self.put(&mut inode);
        let mut dir = before;
        dir.attr.size += 1;
        self.put_directory(&mut dir);
        Ok(Outcome::Linked { attr: inode.attr, dir: wcc(&before, &dir) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Volume, name};
    use nasd_base::file::NewNode;

    const ROOT: Ino = Ino::ROOT;

    #[test]
    fn a_link_is_a_second_name_of_one_inode() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        let dir = volume.dir(ROOT, "d");
        let mtime = volume.attr(file).mtime;
        let outcome = volume.link(file, dir, "b").unwrap();
        let Outcome::Linked { attr, dir: wcc } = outcome else { panic!("{outcome:?}") };
        assert_eq!((attr.nlink, attr.ctime, attr.mtime), (2, volume.now, mtime));
        assert_eq!((wcc.after.mtime, wcc.after.ino, wcc.after.size), (volume.now, dir, 1));
        assert_eq!(volume.find(dir, "b"), Ok(file));
        assert_eq!(volume.effects().names, vec![(dir, name("b"))]);
    }

    #[test]
    fn directories_get_no_second_name() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        assert_eq!(volume.link(dir, ROOT, "e"), Err(Errno::Perm));
    }

    #[test]
    fn an_inode_without_names_gets_none_again() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        volume.unlink(ROOT, "a").unwrap();
        assert_eq!(volume.link(file, ROOT, "b"), Err(Errno::NoEnt));
    }

    #[test]
    fn links_have_a_limit() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        let mut inode = volume.attr(file);
        inode.nlink = LINKS_MAX - 1;
        volume
            .db
            .execute("UPDATE inode SET nlink = ?1 WHERE ino = ?2", [inode.nlink, file.0 as u32])
            .unwrap();
        let reloaded: &mut dyn nasd_state::Machine = &mut volume.machine;
        reloaded.prepare(&volume.db).unwrap();
        volume.link(file, ROOT, "last").unwrap();
        assert_eq!(volume.link(file, ROOT, "more"), Err(Errno::TooManyLinks));
    }

    #[test]
    fn a_taken_name_and_a_missing_permission_are_told() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        let dir = volume.dir(ROOT, "d");
        assert_eq!(volume.link(file, ROOT, "d"), Err(Errno::Exist));
        assert_eq!(volume.link(file, ROOT, "."), Err(Errno::Exist));
        assert_eq!(volume.link(file, file, "b"), Err(Errno::NotDir));
        volume.become_user(10);
        assert_eq!(volume.link(file, dir, "b"), Err(Errno::Access));
        assert_eq!(volume.link(Ino(99), dir, "b"), Err(Errno::Stale));
    }

    #[test]
    fn nothing_is_linked_into_a_removed_directory() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        let dir = volume.dir(ROOT, "d");
        volume.rmdir(ROOT, "d").unwrap();
        assert_eq!(volume.link(file, dir, "b"), Err(Errno::NoEnt));
    }

    #[test]
    fn symlinks_and_devices_may_be_linked() {
        let mut volume = Volume::new();
        let node = NewNode::Symlink { target: name("t") };
        let link = volume.make(ROOT, "s", node, 0o777).unwrap().ino;
        volume.link(link, ROOT, "s2").unwrap();
        assert_eq!(volume.attr(link).nlink, 2);
    }
}
