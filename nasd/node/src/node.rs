//! One member of a cluster, running: everything between the disks and the front ends, wired together.

use crate::authority::Follower;
use crate::dispatch::Dispatcher;
use crate::environment::Environment;
use crate::machine::Machine;
use crate::membership;
use crate::peers::TransportPeers;
use crate::pulse::{PULSE_EVERY, Part, Pulse, Pulses, TROUBLES_MAX, Trouble, VolumePulse};
use crate::report::Reporter;
use crate::volumes::VolumeKeeper;
use bytes::Bytes;
use nasd_base::export::Export;
use nasd_base::{Clock, Entropy, GroupId, NodeId, VolumeId};
use nasd_cluster::{ClusterId, CurrentAuthority, NodeKeys, RaftWire, Service, Transport};
use nasd_fs::{Router, Tuning};
use nasd_log::{Log, LogOptions};
use nasd_nfs::{Exports, MARK_EVERY, NfsOptions, NfsServer};
use nasd_raft::{Group, RaftConfig, RaftNode};
use nasd_state::{PageCaches, StateDb};
use nasd_store::{ChunkStore, StoreOptions, UpkeepLimits};
use nasd_system::{AuditReader, AuditSeal, By, ClusterCommand};
use nasd_system::{ClusterError, JoinDesk, System, SystemCommand, SystemError, SystemMachine, SystemView};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How long a pulse may take to arrive before the next one replaces it.
const PULSE_TIMEOUT: Duration = Duration::from_millis(900);

/// How long the log may wait before the node gives its leadership away.
const LOG_PATIENCE: Duration = Duration::from_secs(3);

/// Who the node is and how it is set up.
pub struct Settings {
    pub node: NodeId,
    pub cluster: ClusterId,
    /// Authenticates NFS handles; the same on all nodes.
    pub handle_key: [u8; 32],
    /// Where to listen for other nodes.
    pub listen: String,
    /// Members and their addresses, until the system state has been applied here.
    pub members: Vec<(NodeId, String)>,
    /// Set on the node that founds the cluster, until it has.
    pub founding: Option<Founding>,
    /// Follows the cluster's authority, which admits new nodes; absent where nobody can join (the simulation).
    pub authority: Option<Follower>,
    /// What the network knows the other nodes by; absent where it is told otherwise (the simulation).
    pub keys: Option<Arc<NodeKeys>>,
    /// `host:port` of the node's NFS server, for others to show.
    pub nfs_address: Option<String>,
    /// What to call the chunk disks, in their order.
    pub disk_paths: Vec<String>,
    /// The program that asks disks how they do.
    pub smartctl: PathBuf,
    pub raft: RaftConfig,
    pub log: LogOptions,
    pub store: StoreOptions,
    pub upkeep: UpkeepLimits,
    pub tuning: Tuning,
    /// Shared by the databases of all groups.
    pub page_caches: PageCaches,
    /// Memory for data that clients have not committed yet, in bytes.
    pub unsaved_bytes_max: u64,
    pub nfs: NfsOptions,
}

/// How a new cluster begins.
#[derive(Clone, Debug)]
pub struct Founding {
    pub name: String,
    pub address: String,
    /// The first node's public key.
    pub key: [u8; 32],
    pub cluster_name: String,
}

