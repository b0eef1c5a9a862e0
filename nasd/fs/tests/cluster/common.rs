//! A cluster in one process: real state machines and chunk stores on simulated disks, a log that applies at
//! once, and a network that can be cut.

use bytes::Bytes;
use nasd_base::file::{Attr, Caller, NewNode, SetAttr, VolumeLimits, VolumeStat};
use nasd_base::net::BoxFuture;
use nasd_base::{Clock, Errno, Ino, NodeId, OpId, SeededEntropy, Timestamp, VolumeId};
use nasd_disk::{SimDisk, SimDiskOptions};
use nasd_fs::{
    CallResult, Change, Context, CreateMode, DirtyBudget, EffectsFeed, FileService, Outcome, PeerError,
    Peers, Reply, Request, Router, Stability, Trace, Tuning, Volume, VolumeGroup, VolumeParts, WriteVerifier,
};
use nasd_meta::{MetaReader, VolumeMachine, VolumeOptions};
use nasd_raft::{Leadership, ProposeError, Proposed, ReadMode};
use nasd_state::StateDb;
use nasd_store::{ChunkStore, StoreOptions};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

pub const VOLUME: VolumeId = VolumeId(1);

/// What goes wrong with one proposal.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Applied, but the proposer does not hear of it.
    LostReply,
    /// Not applied, and the proposer does not know.
    LostCommand,
}

struct LogState {
    index: u64,
    leader: Option<NodeId>,
    unsettled: Option<NodeId>,
    term: u64,
    states: BTreeMap<NodeId, StateDb<VolumeMachine>>,
    watches: BTreeMap<NodeId, watch::Sender<Leadership>>,
    faults: VecDeque<Fault>,
    frozen: HashSet<NodeId>,
}

/// Applies every command on all nodes at once, in the order of their proposal.
pub struct SharedLog {
    state: Mutex<LogState>,
    pub proposals: AtomicU64,
    /// How long a proposal takes.
    pub latency: Mutex<Duration>,
}

impl SharedLog {
    fn new() -> Arc<SharedLog> {
        let state = LogState {
            index: 0,
            leader: None,
            unsettled: None,
            term: 0,
            states: BTreeMap::new(),
            watches: BTreeMap::new(),
            faults: VecDeque::new(),
            frozen: HashSet::new(),
        };
        Arc::new(SharedLog {
            state: Mutex::new(state),
            proposals: AtomicU64::new(0),
            latency: Mutex::new(Duration::from_micros(300)),
        })
    }

    pub fn lead(&self, leader: Option<NodeId>) {
        let mut state = self.state.lock();
        state.term += 1;
        state.leader = leader;
        let term = state.term;
        for (node, watch) in &state.watches {
            watch.send_replace(Leadership { leader, term, ready: leader == Some(*node) });
        }
    }

    /// The leader loses touch for a moment: it does not know whether it leads, and the term stays.
    pub fn unsettle(&self) {
        let mut state = self.state.lock();
        state.unsettled = state.leader.take();
        for watch in state.watches.values() {
            watch.send_modify(|view| (view.leader, view.ready) = (None, false));
        }
    }

    pub fn settle(&self) {
        let mut state = self.state.lock();
        state.leader = state.unsettled.take();
        let leader = state.leader;
        for (node, watch) in &state.watches {
            watch.send_modify(|view| (view.leader, view.ready) = (leader, leader == Some(*node)));
        }
    }

    /// From now on a node hears of nothing.
    pub fn freeze(&self, node: NodeId) {
        self.state.lock().frozen.insert(node);
    }

    /// Brings a frozen node's state up to date with a copy of another's.
    pub fn install_snapshot(&self, node: NodeId, from: NodeId) {
        let mut state = self.state.lock();
        state.frozen.remove(&node);
        let export = state.states[&from].export().expect("an export");
        state.states.get_mut(&node).expect("a node").install(export.path()).expect("an installation");
    }

    pub fn fail_next(&self, fault: Fault) {
        self.state.lock().faults.push_back(fault);
    }

    async fn propose(&self, from: NodeId, command: Bytes) -> Result<Bytes, ProposeError> {
        let latency = *self.latency.lock();
        {
            let state = self.state.lock();
            if state.leader != Some(from) {
                return Err(ProposeError::NotLeader { leader: state.leader });
            }
        }
        self.proposals.fetch_add(1, Relaxed);
        tokio::time::sleep(latency).await;
        let mut state = self.state.lock();
        if state.leader != Some(from) {
            return Err(ProposeError::Unknown);
        }
        let fault = state.faults.pop_front();
        if matches!(fault, Some(Fault::LostCommand)) {
            return Err(ProposeError::Unknown);
        }
        state.index += 1;
        let index = state.index;
        let mut reply = Bytes::new();
        let LogState { states, frozen, .. } = &mut *state;
        for (node, db) in states.iter_mut().filter(|(node, _)| !frozen.contains(node)) {
            let replies = db.apply(&[(index, command.clone())], b"").expect("apply");
            if *node == from {
                reply = replies[0].clone();
            }
        }
        match fault {
            Some(_) => Err(ProposeError::Unknown),
            None => Ok(reply),
        }
    }
}

