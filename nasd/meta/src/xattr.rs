//! Extended attributes: which namespaces there are, who may set what, and the rows of `xattr`.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::{Outcome, XattrMode, perm};
use nasd_base::file::{Attr, Caller, FileKind, XATTR_NAME_BYTES_MAX, XATTR_VALUE_BYTES_MAX, permits, want};
use nasd_base::{Errno, Ino};
use rusqlite::{Connection, OptionalExtension, params};

/// Most bytes of names of one inode, each with a NUL: what one listxattr can return.
const NAMES_BYTES_MAX: u64 = 65_536;
/// Most bytes of names and values of one inode.
const TOTAL_BYTES_MAX: u64 = 1 << 20;

/// Whose business an attribute is, by its prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespace {
    User,
    Trusted,
    Security,
    AccessAcl,
    DefaultAcl,
}

/// The namespace of a name. `Range` for a name of no or too many bytes, `NotSupported` for an unknown
/// prefix.
fn namespace(name: &[u8]) -> Result<Namespace, Errno> {
    if name.is_empty() || name.len() > XATTR_NAME_BYTES_MAX {
        return Err(Errno::Range);
    }
    if name.contains(&0) {
        return Err(Errno::Inval);
    }
    match name {
        b"system.posix_acl_access" => return Ok(Namespace::AccessAcl),
        b"system.posix_acl_default" => return Ok(Namespace::DefaultAcl),
        _ => {}
    }
    let prefixes: [(&[u8], Namespace); 3] =
        [(b"user.", Namespace::User), (b"trusted.", Namespace::Trusted), (b"security.", Namespace::Security)];
    for (prefix, namespace) in prefixes {
        match name.strip_prefix(prefix) {
            Some([]) => return Err(Errno::Inval),
            Some(_) => return Ok(namespace),
            None => {}
        }
    }
    Err(Errno::NotSupported)
}

/// Refuses what the caller may not set, as Linux does.
fn may_set(attr: &Attr, caller: &Caller, namespace: Namespace) -> Result<(), Errno> {
    let directory = attr.kind == FileKind::Directory;
    match namespace {
        Namespace::User if !directory && attr.kind != FileKind::File => Err(Errno::Perm),
        // In a sticky directory everybody may write, but the directory is still its owner's.
        Namespace::User if directory && attr.mode & perm::STICKY != 0 && !permits_owner(attr, caller) => {
            Err(Errno::Perm)
        }
        Namespace::User if !permits(attr, caller, want::WRITE) => Err(Errno::Access),
        Namespace::User => Ok(()),
        Namespace::Trusted | Namespace::Security if !caller.is_root() => Err(Errno::Perm),
        Namespace::Trusted | Namespace::Security => Ok(()),
        Namespace::AccessAcl | Namespace::DefaultAcl if attr.kind == FileKind::Symlink => {
            Err(Errno::NotSupported)
        }
        Namespace::DefaultAcl if !directory => Err(Errno::Access),
        Namespace::AccessAcl | Namespace::DefaultAcl => perm::must_own(attr, caller),
    }
}

fn permits_owner(attr: &Attr, caller: &Caller) -> bool {
    perm::must_own(attr, caller).is_ok()
}

/// The attribute's value.
pub(crate) fn select(db: &Connection, ino: Ino, name: &[u8]) -> Result<Option<Vec<u8>>, MetaError> {
    let mut statement = db.prepare_cached("SELECT value FROM xattr WHERE ino = ?1 AND name = ?2")?;
    Ok(statement.query_row(params![ino.0 as i64, name], |row| row.get(0)).optional()?)
}

/// Bytes of names with their NULs, and of names and values, of all attributes but `name`.
fn used_by_others(db: &Connection, ino: Ino, name: &[u8]) -> Result<(u64, u64), MetaError> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(sum(length(name) + 1), 0), coalesce(sum(length(name) + length(value)), 0)
         FROM xattr WHERE ino = ?1 AND name <> ?2",
    )?;
    let used = statement.query_row(params![ino.0 as i64, name], |row| {
        Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
    })?;
    Ok(used)
}

impl Apply<'_> {
    pub fn set_xattr(
        &mut self,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        may_set(&before.attr, self.caller, namespace(name)?)?;
        match (select(self.db, ino, name)?, mode) {
            (Some(_), XattrMode::Create) => return Err(Errno::Exist.into()),
            (None, XattrMode::Replace) => return Err(Errno::NoData.into()),
            _ => {}
        }
        self.check_room(ino, name, value)?;
        self.writing();
        self.db
            .prepare_cached("INSERT OR REPLACE INTO xattr (ino, name, txg, value) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![ino.0 as i64, name, self.txg.0 as i64, value])?;
        self.attributes_changed(before)
    }

    fn check_room(&self, ino: Ino, name: &[u8], value: &[u8]) -> Result<(), MetaError> {
        let (names, total) = used_by_others(self.db, ino, name)?;
        let names = names + name.len() as u64 + 1;
        let total = total + (name.len() + value.len()) as u64;
        if value.len() > XATTR_VALUE_BYTES_MAX || names > NAMES_BYTES_MAX || total > TOTAL_BYTES_MAX {
            return Err(Errno::NoSpace.into());
        }
        Ok(())
    }

    pub fn remove_xattr(&mut self, ino: Ino, name: &[u8]) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        may_set(&before.attr, self.caller, namespace(name)?)?;
        if select(self.db, ino, name)?.is_none() {
            return Err(Errno::NoData.into());
        }
        self.writing();
        self.db
            .prepare_cached("DELETE FROM xattr WHERE ino = ?1 AND name = ?2")?
            .execute(params![ino.0 as i64, name])?;
        self.attributes_changed(before)
    }

    fn attributes_changed(&mut self, before: crate::inode::Inode) -> Result<Outcome, MetaError> {
        let mut inode = before;
        inode.attr.ctime = self.now;
        self.put(&mut inode);
        Ok(Outcome::Changed(wcc(&before, &inode)))
    }
}
