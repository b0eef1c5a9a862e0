//! The system's state for the rest of a node: what it is now, and how it is changed from anywhere.

use super::by::By;
use super::command::{COMMAND_BYTES_MAX, Entry, Outcome, Proposal};
use super::control::{ControlReply, ControlRequest};
use super::group::SystemGroup;
use super::noun::Tag;
use super::nouns::{SystemCommand, SystemError, SystemReply, SystemView};
use crate::{KeyFingerprint, NodeState};
use bytes::Bytes;
use nasd_base::{Clock, Entropy, NodeId, OpId};
use nasd_cluster::decode_all;
use nasd_cluster::transport::{Refusal, Service, Transport};
use nasd_raft::ProposeError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// A proposal that is not decided after this long is given up: two elections fit.
const PROPOSE_MAX: Duration = Duration::from_secs(15);
/// One attempt at one leader.
const ATTEMPT_MAX: Duration = Duration::from_secs(5);
/// The pause before the next attempt, unless a new leader shows itself.
const RETRY: Duration = Duration::from_millis(100);
/// How long a decided change may take to show in this node's own view.
const CATCH_UP_MAX: Duration = Duration::from_secs(2);

/// The system's state on one node.
#[derive(Clone)]
pub struct System {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    group: Arc<dyn SystemGroup>,
    views: watch::Receiver<Arc<SystemView>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What came of one attempt.
enum Attempt {
    Decided { outcome: Outcome, version: u64 },
    Ask(NodeId),
    Again(String),
}

impl System {
    /// `views` comes from [`super::SystemMachine::new`], whose machine runs in `group`.
    pub fn new(
        transport: Transport,
        group: Arc<dyn SystemGroup>,
        views: watch::Receiver<Arc<SystemView>>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> System {
        System { inner: Arc::new(Inner { transport, group, views, clock, entropy }) }
    }

    /// This node.
    pub fn me(&self) -> NodeId {
        self.inner.transport.me()
    }

    /// The state as this node has applied it; it may be behind the leader's.
    pub fn view(&self) -> Arc<SystemView> {
        self.inner.views.borrow().clone()
    }

    /// Every later state, the newest only.
    pub fn watch(&self) -> watch::Receiver<Arc<SystemView>> {
        self.inner.views.clone()
    }

    /// Changes the state, wherever the leader is. The command and its outcome are in the audit log if somebody asks
    /// for it. On return the change is on a majority's disks, and this
    /// node's view shows it (unless this node is more than two seconds behind).
    ///
    /// # Errors
    /// A refusal by the state, which changed nothing; `NoQuorum` after 15 seconds without a decision: the
    /// command may still take effect.
    pub async fn propose(&self, by: &By, command: SystemCommand) -> Result<SystemReply, SystemError> {
        self.propose_if(by, command, None).await
    }

    /// As [`System::propose`], if what the command edits has the tag `seen` when it is decided; else `Changed`.
    ///
    /// # Errors
    /// As [`System::propose`].
    pub async fn propose_if(
        &self,
        by: &By,
        command: SystemCommand,
        seen: Option<Tag>,
    ) -> Result<SystemReply, SystemError> {
        let op = by.op.unwrap_or_else(|| OpId(self.inner.entropy.next_u128().max(1)));
        let proposal = Proposal { op, command, actor: by.actor.clone(), owned_only: by.owned_only, seen };
        let deadline = Instant::now() + PROPOSE_MAX;
        let mut leadership = self.inner.group.leadership();
        let mut hint = None;
        loop {
            let leader = hint.take().or(leadership.borrow_and_update().leader);
            let reason = match self.attempt(leader, &proposal, deadline).await? {
                Attempt::Decided { outcome, version } => {
                    self.catch_up(version).await;
                    return outcome;
                }
                Attempt::Ask(leader) => {
                    hint = Some(leader);
                    format!("node {leader} was said to lead, and did not answer in time")
                }
                Attempt::Again(reason) => reason,
            };
            if Instant::now() + RETRY >= deadline {
                return Err(SystemError::NoQuorum(reason));
            }
            if let Ok(Err(_)) = timeout(RETRY, leadership.changed()).await {
                return Err(SystemError::Stopped("its leadership is no longer reported".to_owned()));
            }
        }
    }

    async fn attempt(
        &self,
        leader: Option<NodeId>,
        proposal: &Proposal,
        deadline: Instant,
    ) -> Result<Attempt, SystemError> {
        let until = deadline.min(Instant::now() + ATTEMPT_MAX);
        let reply = match leader {
            None => return Ok(Attempt::Again("no leader is known".to_owned())),
            Some(leader) if leader == self.me() => self.propose_here(proposal.clone(), until).await?,
            Some(leader) => match self.propose_at(leader, proposal, until).await {
                Ok(reply) => reply,
                Err(reason) => return Ok(Attempt::Again(format!("the leader, node {leader}: {reason}"))),
            },
        };
        Ok(match reply {
            ControlReply::Decided { outcome, version } => Attempt::Decided { outcome, version },
            ControlReply::NotLeader { leader: Some(leader) } => Attempt::Ask(leader),
            ControlReply::NotLeader { leader: None } => Attempt::Again("no leader is known".to_owned()),
            ControlReply::Undecided { reason } => Attempt::Again(reason),
            ControlReply::Members(_) => return Err(SystemError::BadCommand),
        })
    }

    /// Proposes as the leader, which stamps the time.
    async fn propose_here(&self, proposal: Proposal, until: Instant) -> Result<ControlReply, SystemError> {
        let entry = Entry { now: self.inner.clock.now(), proposal }.encode();
        if entry.len() > COMMAND_BYTES_MAX {
            return Err(SystemError::BadCommand);
        }
        let undecided = |reason: &str| ControlReply::Undecided { reason: reason.to_owned() };
        Ok(match timeout_at(until, self.inner.group.propose(entry)).await {
            Ok(Ok(reply)) => {
                let outcome = decode_all(&reply).ok_or(SystemError::BadCommand)?;
                ControlReply::Decided { outcome, version: self.view().version }
            }
            Ok(Err(ProposeError::NotLeader { leader })) => ControlReply::NotLeader { leader },
            Ok(Err(ProposeError::Unknown)) => undecided("the leader changed while the command was under way"),
            Ok(Err(ProposeError::Short)) => undecided("the leader's log waits for what its node lacks"),
            Ok(Err(ProposeError::TooLarge { .. })) => return Err(SystemError::BadCommand),
            Ok(Err(ProposeError::Stopped(reason))) => return Err(SystemError::Stopped(reason)),
            Err(_) => undecided("no majority of nodes answered the leader"),
        })
    }

    async fn propose_at(
        &self,
        leader: NodeId,
        proposal: &Proposal,
        until: Instant,
    ) -> Result<ControlReply, String> {
        let request = ControlRequest::Propose(Box::new(proposal.clone()));
        let header = postcard::to_stdvec(&request).expect("requests always encode");
        let limit = until - Instant::now();
        let call = self.inner.transport.call(leader, Service::Control, header.into(), Bytes::new(), limit);
        let (header, _) = call.await.map_err(|error| error.to_string())?;
        decode_all(&header).ok_or_else(|| "its reply could not be read; is it newer?".to_owned())
    }

    /// The receiving end of [`Service::Control`].
    pub async fn serve_control(
        &self,
        from: NodeId,
        header: Bytes,
        _body: Bytes,
    ) -> Result<(Bytes, Bytes), Refusal> {
        let request = decode_all(&header).ok_or_else(|| {
            Refusal(format!("a request of node {from} could not be read; is that node newer than this one?"))
        })?;
        let proposal = match request {
            ControlRequest::Propose(proposal) => *proposal,
            ControlRequest::Members => {
                let members = ControlReply::Members(self.view().member_keys());
                let header = postcard::to_stdvec(&members).expect("replies always encode");
                return Ok((header.into(), Bytes::new()));
            }
        };
        let until = Instant::now() + ATTEMPT_MAX;
        let reply = match self.propose_here(proposal, until).await {
            Ok(reply) => reply,
            Err(error @ SystemError::Stopped(_)) => ControlReply::Undecided { reason: error.to_string() },
            Err(refusal) => ControlReply::Decided { outcome: Err(refusal), version: 0 },
        };
        let header = postcard::to_stdvec(&reply).expect("replies always encode");
        Ok((header.into(), Bytes::new()))
    }

    /// The members and their keys as another one knows them; nothing when it does not answer.
    pub async fn members_at(&self, node: NodeId) -> Vec<(NodeId, KeyFingerprint)> {
        let header = postcard::to_stdvec(&ControlRequest::Members).expect("requests always encode");
        let call =
            self.inner.transport.call(node, Service::Control, header.into(), Bytes::new(), ATTEMPT_MAX);
        match call.await.ok().and_then(|(header, _)| decode_all(&header)) {
            Some(ControlReply::Members(members)) => members,
            _ => Vec::new(),
        }
    }

    async fn catch_up(&self, version: u64) {
        let mut views = self.watch();
        let caught_up = views.wait_for(|view| view.version >= version);
        if timeout(CATCH_UP_MAX, caught_up).await.is_err() {
            tracing::info!(version, "this node is behind the system group's leader");
        }
    }

    /// Tells the transport where the nodes are and who was removed, now and after every change. Runs until
    /// the state machine is gone.
    pub async fn keep_routes(&self) {
        let mut views = self.watch();
        loop {
            let view = views.borrow_and_update().clone();
            route(&self.inner.transport, &view);
            if views.changed().await.is_err() {
                return;
            }
        }
    }
}

/// Tells the transport where the nodes of a view are and who was removed.
pub fn route(transport: &Transport, view: &SystemView) {
    for node in view.nodes.values().filter(|node| node.id != transport.me()) {
        let address = (node.state != NodeState::Removed).then(|| node.address.clone());
        transport.set_address(node.id, address);
    }
}
