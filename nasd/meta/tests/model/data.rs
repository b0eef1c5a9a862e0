//! The oracle's attributes and bytes.

use crate::plain::{Answer, Plain, Told, ensure};
use nasd_base::file::{FileKind, SetAttr, SetTime};
use nasd_base::{Errno, Timestamp};
use nasd_meta::{Piece, Source, XattrMode};

impl Plain {
    fn file(&self, ino: u64) -> Result<(), Errno> {
        match self.get(ino)?.kind {
            FileKind::File => Ok(()),
            FileKind::Directory => Err(Errno::IsDir),
            _ => Err(Errno::Inval),
        }
    }

    /// The owner always may: a client asked when it opened the file.
    pub fn may_change_data(&self, ino: u64) -> Result<(), Errno> {
        ensure(self.caller.uid == self.nodes[&ino].uid || self.may(ino, 2), Errno::Access)
    }

    /// Nobody's change of a program makes it run as somebody else.
    fn drop_privileges(&mut self, ino: u64) {
        let node = &self.nodes[&ino];
        if !node.is_dir() {
            let runs_as_group = node.mode & 0o010 != 0 || !self.in_group(node.gid);
            self.node(ino).mode &= if runs_as_group { !0o6000 } else { !0o4000 };
        }
    }

    fn data_changed(&mut self, ino: u64) {
        self.touch_data(ino);
        if self.caller.uid != 0 {
            self.drop_privileges(ino);
        }
    }

    fn cut(&mut self, ino: u64, offset: u64, end: u64) {
        let bytes = &mut self.node(ino).bytes;
        let mut after = bytes.split_off(&offset);
        bytes.append(&mut after.split_off(&end));
    }

    pub fn resize(&mut self, ino: u64, size: u64) {
        self.cut(ino, size, u64::MAX);
        self.node(ino).size = size;
        self.data_changed(ino);
    }

    pub fn punch(&mut self, ino: u64, offset: u64, len: u64) -> Answer {
        self.file(ino)?;
        self.may_change_data(ino)?;
        self.cut(ino, offset, offset + len);
        self.data_changed(ino);
        Ok(Told::Done)
    }

    /// Who writes was asked before, and when it was written is told.
    pub fn write(&mut self, ino: u64, pieces: &[Piece], modified: Timestamp) -> Answer {
        self.file(ino)?;
        for piece in pieces {
            let bytes = match &piece.source {
                Source::Inline { data } => data.to_vec(),
                Source::Chunk { chunk, start } => {
                    self.chunks[chunk][*start as usize..][..piece.len as usize].to_vec()
                }
            };
            let node = self.node(ino);
            node.size = node.size.max(piece.offset + piece.len);
            node.bytes.extend(bytes.into_iter().enumerate().map(|(i, byte)| (piece.offset + i as u64, byte)));
        }
        // The data may be older than the newest change of an attribute, and ctime never goes back.
        let ctime = self.node(ino).ctime.max(modified);
        self.data_changed(ino);
        let node = self.node(ino);
        (node.mtime, node.ctime) = (modified, ctime);
        Ok(Told::Done)
    }

    pub fn set_attr(&mut self, ino: u64, set: &SetAttr, guard: Option<Timestamp>) -> Answer {
        let ctime = self.get(ino)?.ctime;
        ensure(guard.is_none_or(|guard| guard == ctime), Errno::NotSync)?;
        self.may_set(ino, set)?;
        if *set == SetAttr::default() {
            return Ok(Told::Done);
        }
        if let Some(size) = set.size {
            self.resize(ino, size);
        }
        if set.uid.is_some() || set.gid.is_some() {
            self.drop_privileges(ino);
        }
        let node = self.touch(ino);
        node.uid = set.uid.unwrap_or(node.uid);
        node.gid = set.gid.unwrap_or(node.gid);
        let gid = node.gid;
        if let Some(mode) = set.mode {
            self.node(ino).mode = if self.in_group(gid) { mode } else { mode & !0o2000 };
        }
        let (atime, mtime) = (set.atime.map(|time| self.time(time)), set.mtime.map(|time| self.time(time)));
        let node = self.node(ino);
        node.atime = atime.unwrap_or(node.atime);
        node.mtime = mtime.unwrap_or(node.mtime);
        Ok(Told::Done)
    }

    fn may_set(&self, ino: u64, set: &SetAttr) -> Result<(), Errno> {
        if set.size.is_some() {
            self.file(ino)?;
        }
        let node = &self.nodes[&ino];
        let (root, owner) = (self.caller.uid == 0, self.caller.uid == node.uid);
        let keeps_owner = set.uid.is_none_or(|uid| owner && uid == node.uid);
        let own_group = set.gid.is_none_or(|gid| owner && (gid == node.gid || self.in_group(gid)));
        ensure(root || keeps_owner && own_group, Errno::Perm)?;
        ensure(set.mode.is_none() || self.owns(ino), Errno::Perm)?;
        self.may_set_times(ino, set)?;
        if set.size.is_some() { self.may_change_data(ino) } else { Ok(()) }
    }

    /// Whoever may write may say that it is now: of both times, or of any along with a size.
    fn may_set_times(&self, ino: u64, set: &SetAttr) -> Result<(), Errno> {
        let given: Vec<SetTime> = [set.atime, set.mtime].into_iter().flatten().collect();
        if given.is_empty() || self.owns(ino) {
            return Ok(());
        }
        let now = given.iter().all(|time| *time == SetTime::Now);
        ensure(now && (given.len() == 2 || set.size.is_some()), Errno::Perm)?;
        ensure(self.may(ino, 2), Errno::Access)
    }

    fn may_set_xattr(&self, ino: u64, name: &[u8]) -> Result<(), Errno> {
        let node = self.get(ino)?;
        if name.starts_with(b"user.") {
            ensure(matches!(node.kind, FileKind::File | FileKind::Directory), Errno::Perm)?;
            ensure(!node.is_dir() || node.mode & 0o1000 == 0 || self.owns(ino), Errno::Perm)?;
            return ensure(self.may(ino, 2), Errno::Access);
        }
        ensure(name.starts_with(b"trusted."), Errno::NotSupported)?;
        ensure(self.caller.uid == 0, Errno::Perm)
    }

    pub fn set_xattr(&mut self, ino: u64, name: &[u8], value: &[u8], mode: XattrMode) -> Answer {
        self.may_set_xattr(ino, name)?;
        let there = self.nodes[&ino].xattrs.contains_key(name);
        ensure(!(there && mode == XattrMode::Create), Errno::Exist)?;
        ensure(there || mode != XattrMode::Replace, Errno::NoData)?;
        self.touch(ino).xattrs.insert(name.to_vec(), value.to_vec());
        Ok(Told::Done)
    }

    pub fn remove_xattr(&mut self, ino: u64, name: &[u8]) -> Answer {
        self.may_set_xattr(ino, name)?;
        ensure(self.nodes[&ino].xattrs.contains_key(name), Errno::NoData)?;
        self.touch(ino).xattrs.remove(name);
        Ok(Told::Done)
    }
}
