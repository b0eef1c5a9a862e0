//! A small file system in memory: what the server is tested against.
//!
//! It keeps names, attributes, data, permissions and the replies of changes, as the replicated volumes do,
//! and can be told to hold changes back or to lose their replies.

use bytes::Bytes;
use nasd_base::file::{
    Attr, BeforeAttr, Caller, DirEntry, FileKind, LINKS_MAX, NewNode, SetAttr, SetTime, VolumeStat, Wcc,
    permits, want,
};
use nasd_base::net::BoxFuture;
use nasd_base::{Errno, Ino, OpId, Timestamp, Txg, VolumeId};
use nasd_fs::{
    CallResult, Change, Context, CreateMode, FileService, OperationKind, Outcome, Reply, Request, Stability,
    WriteVerifier,
};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::watch;

/// The volumes that exist.
pub const VOLUMES: [VolumeId; 2] = [VolumeId(1), VolumeId(2)];

pub struct MemoryFiles {
    volumes: Mutex<HashMap<VolumeId, Volume>>,
    /// Changes carried out; repetitions answered from a kept reply do not count.
    pub changes: AtomicU64,
    /// Calls of any kind that arrived.
    pub calls: AtomicU64,
    /// Calls being carried out now, and the most there were.
    pub running: AtomicU64,
    pub running_max: AtomicU64,
    /// Everybody on whose behalf a call was made.
    pub callers: Mutex<Vec<Caller>>,
    held: watch::Sender<bool>,
    lose_replies: AtomicU64,
    /// The next writes are refused because they came late.
    pub late_writes: AtomicU64,
    /// While true, no leader is reachable and nothing happens.
    pub leaderless: std::sync::atomic::AtomicBool,
    pub panic_on_commit: std::sync::atomic::AtomicBool,
}

impl Default for MemoryFiles {
    fn default() -> Self {
        let volumes = VOLUMES.into_iter().map(|id| (id, Volume::new())).collect();
        let (held, _) = watch::channel(false);
        MemoryFiles {
            volumes: Mutex::new(volumes),
            changes: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            running: AtomicU64::new(0),
            running_max: AtomicU64::new(0),
            callers: Mutex::default(),
            held,
            lose_replies: AtomicU64::new(0),
            late_writes: AtomicU64::new(0),
            leaderless: false.into(),
            panic_on_commit: false.into(),
        }
    }
}

impl MemoryFiles {
    /// While true, calls wait before they are carried out.
    pub fn hold(&self, hold: bool) {
        self.held.send_replace(hold);
    }

    /// The next `count` changes happen, but their callers hear that no leader could be reached.
    pub fn lose_replies(&self, count: u64) {
        self.lose_replies.store(count, SeqCst);
    }

    /// Changes an inode behind the protocol's back.
    pub fn edit(&self, volume: VolumeId, ino: Ino, edit: impl FnOnce(&mut Attr)) {
        let mut volumes = self.volumes.lock();
        edit(&mut volumes.get_mut(&volume).unwrap().inodes.get_mut(&ino.0).unwrap().attr);
    }

    fn carry_out(&self, volume: VolumeId, context: &Context, request: Request, body: Bytes) -> CallResult {
        let mut volumes = self.volumes.lock();
        let volume = volumes.get_mut(&volume).ok_or(Errno::Stale)?;
        let Request::Change(change) = request else { return volume.query(&context.caller, request, body) };
        if let Some(kept) = volume.replies.get(&context.op) {
            return kept.clone().map(|outcome| (Reply::Outcome(outcome), Bytes::new()));
        }
        let result = volume.change(&context.caller, change);
        self.changes.fetch_add(1, SeqCst);
        if context.op != OpId::NONE {
            volume.replies.insert(context.op, result.clone());
        }
        let lost = self.lose_replies.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        if lost {
            Err(Errno::TimedOut)
        } else {
            result.map(|outcome| (Reply::Outcome(outcome), Bytes::new()))
        }
    }
}

impl FileService for MemoryFiles {
    fn call<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, CallResult> {
        Box::pin(async move {
            self.calls.fetch_add(1, SeqCst);
            self.callers.lock().push(context.caller.clone());
            context.trace.note_request(OperationKind::of(&request), &request);
            let running = self.running.fetch_add(1, SeqCst) + 1;
            self.running_max.fetch_max(running, SeqCst);
            let mut held = self.held.subscribe();
            let _ = held.wait_for(|held| !held).await;
            self.running.fetch_sub(1, SeqCst);
            if matches!(request, Request::Commit { .. }) && self.panic_on_commit.load(SeqCst) {
                panic!("a bug in the file service");
            }
            if self.leaderless.load(SeqCst) {
                return Err(Errno::TimedOut);
            }
            let is_late =
                || self.late_writes.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
            if matches!(request, Request::Write { .. }) && is_late() {
                return Err(Errno::Again);
            }
            self.carry_out(volume, context, request, body)
        })
    }

