//! Access control lists in apply: what they permit, what new files inherit, and how list and mode stay one thing.

use crate::apply::Apply;
use crate::error::MetaError;
use crate::{perm, xattr};
use nasd_base::acl::{ACCESS, Acl, DEFAULT, may_matter, permits_with};
use nasd_base::file::{Attr, FileKind, split_umask, want};
use nasd_base::{Errno, Ino};
use rusqlite::Connection;

/// The list under `name`. One that cannot be read, from before lists were checked, is none.
fn load(db: &Connection, ino: Ino, name: &[u8]) -> Result<Option<Acl>, MetaError> {
    let value = xattr::select(db, ino, name)?;
    Ok(value.and_then(|value| Acl::decode(&value).ok().flatten()))
}

impl Apply<'_> {
    /// Whether the mode, or the list that refines it, grants the caller all of `wanted`.
    pub fn permits(&self, attr: &Attr, wanted: u32) -> Result<bool, MetaError> {
        let acl = match may_matter(attr, self.caller) {
            true => load(self.db, attr.ino, ACCESS)?,
            false => None,
        };
        Ok(permits_with(acl.as_ref(), attr, self.caller, wanted))
    }

    /// Refuses with `Access` what is not granted.
    pub fn require(&self, attr: &Attr, wanted: u32) -> Result<(), MetaError> {
        if self.permits(attr, wanted)? { Ok(()) } else { Err(Errno::Access.into()) }
    }

    /// Looking up a name in a directory.
    pub fn may_search(&self, dir: &Attr) -> Result<(), MetaError> {
        self.require(dir, want::EXECUTE)
    }

    /// Adding a name to a directory.
    pub fn may_add(&self, dir: &Attr) -> Result<(), MetaError> {
        self.require(dir, want::WRITE | want::EXECUTE)
    }

    /// Taking the name of `victim` out of a directory. In a sticky one only the owner of either may.
    pub fn may_remove(&self, dir: &Attr, victim: &Attr) -> Result<(), MetaError> {
        self.may_add(dir)?;
        Ok(perm::sticky_allows(dir, victim, self.caller)?)
    }

    /// Changing a file's data by its handle: its owner always may, as NFS servers have it, for a client checks
    /// the mode when it opens a file and the owner may have changed it since.
    pub fn may_change_data(&self, attr: &Attr) -> Result<(), MetaError> {
        if self.caller.uid == attr.uid { Ok(()) } else { self.require(attr, want::WRITE) }
    }

    /// What a new inode gets from its directory: its permission bits, and its own lists. `asked` may have a umask
    /// beside the mode, which counts only where no default list says more.
    pub fn inherit(&self, dir: Ino, kind: FileKind, asked: u32) -> Result<Inherited, MetaError> {
        let (mode, umask) = split_umask(asked);
        let plain = Inherited { mode: mode & !umask, access: None, default: None };
        if kind == FileKind::Symlink {
            return Ok(plain);
        }
        let Some(default) = load(self.db, dir, DEFAULT)? else { return Ok(plain) };
        let access = default.inherited(mode);
        Ok(Inherited {
            mode: mode & 0o7000 | access.mode(),
            access: Some(access).filter(|access| !access.is_only_a_mode()),
            default: Some(default).filter(|_| kind == FileKind::Directory),
        })
    }

    /// Gives a new inode its lists.
    pub fn store_inherited(&mut self, ino: Ino, inherited: &Inherited) -> Result<(), MetaError> {
        for (name, acl) in [(ACCESS, &inherited.access), (DEFAULT, &inherited.default)] {
            if let Some(acl) = acl {
                self.store_xattr(ino, name, &acl.encode())?;
            }
        }
        Ok(())
    }

    /// Makes a file's list say what its new mode says.
    pub fn mode_was_set(&mut self, attr: &Attr) -> Result<(), MetaError> {
        if attr.kind == FileKind::Symlink {
            return Ok(());
        }
        let Some(mut acl) = load(self.db, attr.ino, ACCESS)? else { return Ok(()) };
        acl.set_mode(attr.mode);
        self.store_xattr(attr.ino, ACCESS, &acl.encode())
    }

    /// The mode of a file that gets this list.
    pub fn mode_of_list(&self, attr: &Attr, acl: &Acl) -> u32 {
        let kept =
            if perm::may_set_group_id(attr.gid, self.caller) { 0o7000 } else { 0o7000 & !perm::SETGID };
        attr.mode & kept | acl.mode()
    }
}

/// See [`Apply::inherit`].
pub(crate) struct Inherited {
    pub mode: u32,
    pub access: Option<Acl>,
    pub default: Option<Acl>,
}

#[cfg(test)]
mod tests {
    use crate::testing::{Volume, name, user};
    use crate::{Change, Outcome, XattrMode};
    use bytes::Bytes;
    use nasd_base::file::{NewNode, with_umask};
    use nasd_base::{Errno, Ino};

    const ROOT: Ino = Ino::ROOT;
    const ACCESS: &str = "system.posix_acl_access";
    const DEFAULT: &str = "system.posix_acl_default";

