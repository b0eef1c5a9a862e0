//! One replica of a volume on this node: it executes operations while it leads, and keeps chunks always.

use crate::alarms::Alarms;
use crate::journal::{Journal, Leadership};
use crate::leader::budget::DirtyBudget;
use crate::leader::read_ahead::ReadAhead;
use crate::leader::tenure::Office;
use crate::limits::Limits;
use crate::opens::OpenTable;
use crate::peers::Peers;
use crate::replica::effects::EffectsFeed;
use crate::replica::stores::Links;
use crate::service::WriteVerifier;
use crate::sessions::SessionTable;
use crate::stats::{Stats, VolumeStats};
use crate::upkeep::heal::HealQueue;
use crate::upkeep::orphans::OrphanWatch;
use nasd_base::file::VolumeLimits;
use nasd_base::{ChunkId, Clock, Entropy, NodeId, VolumeId};
use nasd_meta::MetaReader;
use nasd_store::ChunkStore;
use parking_lot::Mutex;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use tokio::task::AbortHandle;
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
    pub journal: Arc<dyn Journal>,
    pub meta: MetaReader,
    pub store: ChunkStore,
    pub peers: Arc<dyn Peers>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// The observer of this replica's state machine.
    pub effects: Arc<EffectsFeed>,
    /// Memory for unsaved data, shared by the volumes of the node.
    pub budget: Arc<DirtyBudget>,
    pub limits: Limits,
}

/// A running replica. Its background tasks stop when it is shut down or dropped.
pub struct Volume {
    pub(crate) core: Arc<Core>,
    tasks: Mutex<Vec<AbortHandle>>,
}

/// What the operations and tasks of a replica share.
pub(crate) struct Core {
    pub(crate) id: VolumeId,
    pub(crate) me: NodeId,
    pub(crate) replicas: watch::Receiver<Vec<NodeId>>,
    pub(crate) nodes: watch::Receiver<Vec<NodeId>>,
    pub(crate) removed: watch::Receiver<Vec<NodeId>>,
    pub(crate) limited: watch::Receiver<VolumeLimits>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) leadership: watch::Receiver<Leadership>,
    pub(crate) meta: MetaReader,
    pub(crate) store: ChunkStore,
    pub(crate) peers: Arc<dyn Peers>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) effects: Arc<EffectsFeed>,
    pub(crate) budget: Arc<DirtyBudget>,
    pub(crate) limits: Limits,
    pub(crate) stats: Arc<Stats>,
    pub(crate) alarms: Alarms,
    /// Drawn at start: tells this run's write verifiers from those of earlier ones.
    pub(crate) boot: u64,
    pub(crate) office: Mutex<Office>,
    pub(crate) links: Links,
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

impl Volume {
    /// Starts a replica and its background tasks. Call it within a tokio runtime.
    pub fn new(parts: VolumeParts) -> Arc<Volume> {
        let leadership = parts.journal.leadership();
        let core = Arc::new(Core {
            id: parts.id,
            me: parts.me,
            replicas: parts.replicas,
            nodes: parts.nodes,
            removed: parts.removed,
            limited: parts.limited,
            leadership,
            journal: parts.journal,
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
            links: Links::default(),
            room: Mutex::default(),
            settled_below: AtomicU64::new(0),
            orphans: OrphanWatch::default(),
            heal: HealQueue::new(parts.limits.heal_queue_max),
            read_ahead: ReadAhead::default(),
            limits: parts.limits,
            opens: OnceLock::new(),
            sessions: OnceLock::new(),
            stopping: AtomicBool::new(false),
        });
        let volume = Volume { core, tasks: Mutex::default() };
        volume.start_tasks();
        Arc::new(volume)
    }

    fn start_tasks(&self) {
        self.run(self.core.clone().follow_leadership());
        self.run(self.core.clone().write_back_loop());
        self.run(self.core.clone().effects_loop());
        self.run(self.core.clone().heal_loop());
        self.run(self.core.clone().reconcile_loop());
        self.run(self.core.clone().orphan_loop());
        self.run(self.core.clone().destage_loop());
        self.run(self.core.clone().coalesce_loop());
        self.run(self.core.clone().session_loop());
        self.run(self.core.clone().limits_loop());
    }

    fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().push(tokio::spawn(task).abort_handle());
    }

    pub fn id(&self) -> VolumeId {
        self.core.id
    }

    /// Whether this node leads the volume and is ready to serve.
    pub fn is_leading(&self) -> bool {
        self.core.tenure().is_ok()
    }

    /// The write verifier of the present tenure; `None` when another node leads.
    pub fn verifier(&self) -> Option<WriteVerifier> {
        Some(self.core.tenure().ok()?.verifier())
    }

    /// Bytes of file data, without holes and before compression, and how many things have a name, as this replica
    /// has applied them. `None` when its database cannot be read.
    pub fn held(&self) -> Option<(u64, u64)> {
        let totals = self.core.meta.totals().ok()?;
        Some((totals.logical_bytes, totals.inodes.saturating_sub(1)))
    }

    /// Counts since the start.
    pub fn stats(&self) -> VolumeStats {
        self.core.stats.snapshot()
    }

    /// Missing chunks known and not yet fetched.
    pub fn heal_backlog(&self) -> usize {
        self.core.heal.len()
    }

    /// Saves all unsaved data, as far as this node leads: before a clean shutdown or a change of leader.
    pub async fn save_all(&self) {
        if let Ok(tenure) = self.core.tenure() {
            self.core.save_dirty(&tenure, Instant::now()).await;
        }
    }

    /// Chunks that were found damaged in this node's store: fetched from another replica soon, or removed if
    /// nothing needs them. May be repeated until they are whole.
    pub fn mend(&self, chunks: &[ChunkId]) {
        chunks.iter().for_each(|chunk| self.core.heal.add(*chunk));
    }

    /// Compares the store with the metadata: queues what is missing, removes what surely is not needed. Done
    /// unasked at the start, after a snapshot replaced the state, and every hour.
    pub async fn reconcile(&self) {
        self.core.reconcile().await;
    }

    /// Stops all tasks and ends the tenure. Unsaved data is gone: see [`Volume::save_all`].
    pub fn shutdown(&self) {
        self.core.stopping.store(true, Relaxed);
        self.core.vacate();
        for task in self.tasks.lock().drain(..) {
            task.abort();
        }
    }

    /// Where this node's open files are counted. Orphans are reaped only after this was called.
    pub(crate) fn set_opens(&self, opens: Arc<OpenTable>) {
        // A second router would be a bug of the wiring, but not one worth stopping for.
        let _ = self.core.opens.set(opens);
    }

    /// Where this node's mounts are listed. Locks of mounts that are gone are taken back only after this was
    /// called.
    pub(crate) fn set_sessions(&self, sessions: Arc<SessionTable>) {
        let _ = self.core.sessions.set(sessions);
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Core {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    pub(crate) fn opens(&self) -> Option<&Arc<OpenTable>> {
        self.opens.get()
    }

    pub(crate) fn sessions(&self) -> Option<&Arc<SessionTable>> {
        self.sessions.get()
    }
}
