//! Nodes, the network between them, and the state machine they replicate.

use bytes::Bytes;
use nasd_base::net::BoxFuture;
use nasd_base::{Entropy, GroupId, NodeId, SeededEntropy};
use nasd_disk::{SimDisk, SimDiskOptions};
use nasd_log::{Log, LogOptions};
use nasd_raft::{Group, GroupStatus, RaftConfig, RaftNode, Wire, WireError};
use nasd_state::{Machine, Readers, StateCounters, StateDb, StateError};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tempfile::TempDir;

pub const GROUP: GroupId = GroupId(5);

/// How often a command `meal=...` still finds no room.
pub static HUNGER: AtomicU64 = AtomicU64::new(0);

/// Keeps pairs. A command is `key=value`, its reply the former value; `poison` damages the state.
pub struct Pairs;

impl Machine for Pairs {
    fn prepare(&mut self, db: &Connection) -> Result<(), StateError> {
        db.execute_batch("CREATE TABLE IF NOT EXISTS pair (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID")?;
        Ok(())
    }

    fn apply(&mut self, db: &Connection, _index: u64, command: &[u8]) -> Result<Bytes, StateError> {
        let text = std::str::from_utf8(command).expect("tests propose text");
        if text == "poison" {
            return Err(StateError::Damaged("a poisoned command".into()));
        }
        let (key, value) = text.split_once('=').expect("tests propose pairs");
        let hunger =
            (key == "meal").then(|| HUNGER.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)));
        if let Some(Ok(_)) = hunger {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        let old = get(db, key)?;
        db.prepare_cached("INSERT OR REPLACE INTO pair VALUES (?1, ?2)")?.execute((key, value))?;
        Ok(old.unwrap_or_default().into())
    }
}

