//! Extended attributes: which namespaces there are, who may set what, and the rows of `xattr`.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::{Outcome, XattrMode, perm};
use nasd_base::acl::Acl;
use nasd_base::file::{Attr, Caller, FileKind, XATTR_NAME_BYTES_MAX, XATTR_VALUE_BYTES_MAX, want};
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

fn owns(attr: &Attr, caller: &Caller) -> bool {
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
    /// Refuses what the caller may not set, as Linux does.
    fn may_set(&self, attr: &Attr, namespace: Namespace) -> Result<(), MetaError> {
        let directory = attr.kind == FileKind::Directory;
        let refused = match namespace {
            Namespace::User if !directory && attr.kind != FileKind::File => Errno::Perm,
            // In a sticky directory everybody may write, but the directory is still its owner's.
            Namespace::User if directory && attr.mode & perm::STICKY != 0 && !owns(attr, self.caller) => {
                Errno::Perm
            }
            Namespace::User => return self.require(attr, want::WRITE),
            Namespace::Trusted | Namespace::Security if !self.caller.is_root() => Errno::Perm,
            Namespace::Trusted | Namespace::Security => return Ok(()),
            Namespace::AccessAcl | Namespace::DefaultAcl if attr.kind == FileKind::Symlink => {
                Errno::NotSupported
            }
            Namespace::DefaultAcl if !directory => Errno::Access,
            Namespace::AccessAcl | Namespace::DefaultAcl => return Ok(perm::must_own(attr, self.caller)?),
        };
        Err(refused.into())
    }

    pub fn set_xattr(
        &mut self,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        let namespace = namespace(name)?;
        self.may_set(&before.attr, namespace)?;
        let acl = match namespace {
            Namespace::AccessAcl | Namespace::DefaultAcl => Some(Acl::decode(value)?),
            _ => None,
        };
        match (select(self.db, ino, name)?, mode) {
            (Some(_), XattrMode::Create) => return Err(Errno::Exist.into()),
            (None, XattrMode::Replace) => return Err(Errno::NoData.into()),
            _ => {}
        }
        self.check_room(ino, name, value)?;
        let mut mode = before.attr.mode;
        let mut kept = true;
        if let Some(acl) = acl {
            let whole = acl.as_ref().filter(|_| namespace == Namespace::AccessAcl);
            mode = whole.map_or(mode, |acl| self.mode_of_list(&before.attr, acl));
            // What a mode says in full is said by the mode alone.
            kept =
                acl.as_ref().is_some_and(|acl| namespace == Namespace::DefaultAcl || !acl.is_only_a_mode());
        }
        if kept {
            self.store_xattr(ino, name, value)?;
        } else {
            self.delete_xattr(ino, name)?;
        }
        self.attributes_changed(before, mode)
    }

    pub fn store_xattr(&mut self, ino: Ino, name: &[u8], value: &[u8]) -> Result<(), MetaError> {
        self.writing();
        self.db
            .prepare_cached("INSERT OR REPLACE INTO xattr (ino, name, txg, value) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![ino.0 as i64, name, self.txg.0 as i64, value])?;
        Ok(())
    }

    pub fn delete_xattr(&mut self, ino: Ino, name: &[u8]) -> Result<(), MetaError> {
        self.writing();
        self.db
            .prepare_cached("DELETE FROM xattr WHERE ino = ?1 AND name = ?2")?
            .execute(params![ino.0 as i64, name])?;
        Ok(())
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
        self.may_set(&before.attr, namespace(name)?)?;
        if select(self.db, ino, name)?.is_none() {
            return Err(Errno::NoData.into());
        }
        self.delete_xattr(ino, name)?;
        self.attributes_changed(before, before.attr.mode)
    }

    fn attributes_changed(&mut self, before: crate::inode::Inode, mode: u32) -> Result<Outcome, MetaError> {
        let mut inode = before;
        inode.attr.mode = mode;
        inode.attr.ctime = self.now;
        self.put(&mut inode);
        Ok(Outcome::Changed(wcc(&before, &inode)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Volume, name};
    use crate::{Change, ChangeResult};
    use bytes::Bytes;
    use nasd_base::file::NewNode;

    const ROOT: Ino = Ino::ROOT;

    fn set(volume: &mut Volume, ino: Ino, at: &str, value: &[u8], mode: XattrMode) -> ChangeResult {
        volume.change(Change::SetXattr { ino, name: name(at), value: Bytes::copy_from_slice(value), mode })
    }

    fn either(volume: &mut Volume, ino: Ino, at: &str) -> Result<(), Errno> {
        set(volume, ino, at, b"v", XattrMode::Either).map(|_| ())
    }

    #[test]
    fn attributes_are_set_read_and_removed() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let outcome = set(&mut volume, file, "user.b", b"1", XattrMode::Create).unwrap();
        let Outcome::Changed(wcc) = outcome else { panic!("{outcome:?}") };
        assert_eq!((wcc.after.ctime, wcc.after.change), (volume.now, volume.attr(file).change));
        set(&mut volume, file, "user.a", b"", XattrMode::Either).unwrap();
        set(&mut volume, file, "user.b", b"2", XattrMode::Replace).unwrap();
        assert_eq!(volume.view().xattr(file, b"user.b").unwrap(), "2");
        assert_eq!(volume.view().xattrs(file).unwrap(), vec!["user.a", "user.b"]);
        volume.change(Change::RemoveXattr { ino: file, name: name("user.b") }).unwrap();
        assert_eq!(volume.view().xattr(file, b"user.b").unwrap_err().errno(), Errno::NoData);
        let again = volume.change(Change::RemoveXattr { ino: file, name: name("user.b") });
        assert_eq!(again, Err(Errno::NoData));
    }

    #[test]
    fn create_and_replace_mind_what_is_there() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        assert_eq!(set(&mut volume, file, "user.a", b"", XattrMode::Replace), Err(Errno::NoData));
        set(&mut volume, file, "user.a", b"", XattrMode::Create).unwrap();
        assert_eq!(set(&mut volume, file, "user.a", b"", XattrMode::Create), Err(Errno::Exist));
    }

    #[test]
    fn user_attributes_are_for_files_and_directories_one_may_write() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let link = volume.make(ROOT, "l", NewNode::Symlink { target: name("t") }, 0o777).unwrap().ino;
        let tmp = volume.make(ROOT, "tmp", NewNode::Directory, 0o1777).unwrap().ino;
        assert_eq!(either(&mut volume, link, "user.a"), Err(Errno::Perm));
        volume.become_user(10);
        assert_eq!(either(&mut volume, file, "user.a"), Err(Errno::Access));
        assert_eq!(either(&mut volume, ROOT, "user.a"), Ok(()));
        assert_eq!(either(&mut volume, tmp, "user.a"), Err(Errno::Perm));
    }

    #[test]
    fn trusted_and_security_attributes_are_for_root() {
        let mut volume = Volume::new();
        let file = volume.become_user(10).file(ROOT, "f");
        for at in ["trusted.a", "security.NTACL"] {
            assert_eq!(either(volume.become_user(10), file, at), Err(Errno::Perm), "{at}");
            assert_eq!(either(volume.become_root(), file, at), Ok(()), "{at}");
        }
    }

    #[test]
    fn access_lists_are_for_the_owner() {
        let mut volume = Volume::new();
        let file = volume.become_user(10).file(ROOT, "f");
        let dir = volume.dir(ROOT, "d");
        let (access, default) = ("system.posix_acl_access", "system.posix_acl_default");
        let empty =
            |volume: &mut Volume, ino, at| set(volume, ino, at, &[2, 0, 0, 0], XattrMode::Either).map(|_| ());
        assert_eq!(empty(&mut volume, file, access), Ok(()));
        assert_eq!(empty(&mut volume, dir, default), Ok(()));
        assert_eq!(empty(&mut volume, file, default), Err(Errno::Access));
        assert_eq!(empty(volume.become_user(11), file, access), Err(Errno::Perm));
    }

    #[test]
    fn names_outside_of_the_namespaces_are_refused() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let long = format!("user.{}", "x".repeat(251));
        let cases = [
            ("", Errno::Range),
            (long.as_str(), Errno::Range),
            ("user.", Errno::Inval),
            ("user.a\0", Errno::Inval),
            ("system.other", Errno::NotSupported),
            ("plain", Errno::NotSupported),
        ];
        for (at, errno) in cases {
            assert_eq!(either(&mut volume, file, at), Err(errno), "{at:?}");
        }
        assert_eq!(either(&mut volume, file, &long[..255]), Ok(()));
    }

    #[test]
    fn values_and_their_sum_have_limits() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let longest = vec![1; XATTR_VALUE_BYTES_MAX];
        let longer = vec![1; XATTR_VALUE_BYTES_MAX + 1];
        let mode = XattrMode::Either;
        assert_eq!(set(&mut volume, file, "user.a", &longer, mode), Err(Errno::NoSpace));
        for number in 0..15 {
            set(&mut volume, file, &format!("user.{number}"), &longest, mode).unwrap();
        }
        assert_eq!(set(&mut volume, file, "user.x", &longest, mode), Err(Errno::NoSpace));
        set(&mut volume, file, "user.1", &longest, XattrMode::Replace).unwrap();
    }
}
