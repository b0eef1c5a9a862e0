//! Owns what a change does to the volume in memory.

use super::State;
use bytes::Bytes;
use nasd_base::file::{
    Attr, BeforeAttr, Caller, FileKind, NewNode, SetAttr, SetTime, Wcc, permits, split_umask, want,
};
use nasd_base::{Errno, Ino};
use nasd_fs::{Change, CreateMode, HeldLock, Outcome, RenameMode, Reshape, XattrMode};

impl State {
    pub(super) fn change(&mut self, caller: &Caller, change: Change) -> Result<Outcome, Errno> {
        match change {
            Change::Create { parent, name, node, set, mode } => {
                self.create(caller, parent, name, node, set, mode)
            }
            Change::Link { ino, parent, name } => self.link(caller, ino, parent, name),
            Change::Unlink { parent, name } => self.remove(caller, parent, name, false),
            Change::Rmdir { parent, name } => self.remove(caller, parent, name, true),
            Change::Rename { from_parent, from_name, to_parent, to_name, mode } => {
                self.rename(caller, (from_parent, from_name), (to_parent, to_name), mode)
            }
            Change::SetAttr { ino, set, guard } => {
                if guard.is_some_and(|guard| self.nodes[&ino].attr.ctime != guard) {
                    return Err(Errno::NotSync);
                }
                self.set_attr(caller, ino, set)
            }
            Change::SetXattr { ino, name, value, mode } => {
                let xattrs = &mut self.get(ino)?.xattrs;
                match (mode, xattrs.contains_key(&name)) {
                    (XattrMode::Create, true) => return Err(Errno::Exist),
                    (XattrMode::Replace, false) => return Err(Errno::NoData),
                    _ => xattrs.insert(name, value),
                };
                self.touched(ino)
            }
            Change::RemoveXattr { ino, name } => {
                self.get(ino)?.xattrs.remove(&name).ok_or(Errno::NoData)?;
                self.touched(ino)
            }
            Change::Punch { ino, offset, len } => {
                let node = self.get(ino)?;
                node.now.punch(offset, len);
                node.durable.punch(offset, len);
                self.touched(ino)
            }
            Change::Reshape { ino, how } => self.reshape(ino, how),
            // Ranges are not split here: tests lock and unlock the same ones.
            Change::Lock { ino, owner, range, exclusive, pid } => {
                if self.lock_against(ino, owner, range, exclusive).is_some() {
                    return Err(Errno::Again);
                }
                self.locks.retain(|(at, held)| *at != ino || held.owner != owner || held.range != range);
                self.locks.push((ino, HeldLock { owner, range, exclusive, pid }));
                Ok(Outcome::Locked)
            }
            Change::Unlock { ino, owner, range } => {
                let before = self.locks.len();
                self.locks.retain(|(at, held)| {
                    let inside = range.first <= held.range.first && held.range.last <= range.last;
                    *at != ino || held.owner != owner || !inside
                });
                Ok(Outcome::Unlocked { count: (before - self.locks.len()) as u32 })
            }
            Change::EndSession { session } => {
                self.locks.retain(|(_, held)| held.owner.session != session);
                Ok(Outcome::Unlocked { count: 0 })
            }
            _ => Err(Errno::Perm),
        }
    }

    fn reshape(&mut self, ino: Ino, how: Reshape) -> Result<Outcome, Errno> {
        let free = self.stat().free_bytes;
        let node = self.get(ino)?;
        for content in [&mut node.now, &mut node.durable] {
            match how {
                Reshape::Resize { size } => content.truncate(size),
                Reshape::Allocate { len, .. } if len > free => return Err(Errno::NoSpace),
                Reshape::Allocate { offset, len, keep_size: false } => {
                    content.truncate(content.size.max(offset + len));
                }
                Reshape::Allocate { .. } => {}
                Reshape::Punch { offset, len } => content.punch(offset, len),
                Reshape::Zero { offset, len, keep_size } => {
                    content.punch(offset, len);
                    if !keep_size {
                        content.truncate(content.size.max(offset + len));
                    }
                }
            }
        }
        self.touched(ino)
    }

    fn touched(&mut self, ino: Ino) -> Result<Outcome, Errno> {
        self.wcc(ino).map(Outcome::Changed)
    }