/// A running member. Drop it only after [`Node::stop`], or as a crash.
pub struct Node {
    pub me: NodeId,
    pub transport: Transport,
    pub system: System,
    pub system_group: Group,
    pub audit: AuditReader,
    pub raft: RaftNode,
    pub log: Log,
    pub store: ChunkStore,
    pub router: Router,
    pub nfs: NfsServer,
    pub volumes: Arc<VolumeKeeper>,
    pub pulses: Arc<Pulses>,
    pub reporter: Arc<Reporter>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub nfs_address: Option<String>,
    /// Absent where nobody can join.
    pub authority: Option<Arc<CurrentAuthority>>,
    pub listen_address: String,
    /// Whom a joining node was told of: until the state has come, they are all it knows.
    told_of: Vec<NodeId>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Node {
    /// Starts the node on what its disks hold. It serves from the moment this returns; that the groups have
    /// leaders by then is not said.
    ///
    /// # Errors
    /// A sentence for the operator: what is damaged, or which address cannot be listened at.
    pub async fn start(environment: Environment, settings: Settings) -> Result<Arc<Node>, String> {
        let Environment { clock, entropy, net, log_disk, chunk_disks, state_dir } = environment;
        let me = settings.node;
        let log =
            Log::open(log_disk, settings.log).await.map_err(|error| format!("the Raft log: {error}"))?;
        let store = ChunkStore::open(chunk_disks, settings.store)
            .await
            .map_err(|error| format!("the chunk store: {error}"))?;
        let transport = Transport::new(net, me);
        for (node, address) in settings.members.iter().filter(|(node, _)| *node != me) {
            transport.set_address(*node, Some(address.clone()));
        }
        let raft = RaftNode::new(settings.raft, log.clone(), Arc::new(RaftWire(transport.clone())));
        let seal = AuditSeal::derive(&settings.handle_key);
        let (machine, views) = SystemMachine::new(seal.clone());
        let state = StateDb::open_within(&state_dir.join("system"), machine, &settings.page_caches)
            .map_err(|error| format!("the cluster's state: {error}"))?;
        let audit = AuditReader::new(state.readers(), seal);
        let system_group = raft
            .start_group(GroupId::SYSTEM, state)
            .await
            .map_err(|error| format!("the system group: {error}"))?;
        let system = System::new(
            transport.clone(),
            Arc::new(system_group.clone()),
            views,
            clock.clone(),
            entropy.clone(),
        );
        if let Some(keys) = &settings.keys {
            keys.learn(system.view().node_keys());
        }
        let router =
            Router::new(me, Arc::new(TransportPeers(transport.clone())), clock.clone(), entropy.clone());
        let volumes = Arc::new(VolumeKeeper::new(crate::volumes::KeeperParts {
            me,
            dir: state_dir.join("volumes"),
            raft: raft.clone(),
            router: router.clone(),
            store: store.clone(),
            transport: transport.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            tuning: settings.tuning,
            page_caches: settings.page_caches,
            unsaved_bytes_max: settings.unsaved_bytes_max,
        }));
        let pulses = Arc::new(Pulses::default());
        let current = settings.authority.as_ref().map(|follower| follower.current.clone());
        let desk = current.clone().map(|authority| JoinDesk::new(system.clone(), authority, clock.clone()));
        let exports = Arc::new(SystemExports::new(system.watch()));
        let nfs = NfsServer::new(
            Arc::new(router.clone()),
            exports.clone(),
            settings.handle_key,
            cluster_number(settings.cluster),
            settings.nfs,
            clock.clone(),
        );
        let reporter = Arc::new(Reporter {
            start: entropy.next_u64(),
            disk_paths: settings.disk_paths,
            store: store.clone(),
            nfs: nfs.clone(),
            router: router.clone(),
            transport: transport.clone(),
            mounts: Mutex::default(),
            machine: Machine::new(settings.smartctl),
            https_until: OnceLock::new(),
            mended: OnceLock::new(),
        });
        let dispatcher = Dispatcher {
            raft: raft.clone(),
            router: router.clone(),
            system: system.clone(),
            pulses: pulses.clone(),
            clock: clock.clone(),
            reporter: reporter.clone(),
            desk,
            authority: current.clone(),
        };
        let listen_address = transport
            .listen(&settings.listen, Arc::new(dispatcher))
            .await
            .map_err(|error| format!("cannot listen for other nodes at {}: {error}", settings.listen))?;
        let node = Arc::new(Node {
            me,
            transport,
            system,
            system_group,
            audit,
            raft,
            log,
            store,
            router,
            nfs,
            volumes,
            pulses,
            reporter,
            clock,
            entropy,
            nfs_address: settings.nfs_address,
            authority: current,
            listen_address,
            told_of: settings.members.iter().map(|(node, _)| *node).collect(),
            tasks: Mutex::default(),
        });
        node.start_tasks(settings.founding, settings.cluster, exports, settings.keys);
        node.follow(settings.authority);
        node.start_upkeep(settings.upkeep);
        Ok(node)
    }

    fn start_tasks(
        self: &Arc<Node>,
        founding: Option<Founding>,
        cluster: ClusterId,
        exports: Arc<SystemExports>,
        keys: Option<Arc<NodeKeys>>,
    ) {
        let mut tasks = self.tasks.lock();
        if let Some(founding) = founding {
            let (system, group, me) = (self.system.clone(), self.system_group.clone(), self.me);
            tasks.push(tokio::spawn(async move { found(me, &system, &group, cluster, founding).await }));
        }
        let system = self.system.clone();
        tasks.push(tokio::spawn(async move { system.keep_routes().await }));
        if let Some(keys) = keys {
            tasks.push(tokio::spawn(crate::keys::keep(keys, self.system.clone())));
        }
        tasks.push(tokio::spawn(exports.keep_current()));
        let nfs = self.nfs.clone();
        tasks.push(tokio::spawn(async move {
            loop {
                sleep(MARK_EVERY).await;
                nfs.mark();
            }
        }));
        let (keeper, views) = (self.volumes.clone(), self.system.watch());
        tasks.push(tokio::spawn(async move { keeper.run(views).await }));
        let (system, group, pulses) = (self.system.clone(), self.system_group.clone(), self.pulses.clone());
        tasks.push(tokio::spawn(async move { membership::keep(&system, &group, &pulses).await }));
        let worker = crate::tasks::Worker {
            me: self.me,
            system: self.system.clone(),
            store: self.store.clone(),
            volumes: self.volumes.clone(),
            authority: self.authority.clone(),
        };
        tasks.push(tokio::spawn(crate::tasks::run(worker, self.system.watch())));
        let node = Arc::downgrade(self);
        tasks.push(tokio::spawn(async move {
            loop {
                let Some(node) = node.upgrade() else { return };
                node.send_pulse().await;
                drop(node);
                sleep(PULSE_EVERY).await;
            }
        }));
        let node = Arc::downgrade(self);
        tasks.push(tokio::spawn(async move {
            while let Some(node) = node.upgrade() {
                node.lead_nothing_while_the_log_waits().await;
                drop(node);
                sleep(PULSE_EVERY).await;
            }
        }));
    }

    /// A node that can write nothing down leaves the lead to those that can.
    async fn lead_nothing_while_the_log_waits(&self) {
        if !self.log.waits() {
            return;
        }
        sleep(LOG_PATIENCE).await;
        if self.log.waits() {
            let now = Instant::now();
            let able = |node| self.pulses.recent(node, now).is_some_and(|pulse| !pulse.log_waits());
            membership::hand_over(&self.raft, self.me, able).await;
        }
    }

    fn follow(&self, follower: Option<Follower>) {
        if let Some(follower) = follower {
            let follows = follower.run(self.system.clone(), self.transport.clone());
            self.tasks.lock().push(tokio::spawn(follows));
        }
    }

    fn start_upkeep(&self, limits: UpkeepLimits) {
        let mut tasks = self.tasks.lock();
        let (store, volumes) = (self.store.clone(), self.volumes.clone());
        tasks.push(tokio::spawn(crate::upkeep::compact(store.clone(), limits, volumes.clone())));
        tasks.push(tokio::spawn(crate::upkeep::scrub(store, limits, volumes, self.entropy.clone())));
    }

    /// What this node tells the others.
    pub fn pulse(&self) -> Pulse {
        let mut volumes = Vec::new();
        for group in self.raft.groups() {
            if group.id() == GroupId::SYSTEM {
                continue;
            }
            let volume = VolumeId(group.id().0);
            let mut pulse = VolumePulse::of(volume, self.me, &group.status());
            if pulse.leads {
                pulse.held = self.volumes.replica(volume).and_then(|(volume, _)| volume.held());
            }
            volumes.push(pulse);
        }
        for (volume, reason) in self.volumes.failures() {
            volumes.retain(|pulse| pulse.volume != volume);
            volumes.push(VolumePulse::failed(volume, reason));
        }
        let space = self.store.space();
        Pulse {
            nfs_address: self.nfs_address.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            volumes,
            total_bytes: space.total_bytes,
            available_bytes: space.available_bytes,
            keeps_chunks: self.store.disks().iter().any(|(_, failure)| failure.is_none()),
            troubles: self.troubles(),
        }
    }

    /// What of this node does not do its work; replicas that have failed are told with their volumes.
    fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        if let Some(reason) = self.log.failed() {
            troubles.push(Trouble::lasting(Part::Log, &reason));
        } else if let Some(reason) = self.log.short_of() {
            troubles.push(Trouble::passing(Part::Log, &reason));
        }
        let path = |number: usize| Part::Disk(self.reporter.disk_path(number));
        for (number, (_, failure)) in self.store.disks().into_iter().enumerate() {
            troubles.extend(failure.map(|reason| Trouble::lasting(path(number), &reason)));
        }
        for (number, short) in self.store.short_of().into_iter().enumerate() {
            troubles.extend(short.map(|reason| Trouble::passing(path(number), &reason)));
        }
        for status in self.raft.groups().iter().map(Group::status) {
            let is_system = status.group == GroupId::SYSTEM;
            let part = if is_system { Part::System } else { Part::Replica(VolumeId(status.group.0)) };
            match (status.failed, status.short_of) {
                (Some(reason), _) if is_system => troubles.push(Trouble::lasting(part, &reason)),
                (None, Some(reason)) => troubles.push(Trouble::passing(part, &reason)),
                _ => {}
            }
        }
        troubles.truncate(TROUBLES_MAX);
        troubles
    }

