//! `Create`: a new name with its inode, or the answer that is there already.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::{Inode, Layout};
use crate::names::{self, DirRow};
use crate::{CreateMode, Outcome, perm};
use nasd_base::file::{
    Attr, FILE_BYTES_MAX, FileKind, NewNode, SetAttr, SetTime, TARGET_BYTES_MAX, WHITEOUT,
};
use nasd_base::{Errno, Ino, Timestamp, Txg};

impl Apply<'_> {
    pub fn create(
        &mut self,
        parent: Ino,
        name: &[u8],
        node: &NewNode,
        set: &SetAttr,
        mode: CreateMode,
    ) -> Result<Outcome, MetaError> {
        let dir = self.directory(parent)?;
        names::check_new(name)?;
        if let Some(entry) = names::find(self.db, parent, name)? {
            return self.create_existing(dir, entry, node, set, mode);
        }
        if dir.attr.nlink == 0 {
            return Err(Errno::NoEnt.into());
        }
        self.may_add(&dir.attr)?;
        check_node(node, self.caller.is_root())?;
        let inherited = self.inherit(parent, node.kind(), set.mode.unwrap_or(default_mode(node.kind())))?;
        let mut inode = self.new_inode(&dir, node, &SetAttr { mode: Some(inherited.mode), ..*set }, mode)?;
        self.check_inodes()?;
        self.store_new(&mut inode, node)?;
        self.store_inherited(inode.attr.ino, &inherited)?;
        self.insert_name(parent, name, DirRow { ino: inode.attr.ino, kind: inode.attr.kind })?;
        let before = dir;
        let mut dir = dir;
        dir.attr.size += 1;
        dir.attr.nlink += u32::from(inode.attr.kind == FileKind::Directory);
        self.put_directory(&mut dir);
        Ok(Outcome::Created { attr: inode.attr, dir: wcc(&before, &dir), made: true })
    }

    /// Refuses an inode more than there may be.
    pub(crate) fn check_inodes(&self) -> Result<(), Errno> {
        if self.memory.counters.inodes >= self.memory.counters.bounds.inodes_max {
            return Err(Errno::NoSpace);
        }
        self.check_files()
    }

    /// The name is taken: whether what it means is an acceptable answer.
    fn create_existing(
        &mut self,
        dir: Inode,
        entry: DirRow,
        node: &NewNode,
        set: &SetAttr,
        mode: CreateMode,
    ) -> Result<Outcome, MetaError> {
        if *node != NewNode::File || entry.kind != FileKind::File {
            return Err(Errno::Exist.into());
        }
        let mut inode = self.inode(entry.ino)?;
        match mode {
            CreateMode::Guarded => return Err(Errno::Exist.into()),
            CreateMode::Exclusive { verifier } if inode.verifier != Some(verifier) => {
                return Err(Errno::Exist.into());
            }
            CreateMode::Exclusive { .. } => {}
            CreateMode::Unchecked => self.truncate_existing(&mut inode, set)?,
        }
        Ok(Outcome::Created { attr: inode.attr, dir: wcc(&dir, &dir), made: false })
    }

    fn truncate_existing(&mut self, inode: &mut Inode, set: &SetAttr) -> Result<(), MetaError> {
        let Some(size) = set.size else { return Ok(()) };
        if size > FILE_BYTES_MAX {
            return Err(Errno::FileTooBig.into());
        }
        self.may_change_data(&inode.attr)?;
        self.resize(inode, size)?;
        self.put(inode);
        Ok(())
    }

    /// The inode to make; refuses attributes that the caller may not give it.
    pub(crate) fn new_inode(
        &self,
        dir: &Inode,
        node: &NewNode,
        set: &SetAttr,
        mode: CreateMode,
    ) -> Result<Inode, MetaError> {
        let kind = node.kind();
        let (major, minor) = match node {
            NewNode::CharDevice { major, minor } | NewNode::BlockDevice { major, minor } => (*major, *minor),
            _ => (0, 0),
        };
        let size = match (node, set.size) {
            (NewNode::File, Some(size)) if size > FILE_BYTES_MAX => return Err(Errno::FileTooBig.into()),
            (NewNode::File, Some(size)) => size,
            (NewNode::Symlink { target }, _) => target.len() as u64,
            _ => 0,
        };
        let (uid, gid) = self.new_owner(dir, set)?;
        let attr = Attr {
            ino: Ino(self.memory.counters.next_ino),
            generation: self.txg.0,
            kind,
            mode: self.new_mode(dir, kind, gid, set),
            nlink: if kind == FileKind::Directory { 2 } else { 1 },
            uid,
            gid,
            major,
            minor,
            size,
            allocated: 0,
            atime: self.time_or_now(set.atime),
            mtime: self.time_or_now(set.mtime),
            ctime: self.now,
            btime: self.now,
            change: self.txg,
        };
        let verifier = match mode {
            CreateMode::Exclusive { verifier } => Some(verifier),
            _ => None,
        };
        let parent = if kind == FileKind::Directory { dir.attr.ino } else { Ino(0) };
        Ok(Inode { attr, data_txg: Txg(self.txg.0), parent, layout: Layout::Empty, verifier })
    }

    /// Owner and group. A setgid directory hands its group down. Only root makes files for others.
    fn new_owner(&self, dir: &Inode, set: &SetAttr) -> Result<(u32, u32), Errno> {
        let inherits = dir.attr.mode & perm::SETGID != 0;
        let default_gid = if inherits { dir.attr.gid } else { self.caller.gid };
        let (uid, gid) = (set.uid.unwrap_or(self.caller.uid), set.gid.unwrap_or(default_gid));
        let own = uid == self.caller.uid && (gid == default_gid || self.caller.in_group(gid));
        if own || self.caller.is_root() { Ok((uid, gid)) } else { Err(Errno::Perm) }
    }

    fn new_mode(&self, dir: &Inode, kind: FileKind, gid: u32, set: &SetAttr) -> u32 {
        let mode = set.mode.unwrap_or(default_mode(kind)) & 0o7777;
        match kind {
            FileKind::Directory => mode | (dir.attr.mode & perm::SETGID),
            FileKind::Symlink => 0o777,
            // As Linux: nobody makes a program that runs as a group that is not theirs.
            _ if mode & perm::GROUP_EXECUTE != 0 && !perm::may_set_group_id(gid, self.caller) => {
                mode & !perm::SETGID
            }
            _ => mode,
        }
    }

    fn time_or_now(&self, time: Option<SetTime>) -> Timestamp {
        match time {
            Some(SetTime::To(time)) => Timestamp::from_nanos(time.as_nanos()),
            Some(SetTime::Now) | None => self.now,
        }
    }

    pub(crate) fn store_new(&mut self, inode: &mut Inode, node: &NewNode) -> Result<(), MetaError> {
        self.writing();
        self.memory.counters.next_ino += 1;
        self.memory.counters.inodes += 1;
        self.memory.inodes.add(*inode);
        self.effects.changed.push(inode.attr.ino);
        match node {
            NewNode::Symlink { target } => self.store_small(inode.attr.ino, target),
            _ => Ok(()),
        }
    }
}