    fn wcc(&mut self, ino: Ino) -> Result<Wcc, Errno> {
        let now = self.tick();
        let node = self.get(ino)?;
        let before = BeforeAttr::from(&node.shown());
        node.touch(now);
        Ok(Wcc { before, after: node.shown() })
    }

    fn create(
        &mut self,
        caller: &Caller,
        parent: Ino,
        name: Bytes,
        new: NewNode,
        set: SetAttr,
        mode: CreateMode,
    ) -> Result<Outcome, Errno> {
        if let Ok(ino) = self.lookup(parent, &name, caller) {
            if mode == CreateMode::Guarded || self.get(ino)?.attr.kind != FileKind::File {
                return Err(Errno::Exist);
            }
            if let Some(size) = set.size {
                self.set_attr(caller, ino, SetAttr { size: Some(size), ..SetAttr::default() })?;
            }
            let (attr, dir) = (self.get(ino)?.shown(), self.wcc(parent)?);
            return Ok(Outcome::Created { attr, dir, made: false });
        }
        self.lookup_space(parent, &name, caller)?;
        let ino = Ino(self.next_ino);
        self.next_ino += 1;
        let (mode, umask) = split_umask(set.mode.unwrap_or(0o644));
        let mut node = self.node(ino, new.kind(), mode & !umask, caller);
        match new {
            NewNode::Symlink { target } => node.target = target,
            NewNode::CharDevice { major, minor } | NewNode::BlockDevice { major, minor } => {
                (node.attr.major, node.attr.minor) = (major, minor);
            }
            _ => {}
        }
        let attr = node.shown();
        if attr.kind == FileKind::Directory {
            self.parents.insert(ino, parent);
            self.get(parent)?.attr.nlink += 1;
        }
        self.nodes.insert(ino, node);
        self.enter(parent, name, ino)?;
        Ok(Outcome::Created { attr, dir: self.wcc(parent)?, made: true })
    }

    /// The directory must be writable and the name good.
    fn lookup_space(&mut self, parent: Ino, name: &[u8], caller: &Caller) -> Result<(), Errno> {
        match self.lookup(parent, name, caller) {
            Err(Errno::NoEnt) => {}
            Err(other) => return Err(other),
            Ok(_) => return Err(Errno::Exist),
        }
        if self.get(parent)?.attr.nlink == 0 {
            return Err(Errno::NoEnt);
        }
        self.dir(parent, caller, want::WRITE | want::EXECUTE).map(|_| ())
    }

    fn enter(&mut self, parent: Ino, name: Bytes, ino: Ino) -> Result<(), Errno> {
        let dir = self.get(parent)?;
        let cookie = dir.next_cookie;
        dir.next_cookie += 1;
        dir.entries.insert(name, (ino, cookie));
        Ok(())
    }

    fn link(&mut self, caller: &Caller, ino: Ino, parent: Ino, name: Bytes) -> Result<Outcome, Errno> {
        if self.get(ino)?.attr.kind == FileKind::Directory {
            return Err(Errno::Perm);
        }
        self.lookup_space(parent, &name, caller)?;
        self.enter(parent, name, ino)?;
        self.get(ino)?.attr.nlink += 1;
        let Wcc { after: attr, .. } = self.wcc(ino)?;
        Ok(Outcome::Linked { attr, dir: self.wcc(parent)? })
    }

    fn remove(&mut self, caller: &Caller, parent: Ino, name: Bytes, dir: bool) -> Result<Outcome, Errno> {
        let ino = self.lookup(parent, &name, caller)?;
        self.dir(parent, caller, want::WRITE | want::EXECUTE)?;
        let nlink = self.drop_link(ino, parent, dir)?;
        self.get(parent)?.entries.remove(&name);
        self.reap(ino);
        Ok(Outcome::Removed { ino, nlink, dir: self.wcc(parent)? })
    }

    /// Takes a name's link off an inode; `dir` says what it has to be.
    fn drop_link(&mut self, ino: Ino, parent: Ino, dir: bool) -> Result<u32, Errno> {
        let now = self.tick();
        let node = self.get(ino)?;
        match (node.attr.kind == FileKind::Directory, dir) {
            (true, false) => return Err(Errno::IsDir),
            (false, true) => return Err(Errno::NotDir),
            (true, true) if !node.entries.is_empty() => return Err(Errno::NotEmpty),
            (true, true) => node.attr.nlink = 0,
            (false, false) => node.attr.nlink -= 1,
        }
        node.attr.ctime = now;
        let nlink = node.attr.nlink;
        if dir {
            self.get(parent)?.attr.nlink -= 1;
        }
        Ok(nlink)
    }