    async fn send_pulse(&self) {
        let pulse: Bytes = self.pulse().encode(self.clock.now()).into();
        let view = self.system.view();
        let members = view.members().map(|node| node.id);
        let known: Vec<NodeId> = if view.nodes.is_empty() { self.told_of.clone() } else { members.collect() };
        for to in known.into_iter().filter(|node| *node != self.me) {
            let (transport, pulse) = (self.transport.clone(), pulse.clone());
            // A node that does not hear it counts as unreachable: nothing to do about an error here.
            tokio::spawn(async move {
                let _ = transport.call(to, Service::Pulse, pulse, Bytes::new(), PULSE_TIMEOUT).await;
            });
        }
    }

    /// Whether the node was heard of within the last seconds; this one always is.
    pub fn is_reachable(&self, node: NodeId) -> bool {
        node == self.me || self.pulses.recent(node, Instant::now()).is_some()
    }

    /// Saves what is unsaved, hands leadership over where somebody can take it, and stops. Clients of this
    /// node's front ends must be gone by then.
    pub async fn stop(&self) {
        for task in self.tasks.lock().drain(..) {
            task.abort();
        }
        self.volumes.stop().await;
        membership::hand_over(&self.raft, self.me, |_| true).await;
        self.raft.shutdown().await;
        self.transport.close().await;
        if let Err(error) = self.store.close().await {
            tracing::error!(%error, "the chunk store did not close cleanly");
        }
        self.log.close().await;
    }
}

