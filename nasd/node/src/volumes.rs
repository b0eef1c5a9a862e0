//! Runs this node's replicas: starts what the cluster's state says, stops what it no longer says.

use nasd_base::file::{RootDir, VolumeLimits};
use nasd_base::{Clock, Entropy, GroupId, NodeId, VolumeId};
use nasd_cluster::Transport;
use nasd_fs::{DirtyBudget, EffectsFeed, Router, Tuning, Volume, VolumeParts};
use nasd_meta::{MetaReader, VolumeMachine, VolumeOptions};
use nasd_raft::{Group, RaftError, RaftNode};
use nasd_state::{PageCaches, Readers, StateCounters, StateDb};
use nasd_store::ChunkStore;
use nasd_system::{NodeState, SystemView, VolumeInfo};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How long to wait before a replica that could not start is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(5);
/// How often a group that does not answer in time is asked again to take its first members.
const INITIALIZE_TRIES: u32 = 20;

/// What the keeper needs of the node.
pub struct KeeperParts {
    pub me: NodeId,
    /// Each replica's database is in a directory of this one, named by the volume's number.
    pub dir: PathBuf,
    pub raft: RaftNode,
    pub router: Router,
    pub store: ChunkStore,
    pub transport: Transport,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub tuning: Tuning,
    pub page_caches: PageCaches,
    pub unsaved_bytes_max: u64,
}

/// The replicas of this node.
pub struct VolumeKeeper {
    parts: KeeperParts,
    budget: Arc<DirtyBudget>,
    nodes: watch::Sender<Vec<NodeId>>,
    removed: watch::Sender<Vec<NodeId>>,
    running: Mutex<BTreeMap<VolumeId, Replica>>,
    failures: Mutex<BTreeMap<VolumeId, String>>,
}

struct Replica {
    volume: Arc<Volume>,
    group: Group,
    replicas: watch::Sender<Vec<NodeId>>,
    limited: watch::Sender<VolumeLimits>,
    counters: StateCounters,
    readers: Readers,
}

/// What the cluster's state asks of this node. Pure.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    start: Vec<VolumeId>,
    stop: Vec<VolumeId>,
}

fn plan(view: &SystemView, me: NodeId, running: &[VolumeId]) -> Plan {
    let mine = |volume: &&VolumeInfo| volume.replicas.contains(&me);
    let wanted: Vec<VolumeId> = view.volumes.values().filter(mine).map(|volume| volume.id).collect();
    Plan {
        start: wanted.iter().copied().filter(|id| !running.contains(id)).collect(),
        stop: running.iter().copied().filter(|id| !wanted.contains(id)).collect(),
    }
}

impl VolumeKeeper {
    pub fn new(parts: KeeperParts) -> VolumeKeeper {
        let budget = DirtyBudget::new(parts.unsaved_bytes_max);
        let (running, failures) = (Mutex::default(), Mutex::default());
        let (nodes, removed) = (watch::Sender::default(), watch::Sender::default());
        VolumeKeeper { parts, budget, nodes, removed, running, failures }
    }

    /// Follows the cluster's state. Ends only by being dropped.
    pub async fn run(&self, mut views: watch::Receiver<Arc<SystemView>>) {
        loop {
            let view = views.borrow_and_update().clone();
            self.follow(&view).await;
            let failed = !self.failures.lock().is_empty();
            tokio::select! {
                changed = views.changed() => if changed.is_err() { return },
                () = sleep(RETRY_EVERY), if failed => {}
            }
        }
    }

    /// Replicas that could not be started, and why.
    pub fn failures(&self) -> Vec<(VolumeId, String)> {
        self.failures.lock().iter().map(|(volume, reason)| (*volume, reason.clone())).collect()
    }

    /// The replica of a volume that runs here.
    pub fn replica(&self, volume: VolumeId) -> Option<(Arc<Volume>, Group)> {
        self.running.lock().get(&volume).map(|replica| (replica.volume.clone(), replica.group.clone()))
    }

    /// All replicas that run here.
    pub fn all(&self) -> Vec<Arc<Volume>> {
        self.running.lock().values().map(|replica| replica.volume.clone()).collect()
    }

    /// Entries applied and transactions used by all replicas that run here.
    pub fn state_counts(&self) -> (u64, u64) {
        let running = self.running.lock();
        let counters = running.values().map(|replica| &replica.counters);
        counters.fold((0, 0), |(entries, transactions), counters| {
            (entries + counters.entries(), transactions + counters.transactions())
        })
    }

    /// How far the replica's state has come, and a checksum of it: replicas with the same mark must have the
    /// same. Reads the whole state: for the simulation.
    pub fn checksum(&self, volume: VolumeId) -> Option<(Vec<u8>, [u8; 32])> {
        let readers = self.running.lock().get(&volume)?.readers.clone();
        let checksum = readers.checksum().ok()?;
        Some((checksum.mark?, checksum.hash))
    }

    /// Saves unsaved data and stops serving; the groups are the caller's to stop.
    pub async fn stop(&self) {
        let running = std::mem::take(&mut *self.running.lock());
        for (id, replica) in running {
            replica.volume.save_all().await;
            self.parts.router.detach(id);
            replica.volume.shutdown();
        }
    }

