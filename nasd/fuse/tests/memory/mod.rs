//! Owns a volume in memory for tests: files, names, permissions, and a leader that can forget what was not
//! committed.
#![allow(dead_code, reason = "each test uses the part it needs")]

mod change;
mod content;

use bytes::Bytes;
use content::Content;
use nasd_base::file::{Attr, BeforeAttr, Caller, DirEntry, FileKind, VolumeStat, permits, want};
use nasd_base::net::BoxFuture;
use nasd_base::{Errno, Ino, NodeId, Timestamp, Txg, VolumeId};
use nasd_fs::{
    CacheHolder, CallResult, Context, FileService, HeldLock, LockOwner, LockRange, LockSession, Reply,
    Request, Stability, WriteVerifier,
};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

pub const VOLUME: VolumeId = VolumeId(7);

struct Node {
    attr: Attr,
    /// What the leader answers with, and what a majority has.
    now: Content,
    durable: Content,
    target: Bytes,
    /// Name to inode and cookie.
    entries: BTreeMap<Bytes, (Ino, u64)>,
    next_cookie: u64,
    xattrs: BTreeMap<Bytes, Bytes>,
}

#[derive(Default)]
struct State {
    nodes: HashMap<Ino, Node>,
    parents: HashMap<Ino, Ino>,
    next_ino: u64,
    txg: u64,
    clock: u64,
    verifier: u64,
    opens: HashMap<Ino, u64>,
    sessions: u64,
    locks: Vec<(Ino, HeldLock)>,
    /// For how long kernels may keep what replies show. Nothing is recalled.
    keep: Duration,
    /// Bytes of data that fit.
    capacity: u64,
    /// Calls that write or commit fail with this.
    refusal: Option<Errno>,
    /// The leader is lost when this many more data calls have been made.
    fails_over_in: Option<u32>,
    counts: Counts,
    /// `(offset, length, stability)` of each write with data.
    writes: Vec<(u64, usize, Stability)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub commits: u32,
    pub fail_overs: u32,
    pub lookups: u32,
}

/// What a call waits for before it is carried out, if for anything: the leader's recalls, in tests of those.
pub type Before = Arc<dyn Fn(&Context, &Request) -> Option<BoxFuture<'static, ()>> + Send + Sync>;

/// A volume in memory.
pub struct Memory {
    state: Mutex<State>,
    before: Mutex<Option<Before>>,
    holders: Mutex<HashMap<LockSession, Arc<dyn CacheHolder>>>,
}

impl Memory {
    pub fn new() -> Memory {
        let mut state = State { next_ino: 2, verifier: 100, capacity: u64::MAX, ..State::default() };
        let root = state.node(Ino::ROOT, FileKind::Directory, 0o755, &Caller::root());
        state.nodes.insert(Ino::ROOT, root);
        state.parents.insert(Ino::ROOT, Ino::ROOT);
        let (before, holders) = Default::default();
        Memory { state: Mutex::new(state), before, holders }
    }

    /// The leader dies: what was not committed is gone, and the verifier is another.
    pub fn fail_over(&self) {
        self.state.lock().fail_over();
    }

    /// The leader dies before the `calls`-th data call from now is answered.
    pub fn fail_over_in(&self, calls: u32) {
        self.state.lock().fails_over_in = Some(calls);
    }

    /// Writes and commits fail with `refusal` until it is `None`.
    pub fn refuse(&self, refusal: Option<Errno>) {
        self.state.lock().refusal = refusal;
    }

    /// Kernels may keep what replies show for `keep`, whatever `write_elsewhere` does.
    pub fn let_keep(&self, keep: Duration) {
        self.state.lock().keep = keep;
    }

    /// From now on calls wait for what `before` says.
    pub fn wait_before(&self, before: Before) {
        *self.before.lock() = Some(before);
    }

    /// Through `holder` the mount's kernel forgets.
    pub fn hold(&self, session: LockSession, holder: Arc<dyn CacheHolder>) {
        self.holders.lock().insert(session, holder);
    }

    /// The mounts whose kernels keep anything, oldest first, and who makes them forget.
    pub fn holders(&self) -> Vec<(LockSession, Arc<dyn CacheHolder>)> {
        let mut holders: Vec<_> =
            self.holders.lock().iter().map(|(session, holder)| (*session, holder.clone())).collect();
        holders.sort_by_key(|(session, _)| session.id);
        holders
    }