    fn call_keeping<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, (CallResult, Duration)> {
        Box::pin(async move { (self.call(volume, context, request, body).await, Duration::ZERO) })
    }
}

struct Inode {
    attr: Attr,
    data: Vec<u8>,
    target: Bytes,
    /// Names with their cookies, which are never used again.
    names: BTreeMap<Bytes, (Ino, u64)>,
    next_cookie: u64,
    parent: Ino,
    verifier: Option<u64>,
}

struct Volume {
    inodes: BTreeMap<u64, Inode>,
    next_ino: u64,
    txg: u64,
    replies: HashMap<OpId, Result<Outcome, Errno>>,
}

const VERIFIER: WriteVerifier = WriteVerifier(0x1122_3344_5566_7788);
/// Cookies 1 and 2 belong to `.` and `..`.
const FIRST_COOKIE: u64 = 3;

impl Volume {
    fn new() -> Volume {
        let mut volume = Volume { inodes: BTreeMap::new(), next_ino: 1, txg: 0, replies: HashMap::new() };
        let set = SetAttr { mode: Some(0o777), ..SetAttr::default() };
        volume.insert(Ino::ROOT, &NewNode::Directory, set, &Caller::root());
        volume
    }

    fn now(&self) -> Timestamp {
        Timestamp { secs: 1_700_000_000 + self.txg as i64, nanos: 123_456_789 }
    }

    fn inode(&mut self, ino: Ino) -> Result<&mut Inode, Errno> {
        self.inodes.get_mut(&ino.0).ok_or(Errno::Stale)
    }

    fn attr(&self, ino: Ino) -> Result<Attr, Errno> {
        self.inodes.get(&ino.0).map(|inode| inode.attr).ok_or(Errno::Stale)
    }

    fn dir(&mut self, ino: Ino, caller: &Caller, wanted: u32) -> Result<&mut Inode, Errno> {
        let inode = self.inode(ino)?;
        if inode.attr.kind != FileKind::Directory {
            return Err(Errno::NotDir);
        }
        if !permits(&inode.attr, caller, wanted) {
            return Err(Errno::Access);
        }
        Ok(inode)
    }

    fn insert(&mut self, parent: Ino, node: &NewNode, set: SetAttr, caller: &Caller) -> Attr {
        let ino = Ino(self.next_ino);
        self.next_ino += 1;
        let now = self.now();
        let (major, minor) = match node {
            NewNode::CharDevice { major, minor } | NewNode::BlockDevice { major, minor } => (*major, *minor),
            _ => (0, 0),
        };
        let target = if let NewNode::Symlink { target } = node { target.clone() } else { Bytes::new() };
        let directory = node.kind() == FileKind::Directory;
        let attr = Attr {
            ino,
            generation: ino.0 ^ 0xabcd,
            kind: node.kind(),
            mode: set.mode.unwrap_or(0o600),
            nlink: if directory { 2 } else { 1 },
            uid: set.uid.unwrap_or(caller.uid),
            gid: set.gid.unwrap_or(caller.gid),
            major,
            minor,
            size: target.len() as u64,
            allocated: 0,
            atime: now,
            mtime: now,
            ctime: now,
            btime: now,
            change: Txg(self.txg),
        };
        let inode = Inode {
            attr,
            data: Vec::new(),
            target,
            names: BTreeMap::new(),
            next_cookie: FIRST_COOKIE,
            parent,
            verifier: None,
        };
        self.inodes.insert(ino.0, inode);
        attr
    }

