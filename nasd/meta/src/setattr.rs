//! `SetAttr`: mode, owner, size and times.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::Inode;
use crate::punch::cut_outcome;
use crate::write::must_hold_data;
use crate::{Outcome, perm};
use nasd_base::file::{Attr, Caller, FILE_BYTES_MAX, SetAttr, SetTime, want};
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
        self.check(&before.attr, set)?;
        if *set == SetAttr::default() {
            return Ok(Outcome::Changed(wcc(&before, &before)));
        }
        let mut inode = before;
        self.set_checked(&mut inode, set)?;
        self.put(&mut inode);
        let (wanted, reached) = (set.size.unwrap_or(inode.attr.size), inode.attr.size);
        Ok(cut_outcome(wcc(&before, &inode), wanted, reached))
    }

    fn set_checked(&mut self, inode: &mut Inode, set: &SetAttr) -> Result<(), MetaError> {
        if let Some(size) = set.size {
            self.resize(inode, size)?;
        }
        if set.uid.is_some() || set.gid.is_some() {
            // As Linux has it for root too: the new owner must not inherit a program that runs as them.
            inode.attr.mode = perm::without_privileges(&inode.attr, self.caller);
            self.take_privileges(inode)?;
        }
        let attr = &mut inode.attr;
        if set.uid.is_some() || set.gid.is_some() {
            attr.uid = set.uid.unwrap_or(attr.uid);
            attr.gid = set.gid.unwrap_or(attr.gid);
        }
        if let Some(mode) = set.mode {
            let allowed = perm::may_set_group_id(attr.gid, self.caller);
            attr.mode = mode & if allowed { 0o7777 } else { 0o7777 & !perm::SETGID };
            self.mode_was_set(&inode.attr)?;
        }
        let attr = &mut inode.attr;
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

    /// Refuses what the caller may not set.
    fn check(&self, attr: &Attr, set: &SetAttr) -> Result<(), MetaError> {
        if let Some(size) = set.size {
            must_hold_data(attr)?;
            if size > FILE_BYTES_MAX {
                return Err(Errno::FileTooBig.into());
            }
        }
        check_owner(attr, self.caller, set)?;
        if set.mode.is_some() {
            perm::must_own(attr, self.caller)?;
        }
        self.check_times(attr, set)?;
        match set.size {
            Some(_) => self.may_change_data(attr),
            None => Ok(()),
        }
    }

    /// Given times are the owner's to set. Whoever may write may set both to now, and one of them along with a
    /// size, as clients do when they truncate.
    fn check_times(&self, attr: &Attr, set: &SetAttr) -> Result<(), MetaError> {
        let now = Some(SetTime::Now);
        let times = [set.atime, set.mtime];
        if times == [None, None] || self.caller.is_root() || self.caller.uid == attr.uid {
            return Ok(());
        }
        let to_now = times.iter().all(|time| time.is_none() || *time == now);
        let touch = times == [now, now] || (to_now && set.size.is_some());
        if touch { self.require(attr, want::WRITE) } else { Err(Errno::Perm.into()) }
    }
}