    fn rename(
        &mut self,
        caller: &Caller,
        from: (Ino, Bytes),
        to: (Ino, Bytes),
        mode: RenameMode,
    ) -> Result<Outcome, Errno> {
        let ino = self.lookup(from.0, &from.1, caller)?;
        self.dir(from.0, caller, want::WRITE | want::EXECUTE)?;
        self.dir(to.0, caller, want::WRITE | want::EXECUTE)?;
        let existing = self.lookup(to.0, &to.1, caller).ok();
        let is_dir = self.get(ino)?.attr.kind == FileKind::Directory;
        let mut replaced = None;
        match (mode, existing) {
            (RenameMode::NoReplace, Some(_)) => return Err(Errno::Exist),
            (RenameMode::Exchange, None) => return Err(Errno::NoEnt),
            (RenameMode::Exchange, Some(other)) => {
                self.get(from.0)?.entries.get_mut(&from.1).unwrap().0 = other;
                self.get(to.0)?.entries.get_mut(&to.1).unwrap().0 = ino;
            }
            (_, other) => {
                if let Some(other) = other.filter(|other| *other != ino) {
                    replaced = Some((other, self.drop_link(other, to.0, is_dir)?));
                }
                self.get(from.0)?.entries.remove(&from.1);
                self.enter(to.0, to.1, ino)?;
                if is_dir && from.0 != to.0 {
                    self.get(from.0)?.attr.nlink -= 1;
                    self.get(to.0)?.attr.nlink += 1;
                    self.parents.insert(ino, to.0);
                }
            }
        }
        if let Some((other, _)) = replaced {
            self.reap(other);
        }
        Ok(Outcome::Renamed { from: self.wcc(from.0)?, to: self.wcc(to.0)?, replaced })
    }

    fn set_attr(&mut self, caller: &Caller, ino: Ino, set: SetAttr) -> Result<Outcome, Errno> {
        let now = self.tick();
        let node = self.get(ino)?;
        let before = BeforeAttr::from(&node.shown());
        check(&node.attr, caller, &set)?;
        if let Some(mut mode) = set.mode {
            if mode & 0o2000 != 0 && !caller.is_root() && !caller.in_group(node.attr.gid) {
                mode &= !0o2000;
            }
            node.attr.mode = mode;
        }
        node.attr.uid = set.uid.unwrap_or(node.attr.uid);
        node.attr.gid = set.gid.unwrap_or(node.attr.gid);
        if let Some(size) = set.size {
            node.now.truncate(size);
            node.durable.truncate(size);
            node.attr.mtime = now;
        }
        let time = |set: Option<SetTime>, old| match set {
            None => old,
            Some(SetTime::Now) => now,
            Some(SetTime::To(at)) => at,
        };
        node.attr.atime = time(set.atime, node.attr.atime);
        node.attr.mtime = time(set.mtime, node.attr.mtime);
        node.attr.ctime = now;
        Ok(Outcome::Changed(Wcc { before, after: node.shown() }))
    }
}

fn check(attr: &Attr, caller: &Caller, set: &SetAttr) -> Result<(), Errno> {
    let owns = caller.is_root() || caller.uid == attr.uid;
    let gives_away = set.uid.is_some_and(|uid| uid != attr.uid) && !caller.is_root();
    let wrong_group = set.gid.is_some_and(|gid| !caller.in_group(gid)) && !caller.is_root();
    if (set.mode.is_some() || set.uid.is_some() || set.gid.is_some()) && (!owns || gives_away || wrong_group)
    {
        return Err(Errno::Perm);
    }
    let writes = set.size.is_some() || set.mtime == Some(SetTime::Now);
    if writes && !owns && !permits(attr, caller, want::WRITE) {
        return Err(Errno::Access);
    }
    if set.size.is_some() && !permits(attr, caller, want::WRITE) {
        return Err(Errno::Access);
    }
    Ok(())
}