    /// u::rwx, u:77:`named`, g::r-x, m::rwx, o::---
    fn list(named: u8) -> Vec<u8> {
        let none = [255; 4];
        let entry = |tag: u8, perm: u8, id: [u8; 4]| [&[tag, 0, perm, 0][..], &id].concat();
        let entries = [
            entry(1, 7, none),
            entry(2, named, [77, 0, 0, 0]),
            entry(4, 5, none),
            entry(16, 7, none),
            entry(32, 0, none),
        ];
        [&[2, 0, 0, 0][..], &entries.concat()].concat()
    }

    /// u::rw-, g::r--, o::---
    fn minimal() -> Vec<u8> {
        let entry = |tag: u8, perm: u8| [tag, 0, perm, 0, 255, 255, 255, 255];
        [&[2, 0, 0, 0][..], &[entry(1, 6), entry(4, 4), entry(32, 0)].concat()].concat()
    }

    fn set(volume: &mut Volume, ino: Ino, at: &str, value: &[u8]) -> Result<u32, Errno> {
        let value = Bytes::copy_from_slice(value);
        match volume.change(Change::SetXattr { ino, name: name(at), value, mode: XattrMode::Either })? {
            Outcome::Changed(wcc) => Ok(wcc.after.mode),
            other => panic!("{other:?}"),
        }
    }

    fn get(volume: &Volume, ino: Ino, at: &str) -> Option<Bytes> {
        volume.view().xattr(ino, at.as_bytes()).ok()
    }

    #[test]
    fn a_list_sets_the_mode_and_chmod_changes_the_list() {
        let mut volume = Volume::new();
        let file = volume.make(ROOT, "f", NewNode::File, 0o4644).unwrap().ino;
        assert_eq!(set(&mut volume, file, ACCESS, &list(6)), Ok(0o4770));
        volume.chmod(file, 0o640).unwrap();
        let stored = get(&volume, file, ACCESS).unwrap();
        assert_eq!((stored[6], stored[30], stored[38]), (6, 4, 0), "owner, mask, others");
        assert_eq!(stored[22], 5, "the group's own entry stays");
    }

    #[test]
    fn a_list_that_is_only_a_mode_is_not_kept() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        set(&mut volume, file, ACCESS, &list(7)).unwrap();
        assert_eq!(set(&mut volume, file, ACCESS, &minimal()), Ok(0o640));
        assert_eq!(get(&volume, file, ACCESS), None);
        set(&mut volume, file, ACCESS, &list(7)).unwrap();
        set(&mut volume, file, ACCESS, &[2, 0, 0, 0]).unwrap();
        assert_eq!(get(&volume, file, ACCESS), None, "a list without entries is none");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        for at in [ACCESS, DEFAULT] {
            assert_eq!(set(&mut volume, dir, at, b"v"), Err(Errno::Inval));
            assert_eq!(set(&mut volume, dir, at, &list(7)[..20]), Err(Errno::Inval));
        }
    }

    #[test]
    fn a_list_lets_in_and_keeps_out() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        set(&mut volume, dir, ACCESS, &list(7)).unwrap();
        volume.caller = user(77);
        volume.file(dir, "by the one who is named");
        volume.caller = user(78);
        assert_eq!(volume.make(dir, "by another", NewNode::File, 0o644).map(|_| ()), Err(Errno::Access));
        volume.become_root();
        set(&mut volume, dir, ACCESS, &list(5)).unwrap();
        volume.caller = user(77);
        let unlink = Change::Unlink { parent: dir, name: name("by the one who is named") };
        assert_eq!(volume.change(unlink).map(|_| ()), Err(Errno::Access));
    }

    #[test]
    fn new_files_inherit_the_default_list_and_the_umask_does_not_count_then() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        set(&mut volume, dir, DEFAULT, &list(6)).unwrap();
        let file = volume.make(dir, "f", NewNode::File, with_umask(0o666, 0o077)).unwrap();
        assert_eq!(file.mode, 0o660);
        assert_eq!(get(&volume, file.ino, ACCESS).unwrap()[14], 6);
        assert_eq!(get(&volume, file.ino, DEFAULT), None);
        let sub = volume.make(dir, "sub", NewNode::Directory, with_umask(0o777, 0o022)).unwrap();
        assert_eq!((sub.mode, get(&volume, sub.ino, DEFAULT)), (0o770, Some(list(6).into())));
        let link = volume.make(dir, "l", NewNode::Symlink { target: name("t") }, 0o777).unwrap();
        assert_eq!(get(&volume, link.ino, ACCESS), None);
        let plain = volume.make(ROOT, "f", NewNode::File, with_umask(0o666, 0o027)).unwrap();
        assert_eq!(plain.mode, 0o640, "without a list the umask is taken off");
    }

    #[test]
    fn a_setgid_bit_goes_when_a_stranger_to_the_group_sets_a_list() {
        let mut volume = Volume::new();
        volume.become_user(10);
        let file = volume.make(ROOT, "f", NewNode::File, 0o644).unwrap().ino;
        volume.become_root().chown(file, None, Some(99)).unwrap();
        volume.chmod(file, 0o2755).unwrap();
        assert_eq!(set(volume.become_user(10), file, ACCESS, &list(7)), Ok(0o770));
    }
}