    async fn follow(&self, view: &SystemView) {
        let (removed, members) =
            view.nodes.values().partition::<Vec<_>, _>(|node| node.state == NodeState::Removed);
        self.nodes.send_replace(members.iter().map(|node| node.id).collect());
        self.removed.send_replace(removed.iter().map(|node| node.id).collect());
        for volume in view.volumes.values() {
            self.parts.router.set_replicas(volume.id, volume.replicas.clone());
            if let Some(replica) = self.running.lock().get(&volume.id) {
                replica.replicas.send_replace(volume.replicas.clone());
                let limits = volume.limits;
                replica.limited.send_if_modified(|limited| std::mem::replace(limited, limits) != limits);
            }
        }
        let running: Vec<VolumeId> = self.running.lock().keys().copied().collect();
        let plan = plan(view, self.parts.me, &running);
        self.failures.lock().retain(|id, _| plan.start.contains(id));
        for volume in view.volumes.values().filter(|volume| plan.start.contains(&volume.id)) {
            match self.start(volume, volume.limits).await {
                Ok(()) => {
                    self.failures.lock().remove(&volume.id);
                }
                Err(reason) => {
                    tracing::error!(name: "replica_failed", volume = %volume.name, %reason, "this node's replica cannot be started");
                    self.failures.lock().insert(volume.id, reason);
                }
            }
        }
        for id in plan.stop {
            self.destroy(id).await;
        }
    }

    async fn start(&self, info: &VolumeInfo, limits: VolumeLimits) -> Result<(), String> {
        let parts = &self.parts;
        let effects = Arc::new(EffectsFeed::default());
        let RootDir { uid: root_uid, gid: root_gid, mode: root_mode } = info.root;
        let options = VolumeOptions { root_uid, root_gid, root_mode, ..VolumeOptions::default() };
        let machine = VolumeMachine::new(options, effects.clone());
        let dir = parts.dir.join(info.id.0.to_string());
        let state =
            StateDb::open_within(&dir, machine, &parts.page_caches).map_err(|error| error.to_string())?;
        let (readers, counters) = (state.readers(), state.counters());
        let group_id = GroupId::from(info.id);
        let group = parts.raft.start_group(group_id, state).await.map_err(|error| error.to_string())?;
        if let Err(error) = initialize(&group, &info.replicas).await {
            let _ = parts.raft.stop_group(group_id).await;
            return Err(error.to_string());
        }
        let replicas = watch::Sender::new(info.replicas.clone());
        let limited = watch::Sender::new(limits);
        let volume = Volume::new(VolumeParts {
            id: info.id,
            me: parts.me,
            replicas: replicas.subscribe(),
            nodes: self.nodes.subscribe(),
            removed: self.removed.subscribe(),
            limited: limited.subscribe(),
            group: Arc::new(group.clone()),
            meta: MetaReader::new(readers.clone()),
            store: parts.store.clone(),
            peers: Arc::new(crate::peers::TransportPeers(parts.transport.clone())),
            clock: parts.clock.clone(),
            entropy: parts.entropy.clone(),
            effects,
            budget: self.budget.clone(),
            tuning: parts.tuning,
        });
        parts.router.attach(volume.clone());
        tracing::info!(volume = %info.name, replicas = ?info.replicas, "this node's replica runs");
        self.running.lock().insert(info.id, Replica { volume, group, replicas, limited, counters, readers });
        Ok(())
    }

    /// The volume was deleted, or this node is no longer one of its replicas: its data here goes.
    async fn destroy(&self, id: VolumeId) {
        let Some(replica) = self.running.lock().remove(&id) else { return };
        self.parts.router.detach(id);
        self.parts.router.forget(id);
        replica.volume.shutdown();
        if let Err(error) = self.parts.raft.destroy_group(GroupId::from(id)).await {
            tracing::warn!(volume = %id, %error, "the log of a deleted volume could not be cleared");
        }
        if let Err(error) = self.parts.store.delete_volume(id).await {
            tracing::warn!(volume = %id, %error, "the chunks of a deleted volume could not be removed");
        }
        let dir = self.parts.dir.join(id.0.to_string());
        if let Err(error) = std::fs::remove_dir_all(&dir) {
            tracing::warn!(path = %dir.display(), %error, "the database of a deleted volume could not be removed");
        }
        tracing::info!(volume = %id, "this node's replica is gone");
    }
}

/// Gives a new group its members. Every replica does so with the same list, which is safe; on a group that
/// has a history it does nothing.
async fn initialize(group: &Group, replicas: &[NodeId]) -> Result<(), RaftError> {
    let mut tries = 0;
    loop {
        match group.initialize(replicas).await {
            Err(RaftError::TimedOut(_)) if tries < INITIALIZE_TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::Timestamp;

    #[test]
    fn the_plan_is_what_the_state_says_less_what_runs() {
        let volume = |id, replicas: &[u64]| VolumeInfo {
            id: VolumeId(id),
            name: format!("v{id}"),
            replicas: replicas.iter().map(|node| NodeId(*node)).collect(),
            created: Timestamp::default(),
            limits: Default::default(),
            root: Default::default(),
            description: String::new(),
        };
        let volumes = [volume(1, &[1, 2, 3]), volume(2, &[2, 3, 4]), volume(3, &[1, 3, 4])];
        let view = SystemView { volumes: Arc::new(volumes.into_iter().collect()), ..SystemView::default() };
        let plan = plan(&view, NodeId(1), &[VolumeId(1), VolumeId(9)]);
        assert_eq!(plan, Plan { start: vec![VolumeId(3)], stop: vec![VolumeId(9)] });
    }
}