struct NodeGroup {
    log: Arc<SharedLog>,
    me: NodeId,
}

impl VolumeGroup for NodeGroup {
    fn propose(&self, command: Bytes) -> BoxFuture<'_, Result<Proposed, ProposeError>> {
        Box::pin(async move {
            let reply = self.log.propose(self.me, command).await?;
            Ok(Proposed { reply, applied: Duration::ZERO })
        })
    }

    fn leadership(&self) -> watch::Receiver<Leadership> {
        self.log.state.lock().watches[&self.me].subscribe()
    }

    fn read_barrier(&self, _mode: ReadMode) -> BoxFuture<'_, Result<(), ProposeError>> {
        let leader = self.log.state.lock().leader;
        let leads = leader == Some(self.me);
        Box::pin(async move { if leads { Ok(()) } else { Err(ProposeError::NotLeader { leader }) } })
    }

    fn sole_for(&self) -> Duration {
        let leads = self.log.state.lock().leader == Some(self.me);
        if leads { Duration::from_secs(1) } else { Duration::ZERO }
    }
}

#[derive(Default)]
pub struct Network {
    routers: Mutex<HashMap<NodeId, Router>>,
    down: Mutex<HashSet<NodeId>>,
    /// Calls that are executed and whose answers are then lost.
    pub lose_answers: AtomicU64,
    pub calls: AtomicU64,
}

impl Network {
    pub fn cut(&self, node: NodeId) {
        self.down.lock().insert(node);
    }

    pub fn mend(&self, node: NodeId) {
        self.down.lock().remove(&node);
    }
}

struct NodePeers {
    network: Arc<Network>,
    me: NodeId,
}

impl Peers for NodePeers {
    fn call(
        &self,
        to: NodeId,
        header: Bytes,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), PeerError>> {
        Box::pin(async move {
            let router = self.network.routers.lock().get(&to).cloned();
            let cut = { self.network.down.lock().iter().any(|node| *node == to || *node == self.me) };
            let Some(router) = router.filter(|_| !cut) else { return Err(PeerError::Unreachable) };
            self.network.calls.fetch_add(1, Relaxed);
            tokio::time::sleep(Duration::from_micros(100)).await;
            let answer = tokio::time::timeout(timeout, router.serve(self.me, header, body)).await;
            let lost = self.network.lose_answers.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)).is_ok();
            match answer {
                Ok(Ok(answer)) if !lost => Ok(answer),
                _ => Err(PeerError::Lost),
            }
        })
    }
}

/// Wall time that follows tokio's.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp { secs: 1_700_000_000, nanos: 0 }.plus(self.0.elapsed())
    }
}

pub struct Node {
    pub id: NodeId,
    pub disk: SimDisk,
    pub store: ChunkStore,
    pub meta: MetaReader,
    pub router: Router,
    pub volume: Arc<Volume>,
    pub budget: Arc<DirtyBudget>,
    dir: tempfile::TempDir,
}

impl Node {
    /// The chunks that the node's store holds.
    pub fn stored(&self) -> Vec<nasd_base::ChunkId> {
        self.store.keys_after(VOLUME, nasd_base::ChunkId(0), 10_000)
    }
}

pub struct Cluster {
    pub nodes: Vec<Node>,
    pub log: Arc<SharedLog>,
    pub network: Arc<Network>,
    pub tuning: Tuning,
    stores: fn(NodeId) -> StoreOptions,
    clock: Instant,
    replicas: watch::Sender<Vec<NodeId>>,
    pub limited: watch::Sender<VolumeLimits>,
    pub removed: watch::Sender<Vec<NodeId>>,
    boots: u64,
}

/// Tuning with which background work keeps out of a test's way.
pub fn quiet() -> Tuning {
    let never = Duration::from_secs(1_000_000);
    Tuning {
        writeback_after: never,
        destage_interval: never,
        orphan_interval: never,
        coalesce_interval: never,
        ..Tuning::default()
    }
}

impl Cluster {
    pub async fn new(count: u64, tuning: Tuning) -> Cluster {
        Cluster::with_stores(count, tuning, |_| StoreOptions::default()).await
    }