    fn query(&mut self, caller: &Caller, request: Request, body: Bytes) -> CallResult {
        let reply = match request {
            Request::Lookup { parent, name } => {
                let up = (name == "..").then_some(());
                let dir = self.dir(parent, caller, want::EXECUTE)?;
                let ino = match up {
                    Some(()) => dir.parent,
                    None => dir.names.get(&name).ok_or(Errno::NoEnt)?.0,
                };
                Reply::Entry { dir: dir.attr, attr: self.attr(ino)? }
            }
            Request::GetAttr { ino } => Reply::Attr(self.attr(ino)?),
            Request::ReadLink { ino } => match self.inode(ino)? {
                inode if inode.attr.kind == FileKind::Symlink => {
                    Reply::Target { target: inode.target.clone(), attr: inode.attr }
                }
                _ => return Err(Errno::Inval),
            },
            Request::ReadDir { ino, cookie, entries_max, attrs, .. } => {
                self.list(caller, ino, cookie, entries_max as usize, attrs)?
            }
            Request::Read { ino, offset, len } => return self.read(caller, ino, offset, len),
            Request::Write { ino, offset, stability } => self.write(caller, ino, offset, stability, &body)?,
            Request::Commit { ino } => {
                let attr = self.attr(ino)?;
                Reply::Committed { before: BeforeAttr::from(&attr), attr, verifier: VERIFIER }
            }
            Request::StatVolume => Reply::Volume(VolumeStat {
                total_bytes: 1 << 40,
                free_bytes: 1 << 39,
                available_bytes: 1 << 38,
                total_inodes: 1_000_000,
                free_inodes: 1_000_000 - self.inodes.len() as u64,
                ..VolumeStat::default()
            }),
            _ => return Err(Errno::NotSupported),
        };
        Ok((reply, Bytes::new()))
    }

    fn list(
        &mut self,
        caller: &Caller,
        ino: Ino,
        cookie: u64,
        max: usize,
        attrs: bool,
    ) -> Result<Reply, Errno> {
        let dir = self.dir(ino, caller, want::READ)?;
        let dots = [(Bytes::from_static(b"."), (ino, 1)), (Bytes::from_static(b".."), (dir.parent, 2))];
        let mut all: Vec<_> = dots.into_iter().chain(dir.names.clone()).collect();
        all.sort_by_key(|(_, (_, cookie))| *cookie);
        let dir_attr = dir.attr;
        let left: Vec<_> = all.into_iter().filter(|(_, (_, at))| *at > cookie).collect();
        let end = left.len() <= max;
        let entries = left.into_iter().take(max).map(|(name, (ino, cookie))| {
            let attr = self.attr(ino)?;
            Ok(DirEntry { name, ino, kind: attr.kind, cookie, attr: attrs.then_some(attr) })
        });
        Ok(Reply::Dir { dir: dir_attr, entries: entries.collect::<Result<_, Errno>>()?, end })
    }

    fn file(&mut self, caller: &Caller, ino: Ino, wanted: u32) -> Result<&mut Inode, Errno> {
        let inode = self.inode(ino)?;
        match inode.attr.kind {
            FileKind::File => {}
            FileKind::Directory => return Err(Errno::IsDir),
            _ => return Err(Errno::Inval),
        }
        if caller.uid != inode.attr.uid && !permits(&inode.attr, caller, wanted) {
            return Err(Errno::Access);
        }
        Ok(inode)
    }

    fn read(&mut self, caller: &Caller, ino: Ino, offset: u64, len: u32) -> CallResult {
        let inode = self.file(caller, ino, want::READ)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(inode.data.len());
        let to = from.saturating_add(len as usize).min(inode.data.len());
        let end = to == inode.data.len();
        Ok((Reply::Data { attr: inode.attr, end }, Bytes::copy_from_slice(&inode.data[from..to])))
    }

    fn write(
        &mut self,
        caller: &Caller,
        ino: Ino,
        offset: u64,
        stability: Stability,
        body: &[u8],
    ) -> Result<Reply, Errno> {
        self.txg += 1;
        let (now, txg) = (self.now(), self.txg);
        let inode = self.file(caller, ino, want::WRITE)?;
        let before = BeforeAttr::from(&inode.attr);
        let from = usize::try_from(offset).unwrap();
        if from > 1 << 30 {
            return Err(Errno::NoSpace);
        }
        let end = from + body.len();
        if inode.data.len() < end {
            inode.data.resize(end, 0);
        }
        inode.data[from..end].copy_from_slice(body);
        inode.attr.size = inode.data.len() as u64;
        inode.attr.allocated = inode.attr.size;
        (inode.attr.mtime, inode.attr.ctime, inode.attr.change) = (now, now, Txg(txg));
        Ok(Reply::Written { before, attr: inode.attr, stability, verifier: VERIFIER })
    }