/// The mode of what is made without one.
fn default_mode(kind: FileKind) -> u32 {
    match kind {
        FileKind::Directory => 0o755,
        FileKind::Symlink => 0o777,
        _ => 0o644,
    }
}

/// Refuses nodes that cannot be: an empty or overlong target, a device made by anybody but root.
fn check_node(node: &NewNode, root: bool) -> Result<(), Errno> {
    match node {
        NewNode::Symlink { target } if target.is_empty() => Err(Errno::NoEnt),
        NewNode::Symlink { target } if target.len() > TARGET_BYTES_MAX => Err(Errno::NameTooLong),
        NewNode::Symlink { target } if target.contains(&0) => Err(Errno::Inval),
        // Anybody's, as on Linux: it is no device.
        node if *node == WHITEOUT => Ok(()),
        NewNode::CharDevice { .. } | NewNode::BlockDevice { .. } if !root => Err(Errno::Perm),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Volume, name, user};
    use crate::{Change, ChangeResult, StateBounds, VolumeOptions};
    use bytes::Bytes;

    const ROOT: Ino = Ino::ROOT;

    fn create(volume: &mut Volume, at: &str, set: SetAttr, mode: CreateMode) -> ChangeResult {
        volume.change(Change::Create { parent: ROOT, name: name(at), node: NewNode::File, set, mode })
    }

    fn mode(mode: u32) -> SetAttr {
        SetAttr { mode: Some(mode), ..Default::default() }
    }

    fn created(result: ChangeResult) -> (Attr, bool) {
        match result {
            Ok(Outcome::Created { attr, made, .. }) => (attr, made),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_file_belongs_to_its_caller_and_dates_its_directory() {
        let mut volume = Volume::new();
        volume.file(ROOT, "first");
        let before = volume.attr(ROOT);
        volume.become_user(10);
        let result = create(&mut volume, "second", mode(0o640), CreateMode::Guarded).unwrap();
        let Outcome::Created { attr, dir, made: true } = result else { panic!("{result:?}") };
        assert_eq!((attr.uid, attr.gid, attr.mode, attr.nlink, attr.size), (10, 10, 0o640, 1, 0));
        assert_eq!([attr.atime, attr.mtime, attr.ctime, attr.btime], [volume.now; 4]);
        assert_eq!(dir.before, (&before).into());
        assert_eq!(
            (dir.after.mtime, dir.after.ctime, dir.after.atime),
            (volume.now, volume.now, before.atime)
        );
        assert_eq!(dir.after, volume.attr(ROOT));
        assert_eq!(dir.after.change, attr.change);
        assert_eq!(volume.attr(attr.ino), attr);
        assert_eq!(volume.effects().names, vec![(ROOT, name("second"))]);
        assert_eq!(volume.effects().changed, vec![ROOT, attr.ino]);
    }

    #[test]
    fn a_new_directory_links_its_parent() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        assert_eq!((volume.attr(dir).nlink, volume.attr(ROOT).nlink), (2, 3));
        assert_eq!(volume.find(dir, ".."), Ok(ROOT));
        assert_eq!(volume.find(dir, "."), Ok(dir));
        assert_eq!(volume.find(ROOT, ".."), Ok(ROOT));
    }

    #[test]
    fn a_setgid_directory_hands_down_its_group() {
        let mut volume = Volume::new();
        let dir = volume.make(ROOT, "d", NewNode::Directory, 0o2777).unwrap().ino;
        volume.chown(dir, None, Some(77)).unwrap();
        volume.chmod(dir, 0o2777).unwrap();
        volume.become_user(10);
        let file = volume.make(dir, "f", NewNode::File, 0o644).unwrap();
        let below = volume.make(dir, "d", NewNode::Directory, 0o755).unwrap();
        assert_eq!((file.gid, file.mode), (77, 0o644));
        assert_eq!((below.gid, below.mode), (77, 0o2755));
    }

    #[test]
    fn nobody_makes_a_program_that_runs_as_a_foreign_group() {
        let mut volume = Volume::new();
        let dir = volume.make(ROOT, "d", NewNode::Directory, 0o2777).unwrap().ino;
        volume.become_user(10);
        assert_eq!(volume.make(dir, "f", NewNode::File, 0o2755).unwrap().mode, 0o755);
        assert_eq!(volume.make(ROOT, "f", NewNode::File, 0o2755).unwrap().mode, 0o2755);
        volume.become_root();
        assert_eq!(volume.make(dir, "g", NewNode::File, 0o2755).unwrap().mode, 0o2755);
    }

    #[test]
    fn only_root_makes_files_for_others() {
        let mut volume = Volume::new();
        let set = SetAttr { uid: Some(11), gid: Some(12), ..mode(0o600) };
        volume.become_user(10);
        assert_eq!(create(&mut volume, "f", set, CreateMode::Guarded), Err(Errno::Perm));
        let foreign_group = SetAttr { gid: Some(12), ..mode(0o600) };
        assert_eq!(create(&mut volume, "f", foreign_group, CreateMode::Guarded), Err(Errno::Perm));
        volume.caller.groups = vec![12];
        assert_eq!(created(create(&mut volume, "g", foreign_group, CreateMode::Guarded)).0.gid, 12);
        volume.become_root();
        let (attr, _) = created(create(&mut volume, "f", set, CreateMode::Guarded));
        assert_eq!((attr.uid, attr.gid), (11, 12));
    }

    #[test]
    fn creation_needs_search_and_write_permission_on_the_directory() {
        let mut volume = Volume::new();
        for (bits, expected) in [(0o775, Err(Errno::Access)), (0o776, Err(Errno::Access)), (0o773, Ok(()))] {
            let at = format!("d{bits:o}");
            let dir = volume.become_root().make(ROOT, &at, NewNode::Directory, bits).unwrap().ino;
            volume.become_user(10);
            assert_eq!(volume.make(dir, "f", NewNode::File, 0o644).map(|_| ()), expected, "{bits:o}");
        }
    }

    #[test]
    fn an_existing_name_is_told_before_missing_permission() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        volume.file(dir, "f");
        volume.become_user(10);
        assert_eq!(volume.make(dir, "f", NewNode::File, 0o644), Err(Errno::Exist));
        assert_eq!(volume.make(dir, "g", NewNode::File, 0o644), Err(Errno::Access));
    }

    #[test]
    fn names_that_are_none_are_refused() {
        let mut volume = Volume::new();
        let long = "x".repeat(256);
        let cases: [(&str, Errno); 6] = [
            ("", Errno::Inval),
            ("a/b", Errno::Inval),
            ("a\0b", Errno::Inval),
            (".", Errno::Exist),
            ("..", Errno::Exist),
            (&long, Errno::NameTooLong),
        ];
        for (at, errno) in cases {
            assert_eq!(volume.make(ROOT, at, NewNode::File, 0o644), Err(errno), "{at:?}");
        }
        volume.make(ROOT, &long[..255], NewNode::File, 0o644).unwrap();
        let bytes = Bytes::from_static(b"\xff\xfe");
        let node = NewNode::File;
        let set = SetAttr::default();
        let change = Change::Create { parent: ROOT, name: bytes, node, set, mode: CreateMode::Guarded };
        volume.change(change).unwrap();
    }

    #[test]
    fn unchecked_creation_answers_with_the_existing_file() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, b"hello").unwrap();
        let before = volume.dump();
        let (attr, made) = created(create(&mut volume, "f", mode(0o777), CreateMode::Unchecked));
        assert_eq!((attr.ino, attr.size, attr.mode, made), (file, 5, 0o644, false));
        assert_eq!(volume.dump(), before);
        let truncate = SetAttr { size: Some(2), ..Default::default() };
        let (attr, _) = created(create(&mut volume, "f", truncate, CreateMode::Unchecked));
        assert_eq!((attr.size, attr.mtime), (2, volume.now));
        assert_eq!(volume.read_inline(file), b"he");
        volume.become_user(10);
        assert_eq!(create(&mut volume, "f", truncate, CreateMode::Unchecked), Err(Errno::Access));
    }

    #[test]
    fn unchecked_creation_over_another_kind_is_refused() {
        let mut volume = Volume::new();
        volume.dir(ROOT, "d");
        volume.file(ROOT, "f");
        assert_eq!(create(&mut volume, "d", mode(0o644), CreateMode::Unchecked), Err(Errno::Exist));
        let over = |node| Change::Create {
            parent: ROOT,
            name: name("f"),
            node,
            set: SetAttr::default(),
            mode: CreateMode::Unchecked,
        };
        assert_eq!(volume.change(over(NewNode::Fifo)), Err(Errno::Exist));
        assert_eq!(volume.change(over(NewNode::Directory)), Err(Errno::Exist));
    }

    #[test]
    fn exclusive_creation_recognises_its_verifier() {
        let mut volume = Volume::new();
        let exclusive = |verifier| CreateMode::Exclusive { verifier };
        let (first, made) = created(create(&mut volume, "f", mode(0o600), exclusive(u64::MAX)));
        assert!(made);
        let (again, made) = created(create(&mut volume, "f", mode(0o600), exclusive(u64::MAX)));
        assert_eq!((again.ino, made), (first.ino, false));
        assert_eq!(create(&mut volume, "f", mode(0o600), exclusive(8)), Err(Errno::Exist));
        volume.file(ROOT, "guarded");
        assert_eq!(create(&mut volume, "guarded", mode(0o600), exclusive(0)), Err(Errno::Exist));
    }

    #[test]
    fn symlink_targets_have_one_to_4095_bytes() {
        let mut volume = Volume::new();
        let mut link = |at: &str, len: usize| {
            let target = Bytes::from(vec![b't'; len]);
            volume.make(ROOT, at, NewNode::Symlink { target }, 0o644)
        };
        assert_eq!(link("none", 0), Err(Errno::NoEnt));
        assert_eq!(link("long", 4096), Err(Errno::NameTooLong));
        let attr = link("longest", 4095).unwrap();
        assert_eq!((attr.size, attr.mode, attr.allocated), (4095, 0o777, 0));
        assert_eq!(volume.view().readlink(attr.ino).unwrap().0.len(), 4095);
        let file = volume.file(ROOT, "f");
        assert_eq!(volume.view().readlink(file).unwrap_err().errno(), Errno::Inval);
    }

    #[test]
    fn only_root_makes_devices() {
        let mut volume = Volume::new();
        let node = NewNode::CharDevice { major: 0xffff_ffff, minor: 3 };
        let attr = volume.make(ROOT, "root", node.clone(), 0o644).unwrap();
        let attr_read = volume.attr(attr.ino);
        assert_eq!((attr_read.major, attr_read.minor), (0xffff_ffff, 3));
        assert_eq!(attr_read.kind, FileKind::CharDevice);
        volume.become_user(10);
        assert_eq!(volume.make(ROOT, "user", node, 0o644), Err(Errno::Perm));
        for (at, node) in [("fifo", NewNode::Fifo), ("socket", NewNode::Socket), ("whiteout", WHITEOUT)] {
            assert_eq!(volume.make(ROOT, at, node.clone(), 0o644).unwrap().kind, node.kind());
        }
    }

    #[test]
    fn nothing_is_made_in_a_removed_directory() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        volume.rmdir(ROOT, "d").unwrap();
        assert_eq!(volume.make(dir, "f", NewNode::File, 0o644), Err(Errno::NoEnt));
        volume.change(Change::Reap { inos: vec![dir] }).unwrap();
        assert_eq!(volume.make(dir, "f", NewNode::File, 0o644), Err(Errno::Stale));
    }

    #[test]
    fn nothing_is_made_in_a_file() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        assert_eq!(volume.make(file, "g", NewNode::File, 0o644), Err(Errno::NotDir));
        assert_eq!(volume.make(Ino(u64::MAX), "g", NewNode::File, 0o644), Err(Errno::Stale));
    }

    #[test]
    fn a_full_inode_table_is_told_as_no_space() {
        let bounds = StateBounds { inodes_max: 2, ..Default::default() };
        let mut volume = Volume::with(VolumeOptions { bounds, ..Default::default() });
        volume.file(ROOT, "f");
        assert_eq!(volume.make(ROOT, "g", NewNode::File, 0o644), Err(Errno::NoSpace));
        volume.unlink(ROOT, "f").unwrap();
        let orphans = volume.view().orphans(10).unwrap();
        volume.change(Change::Reap { inos: orphans }).unwrap();
        volume.file(ROOT, "g");
    }

    #[test]
    fn given_times_and_size_are_taken() {
        let mut volume = Volume::new();
        let time = Timestamp { secs: -5, nanos: 7 };
        let set = SetAttr {
            size: Some(1 << 40),
            mtime: Some(SetTime::To(time)),
            atime: Some(SetTime::Now),
            ..Default::default()
        };
        let (attr, _) = created(create(&mut volume, "f", set, CreateMode::Guarded));
        assert_eq!((attr.size, attr.allocated, attr.mtime, attr.atime), (1 << 40, 0, time, volume.now));
        assert!(volume.pieces(attr.ino, 0..u64::MAX).is_empty());
        let set = SetAttr { size: Some(1 << 63), ..Default::default() };
        assert_eq!(create(&mut volume, "g", set, CreateMode::Guarded), Err(Errno::FileTooBig));
    }

    #[test]
    fn the_root_is_as_old_as_the_first_command() {
        let mut volume = Volume::with(VolumeOptions { root_uid: 3, root_gid: 4, ..Default::default() });
        assert_eq!(volume.attr(ROOT).btime, Timestamp::default());
        volume.caller = user(3);
        volume.file(ROOT, "f");
        let root = volume.attr(ROOT);
        assert_eq!((root.btime, root.uid, root.gid, root.mode), (volume.now, 3, 4, 0o755));
        volume.file(ROOT, "g");
        assert!(volume.attr(ROOT).btime < volume.now);
    }
}
