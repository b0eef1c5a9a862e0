//! The oracle: a file system in plain maps. Reaped inodes are gone from it. Here are names and who may change them;
//! the rest is in `data`, `locks` and `rename`.

use nasd_base::file::{Caller, FileKind, NewNode, SetAttr, SetTime};
use nasd_base::{ChunkId, Errno, Ino, Timestamp};
use nasd_meta::{Change, CreateMode, LockOwner, Stamp};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub struct Node {
    pub kind: FileKind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub nlink: u32,
    pub parent: u64,
    pub names: BTreeMap<String, u64>,
    pub size: u64,
    pub bytes: BTreeMap<u64, u8>,
    pub target: Vec<u8>,
    pub verifier: Option<u64>,
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    pub atime: Timestamp,
    pub mtime: Timestamp,
    pub ctime: Timestamp,
    /// The number of the newest change that the attributes show.
    pub change: u64,
    /// Who has locked which cell, and whether exclusively.
    pub locks: BTreeMap<(LockOwner, u64), bool>,
}

impl Node {
    pub fn is_dir(&self) -> bool {
        self.kind == FileKind::Directory
    }
}

/// What a change is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Done,
    /// The inode, and whether it is new.
    Created(u64, bool),
    /// An inode that lost a name, and the links it has left.
    Removed(u64, u32),
    Replaced(Option<(u64, u32)>),
    Count(u32),
}

pub type Answer = Result<Told, Errno>;

pub fn ensure(holds: bool, errno: Errno) -> Result<(), Errno> {
    if holds { Ok(()) } else { Err(errno) }
}

pub struct Plain {
    pub nodes: BTreeMap<u64, Node>,
    pub next: u64,
    /// What the chunks hold that the test has made up.
    pub chunks: BTreeMap<ChunkId, Vec<u8>>,
    /// Inodes that the last change has dated.
    pub touched: BTreeSet<u64>,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
}

impl Plain {
    pub fn new() -> Plain {
        let mut plain = Plain {
            nodes: BTreeMap::new(),
            next: 1,
            chunks: BTreeMap::new(),
            touched: BTreeSet::new(),
            caller: Caller::root(),
            now: Timestamp::default(),
        };
        plain.add(FileKind::Directory, 0o777, 0, 1);
        plain
    }

    /// Carries out a change as the stamp's caller, at its time.
    pub fn apply(&mut self, stamp: &Stamp, change: &Change) -> Answer {
        (self.caller, self.now) = (stamp.caller.clone(), stamp.now);
        self.touched.clear();
        let text = |name: &bytes::Bytes| String::from_utf8(name.to_vec()).expect("one of our names");
        match change {
            Change::Create { parent, name, node, set, mode } => {
                self.create(parent.0, &text(name), node, set, *mode)
            }
            Change::Link { ino, parent, name } => self.link(ino.0, parent.0, &text(name)),
            Change::Unlink { parent, name } => self.remove(parent.0, &text(name), false),
            Change::Rmdir { parent, name } => self.remove(parent.0, &text(name), true),
            Change::Rename { from_parent, from_name, to_parent, to_name, mode } => {
                self.rename((from_parent.0, &text(from_name)), (to_parent.0, &text(to_name)), *mode)
            }
            Change::SetAttr { ino, set, guard } => self.set_attr(ino.0, set, *guard),
            Change::SetXattr { ino, name, value, mode } => self.set_xattr(ino.0, name, value, *mode),
            Change::RemoveXattr { ino, name } => self.remove_xattr(ino.0, name),
            Change::Write { ino, pieces, modified, .. } => self.write(ino.0, pieces, *modified),
            Change::Punch { ino, offset, len } => self.punch(ino.0, *offset, *len),
            Change::Lock { ino, owner, range, exclusive, .. } => self.lock(ino.0, *owner, *range, *exclusive),
            Change::Unlock { ino, owner, range } => self.unlock(ino.0, *owner, *range),
            Change::EndSession { session } => self.end_session(*session),
            Change::Reap { inos } => self.reap(inos),
            // Where the bytes are is nothing to a file system in plain maps.
            Change::Restage { .. } | Change::AllocateChunks { .. } => Ok(Told::Done),
            Change::SetLimits { .. } | Change::Reshape { .. } => {
                unreachable!("no step makes it: `quota` and `punch` have their own tests")
            }
        }
    }