    pub async fn with_stores(count: u64, tuning: Tuning, stores: fn(NodeId) -> StoreOptions) -> Cluster {
        let ids: Vec<NodeId> = (1..=count).map(NodeId).collect();
        let mut cluster = Cluster {
            nodes: Vec::new(),
            log: SharedLog::new(),
            network: Arc::default(),
            tuning,
            stores,
            clock: Instant::now(),
            replicas: watch::Sender::new(ids.clone()),
            limited: watch::Sender::default(),
            removed: watch::Sender::default(),
            boots: 0,
        };
        for id in &ids {
            let disk = SimDisk::new(id.0, SimDiskOptions::instant());
            let dir = tempfile::tempdir().expect("a directory");
            let node = cluster.boot(*id, disk, dir).await;
            cluster.nodes.push(node);
        }
        cluster.log.lead(Some(NodeId(1)));
        cluster
    }

    async fn boot(&mut self, id: NodeId, disk: SimDisk, dir: tempfile::TempDir) -> Node {
        self.boots += 1;
        let effects = Arc::new(EffectsFeed::default());
        let db = StateDb::open(dir.path(), VolumeMachine::new(VolumeOptions::default(), effects.clone()))
            .expect("state");
        let meta = MetaReader::new(db.readers());
        let view = {
            let mut state = self.log.state.lock();
            state.states.insert(id, db);
            let view = Leadership { leader: state.leader, term: state.term, ready: state.leader == Some(id) };
            state.watches.insert(id, watch::Sender::new(view));
            view
        };
        assert!(!view.ready, "a node that starts does not lead");
        let store = ChunkStore::open(vec![Arc::new(disk.clone())], (self.stores)(id)).await.expect("store");
        let clock: Arc<dyn Clock> = Arc::new(TestClock(self.clock));
        let entropy = Arc::new(SeededEntropy::new(self.boots));
        let peers = Arc::new(NodePeers { network: self.network.clone(), me: id });
        let router = Router::new(id, peers.clone(), clock.clone(), entropy.clone());
        let budget = DirtyBudget::new(64 << 20);
        let volume = Volume::new(VolumeParts {
            id: VOLUME,
            me: id,
            replicas: self.replicas.subscribe(),
            nodes: self.replicas.subscribe(),
            removed: self.removed.subscribe(),
            limited: self.limited.subscribe(),
            group: Arc::new(NodeGroup { log: self.log.clone(), me: id }),
            meta: meta.clone(),
            store: store.clone(),
            peers,
            clock,
            entropy,
            effects,
            budget: budget.clone(),
            tuning: self.tuning,
        });
        router.attach(volume.clone());
        router.set_replicas(VOLUME, self.replicas.borrow().clone());
        self.network.routers.lock().insert(id, router.clone());
        Node { id, disk, store, meta, router, volume, budget, dir }
    }

    pub fn node(&self, id: u64) -> &Node {
        &self.nodes[id as usize - 1]
    }

    /// Cuts the power of a node and starts it again; it does not lead afterwards.
    pub async fn restart(&mut self, id: u64) {
        self.start_again(id, false).await;
    }

    /// As `restart`, with an empty chunk store.
    pub async fn replace_disk(&mut self, id: u64) {
        self.start_again(id, true).await;
    }

    async fn start_again(&mut self, id: u64, new_disk: bool) {
        let at = id as usize - 1;
        let node = self.nodes.remove(at);
        if self.log.state.lock().leader == Some(node.id) {
            self.log.lead(None);
        }
        self.network.routers.lock().remove(&node.id);
        node.volume.shutdown();
        self.log.state.lock().states.remove(&node.id);
        let Node { id, mut disk, dir, .. } = node;
        disk.crash();
        if new_disk {
            disk = SimDisk::new(100 + id.0, SimDiskOptions::instant());
        }
        let node = self.boot(id, disk, dir).await;
        self.nodes.insert(at, node);
    }

    /// A client at a node that has no replica.
    pub fn gateway(&self, id: u64) -> Client {
        let id = NodeId(id);
        let peers = Arc::new(NodePeers { network: self.network.clone(), me: id });
        let entropy = Arc::new(SeededEntropy::new(id.0));
        let router = Router::new(id, peers, Arc::new(TestClock(self.clock)), entropy);
        self.network.routers.lock().insert(id, router.clone());
        Client { router, context: root() }
    }

    pub fn lead(&self, id: u64) {
        self.log.lead(Some(NodeId(id)));
    }

    pub fn client(&self, id: u64) -> Client {
        Client { router: self.node(id).router.clone(), context: root() }
    }
}

pub fn root() -> Context {
    Context {
        caller: Caller::root(),
        op: OpId::NONE,
        holds_open: false,
        mount: None,
        trace: Trace::default(),
    }
}

pub fn user(uid: u32) -> Context {
    Context {
        caller: Caller { uid, gid: uid, groups: vec![] },
        op: OpId::NONE,
        holds_open: false,
        mount: None,
        trace: Trace::default(),
    }
}

/// A client at one node.
#[derive(Clone)]
pub struct Client {
    pub router: Router,
    pub context: Context,
}

