//! One replicated group on this node.

use crate::codec::Malformed;
use crate::config::RaftConfig;
use crate::error::{ProposeError, RaftError};
use crate::machine::Shared;
use crate::network::PeerLink;
use crate::order::Order;
use crate::read::ReadMode;
use crate::standing::Leadership;
use crate::transfer::Incoming;
use crate::types::{Command, Membership, Metrics, Proposed, Raft, Types};
use bytes::Bytes;
use nasd_base::{GroupId, NodeId};
use nasd_log::GroupLog;
use openraft::async_runtime::WatchReceiver;
use openraft::errors::{ClientWriteError, InitializeError};
use openraft::impls::{EmptyNode, OneshotResponder};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long a change of the members may take to be committed.
const CHANGE_WITHIN: Duration = Duration::from_secs(60);
/// How long stopping waits for the database to be closed.
const CLOSED_WITHIN: Duration = Duration::from_secs(30);

/// A replica of a group. Cheap to clone; calls may come from any task.
#[derive(Clone)]
pub struct Group(pub(crate) Arc<Inner>);

type Watch = <crate::runtime::Runtime as openraft::AsyncRuntime>::Watch;
type MetricsReceiver = <Watch as openraft::async_runtime::Watch>::Receiver<Metrics>;

pub(crate) struct Inner {
    pub raft: Raft,
    pub shared: Arc<Shared>,
    pub log: GroupLog,
    pub link: Arc<PeerLink>,
    pub order: Order,
    pub incoming: Arc<Incoming>,
    pub metrics: MetricsReceiver,
    pub standing: watch::Receiver<Leadership>,
    pub leading: watch::Receiver<bool>,
    /// The term in which this replica, as leader, has begun to hand over; `u64::MAX` if in none.
    pub handed_over_term: AtomicU64,
    /// Until when [`Group::sole_for`] has said that nobody else leads.
    pub promised_until: Mutex<Option<Instant>>,
    pub config: RaftConfig,
    pub command_bytes_max: usize,
    pub tasks: Tasks,
    pub closed: Mutex<Option<oneshot::Receiver<()>>>,
}

/// What runs beside openraft. `following` ends with the group; it has to say that nobody leads any more.
pub(crate) struct Tasks {
    pub following: JoinHandle<()>,
    pub maintenance: JoinHandle<()>,
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.following.abort();
        self.maintenance.abort();
    }
}

/// What a replica knows about its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStatus {
    pub group: GroupId,
    pub term: u64,
    pub leader: Option<NodeId>,
    pub is_leader: bool,
    pub last_log_index: Option<u64>,
    pub applied_index: Option<u64>,
    /// Everything up to here is durable in the state, and may be released from the log.
    pub snapshot_index: Option<u64>,
    /// Everything up to here was released from the log.
    pub purged_index: Option<u64>,
    pub voters: BTreeSet<NodeId>,
    pub learners: BTreeSet<NodeId>,
    /// At the leader: up to where each replica's log is known to agree.
    pub matched: BTreeMap<NodeId, Option<u64>>,
    /// Why this replica has stopped: it neither votes nor leads until it is started again.
    pub failed: Option<String>,
    /// What this replica waits for: the node has too little of something. It goes on by itself.
    pub short_of: Option<String>,
}

impl Group {
    pub fn id(&self) -> GroupId {
        self.0.link.group
    }

    /// Makes these nodes the group's first voters. Idempotent: does nothing if the group has members. To be
    /// called at one of them, or at all with the same members. Durable at this node on return.
    pub async fn initialize(&self, members: &[NodeId]) -> Result<(), RaftError> {
        let members: BTreeMap<u64, EmptyNode> = members.iter().map(|node| (node.0, EmptyNode {})).collect();
        match self.0.raft.initialize(members).await {
            Ok(()) => self.0.first_entry_is_durable().await,
            Err(openraft::errors::RaftError::APIError(InitializeError::NotAllowed(_))) => Ok(()),
            Err(openraft::errors::RaftError::APIError(error)) => Err(RaftError::Refused(error.to_string())),
            Err(openraft::errors::RaftError::Fatal(_)) => Err(RaftError::Stopped(self.0.why_stopped())),
        }
    }

    /// Replicates a command and returns the state machine's reply, when it was applied here. Many may be on
    /// their way; they are applied in the order in which they were taken.
    ///
    /// # Errors
    /// `Unknown` also when this replica loses its leadership, or touch with a majority, for longer than an
    /// election.
    pub async fn propose(&self, command: Bytes) -> Result<Bytes, ProposeError> {
        Ok(self.propose_timed(command).await?.reply)
    }