/// Root gives files away; an owner may hand them to a group of theirs.
fn check_owner(attr: &Attr, caller: &Caller, set: &SetAttr) -> Result<(), Errno> {
    let owns = caller.uid == attr.uid;
    let uid_allowed = set.uid.is_none_or(|uid| owns && uid == attr.uid);
    let gid_allowed = set.gid.is_none_or(|gid| owns && (gid == attr.gid || caller.in_group(gid)));
    if caller.is_root() || (uid_allowed && gid_allowed) { Ok(()) } else { Err(Errno::Perm) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Volume;
    use crate::{Change, ChangeResult};
    use nasd_base::file::NewNode;

    const ROOT: Ino = Ino::ROOT;

    /// A file of user 10, group 10.
    fn owned(volume: &mut Volume, mode: u32) -> Ino {
        volume.become_user(10);
        let at = format!("f{mode:o}{}", volume.now.secs);
        volume.make(ROOT, &at, NewNode::File, mode).unwrap().ino
    }

    fn after(result: ChangeResult) -> Attr {
        match result {
            Ok(Outcome::Changed(wcc)) => wcc.after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_owner_and_root_change_the_mode() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o666);
        let changed = after(volume.chmod(file, 0o107_600));
        assert_eq!((changed.mode, changed.ctime), (0o7600, volume.now));
        assert_eq!(volume.become_user(11).chmod(file, 0o666), Err(Errno::Perm));
        volume.become_root().chmod(file, 0o640).unwrap();
    }

    #[test]
    fn chmod_by_a_stranger_to_the_group_clears_setgid() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o644);
        volume.become_root().chown(file, None, Some(99)).unwrap();
        assert_eq!(after(volume.become_user(10).chmod(file, 0o2755)).mode, 0o755);
        volume.caller.groups = vec![99];
        assert_eq!(after(volume.chmod(file, 0o2755)).mode, 0o2755);
        volume.become_root();
        assert_eq!(after(volume.chmod(file, 0o6755)).mode, 0o6755);
    }

    #[test]
    fn only_root_gives_files_away() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o644);
        assert_eq!(volume.chown(file, Some(11), None), Err(Errno::Perm));
        assert_eq!(volume.chown(file, None, Some(11)), Err(Errno::Perm));
        volume.caller.groups = vec![11];
        let changed = after(volume.chown(file, Some(10), Some(11)));
        assert_eq!((changed.uid, changed.gid), (10, 11));
        assert_eq!(volume.become_user(11).chown(file, None, Some(11)), Err(Errno::Perm));
        assert_eq!(after(volume.become_root().chown(file, Some(12), None)).uid, 12);
    }

    #[test]
    fn a_new_owner_does_not_inherit_setuid() {
        let mut volume = Volume::new();
        let program = owned(&mut volume, 0o6755);
        assert_eq!(after(volume.chown(program, None, Some(10))).mode, 0o755);
        let lock_marked = owned(&mut volume, 0o6644);
        assert_eq!(after(volume.chown(lock_marked, None, Some(10))).mode, 0o2644);
        volume.become_root();
        let dir = volume.make(ROOT, "d", NewNode::Directory, 0o2755).unwrap().ino;
        assert_eq!(after(volume.chown(dir, Some(10), Some(10))).mode, 0o2755);
    }

    #[test]
    fn given_times_need_the_owner_and_now_needs_write_permission() {
        let mut volume = Volume::new();
        let open = owned(&mut volume, 0o666);
        let closed = owned(&mut volume, 0o644);
        let now = Some(SetTime::Now);
        let to = Some(SetTime::To(Timestamp { secs: 7, nanos: 8 }));
        let times = |atime, mtime| SetAttr { atime, mtime, ..Default::default() };
        volume.become_user(11);
        assert_eq!(volume.set(open, times(to, now)), Err(Errno::Perm));
        assert_eq!(volume.set(open, times(None, now)), Err(Errno::Perm));
        assert_eq!(volume.set(closed, times(now, now)), Err(Errno::Access));
        let changed = after(volume.set(open, times(now, now)));
        assert_eq!([changed.atime, changed.mtime, changed.ctime], [volume.now; 3]);
        let truncate = SetAttr { size: Some(0), ..times(None, now) };
        after(volume.set(open, truncate));
        volume.become_user(10);
        let changed = after(volume.set(closed, times(to, None)));
        assert_eq!((changed.atime.secs, changed.atime.nanos, changed.ctime), (7, 8, volume.now));
    }

    #[test]
    fn times_beyond_the_range_are_clamped() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o644);
        let far = SetTime::To(Timestamp { secs: i64::MAX, nanos: u32::MAX });
        let changed = after(volume.set(file, SetAttr { mtime: Some(far), ..Default::default() }));
        assert_eq!(changed.mtime, Timestamp::from_nanos(i64::MAX));
        assert_eq!(volume.attr(file), changed);
    }

    #[test]
    fn size_needs_write_permission_unless_the_owner_sets_it() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o444);
        assert_eq!(after(volume.resize(file, 10)).size, 10);
        assert_eq!(volume.become_user(11).resize(file, 0), Err(Errno::Access));
        assert_eq!(volume.become_root().resize(file, 1 << 63), Err(Errno::FileTooBig));
        assert_eq!(after(volume.resize(file, FILE_BYTES_MAX)).size, FILE_BYTES_MAX);
        assert_eq!(volume.resize(ROOT, 0), Err(Errno::IsDir));
        let fifo = volume.make(ROOT, "fifo", NewNode::Fifo, 0o644).unwrap().ino;
        assert_eq!(volume.resize(fifo, 0), Err(Errno::Inval));
    }

    #[test]
    fn a_given_size_dates_the_file_and_takes_its_privileges() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o4777);
        let changed = after(volume.become_user(11).resize(file, 0));
        assert_eq!((changed.mtime, changed.ctime, changed.mode), (volume.now, volume.now, 0o777));
    }

    #[test]
    fn a_guard_refuses_what_changed_meanwhile() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o644);
        let ctime = volume.attr(file).ctime;
        let set = SetAttr { mode: Some(0o600), ..Default::default() };
        let guarded = |guard| Change::SetAttr { ino: file, set, guard: Some(guard) };
        assert_eq!(volume.change(guarded(Timestamp::default())), Err(Errno::NotSync));
        volume.change(guarded(ctime)).unwrap();
        assert_eq!(volume.change(guarded(ctime)), Err(Errno::NotSync));
    }

    #[test]
    fn setting_nothing_changes_nothing() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o644);
        let before = volume.dump();
        volume.become_user(11).set(file, SetAttr::default()).unwrap();
        assert_eq!(volume.dump(), before);
        assert_eq!(volume.set(Ino(99), SetAttr::default()), Err(Errno::Stale));
    }

    #[test]
    fn orphans_may_still_be_changed() {
        let mut volume = Volume::new();
        let file = owned(&mut volume, 0o644);
        let names = volume.view().read_dir(ROOT, 0, 9, 999, false).unwrap().1;
        let at = String::from_utf8(names[2].name.to_vec()).unwrap();
        volume.unlink(ROOT, &at).unwrap();
        assert_eq!(after(volume.chmod(file, 0o600)).nlink, 0);
    }
}