    pub fn set_capacity(&self, bytes: u64) {
        self.state.lock().capacity = bytes;
    }

    pub fn counts(&self) -> Counts {
        self.state.lock().counts
    }

    /// `(offset, length, stability)` of each write so far.
    pub fn writes(&self) -> Vec<(u64, usize, Stability)> {
        self.state.lock().writes.clone()
    }

    /// What a majority's disks hold of the file at `path`.
    pub fn durable(&self, path: &str) -> Vec<u8> {
        let state = self.state.lock();
        let node = &state.nodes[&state.resolve(path)];
        node.durable.read(0, node.durable.size)
    }

    /// What the leader would answer a reader with.
    pub fn visible(&self, path: &str) -> Vec<u8> {
        let state = self.state.lock();
        let node = &state.nodes[&state.resolve(path)];
        node.now.read(0, node.now.size)
    }

    pub fn ino(&self, path: &str) -> Ino {
        let state = self.state.lock();
        state.resolve(path)
    }

    /// Writes as another node's client would.
    pub fn write_elsewhere(&self, path: &str, offset: u64, data: &[u8]) {
        let mut state = self.state.lock();
        let ino = state.resolve(path);
        let now = state.tick();
        let node = state.nodes.get_mut(&ino).unwrap();
        node.now.write(offset, data);
        node.durable.write(offset, data);
        node.touch(now);
    }

    pub fn inodes(&self) -> usize {
        self.state.lock().nodes.len()
    }

    pub fn open_handles(&self) -> u64 {
        self.state.lock().opens.values().sum()
    }

    /// An inode has one more open handle.
    pub fn track(&self, volume: VolumeId, ino: Ino) {
        assert_eq!(volume, VOLUME);
        *self.state.lock().opens.entry(ino).or_default() += 1;
    }

    pub fn new_session(&self) -> LockSession {
        let mut state = self.state.lock();
        state.sessions += 1;
        LockSession { node: NodeId(1), id: state.sessions }
    }

    /// Locks that are held by whomever.
    pub fn locks(&self) -> usize {
        self.state.lock().locks.len()
    }

    /// An inode has one open handle less; an orphan goes with its last.
    pub fn untrack(&self, ino: Ino) {
        let mut state = self.state.lock();
        let count = state.opens.get_mut(&ino).expect("closed what was not open");
        *count -= 1;
        if *count == 0 {
            state.opens.remove(&ino);
            state.reap(ino);
        }
    }
}

impl FileService for Memory {
    fn call<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, CallResult> {
        Box::pin(async move {
            assert_eq!(volume, VOLUME);
            // Let others run, as a real service would.
            tokio::task::yield_now().await;
            let before = self.before.lock().clone();
            if let Some(wait) = before.and_then(|before| before(context, &request)) {
                wait.await;
            }
            if matches!(request, Request::AwaitLock { .. }) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let answer = self.state.lock().answer(context, request, body);
            tokio::task::yield_now().await;
            answer
        })
    }

    fn call_keeping<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, (CallResult, Duration)> {
        Box::pin(async move {
            let answer = self.call(volume, context, request, body).await;
            let keep = self.state.lock().keep;
            (answer, keep)
        })
    }
}

impl Node {
    fn shown(&self) -> Attr {
        let size = match self.attr.kind {
            FileKind::File => self.now.size,
            FileKind::Symlink => self.target.len() as u64,
            _ => self.attr.size,
        };
        Attr { size, allocated: self.now.allocated(), ..self.attr }
    }

    fn touch(&mut self, now: Timestamp) {
        self.attr.mtime = now;
        self.attr.ctime = now;
        self.attr.change.0 += 1;
    }
}

impl State {
    fn node(&mut self, ino: Ino, kind: FileKind, mode: u32, owner: &Caller) -> Node {
        let now = self.tick();
        let nlink = if kind == FileKind::Directory { 2 } else { 1 };
        let (uid, gid) = (owner.uid, owner.gid);
        let (generation, major, minor, size, allocated) = (1, 0, 0, 0, 0);
        let (atime, mtime, ctime, btime, change) = (now, now, now, now, Txg(self.txg));
        let attr = Attr {
            ino,
            generation,
            kind,
            mode,
            nlink,
            uid,
            gid,
            major,
            minor,
            size,
            allocated,
            atime,
            mtime,
            ctime,
            btime,
            change,
        };
        let (now, durable, target) = Default::default();
        Node { attr, now, durable, target, entries: BTreeMap::new(), next_cookie: 3, xattrs: BTreeMap::new() }
    }

