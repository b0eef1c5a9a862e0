//! `SetAttr`: mode, owner, size and times.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::Inode;
use crate::write::must_hold_data;
use crate::{Outcome, perm};
use nasd_base::file::{Attr, Caller, FILE_BYTES_MAX, SetAttr, SetTime, permits, want};
use nasd_base::{Errno, Ino, Timestamp};

impl Apply<'_> {
    pub fn set_attr(
        &mut self,
        ino: Ino,
        set: &SetAttr,
        guard: Option<Timestamp>,
    ) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        if guard.is_some_and(|ctime| ctime.as_nanos() != before.attr.ctime.as_nanos()) {
            return Err(Errno::NotSync.into());
        }
        check(&before.attr, self.caller, set)?;
        if *set == SetAttr::default() {
            return Ok(Outcome::Changed(wcc(&before, &before)));
        }
        let mut inode = before;
        self.set_checked(&mut inode, set)?;
        self.put(&mut inode);
        Ok(Outcome::Changed(wcc(&before, &inode)))
    }

    fn set_checked(&mut self, inode: &mut Inode, set: &SetAttr) -> Result<(), MetaError> {
        if let Some(size) = set.size {
            self.resize(inode, size)?;
        }
        let attr = &mut inode.attr;
        if set.uid.is_some() || set.gid.is_some() {
            // As Linux has it for root too: the new owner must not inherit a program that runs as them.
            attr.mode = perm::without_privileges(attr, self.caller);
            attr.uid = set.uid.unwrap_or(attr.uid);
            attr.gid = set.gid.unwrap_or(attr.gid);
        }
        if let Some(mode) = set.mode {
            let allowed = perm::may_set_group_id(attr.gid, self.caller);
            attr.mode = mode & if allowed { 0o7777 } else { 0o7777 & !perm::SETGID };
        }
        for (time, wanted) in [(&mut attr.atime, set.atime), (&mut attr.mtime, set.mtime)] {
            match wanted {
                Some(SetTime::Now) => *time = self.now,
                Some(SetTime::To(to)) => *time = Timestamp::from_nanos(to.as_nanos()),
                None => {}
            }
        }
        attr.ctime = self.now;
        Ok(())
    }
}

/// Refuses what the caller may not set.
fn check(attr: &Attr, caller: &Caller, set: &SetAttr) -> Result<(), Errno> {
    if let Some(size) = set.size {
        must_hold_data(attr)?;
        if size > FILE_BYTES_MAX {
            return Err(Errno::FileTooBig);
        }
    }
    check_owner(attr, caller, set)?;
    if set.mode.is_some() {
        perm::must_own(attr, caller)?;
    }
    check_times(attr, caller, set)?;
    match set.size {
        Some(_) => perm::may_change_data(attr, caller),
        None => Ok(()),
    }
}

/// Root gives files away; an owner may hand them to a group of theirs.
fn check_owner(attr: &Attr, caller: &Caller, set: &SetAttr) -> Result<(), Errno> {
    let owns = caller.uid == attr.uid;
    let uid_allowed = set.uid.is_none_or(|uid| owns && uid == attr.uid);
    let gid_allowed = set.gid.is_none_or(|gid| owns && (gid == attr.gid || caller.in_group(gid)));
    if caller.is_root() || (uid_allowed && gid_allowed) { Ok(()) } else { Err(Errno::Perm) }
}

/// Given times are the owner's to set. Whoever may write may set both to now, and one of them along with a
/// size, as clients do when they truncate.
fn check_times(attr: &Attr, caller: &Caller, set: &SetAttr) -> Result<(), Errno> {
    let now = Some(SetTime::Now);
    let times = [set.atime, set.mtime];
    if times == [None, None] || caller.is_root() || caller.uid == attr.uid {
        return Ok(());
    }
    let to_now = times.iter().all(|time| time.is_none() || *time == now);
    let touch = times == [now, now] || (to_now && set.size.is_some());
    match touch {
        false => Err(Errno::Perm),
        true if permits(attr, caller, want::WRITE) => Ok(()),
        true => Err(Errno::Access),
    }
}
