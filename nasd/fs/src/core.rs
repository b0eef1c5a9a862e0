//! What the operations and tasks of a replica share.
//!
//! Operations and tasks are methods of [`Core`], each in the file of its capability. What they remember has types of its
//! own, in files that know nothing of `Core`: so no file needs all others to be read with it.

use crate::alarms::Alarms;
use crate::leader::budget::DirtyBudget;
use crate::leader::read_ahead::ReadAhead;
use crate::leader::tenure::Office;
use crate::opens::OpenTable;
use crate::peers::Peers;
use crate::replica::effects::EffectsFeed;
use crate::replica::links::ReplicaLinks;
use crate::sessions::SessionTable;
use crate::stats::Stats;
use crate::tuning::Tuning;
use crate::upkeep::heal_queue::HealQueue;
use crate::upkeep::orphan_watch::OrphanWatch;
use crate::volume_group::{Leadership, VolumeGroup};
use nasd_base::file::VolumeLimits;
use nasd_base::{Clock, Entropy, NodeId, VolumeId};
use nasd_meta::MetaReader;
use nasd_store::ChunkStore;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use tokio::time::Instant;

/// What a replica is made of.
pub struct VolumeParts {
    pub id: VolumeId,
    pub me: NodeId,
    /// The nodes that keep the volume's replicas, this one among them.
    pub replicas: watch::Receiver<Vec<NodeId>>,
    /// All nodes of the cluster, this one among them: any of them may hold files open.
    pub nodes: watch::Receiver<Vec<NodeId>>,
    /// Nodes that were removed from the cluster, for good.
    pub removed: watch::Receiver<Vec<NodeId>>,
    /// How much the volume may hold, as the cluster's state has it.
    pub limited: watch::Receiver<VolumeLimits>,
    pub group: Arc<dyn VolumeGroup>,
    pub meta: MetaReader,
    pub store: ChunkStore,
    pub peers: Arc<dyn Peers>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// The observer of this replica's state machine.
    pub effects: Arc<EffectsFeed>,
    /// Memory for unsaved data, shared by the volumes of the node.
    pub budget: Arc<DirtyBudget>,
    pub tuning: Tuning,
}

/// What the operations and tasks of a replica share.
pub(crate) struct Core {
    pub(crate) id: VolumeId,
    pub(crate) me: NodeId,
    pub(crate) replicas: watch::Receiver<Vec<NodeId>>,
    pub(crate) nodes: watch::Receiver<Vec<NodeId>>,
    pub(crate) removed: watch::Receiver<Vec<NodeId>>,
    pub(crate) limited: watch::Receiver<VolumeLimits>,
    pub(crate) group: Arc<dyn VolumeGroup>,
    pub(crate) leadership: watch::Receiver<Leadership>,
    pub(crate) meta: MetaReader,
    pub(crate) store: ChunkStore,
    pub(crate) peers: Arc<dyn Peers>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) effects: Arc<EffectsFeed>,
    pub(crate) budget: Arc<DirtyBudget>,
    pub(crate) tuning: Tuning,
    pub(crate) stats: Arc<Stats>,
    pub(crate) alarms: Alarms,
    /// Drawn at start: tells this run's write verifiers from those of earlier ones.
    pub(crate) boot: u64,
    pub(crate) office: Mutex<Office>,
    pub(crate) links: ReplicaLinks,
    pub(crate) room: Mutex<Option<(Instant, u64)>>,
    pub(crate) heal: HealQueue,
    pub(crate) orphans: OrphanWatch,
    /// Chunks below this id that the metadata does not name never will be.
    pub(crate) settled_below: AtomicU64,
    pub(crate) read_ahead: ReadAhead,
    opens: OnceLock<Arc<OpenTable>>,
    sessions: OnceLock<Arc<SessionTable>>,
    stopping: AtomicBool,
}

impl Core {
    pub(crate) fn new(parts: VolumeParts) -> Arc<Core> {
        let leadership = parts.group.leadership();
        Arc::new(Core {
            id: parts.id,
            me: parts.me,
            replicas: parts.replicas,
            nodes: parts.nodes,
            removed: parts.removed,
            limited: parts.limited,
            leadership,
            group: parts.group,
            meta: parts.meta,
            store: parts.store,
            peers: parts.peers,
            clock: parts.clock,
            boot: parts.entropy.next_u64(),
            effects: parts.effects,
            budget: parts.budget,
            stats: Arc::default(),
            alarms: Alarms::default(),
            office: Mutex::default(),
            links: ReplicaLinks::default(),
            room: Mutex::default(),
            settled_below: AtomicU64::new(0),
            orphans: OrphanWatch::default(),
            heal: HealQueue::new(parts.tuning.heal_queue_max),
            read_ahead: ReadAhead::default(),
            tuning: parts.tuning,
            opens: OnceLock::new(),
            sessions: OnceLock::new(),
            stopping: AtomicBool::new(false),
        })
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    /// No tenure begins any more.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
    }

    pub(crate) fn opens(&self) -> Option<&Arc<OpenTable>> {
        self.opens.get()
    }

    pub(crate) fn set_opens(&self, opens: Arc<OpenTable>) {
        // A second router would be a bug of the wiring, but not one worth stopping for.
        let _ = self.opens.set(opens);
    }

    pub(crate) fn sessions(&self) -> Option<&Arc<SessionTable>> {
        self.sessions.get()
    }

    pub(crate) fn set_sessions(&self, sessions: Arc<SessionTable>) {
        let _ = self.sessions.set(sessions);
    }
}