    /// Like [`Group::propose`], and says what of its time went into the state.
    ///
    /// # Errors
    /// As [`Group::propose`].
    pub async fn propose_timed(&self, command: Bytes) -> Result<Proposed, ProposeError> {
        let inner = &self.0;
        if command.len() > inner.command_bytes_max {
            return Err(ProposeError::TooLarge { bytes: command.len() });
        }
        if inner.log.waits() {
            return Err(ProposeError::Short);
        }
        inner.link.counters.add_proposals(1);
        let begun = Instant::now();
        let (responder, reply) = OneshotResponder::new_pair();
        if inner.raft.client_write_ff(Command(command), Some(responder)).await.is_err() {
            return Err(ProposeError::Stopped(inner.why_stopped()));
        }
        let result = tokio::select! {
            biased;
            reply = reply => reply.map_err(|_| ProposeError::Unknown)?,
            () = inner.leadership_lost() => return Err(ProposeError::Unknown),
        };
        match result {
            Ok(response) => {
                inner.link.counters.count_commit(begun.elapsed());
                Ok(response.data)
            }
            Err(ClientWriteError::ForwardToLeader(forward)) => {
                Err(ProposeError::NotLeader { leader: forward.leader_id.map(NodeId) })
            }
            Err(_) => Err(ProposeError::Unknown),
        }
    }

    /// Who leads, as it changes.
    pub fn leadership(&self) -> watch::Receiver<Leadership> {
        self.0.standing.clone()
    }

    /// Returns when a read of the local state sees everything acknowledged before this call.
    ///
    /// # Errors
    /// `NotLeader` also when this replica leads but cannot reach a majority.
    pub async fn read_barrier(&self, mode: ReadMode) -> Result<(), ProposeError> {
        self.0.read_barrier(mode).await
    }

    /// For how long from now surely no other replica leads; zero while this one does not. What is promised within
    /// that time need not be known to the next leader. Relies on clocks that drift by less than a tenth.
    pub fn sole_for(&self) -> Duration {
        self.0.sole_for()
    }

    /// Adds a replica that receives the log but does not vote. Returns when that is committed, not when the
    /// learner has caught up: see [`GroupStatus::matched`].
    pub async fn add_learner(&self, node: NodeId) -> Result<(), RaftError> {
        self.change("adding a learner", self.0.raft.add_learner(node.0, EmptyNode {}, false)).await
    }

    /// Makes exactly these nodes the voters. New ones must be learners, and should have caught up. Replicas
    /// that are no voters any more leave the group.
    pub async fn change_members(&self, voters: BTreeSet<NodeId>) -> Result<(), RaftError> {
        let voters: BTreeSet<u64> = voters.into_iter().map(|node| node.0).collect();
        self.change("changing the voters", self.0.raft.change_membership(voters, false)).await
    }

    async fn change<T, F>(&self, what: &str, change: F) -> Result<(), RaftError>
    where
        F: Future<Output = Result<T, openraft::errors::RaftError<Types, ClientWriteError<Types>>>>,
    {
        use openraft::errors::RaftError as Refusal;
        match tokio::time::timeout(CHANGE_WITHIN, change).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(Refusal::APIError(ClientWriteError::ForwardToLeader(forward)))) => {
                Err(RaftError::NotLeader { leader: forward.leader_id.map(NodeId) })
            }
            Ok(Err(Refusal::APIError(ClientWriteError::ChangeMembershipError(error)))) => {
                Err(RaftError::Refused(error.to_string()))
            }
            Ok(Err(Refusal::APIError(error))) => Err(RaftError::TimedOut(format!("{what}: {error}"))),
            Ok(Err(Refusal::Fatal(_))) => Err(RaftError::Stopped(self.0.why_stopped())),
            Err(_) => Err(RaftError::TimedOut(format!("{what}: no majority has agreed"))),
        }
    }

    /// Hands leadership to another voter and waits until it leads. Reads under the lease end at once;
    /// what was promised by [`Group::sole_for`] is waited out.
    ///
    /// # Errors
    /// `TimedOut` if it does not take over; the group then elects a leader by itself.
    pub async fn transfer_leadership(&self, to: NodeId) -> Result<(), RaftError> {
        let inner = &self.0;
        if to == inner.link.node && inner.metrics().state == openraft::ServerState::Leader {
            return Ok(());
        }
        let term = inner.term_to_hand_over(to)?;
        let promised = {
            let promised = inner.promised_until.lock();
            inner.handed_over_term.store(term, SeqCst);
            *promised
        };
        if let Some(until) = promised {
            tokio::time::sleep_until(until).await;
        }
        if inner.raft.trigger().transfer_leader(to.0).await.is_err() {
            return Err(RaftError::Stopped(inner.why_stopped()));
        }
        let mut standing = inner.standing.clone();
        let taken = standing.wait_for(|now| now.leader == Some(to));
        match tokio::time::timeout(inner.election(), taken).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(RaftError::Stopped(inner.why_stopped())),
            Err(_) => Err(RaftError::TimedOut(format!("node {to} did not take over"))),
        }
    }

    pub fn status(&self) -> GroupStatus {
        let inner = &self.0;
        let metrics = inner.metrics();
        let membership: &Membership = metrics.membership_config.membership();
        let matched = metrics.replication.iter().flatten();
        let index = |id: &Option<crate::types::LogId>| id.map(|id| id.index);
        GroupStatus {
            group: self.id(),
            term: metrics.vote.leader_id.term,
            leader: metrics.current_leader.map(NodeId),
            is_leader: metrics.state == openraft::ServerState::Leader,
            last_log_index: metrics.last_log_index,
            applied_index: index(&metrics.last_applied),
            snapshot_index: index(&metrics.snapshot),
            purged_index: index(&metrics.purged),
            voters: membership.voter_ids().map(NodeId).collect(),
            learners: membership.learner_ids().map(NodeId).collect(),
            matched: matched.map(|(node, id)| (NodeId(*node), index(id))).collect(),
            failed: inner.failure(&metrics),
            short_of: inner.shared.short_of(),
        }
    }

    /// Makes the state durable soon, and releases the log below it as configured.
    pub async fn trigger_snapshot(&self) {
        self.0.shared.checkpoint_due.notify_one();
        // Only fails when the group has stopped.
        let _ = self.0.raft.trigger().snapshot().await;
    }
}