    pub fn add(&mut self, kind: FileKind, mode: u32, gid: u32, parent: u64) -> u64 {
        let (ino, now) = (self.next, self.now);
        self.next += 1;
        let node = Node {
            kind,
            mode,
            uid: self.caller.uid,
            gid,
            nlink: if kind == FileKind::Directory { 2 } else { 1 },
            parent,
            names: BTreeMap::new(),
            size: 0,
            bytes: BTreeMap::new(),
            target: vec![],
            verifier: None,
            xattrs: BTreeMap::new(),
            atime: now,
            mtime: now,
            ctime: now,
            change: 0,
            locks: BTreeMap::new(),
        };
        self.nodes.insert(ino, node);
        self.touched.insert(ino);
        ino
    }

    pub fn node(&mut self, ino: u64) -> &mut Node {
        self.nodes.get_mut(&ino).expect("an inode that was looked at")
    }

    pub fn get(&self, ino: u64) -> Result<&Node, Errno> {
        self.nodes.get(&ino).ok_or(Errno::Stale)
    }

    /// Something about it has changed.
    pub fn touch(&mut self, ino: u64) -> &mut Node {
        self.touched.insert(ino);
        let now = self.now;
        let node = self.node(ino);
        node.ctime = now;
        node
    }

    /// Its data, or its names, have changed.
    pub fn touch_data(&mut self, ino: u64) -> &mut Node {
        let now = self.now;
        let node = self.touch(ino);
        node.mtime = now;
        node
    }

    pub fn in_group(&self, gid: u32) -> bool {
        self.caller.uid == 0 || self.caller.gid == gid || self.caller.groups.contains(&gid)
    }

    /// The first class that fits decides.
    pub fn may(&self, ino: u64, want: u32) -> bool {
        let node = &self.nodes[&ino];
        let member = self.caller.gid == node.gid || self.caller.groups.contains(&node.gid);
        let bits = match node {
            _ if self.caller.uid == node.uid => node.mode >> 6,
            _ if member => node.mode >> 3,
            _ => node.mode,
        };
        self.caller.uid == 0 || bits & want == want
    }

    pub fn owns(&self, ino: u64) -> bool {
        self.caller.uid == 0 || self.caller.uid == self.nodes[&ino].uid
    }

    pub fn dir(&self, ino: u64) -> Result<(), Errno> {
        ensure(self.get(ino)?.is_dir(), Errno::NotDir)?;
        ensure(self.may(ino, 1), Errno::Access)
    }

    pub fn may_add(&self, dir: u64) -> Result<(), Errno> {
        ensure(self.nodes[&dir].nlink > 0, Errno::NoEnt)?;
        ensure(self.may(dir, 3), Errno::Access)
    }

    pub fn may_remove(&self, dir: u64, victim: u64) -> Result<(), Errno> {
        ensure(self.may(dir, 3), Errno::Access)?;
        let sticky = self.nodes[&dir].mode & 0o1000 != 0;
        ensure(!sticky || self.owns(dir) || self.owns(victim), Errno::Perm)
    }

    pub fn named(&self, dir: u64, name: &str) -> Option<u64> {
        self.nodes[&dir].names.get(name).copied()
    }

    pub fn set_name(&mut self, dir: u64, name: &str, ino: Option<u64>) {
        let names = &mut self.touch_data(dir).names;
        match ino {
            Some(ino) => names.insert(name.to_owned(), ino),
            None => names.remove(name),
        };
    }

    /// The group of what the caller makes in a directory.
    pub fn gid_in(&self, dir: u64) -> u32 {
        let dir = &self.nodes[&dir];
        if dir.mode & 0o2000 != 0 { dir.gid } else { self.caller.gid }
    }