/// Makes this node the first member: the group of one, and the entry that says so. Repeats until it is done.
async fn found(me: NodeId, system: &System, group: &Group, cluster: ClusterId, founding: Founding) {
    loop {
        if let Err(error) = group.initialize(&[me]).await {
            tracing::warn!(%error, "the cluster cannot be founded yet");
        }
        let command = SystemCommand::Cluster(ClusterCommand::Create {
            cluster: cluster.0,
            cluster_name: founding.cluster_name.clone(),
            node: me,
            name: founding.name.clone(),
            address: founding.address.clone(),
            key: founding.key,
        });
        match system.propose(&By::NODE, command).await {
            Ok(_) | Err(SystemError::Cluster(ClusterError::AlreadyFounded)) => return,
            Err(error) => tracing::warn!(%error, "the cluster cannot be founded yet"),
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// The cluster's number for front ends that want a small one.
fn cluster_number(cluster: ClusterId) -> u64 {
    u64::from_le_bytes(cluster.0[..8].try_into().expect("eight of sixteen bytes"))
}

/// The export rules as the system state has them, one pointer away.
struct SystemExports {
    views: watch::Receiver<Arc<SystemView>>,
    current: Mutex<Arc<Vec<Export>>>,
}

impl SystemExports {
    fn new(views: watch::Receiver<Arc<SystemView>>) -> SystemExports {
        let current = Arc::new(views.borrow().exports.values().cloned().collect());
        SystemExports { views, current: Mutex::new(current) }
    }

    async fn keep_current(self: Arc<Self>) {
        let mut views = self.views.clone();
        while views.changed().await.is_ok() {
            let exports = views.borrow_and_update().exports.values().cloned().collect();
            *self.current.lock() = Arc::new(exports);
        }
    }
}

impl Exports for SystemExports {
    fn current(&self) -> Arc<Vec<Export>> {
        self.current.lock().clone()
    }
}