    /// Time passes by a millisecond with every change.
    fn tick(&mut self) -> Timestamp {
        self.clock += 1;
        self.txg += 1;
        Timestamp::from_nanos(1_700_000_000_000_000_000 + self.clock as i64 * 1_000_000)
    }

    fn fail_over(&mut self) {
        self.verifier += 1;
        self.counts.fail_overs += 1;
        for node in self.nodes.values_mut() {
            node.now = node.durable.clone();
        }
    }

    fn resolve(&self, path: &str) -> Ino {
        path.split('/').filter(|name| !name.is_empty()).fold(Ino::ROOT, |dir, name| {
            self.nodes[&dir].entries.get(name.as_bytes()).unwrap_or_else(|| panic!("no {name} in {path}")).0
        })
    }

    fn reap(&mut self, ino: Ino) {
        let gone = self.nodes.get(&ino).is_some_and(|node| node.attr.nlink == 0);
        if gone && !self.opens.contains_key(&ino) {
            self.nodes.remove(&ino);
        }
    }

    fn get(&mut self, ino: Ino) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&ino).ok_or(Errno::Stale)
    }

    fn dir(&mut self, ino: Ino, caller: &Caller, wanted: u32) -> Result<&mut Node, Errno> {
        let node = self.get(ino)?;
        if node.attr.kind != FileKind::Directory {
            return Err(Errno::NotDir);
        }
        if permits(&node.attr, caller, wanted) { Ok(node) } else { Err(Errno::Access) }
    }

    fn lookup(&mut self, parent: Ino, name: &[u8], caller: &Caller) -> Result<Ino, Errno> {
        let up = self.parents.get(&parent).copied();
        let dir = self.dir(parent, caller, want::EXECUTE)?;
        match name {
            b"." => Ok(parent),
            b".." => up.ok_or(Errno::NoEnt),
            _ if name.len() > 255 => Err(Errno::NameTooLong),
            _ => dir.entries.get(name).map(|(ino, _)| *ino).ok_or(Errno::NoEnt),
        }
    }

    fn answer(&mut self, context: &Context, request: Request, body: Bytes) -> CallResult {
        assert!(context.holds_open);
        let caller = &context.caller;
        let reply = match request {
            Request::Lookup { parent, name } => {
                self.counts.lookups += 1;
                let ino = self.lookup(parent, &name, caller)?;
                Reply::Entry { attr: self.get(ino)?.shown(), dir: self.get(parent)?.shown() }
            }
            Request::GetAttr { ino } => Reply::Attr(self.get(ino)?.shown()),
            Request::ReadLink { ino } => {
                let node = self.get(ino)?;
                Reply::Target { target: node.target.clone(), attr: node.shown() }
            }
            Request::ReadDir { ino, cookie, entries_max, attrs, .. } => {
                return Ok((self.read_dir(ino, cookie, entries_max, attrs, caller)?, Bytes::new()));
            }
            Request::Read { ino, offset, len } => {
                let node = self.get(ino)?;
                // Now and then a short answer, as a chunk's end would make it.
                let len = if len > 8192 { len - 4096 } else { len };
                let data = node.now.read(offset, u64::from(len));
                let end = offset + data.len() as u64 >= node.now.size;
                return Ok((Reply::Data { attr: node.shown(), end }, data.into()));
            }
            Request::Write { ino, offset, stability } => {
                return Ok((self.write(ino, offset, stability, &body, caller)?, Bytes::new()));
            }
            Request::Append { ino } => {
                let end = self.get(ino)?.now.size;
                return Ok((self.write(ino, end, Stability::Unstable, &body, caller)?, Bytes::new()));
            }
            Request::Commit { ino } => return Ok((self.commit(ino)?, Bytes::new())),
            Request::StatVolume => Reply::Volume(self.stat()),
            Request::GetXattr { ino, name } => {
                Reply::Xattr(self.get(ino)?.xattrs.get(&name).cloned().ok_or(Errno::NoData)?)
            }
            Request::ListXattrs { ino } => Reply::Xattrs(self.get(ino)?.xattrs.keys().cloned().collect()),
            Request::Seek { ino, offset, hole } => {
                let offset = self.get(ino)?.now.seek(offset, hole).ok_or(Errno::NxIo)?;
                Reply::Sought { offset }
            }
            Request::TestLock { ino, owner, range, exclusive }
            | Request::AwaitLock { ino, owner, range, exclusive } => {
                Reply::Lock(self.lock_against(ino, owner, range, exclusive))
            }
            Request::Change(change) => {
                assert_ne!(context.op.0, 0, "a change without a name of its own");
                Reply::Outcome(self.change(caller, change)?)
            }
        };
        Ok((reply, Bytes::new()))
    }

    fn lock_against(
        &self,
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
        exclusive: bool,
    ) -> Option<HeldLock> {
        let others = self.locks.iter().filter(|(at, held)| *at == ino && held.owner != owner);
        let mut against = others.filter(|(_, held)| {
            let overlap = held.range.first <= range.last && range.first <= held.range.last;
            overlap && (held.exclusive || exclusive)
        });
        against.next().map(|(_, held)| *held)
    }

    fn data_call(&mut self) -> Result<(), Errno> {
        match self.fails_over_in.as_mut() {
            Some(0) => {
                self.fails_over_in = None;
                self.fail_over();
            }
            Some(calls) => *calls -= 1,
            None => {}
        }
        self.refusal.map_or(Ok(()), Err)
    }

    fn write(
        &mut self,
        ino: Ino,
        offset: u64,
        stability: Stability,
        data: &[u8],
        caller: &Caller,
    ) -> Result<Reply, Errno> {
        self.data_call()?;
        let used: u64 = self.nodes.values().map(|node| node.now.allocated()).sum();
        let (capacity, verifier, now) = (self.capacity, WriteVerifier(self.verifier), self.tick());
        let node = self.get(ino)?;
        let before = BeforeAttr::from(&node.shown());
        if !data.is_empty() {
            if used + data.len() as u64 > capacity {
                return Err(Errno::NoSpace);
            }
            node.now.write(offset, data);
            if stability != Stability::Unstable {
                node.durable.write(offset, data);
            }
            if !caller.is_root() {
                node.attr.mode &= !0o6000;
            }
            node.touch(now);
        }
        let attr = node.shown();
        if !data.is_empty() {
            self.writes.push((offset, data.len(), stability));
        }
        Ok(Reply::Written { before, attr, stability, verifier })
    }

    fn commit(&mut self, ino: Ino) -> Result<Reply, Errno> {
        self.data_call()?;
        self.counts.commits += 1;
        let verifier = WriteVerifier(self.verifier);
        let node = self.get(ino)?;
        node.durable = node.now.clone();
        let attr = node.shown();
        Ok(Reply::Committed { before: BeforeAttr::from(&attr), attr, verifier })
    }

    fn stat(&self) -> VolumeStat {
        let total_bytes = 1 << 40;
        let used: u64 = self.nodes.values().map(|node| node.now.allocated()).sum();
        let free_bytes = total_bytes.min(self.capacity) - used;
        let (total_inodes, free_inodes) = (1 << 32, (1 << 32) - self.nodes.len() as u64);
        VolumeStat {
            total_bytes,
            free_bytes,
            available_bytes: free_bytes,
            total_inodes,
            free_inodes,
            ..VolumeStat::default()
        }
    }

    fn read_dir(
        &mut self,
        ino: Ino,
        cookie: u64,
        max: u32,
        attrs: bool,
        caller: &Caller,
    ) -> Result<Reply, Errno> {
        let up = self.parents.get(&ino).copied().unwrap_or(ino);
        let dir = self.dir(ino, caller, want::READ)?;
        let shown = dir.shown();
        let mut all = vec![(Bytes::from_static(b"."), ino, 1), (Bytes::from_static(b".."), up, 2)];
        all.extend(dir.entries.iter().map(|(name, (ino, cookie))| (name.clone(), *ino, *cookie)));
        all.sort_by_key(|(_, _, cookie)| *cookie);
        all.retain(|(_, _, at)| *at > cookie);
        let end = all.len() <= max as usize;
        let mut entries = Vec::new();
        for (name, ino, cookie) in all.into_iter().take(max as usize) {
            let attr = self.get(ino)?.shown();
            entries.push(DirEntry { name, ino, kind: attr.kind, cookie, attr: attrs.then_some(attr) });
        }
        Ok(Reply::Dir { dir: shown, entries, end })
    }
}