    fn create(&mut self, dir: u64, name: &str, node: &NewNode, set: &SetAttr, mode: CreateMode) -> Answer {
        self.dir(dir)?;
        if let Some(ino) = self.named(dir, name) {
            return self.create_existing(ino, node, set, mode);
        }
        self.may_add(dir)?;
        let kind = node.kind();
        let setgid = self.nodes[&dir].mode & 0o2000;
        let usual = self.gid_in(dir);
        let gid = set.gid.unwrap_or(usual);
        ensure(gid == usual || self.in_group(gid), Errno::Perm)?;
        let mut bits = set.mode.expect("always given") & 0o7777;
        match kind {
            FileKind::Directory => bits |= setgid,
            FileKind::Symlink => bits = 0o777,
            // Nobody makes a program that runs as a group that is not theirs.
            _ if bits & 0o010 != 0 && !self.in_group(gid) => bits &= !0o2000,
            _ => {}
        }
        let ino = self.add(kind, bits, gid, dir);
        let new = self.node(ino);
        match (node, mode) {
            (NewNode::Symlink { target }, _) => {
                (new.target, new.size) = (target.to_vec(), target.len() as u64)
            }
            (NewNode::File, _) => new.size = set.size.unwrap_or(0),
            _ => {}
        }
        if let CreateMode::Exclusive { verifier } = mode {
            new.verifier = Some(verifier);
        }
        self.set_name(dir, name, Some(ino));
        self.node(dir).nlink += u32::from(kind == FileKind::Directory);
        Ok(Told::Created(ino, true))
    }

    fn create_existing(&mut self, ino: u64, node: &NewNode, set: &SetAttr, mode: CreateMode) -> Answer {
        let found = &self.nodes[&ino];
        ensure(*node == NewNode::File && found.kind == FileKind::File, Errno::Exist)?;
        match mode {
            CreateMode::Guarded => return Err(Errno::Exist),
            CreateMode::Exclusive { verifier } => ensure(found.verifier == Some(verifier), Errno::Exist)?,
            CreateMode::Unchecked => {
                if let Some(size) = set.size {
                    self.may_change_data(ino)?;
                    self.resize(ino, size);
                }
            }
        }
        Ok(Told::Created(ino, false))
    }

    fn link(&mut self, ino: u64, dir: u64, name: &str) -> Answer {
        self.get(ino)?;
        self.dir(dir)?;
        ensure(self.named(dir, name).is_none(), Errno::Exist)?;
        self.may_add(dir)?;
        ensure(!self.nodes[&ino].is_dir(), Errno::Perm)?;
        ensure(self.nodes[&ino].nlink > 0, Errno::NoEnt)?;
        self.touch(ino).nlink += 1;
        self.set_name(dir, name, Some(ino));
        Ok(Told::Done)
    }

    /// Takes a link, from a directory its only one.
    pub fn drop_link(&mut self, ino: u64) -> u32 {
        let node = self.touch(ino);
        node.nlink = if node.is_dir() { 0 } else { node.nlink - 1 };
        node.nlink
    }

    fn remove(&mut self, dir: u64, name: &str, directory: bool) -> Answer {
        self.dir(dir)?;
        let ino = self.named(dir, name).ok_or(Errno::NoEnt)?;
        self.may_remove(dir, ino)?;
        let victim = &self.nodes[&ino];
        if directory {
            ensure(victim.is_dir(), Errno::NotDir)?;
            ensure(victim.names.is_empty(), Errno::NotEmpty)?;
        } else {
            ensure(!victim.is_dir(), Errno::IsDir)?;
        }
        self.set_name(dir, name, None);
        self.node(dir).nlink -= u32::from(directory);
        Ok(Told::Removed(ino, self.drop_link(ino)))
    }

    fn reap(&mut self, inos: &[Ino]) -> Answer {
        let before = self.nodes.len();
        self.nodes.retain(|ino, node| node.nlink > 0 || !inos.contains(&Ino(*ino)));
        Ok(Told::Count((before - self.nodes.len()) as u32))
    }

    pub fn time(&self, time: SetTime) -> Timestamp {
        match time {
            SetTime::Now => self.now,
            SetTime::To(time) => time,
        }
    }
}