impl Inner {
    pub fn metrics(&self) -> impl Deref<Target = Metrics> + '_ {
        self.metrics.borrow_watched()
    }

    /// The term in which this replica leads, if it may hand its leadership to that voter.
    fn term_to_hand_over(&self, to: NodeId) -> Result<u64, RaftError> {
        let metrics = self.metrics();
        if metrics.state != openraft::ServerState::Leader {
            return Err(RaftError::NotLeader { leader: metrics.current_leader.map(NodeId) });
        }
        if !metrics.membership_config.membership().voter_ids().any(|id| id == to.0) {
            return Err(RaftError::Refused(format!("node {to} is no voter of the group")));
        }
        Ok(metrics.vote.leader_id.term)
    }

    /// openraft returns from `initialize` before the members are on the disk.
    async fn first_entry_is_durable(&self) -> Result<(), RaftError> {
        let mut flushed = self.raft.watch_log_progress();
        while flushed.get().is_none_or(|point| point.last_log_id.is_none()) {
            if flushed.changed().await.is_err() {
                return Err(RaftError::Stopped(self.why_stopped()));
            }
        }
        Ok(())
    }

    /// The longest time without a leader that is no cause for concern.
    fn election(&self) -> Duration {
        Duration::from_millis(self.config.election_ms.1)
    }

    /// Returns when this replica has not been an active leader for the time of an election.
    async fn leadership_lost(&self) {
        let mut leading = self.leading.clone();
        loop {
            if leading.wait_for(|leading| !leading).await.is_err() {
                return;
            }
            tokio::time::sleep(self.election()).await;
            if !*leading.borrow() {
                return;
            }
        }
    }

    fn failure(&self, metrics: &Metrics) -> Option<String> {
        let fatal = metrics.running_state.as_ref().err().map(ToString::to_string);
        self.shared.failed().or(fatal)
    }

    /// The reason why the group does not answer.
    pub fn why_stopped(&self) -> String {
        self.failure(&self.metrics()).unwrap_or_else(|| "it was stopped".into())
    }

    /// Stops the replica and closes its database.
    pub async fn stop(&self) {
        self.tasks.maintenance.abort();
        self.shared.stopping.store(true, SeqCst);
        if let Err(error) = self.raft.shutdown().await {
            tracing::warn!(group = %self.link.group, %error, "a group ended badly");
        }
        let mut standing = self.standing.clone();
        // An error means that the task has ended, and with it the watch.
        let _ = standing.wait_for(|now| !now.ready && now.leader.is_none()).await;
        let closed = self.closed.lock().take();
        if let Some(closed) = closed
            && tokio::time::timeout(CLOSED_WITHIN, closed).await.is_err()
        {
            tracing::warn!(group = %self.link.group, "a group's database is still open");
        }
    }
}

impl From<Malformed> for RaftError {
    fn from(error: Malformed) -> Self {
        RaftError::Malformed(error.to_string())
    }
}
