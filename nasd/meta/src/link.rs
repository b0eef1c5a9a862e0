//! `Link`: another name for a file.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::names::{self, Entry};
use crate::{Outcome, perm};
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
        perm::may_add(&before.attr, self.caller)?;
        match inode.attr.nlink {
            _ if inode.attr.kind == FileKind::Directory => return Err(Errno::Perm.into()),
            // Its last name is gone; it must stay so, for it may be reaped at any time.
            0 => return Err(Errno::NoEnt.into()),
            LINKS_MAX.. => return Err(Errno::TooManyLinks.into()),
            _ => {}
        }
        self.insert_name(parent, name, Entry { ino, kind: inode.attr.kind })?;
        inode.attr.nlink += 1;
        inode.attr.ctime = self.now;
        self.put(&mut inode);
        let mut dir = before;
        dir.attr.size += 1;
        self.put_directory(&mut dir);
        Ok(Outcome::Linked { attr: inode.attr, dir: wcc(&before, &dir) })
    }
}