impl Client {
    pub fn as_user(&self, uid: u32) -> Client {
        Client { router: self.router.clone(), context: user(uid) }
    }

    pub fn holding_open(&self) -> Client {
        let context = Context { holds_open: true, ..self.context.clone() };
        Client { router: self.router.clone(), context }
    }

    pub async fn call(&self, request: Request, body: Bytes) -> CallResult {
        self.router.call(VOLUME, &self.context, request, body).await
    }

    pub async fn ask(&self, request: Request) -> Result<Reply, Errno> {
        Ok(self.call(request, Bytes::new()).await?.0)
    }

    pub async fn change(&self, change: Change) -> Result<Outcome, Errno> {
        match self.ask(Request::Change(change)).await? {
            Reply::Outcome(outcome) => Ok(outcome),
            other => panic!("a change was answered with {other:?}"),
        }
    }

    pub async fn create(&self, name: &str) -> Attr {
        let set = SetAttr { mode: Some(0o644), ..SetAttr::default() };
        self.create_with(name, set, CreateMode::Guarded).await.unwrap()
    }

    pub async fn create_with(&self, name: &str, set: SetAttr, mode: CreateMode) -> Result<Attr, Errno> {
        let name = Bytes::copy_from_slice(name.as_bytes());
        let change = Change::Create { parent: Ino::ROOT, name, node: NewNode::File, set, mode };
        match self.change(change).await? {
            Outcome::Created { attr, .. } => Ok(attr),
            other => panic!("a creation was answered with {other:?}"),
        }
    }

    pub async fn unlink(&self, name: &str) -> Result<Outcome, Errno> {
        let name = Bytes::copy_from_slice(name.as_bytes());
        self.change(Change::Unlink { parent: Ino::ROOT, name }).await
    }

    pub async fn write(
        &self,
        ino: Ino,
        offset: u64,
        data: impl Into<Bytes>,
        stability: Stability,
    ) -> Result<(Attr, WriteVerifier), Errno> {
        let (reply, _) = self.call(Request::Write { ino, offset, stability }, data.into()).await?;
        let Reply::Written { attr, stability: done, verifier, .. } = reply else {
            panic!("a write was answered with {reply:?}")
        };
        assert!(done >= stability);
        Ok((attr, verifier))
    }

    /// Where the bytes went.
    pub async fn append(&self, ino: Ino, data: impl Into<Bytes>) -> Result<u64, Errno> {
        let data = data.into();
        let len = data.len() as u64;
        match self.call(Request::Append { ino }, data).await? {
            (Reply::Written { attr, stability: Stability::Unstable, .. }, _) => Ok(attr.size - len),
            (other, _) => panic!("an append was answered with {other:?}"),
        }
    }

    pub async fn stat(&self) -> VolumeStat {
        match self.ask(Request::StatVolume).await.unwrap() {
            Reply::Volume(stat) => stat,
            other => panic!("StatVolume was answered with {other:?}"),
        }
    }

    pub async fn commit(&self, ino: Ino) -> Result<(Attr, WriteVerifier), Errno> {
        match self.ask(Request::Commit { ino }).await? {
            Reply::Committed { attr, verifier, .. } => Ok((attr, verifier)),
            other => panic!("a commit was answered with {other:?}"),
        }
    }

    /// The bytes, and whether they reach to the end.
    pub async fn read(&self, ino: Ino, offset: u64, len: u32) -> Result<(Bytes, bool), Errno> {
        let (reply, body) = self.call(Request::Read { ino, offset, len }, Bytes::new()).await?;
        match reply {
            Reply::Data { end, .. } => Ok((body, end)),
            other => panic!("a read was answered with {other:?}"),
        }
    }

    /// The whole file.
    pub async fn read_all(&self, ino: Ino) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let (bytes, end) = self.read(ino, all.len() as u64, 1 << 20).await.unwrap();
            all.extend_from_slice(&bytes);
            if end {
                return all;
            }
            assert!(!bytes.is_empty(), "a read before the end returned nothing");
        }
    }

    pub async fn attr(&self, ino: Ino) -> Result<Attr, Errno> {
        match self.ask(Request::GetAttr { ino }).await? {
            Reply::Attr(attr) => Ok(attr),
            other => panic!("GetAttr was answered with {other:?}"),
        }
    }

    pub async fn truncate(&self, ino: Ino, size: u64) -> Result<Attr, Errno> {
        let set = SetAttr { size: Some(size), ..SetAttr::default() };
        match self.change(Change::SetAttr { ino, set, guard: None }).await? {
            Outcome::Changed(wcc) => Ok(wcc.after),
            other => panic!("SetAttr was answered with {other:?}"),
        }
    }
}

/// Bytes that do not compress and differ by seed.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    nasd_base::Entropy::fill(&SeededEntropy::new(seed), &mut bytes);
    bytes
}