    fn change(&mut self, caller: &Caller, change: Change) -> Result<Outcome, Errno> {
        self.txg += 1;
        match change {
            Change::Create { parent, name, node, set, mode } => {
                self.create(caller, parent, name, &node, set, mode)
            }
            Change::Link { ino, parent, name } => self.link(caller, ino, parent, name),
            Change::Unlink { parent, name } => self.remove(caller, parent, &name, false),
            Change::Rmdir { parent, name } => self.remove(caller, parent, &name, true),
            Change::Rename { from_parent, from_name, to_parent, to_name, .. } => {
                self.rename(caller, (from_parent, from_name), (to_parent, to_name))
            }
            Change::SetAttr { ino, set, guard } => self.set_attr(caller, ino, set, guard),
            _ => Err(Errno::Perm),
        }
    }

    /// Changes a directory's names and returns its attributes around that.
    fn touch(&mut self, dir: Ino, change: impl FnOnce(&mut Inode)) -> Result<Wcc, Errno> {
        let (now, txg) = (self.now(), self.txg);
        let inode = self.inode(dir)?;
        let before = BeforeAttr::from(&inode.attr);
        change(inode);
        (inode.attr.mtime, inode.attr.ctime, inode.attr.change) = (now, now, Txg(txg));
        Ok(Wcc { before, after: inode.attr })
    }

    fn add_name(&mut self, dir: Ino, name: Bytes, ino: Ino) -> Result<Wcc, Errno> {
        self.touch(dir, |dir| {
            dir.names.insert(name, (ino, dir.next_cookie));
            dir.next_cookie += 1;
        })
    }

    fn create(
        &mut self,
        caller: &Caller,
        parent: Ino,
        name: Bytes,
        node: &NewNode,
        set: SetAttr,
        mode: CreateMode,
    ) -> Result<Outcome, Errno> {
        let existing = self.dir(parent, caller, want::EXECUTE)?.names.get(&name).copied();
        if let Some((ino, _)) = existing {
            return self.found(parent, ino, set, mode);
        }
        self.dir(parent, caller, want::WRITE | want::EXECUTE)?;
        let given_away =
            set.uid.is_some_and(|uid| uid != caller.uid) || set.gid.is_some_and(|gid| !caller.in_group(gid));
        if given_away && !caller.is_root() {
            return Err(Errno::Perm);
        }
        if matches!(node, NewNode::CharDevice { .. } | NewNode::BlockDevice { .. }) && !caller.is_root() {
            return Err(Errno::Perm);
        }
        let attr = self.insert(parent, node, set, caller);
        if let CreateMode::Exclusive { verifier } = mode {
            self.inode(attr.ino)?.verifier = Some(verifier);
        }
        let dir = self.add_name(parent, name, attr.ino)?;
        Ok(Outcome::Created { attr, dir, made: true })
    }

    fn found(&mut self, parent: Ino, ino: Ino, set: SetAttr, mode: CreateMode) -> Result<Outcome, Errno> {
        let inode = self.inode(ino)?;
        let same = match mode {
            CreateMode::Unchecked => inode.attr.kind == FileKind::File,
            CreateMode::Guarded => false,
            CreateMode::Exclusive { verifier } => inode.verifier == Some(verifier),
        };
        if !same {
            return Err(Errno::Exist);
        }
        if let Some(size) = set.size {
            inode.data.resize(size as usize, 0);
            inode.attr.size = size;
        }
        let attr = inode.attr;
        let dir = self.attr(parent)?;
        let dir = Wcc { before: BeforeAttr::from(&dir), after: dir };
        Ok(Outcome::Created { attr, dir, made: false })
    }

    fn link(&mut self, caller: &Caller, ino: Ino, parent: Ino, name: Bytes) -> Result<Outcome, Errno> {
        let attr = self.attr(ino)?;
        if attr.kind == FileKind::Directory {
            return Err(Errno::IsDir);
        }
        if self.dir(parent, caller, want::WRITE | want::EXECUTE)?.names.contains_key(&name) {
            return Err(Errno::Exist);
        }
        if attr.nlink >= LINKS_MAX {
            return Err(Errno::TooManyLinks);
        }
        let now = self.now();
        let inode = self.inode(ino)?;
        inode.attr.nlink += 1;
        inode.attr.ctime = now;
        let attr = inode.attr;
        Ok(Outcome::Linked { attr, dir: self.add_name(parent, name, ino)? })
    }

