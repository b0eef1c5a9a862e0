//! `Create`: a new name with its inode, or the answer that is there already.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::{Inode, Layout};
use crate::names::{self, Entry};
use crate::{CreateMode, Outcome, perm};
use nasd_base::file::{Attr, FILE_BYTES_MAX, FileKind, NewNode, SetAttr, SetTime, TARGET_BYTES_MAX};
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
        perm::may_add(&dir.attr, self.caller)?;
        check_node(node, self.caller.is_root())?;
        let mut inode = self.new_inode(&dir, node, set, mode)?;
        if self.memory.counters.inodes >= self.memory.counters.limits.inodes_max {
            return Err(Errno::NoSpace.into());
        }
        self.store_new(&mut inode, node)?;
        self.insert_name(parent, name, Entry { ino: inode.attr.ino, kind: inode.attr.kind })?;
        let before = dir;
        let mut dir = dir;
        dir.attr.size += 1;
        dir.attr.nlink += u32::from(inode.attr.kind == FileKind::Directory);
        self.put_directory(&mut dir);
        Ok(Outcome::Created { attr: inode.attr, dir: wcc(&before, &dir), made: true })
    }

    /// The name is taken: whether what it means is an acceptable answer.
    fn create_existing(
        &mut self,
        dir: Inode,
        entry: Entry,
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
        perm::may_change_data(&inode.attr, self.caller)?;
        self.resize(inode, size)?;
        self.put(inode);
        Ok(())
    }

    /// The inode to make; refuses attributes that the caller may not give it.
    fn new_inode(
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
        let default = match kind {
            FileKind::Directory => 0o755,
            FileKind::Symlink => 0o777,
            _ => 0o644,
        };
        let mode = set.mode.unwrap_or(default) & 0o7777;
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

    fn store_new(&mut self, inode: &mut Inode, node: &NewNode) -> Result<(), MetaError> {
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

/// Refuses nodes that cannot be: an empty or overlong target, a device made by anybody but root.
fn check_node(node: &NewNode, root: bool) -> Result<(), Errno> {
    match node {
        NewNode::Symlink { target } if target.is_empty() => Err(Errno::NoEnt),
        NewNode::Symlink { target } if target.len() > TARGET_BYTES_MAX => Err(Errno::NameTooLong),
        NewNode::Symlink { target } if target.contains(&0) => Err(Errno::Inval),
        NewNode::CharDevice { .. } | NewNode::BlockDevice { .. } if !root => Err(Errno::Perm),
        _ => Ok(()),
    }
}