fn get(db: &Connection, key: &str) -> Result<Option<String>, StateError> {
    let mut statement = db.prepare_cached("SELECT v FROM pair WHERE k = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

/// The network: nodes that run, and pairs that cannot reach each other.
#[derive(Default)]
pub struct Hub {
    nodes: Mutex<BTreeMap<NodeId, RaftNode>>,
    cut: Mutex<BTreeSet<(NodeId, NodeId)>>,
    entropy: Mutex<Option<SeededEntropy>>,
    /// Of 1000 messages and replies, how many are lost, and how many messages arrive twice.
    pub lossy: AtomicU64,
    /// Microseconds that a large message takes longer.
    pub slow: AtomicU64,
    pub calls: AtomicU64,
}

impl Hub {
    /// Cuts a node off from all others, in both directions.
    pub fn isolate(&self, node: NodeId, others: impl IntoIterator<Item = NodeId>) {
        for other in others {
            self.cut.lock().extend([(node, other), (other, node)]);
        }
    }

    pub fn heal(&self) {
        self.cut.lock().clear();
    }

    /// Delays each message by chance, so that they overtake each other.
    pub fn reorder(&self, seed: u64) {
        *self.entropy.lock() = Some(SeededEntropy::new(seed));
    }

    fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.cut.lock().contains(&(from, to))
    }

    /// True for `lossy` of 1000 calls.
    fn chance(&self) -> bool {
        let entropy = self.entropy.lock();
        entropy.as_ref().is_some_and(|entropy| entropy.next_u64() % 1000 < self.lossy.load(Relaxed))
    }

    async fn delay(&self) {
        let micros = self.entropy.lock().as_ref().map(|entropy| entropy.next_u64() % 4000);
        if let Some(micros) = micros {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }
}

/// One node's end of the network.
pub struct HubWire {
    pub hub: Arc<Hub>,
    pub from: NodeId,
}

impl Wire for HubWire {
    fn call(
        &self,
        to: NodeId,
        group: GroupId,
        message: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Bytes, WireError>> {
        Box::pin(async move {
            self.hub.calls.fetch_add(1, Relaxed);
            let deliver = async {
                self.hub.delay().await;
                if message.len() > 500_000 {
                    tokio::time::sleep(Duration::from_micros(self.hub.slow.load(Relaxed))).await;
                }
                if self.hub.is_cut(self.from, to) || self.hub.chance() {
                    return std::future::pending().await;
                }
                let node = self.hub.nodes.lock().get(&to).cloned();
                let node = node.ok_or_else(|| WireError::Unreachable("it does not run".into()))?;
                if self.hub.chance() {
                    let _ = node.receive(self.from, group, message.clone()).await;
                }
                let reply = node.receive(self.from, group, message).await;
                if self.hub.is_cut(to, self.from) || self.hub.chance() {
                    return std::future::pending().await;
                }
                reply.map_err(|error| WireError::Unreachable(error.to_string()))
            };
            tokio::time::timeout(timeout, deliver).await.unwrap_or(Err(WireError::Timeout))
        })
    }
}

/// A running replica.
pub struct Running {
    pub raft: RaftNode,
    pub group: Group,
    pub log: Log,
    pub readers: Readers,
    pub state: StateCounters,
}

/// A machine with its disks, running or not.
pub struct Host {
    pub id: NodeId,
    pub dir: TempDir,
    pub disk: SimDisk,
    pub running: Option<Running>,
}

pub struct Cluster {
    pub hub: Arc<Hub>,
    pub hosts: BTreeMap<NodeId, Host>,
    pub tune: fn(&mut RaftConfig),
}

impl Cluster {
    /// Starts nodes 1 to `size`, all of them voters.
    pub async fn new(size: u64) -> Cluster {
        Cluster::tuned(size, |_| ()).await
    }

    pub async fn tuned(size: u64, tune: fn(&mut RaftConfig)) -> Cluster {
        let mut cluster = Cluster { hub: Arc::default(), hosts: BTreeMap::new(), tune };
        let members: Vec<NodeId> = (1..=size).map(NodeId).collect();
        for id in &members {
            cluster.add_host(*id).await;
        }
        cluster.group(NodeId(1)).initialize(&members).await.unwrap();
        cluster
    }

    pub async fn add_host(&mut self, id: NodeId) {
        let disk = SimDisk::new(id.0, SimDiskOptions::default());
        let host = Host { id, dir: tempfile::tempdir().unwrap(), disk, running: None };
        self.hosts.insert(id, host);
        self.start(id).await;
    }

    pub async fn start(&mut self, id: NodeId) {
        let host = self.hosts.get_mut(&id).unwrap();
        let options = LogOptions {
            segment_bytes: 1 << 20,
            entropy: Arc::new(SeededEntropy::new(id.0)),
            ..LogOptions::default()
        };
        let log = Log::open(Arc::new(host.disk.clone()), options).await.unwrap();
        let mut config = RaftConfig::new(id, Arc::new(SeededEntropy::new(100 + id.0)));
        (self.tune)(&mut config);
        let wire = HubWire { hub: self.hub.clone(), from: id };
        let raft = RaftNode::new(config, log.clone(), Arc::new(wire));
        let db = StateDb::open(&host.dir.path().join("state"), Pairs).unwrap();
        let (readers, state) = (db.readers(), db.counters());
        let group = raft.start_group(GROUP, db).await.unwrap();
        self.hub.nodes.lock().insert(id, raft.clone());
        host.running = Some(Running { raft, group, log, readers, state });
    }

    /// Stops a node in good order.
    pub async fn stop(&mut self, id: NodeId) {
        self.hub.nodes.lock().remove(&id);
        let running = self.hosts.get_mut(&id).unwrap().running.take().unwrap();
        running.raft.shutdown().await;
        running.log.close().await;
    }

    /// Cuts a node's power: what was not flushed may be gone, and of its database's log all of it is.
    pub async fn power_cut(&mut self, id: NodeId) {
        self.hub.nodes.lock().remove(&id);
        let host = self.hosts.get_mut(&id).unwrap();
        host.disk.crash();
        let running = host.running.take().unwrap();
        running.raft.shutdown().await;
        drop(running);
        let wal = host.dir.path().join("state/state.db-wal");
        if wal.exists() {
            std::fs::File::options().write(true).open(wal).unwrap().set_len(0).unwrap();
        }
    }

    pub fn ids(&self) -> Vec<NodeId> {
        self.hosts.keys().copied().collect()
    }

    pub fn isolate(&self, id: NodeId) {
        self.hub.isolate(id, self.ids().into_iter().filter(|other| *other != id));
    }

    pub fn host(&self, id: NodeId) -> &Running {
        self.hosts[&id].running.as_ref().unwrap()
    }

    pub fn group(&self, id: NodeId) -> Group {
        self.host(id).group.clone()
    }

    fn running(&self) -> impl Iterator<Item = (NodeId, &Running)> {
        self.hosts.values().filter_map(|host| Some((host.id, host.running.as_ref()?)))
    }

    /// Waits until a node other than `but` is ready to serve as leader.
    pub async fn leader_but(&self, but: Option<NodeId>) -> NodeId {
        let found = async {
            loop {
                for (id, running) in self.running() {
                    if Some(id) != but && running.group.leadership().borrow().ready {
                        return id;
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), found).await {
            Ok(id) => id,
            Err(_) => panic!("no leader within a minute: {:#?}", self.statuses()),
        }
    }

    fn statuses(&self) -> Vec<GroupStatus> {
        self.running().map(|(_, running)| running.group.status()).collect()
    }

    pub async fn leader(&self) -> NodeId {
        self.leader_but(None).await
    }

    pub async fn propose(&self, id: NodeId, command: &str) -> String {
        let reply = self.group(id).propose(command.to_owned().into()).await.unwrap();
        String::from_utf8(reply.to_vec()).unwrap()
    }

    pub fn get(&self, id: NodeId, key: &str) -> Option<String> {
        self.host(id).readers.with(|db| get(db, key)).unwrap()
    }

    /// Waits until all running replicas have applied the same index, and checks that they agree.
    pub async fn converge(&self) {
        let same = async {
            loop {
                let sums: BTreeSet<_> = self
                    .running()
                    .map(|(_, r)| r.readers.checksum().unwrap())
                    .map(|s| (s.mark, s.hash))
                    .collect();
                if sums.len() == 1 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(60), same).await.is_err() {
            let sums: Vec<_> = self.running().map(|(_, r)| r.readers.checksum().unwrap()).collect();
            panic!("the replicas do not agree within a minute: {sums:?} {:#?}", self.statuses());
        }
    }
}

/// Waits until `done` holds.
pub async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let wait = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(60), wait).await.is_err() {
        panic!("not within a minute: {what}");
    }
}