    /// Takes a name's link off an inode; the last one takes the inode.
    fn drop_link(&mut self, ino: Ino) -> Result<u32, Errno> {
        let inode = self.inode(ino)?;
        let gone = if inode.attr.kind == FileKind::Directory { 2 } else { 1 };
        inode.attr.nlink -= gone;
        let left = inode.attr.nlink;
        if left == 0 {
            self.inodes.remove(&ino.0);
        }
        Ok(left)
    }

    fn check_removable(&self, ino: Ino, as_directory: bool) -> Result<(), Errno> {
        let inode = self.inodes.get(&ino.0).ok_or(Errno::Stale)?;
        match (inode.attr.kind == FileKind::Directory, as_directory) {
            (true, false) => Err(Errno::IsDir),
            (false, true) => Err(Errno::NotDir),
            (true, true) if !inode.names.is_empty() => Err(Errno::NotEmpty),
            _ => Ok(()),
        }
    }

    fn remove(
        &mut self,
        caller: &Caller,
        parent: Ino,
        name: &Bytes,
        directory: bool,
    ) -> Result<Outcome, Errno> {
        let dir = self.dir(parent, caller, want::WRITE | want::EXECUTE)?;
        let (ino, _) = *dir.names.get(name).ok_or(Errno::NoEnt)?;
        self.check_removable(ino, directory)?;
        let dir = self.touch(parent, |dir| {
            dir.names.remove(name);
        })?;
        Ok(Outcome::Removed { ino, nlink: self.drop_link(ino)?, dir })
    }

    fn rename(&mut self, caller: &Caller, from: (Ino, Bytes), to: (Ino, Bytes)) -> Result<Outcome, Errno> {
        let access = want::WRITE | want::EXECUTE;
        let (ino, _) = *self.dir(from.0, caller, access)?.names.get(&from.1).ok_or(Errno::NoEnt)?;
        let existing = self.dir(to.0, caller, access)?.names.get(&to.1).map(|(ino, _)| *ino);
        let kind = self.attr(ino)?.kind;
        if let Some(existing) = existing.filter(|existing| *existing != ino) {
            self.check_removable(existing, kind == FileKind::Directory)?;
        }
        let lost = self.touch(from.0, |dir| {
            dir.names.remove(&from.1);
        })?;
        let replaced = match existing {
            Some(old) if old != ino => Some((old, self.drop_link(old)?)),
            _ => None,
        };
        let got = self.add_name(to.0, to.1, ino)?;
        self.inode(ino)?.parent = to.0;
        Ok(Outcome::Renamed { from: lost, to: got, replaced })
    }

    fn set_attr(
        &mut self,
        caller: &Caller,
        ino: Ino,
        set: SetAttr,
        guard: Option<Timestamp>,
    ) -> Result<Outcome, Errno> {
        let (now, txg) = (self.now(), self.txg);
        let inode = self.inode(ino)?;
        if guard.is_some_and(|guard| guard != inode.attr.ctime) {
            return Err(Errno::NotSync);
        }
        let owner = caller.is_root() || caller.uid == inode.attr.uid;
        let gives_away = set.uid.is_some_and(|uid| uid != inode.attr.uid)
            || set.gid.is_some_and(|gid| gid != inode.attr.gid && !caller.in_group(gid));
        let owners_only = set.mode.is_some() || set.uid.is_some() || set.gid.is_some() || set.mtime.is_some();
        if (owners_only && !owner) || (gives_away && !caller.is_root()) {
            return Err(Errno::Perm);
        }
        if set.size.is_some() && !owner && !permits(&inode.attr, caller, want::WRITE) {
            return Err(Errno::Access);
        }
        let before = BeforeAttr::from(&inode.attr);
        if let Some(size) = set.size {
            if inode.attr.kind != FileKind::File {
                return Err(Errno::Inval);
            }
            inode.data.resize(usize::try_from(size.min(1 << 30)).unwrap(), 0);
            inode.attr.size = size;
        }
        let time = |time| match time {
            SetTime::Now => now,
            SetTime::To(stamp) => stamp,
        };
        let attr = &mut inode.attr;
        attr.mode = set.mode.unwrap_or(attr.mode);
        attr.uid = set.uid.unwrap_or(attr.uid);
        attr.gid = set.gid.unwrap_or(attr.gid);
        attr.atime = set.atime.map_or(attr.atime, time);
        attr.mtime = set.mtime.map_or(attr.mtime, time);
        (attr.ctime, attr.change) = (now, Txg(txg));
        Ok(Outcome::Changed(Wcc { before, after: *attr }))
    }
}
