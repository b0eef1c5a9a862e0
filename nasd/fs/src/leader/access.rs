//! Who may read and write what, as far as the leader decides it. Changes are decided when they are applied.
//!
//! `acl` is the file's access control list, if it has one that matters (see [`Core::list_of`]).

use crate::core::Core;
use crate::refusal::ExecuteError;
use crate::service::Context;
use nasd_base::Errno;
use nasd_base::acl::{ACCESS, Acl, may_matter, permits_with};
use nasd_base::file::{Attr, FileKind, want};
use nasd_meta::MetaError;

impl Core {
    /// The file's access control list, if it may decide otherwise than the mode for this caller.
    pub(super) fn list_of(&self, attr: &Attr, context: &Context) -> Result<Option<Acl>, ExecuteError> {
        if !may_matter(attr, &context.caller) {
            return Ok(None);
        }
        match self.meta.xattr(attr.ino, ACCESS) {
            Ok(value) => Ok(Acl::decode(&value).ok().flatten()),
            Err(MetaError::Refused(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// As [`Core::list_of`], for data: who holds the file open is not asked again.
    pub(super) fn list_for_data(&self, attr: &Attr, context: &Context) -> Result<Option<Acl>, ExecuteError> {
        if context.holds_open { Ok(None) } else { self.list_of(attr, context) }
    }
}

/// An inode without a name is there only for those who hold it open.
pub(super) fn refuse_gone(attr: &Attr, context: &Context) -> Result<(), Errno> {
    if attr.nlink == 0 && !context.holds_open { Err(Errno::Stale) } else { Ok(()) }
}

/// Permission to the data of a file. Who holds it open was checked then; the owner always may, as NFS
/// servers have it (the file may have been opened before its mode was taken away).
pub(super) fn may_write(attr: &Attr, acl: Option<&Acl>, context: &Context) -> Result<(), Errno> {
    let caller = &context.caller;
    let may = context.holds_open || caller.uid == attr.uid || permits_with(acl, attr, caller, want::WRITE);
    if may { Ok(()) } else { Err(Errno::Access) }
}

/// As [`may_write`]. Execute permission is enough: an NFS client reads what it is to run.
pub(super) fn may_read(attr: &Attr, acl: Option<&Acl>, context: &Context) -> Result<(), Errno> {
    let caller = &context.caller;
    let may = context.holds_open
        || caller.uid == attr.uid
        || permits_with(acl, attr, caller, want::READ)
        || permits_with(acl, attr, caller, want::EXECUTE);
    if may { Ok(()) } else { Err(Errno::Access) }
}

/// Permission to find names in a directory.
pub(super) fn may_search(dir: &Attr, acl: Option<&Acl>, context: &Context) -> Result<(), Errno> {
    if dir.kind != FileKind::Directory {
        return Err(Errno::NotDir);
    }
    if permits_with(acl, dir, &context.caller, want::EXECUTE) { Ok(()) } else { Err(Errno::Access) }
}

/// Permission to list a directory.
pub(super) fn may_list(dir: &Attr, acl: Option<&Acl>, context: &Context) -> Result<(), Errno> {
    if dir.kind != FileKind::Directory {
        return Err(Errno::NotDir);
    }
    let may = context.holds_open || permits_with(acl, dir, &context.caller, want::READ);
    if may { Ok(()) } else { Err(Errno::Access) }
}

/// Permission to read an extended attribute, by its namespace (xattr(7)). Access control lists may be read
/// by anybody.
pub(super) fn may_read_xattr(
    attr: &Attr,
    acl: Option<&Acl>,
    context: &Context,
    name: &[u8],
) -> Result<(), Errno> {
    let caller = &context.caller;
    if name.starts_with(b"trusted.") && !caller.is_root() {
        return Err(Errno::NoData);
    }
    if name.starts_with(b"user.") && !permits_with(acl, attr, caller, want::READ) {
        return Err(Errno::Access);
    }
    Ok(())
}

/// Whether a name shows in a caller's list of extended attributes.
pub(super) fn lists_xattr(context: &Context, name: &[u8]) -> bool {
    context.caller.is_root() || !name.starts_with(b"trusted.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::file::Caller;
    use nasd_base::{Ino, Timestamp, Txg};

    fn attr(kind: FileKind, mode: u32, nlink: u32) -> Attr {
        let zero = Timestamp::default();
        Attr {
            ino: Ino(2),
            generation: 0,
            kind,
            mode,
            nlink,
            uid: 10,
            gid: 20,
            major: 0,
            minor: 0,
            size: 0,
            allocated: 0,
            atime: zero,
            mtime: zero,
            ctime: zero,
            btime: zero,
            change: Txg(0),
        }
    }

    fn user(uid: u32, holds_open: bool) -> Context {
        let caller = Caller { uid, gid: 99, groups: vec![] };
        Context { caller, op: nasd_base::OpId::NONE, holds_open, mount: None, trace: Default::default() }
    }

    #[test]
    fn an_owner_writes_a_file_whose_mode_says_no() {
        let file = attr(FileKind::File, 0o444, 1);
        assert_eq!(may_write(&file, None, &user(10, false)), Ok(()));
        assert_eq!(may_write(&file, None, &user(11, false)), Err(Errno::Access));
        assert_eq!(may_write(&file, None, &user(11, true)), Ok(()));
    }

    #[test]
    fn a_program_without_read_permission_can_still_be_fetched_to_run() {
        assert_eq!(may_read(&attr(FileKind::File, 0o711, 1), None, &user(11, false)), Ok(()));
        assert_eq!(may_read(&attr(FileKind::File, 0o600, 1), None, &user(11, false)), Err(Errno::Access));
    }

    #[test]
    fn a_file_without_a_name_is_stale_for_those_who_do_not_hold_it() {
        let orphan = attr(FileKind::File, 0o644, 0);
        assert_eq!(refuse_gone(&orphan, &user(0, false)), Err(Errno::Stale));
        assert_eq!(refuse_gone(&orphan, &user(0, true)), Ok(()));
    }

    #[test]
    fn searching_needs_execute_and_listing_needs_read() {
        let dir = attr(FileKind::Directory, 0o701, 2);
        assert_eq!(may_search(&dir, None, &user(11, true)), Ok(()));
        assert_eq!(may_list(&dir, None, &user(11, false)), Err(Errno::Access));
        assert_eq!(may_search(&attr(FileKind::File, 0o777, 1), None, &user(11, false)), Err(Errno::NotDir));
    }

    #[test]
    fn trusted_attributes_are_roots() {
        let file = attr(FileKind::File, 0o644, 1);
        assert_eq!(may_read_xattr(&file, None, &user(11, false), b"trusted.x"), Err(Errno::NoData));
        assert_eq!(may_read_xattr(&file, None, &user(0, false), b"trusted.x"), Ok(()));
        assert!(!lists_xattr(&user(11, false), b"trusted.x"));
    }
}
