//! All replicated groups of a node.

use crate::codec::entry;
use crate::config::RaftConfig;
use crate::counters::RaftCounters;
use crate::error::RaftError;
use crate::group::{Group, Inner, Tasks};
use crate::log_store::LogStore;
use crate::machine::StateMachine;
use crate::maintenance::Maintenance;
use crate::network::{Factory, PeerLink, Wire};
use crate::standing;
use crate::types::Raft;
use bytes::Bytes;
use nasd_base::{GroupId, NodeId};
use nasd_log::Log;
use nasd_state::{Machine, StateDb};
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The groups that run on this node, over one log. Cheap to clone.
#[derive(Clone)]
pub struct RaftNode(Arc<Node>);

struct Node {
    config: RaftConfig,
    log: Log,
    wire: Arc<dyn Wire>,
    groups: RwLock<BTreeMap<GroupId, Group>>,
    /// Groups start and stop one after the other.
    changing: tokio::sync::Mutex<()>,
    names: Arc<AtomicU64>,
    counters: RaftCounters,
}

impl RaftNode {
    /// A node without groups yet.
    pub fn new(config: RaftConfig, log: Log, wire: Arc<dyn Wire>) -> RaftNode {
        // Names only have to differ from those of this node's earlier life.
        let names = Arc::new(AtomicU64::new(config.entropy.next_u64() >> 1));
        RaftNode(Arc::new(Node {
            config,
            log,
            wire,
            groups: RwLock::default(),
            changing: tokio::sync::Mutex::default(),
            names,
            counters: RaftCounters::default(),
        }))
    }

    /// Starts this node's replica of a group on what its log and database hold.
    ///
    /// # Errors
    /// When either is damaged: the replica must be removed and built again from the others, under a new
    /// node id.
    pub async fn start_group<M: Machine>(
        &self,
        group: GroupId,
        state: StateDb<M>,
    ) -> Result<Group, RaftError> {
        let node = &self.0;
        let _changing = node.changing.lock().await;
        if self.group(group).is_some() {
            return Err(RaftError::Running(group));
        }
        let started = node.start(group, state).await?;
        node.groups.write().insert(group, started.clone());
        Ok(started)
    }

    pub fn group(&self, group: GroupId) -> Option<Group> {
        self.0.groups.read().get(&group).cloned()
    }

    /// The groups that run here, sorted by their numbers.
    pub fn groups(&self) -> Vec<Group> {
        self.0.groups.read().values().cloned().collect()
    }

    /// Stops this node's replica and closes its database; its log stays.
    pub async fn stop_group(&self, group: GroupId) -> Result<(), RaftError> {
        let _changing = self.0.changing.lock().await;
        let stopped = self.0.groups.write().remove(&group).ok_or(RaftError::NoGroup(group))?;
        stopped.0.stop().await;
        Ok(())
    }

    /// Stops this node's replica, if it runs, and forgets its log and vote. The database is the caller's to
    /// remove, and must be. Never start the group here again under this node's id: it has forgotten its
    /// votes.
    pub async fn destroy_group(&self, group: GroupId) -> Result<(), RaftError> {
        let _changing = self.0.changing.lock().await;
        let stopped = self.0.groups.write().remove(&group);
        if let Some(stopped) = stopped {
            stopped.0.stop().await;
        }
        Ok(self.0.log.remove_group(group).await?)
    }

    /// Handles a message that another node's [`Wire`] was given, and returns the reply. The transport vouches
    /// for `from`; the bytes are checked here.
    pub async fn receive(&self, from: NodeId, group: GroupId, message: Bytes) -> Result<Bytes, RaftError> {
        let group = self.group(group).ok_or(RaftError::NoGroup(group))?;
        group.0.receive(from, message).await
    }

    /// Stops all groups.
    pub async fn shutdown(&self) {
        let _changing = self.0.changing.lock().await;
        let groups = std::mem::take(&mut *self.0.groups.write());
        for group in groups.into_values() {
            group.0.stop().await;
        }
    }

    pub fn counters(&self) -> RaftCounters {
        self.0.counters.clone()
    }
}

impl Node {
    async fn start<M: Machine>(&self, group: GroupId, state: StateDb<M>) -> Result<Group, RaftError> {
        let config = Arc::new(self.config.openraft(group.0).map_err(RaftError::Refused)?);
        let timing = self.config.timing();
        let (machine, closed) =
            StateMachine::new(state, self.config.checkpoint_bytes, self.counters.clone())?;
        let shared = machine.shared();
        let log =
            LogStore::new(self.log.group(group), self.counters.clone(), self.config.acks_before_flush());
        let gauge = log.gauge();
        let link = Arc::new(PeerLink {
            node: self.config.node,
            group,
            wire: self.wire.clone(),
            timing,
            install_timeout: Duration::from_millis(self.config.install_timeout_ms),
            names: self.names.clone(),
            probation_until: log.has_voted().then(|| Instant::now() + timing.read_lease),
            counters: self.counters.clone(),
            heard: Default::default(),
        });
        let raft = Raft::new(self.config.node.0, config, Factory(link.clone()), log, machine)
            .await
            .map_err(|error| RaftError::Stopped(error.to_string()))?;
        let incoming = Arc::default();
        let (standing_sender, standing) = watch::channel(standing::Leadership::default());
        let (leading_sender, leading) = watch::channel(false);
        let maintenance = Maintenance {
            raft: raft.clone(),
            shared: shared.clone(),
            gauge,
            incoming: Arc::clone(&incoming),
            config: self.config.clone(),
            released: (0, 0),
        };
        let taken = link.clone();
        let senders = (standing_sender, leading_sender);
        let following = standing::follow(raft.metrics(), raft.server_metrics(), timing, senders, move || {
            taken
                .heard
                .take_over(group)
                .into_iter()
                .for_each(|takeover| taken.counters.count_takeover(takeover));
        });
        let tasks =
            Tasks { following: tokio::spawn(following), maintenance: tokio::spawn(maintenance.run()) };
        let entry_bytes_max = self.log.payload_bytes_max().saturating_sub(entry::HEADER_BYTES);
        Ok(Group(Arc::new(Inner {
            metrics: raft.metrics(),
            raft,
            shared,
            log: self.log.group(group),
            link,
            order: Default::default(),
            incoming,
            standing,
            leading,
            handed_over_term: AtomicU64::new(u64::MAX),
            promised_until: Default::default(),
            config: self.config.clone(),
            command_bytes_max: entry_bytes_max.min(crate::COMMAND_BYTES_MAX),
            tasks,
            closed: Mutex::new(Some(closed)),
        })))
    }
}
