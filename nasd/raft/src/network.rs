//! How one replica of a group calls another: openraft's network over a [`Wire`].
//!
//! Appends are pipelined: up to a window of them is on its way, numbered so that the receiver handles them
//! in order (see [`crate::order`]). Heartbeats go beside that stream and wait for nothing. News of a commit
//! rides with the next entries (see [`crate::notices`]).

use crate::WireError;
use crate::codec::message::{AppendMessage, RaftReply, RaftRequest, VoteMessage};
use crate::codec::message::{decode_reply, encode_append, encode_request};
use crate::config::{APPENDS_IN_FLIGHT_MAX, Timing};
use crate::counters::RaftCounters;
use crate::machine::SnapshotData;
use crate::notices;
use crate::takeover::LastHeard;
use crate::transfer;
use crate::types::{LogId, Snapshot, Types, Vote};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use nasd_base::net::BoxFuture;
use nasd_base::{GroupId, NodeId};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Timeout, Unreachable};
use openraft::impls::EmptyNode;
use openraft::network::{RPCOption, RPCTypes, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendError, StreamAppendResult,
    TransferLeaderError, TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::{OptionalSend, base};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

/// Carries a message to the same group on another node and brings back what that node's
/// [`crate::RaftNode::receive`] returned.
///
/// Messages may be reordered, repeated or lost. They hold at most one command of
/// [`crate::COMMAND_BYTES_MAX`] or about 1 MiB. A refusal at the other end is `Unreachable`.
pub trait Wire: Send + Sync + 'static {
    fn call(
        &self,
        to: NodeId,
        group: GroupId,
        message: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Bytes, WireError>>;
}

/// What all connections of a group share.
pub(crate) struct PeerLink {
    pub node: NodeId,
    pub group: GroupId,
    pub wire: Arc<dyn Wire>,
    pub timing: Timing,
    pub install_timeout: Duration,
    /// Names of streams and transfers; never 0.
    pub names: Arc<AtomicU64>,
    /// Until then this replica, just started, must not help to elect a leader: it may have promised its
    /// former leader a lease and forgotten.
    pub probation_until: Option<Instant>,
    pub counters: RaftCounters,
    pub heard: LastHeard,
}

impl PeerLink {
    pub fn on_probation(&self) -> bool {
        self.probation_until.is_some_and(|until| Instant::now() < until)
    }

    pub fn new_name(&self) -> u64 {
        self.names.fetch_add(1, Relaxed).max(1)
    }

    /// Sends a message and decodes its reply.
    pub async fn call(
        &self,
        target: u64,
        action: RPCTypes,
        message: Bytes,
        timeout: Duration,
    ) -> Result<RaftReply, RPCError<Types>> {
        let call = self.wire.call(NodeId(target), self.group, message, timeout);
        let reply = tokio::time::timeout(timeout, call).await.unwrap_or(Err(WireError::Timeout));
        match reply.map(|bytes| decode_reply(&bytes)) {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(malformed)) => Err(NetworkError::new(&malformed).into()),
            Err(WireError::Timeout) => {
                Err(RPCError::Timeout(Timeout { action, id: self.node.0, target, timeout }))
            }
            Err(error @ WireError::Unreachable(_)) => Err(Unreachable::new(&error).into()),
        }
    }
}

/// Why a reply cannot be used.
fn unexpected(reply: RaftReply) -> RPCError<Types> {
    match reply {
        RaftReply::Refused(reason) => NetworkError::from_string(reason).into(),
        other => NetworkError::from_string(format!("an unexpected reply: {other:?}")).into(),
    }
}

pub(crate) struct Factory(pub Arc<PeerLink>);

impl RaftNetworkFactory<Types> for Factory {
    type Network = Peer;

    async fn new_client(&mut self, target: u64, _node: &EmptyNode) -> Peer {
        Peer { link: self.0.clone(), target, ordered: true }
    }

    async fn new_heartbeat_client(&mut self, target: u64, _node: &EmptyNode) -> Peer {
        Peer { link: self.0.clone(), target, ordered: false }
    }
}

/// The way to one other replica.
pub(crate) struct Peer {
    link: Arc<PeerLink>,
    target: u64,
    ordered: bool,
}

impl Peer {
    async fn append(
        &self,
        request: AppendEntriesRequest<Types>,
        (stream, sequence): (u64, u64),
        option: &RPCOption,
    ) -> Result<StreamAppendResult<Types>, RPCError<Types>> {
        let prev = request.prev_log_id;
        let last = request.entries.last().map(|entry| entry.log_id).or(prev);
        // What is in the stream waits for the follower's disk.
        let timeout = match self.ordered {
            false => option.soft_ttl(),
            true => option.soft_ttl().max(Duration::from_millis(self.link.timing.lease_ms)),
        };
        let message = AppendMessage {
            vote: request.vote.into(),
            prev: prev.map(Into::into),
            commit: request.leader_commit.map(Into::into),
            stream,
            sequence,
            lengths: Vec::new(),
        };
        let message = encode_append(message, &request.entries);
        match self.link.call(self.target, RPCTypes::AppendEntries, message, timeout).await? {
            RaftReply::Appended => Ok(Ok(last)),
            RaftReply::HigherVote(vote) => Ok(Err(StreamAppendError::HigherVote(vote.into()))),
            RaftReply::Conflict => match prev {
                Some(prev) => {
                    self.note_conflict(prev);
                    Ok(Err(StreamAppendError::Conflict(prev)))
                }
                None => Err(unexpected(RaftReply::Conflict)),
            },
            other => Err(unexpected(other)),
        }
    }

    /// A heartbeat names an entry that the follower has acknowledged: that it is missing now is grave.
    fn note_conflict(&self, acknowledged: LogId) {
        if !self.ordered {
            self.link.counters.add_followers_reverted(1);
            tracing::error!(
                group = %self.link.group, node = self.target, index = acknowledged.index,
                "a replica has lost log entries it had acknowledged; it is filled again, but its disk cannot be \
                 trusted: replace the node, which gets a new id"
            );
        }
    }

    async fn ask_for_vote(
        &self,
        request: VoteRequest<Types>,
        pre: bool,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        if self.link.on_probation() && !request.leadership_transfer {
            return Err(Unreachable::from_string("this replica has just started").into());
        }
        let message = RaftRequest::Vote(VoteMessage {
            pre,
            vote: request.vote.into(),
            last: request.last_log_id.map(Into::into),
            transfer: request.leadership_transfer,
        });
        let message = encode_request(&message, &[]);
        match self.link.call(self.target, RPCTypes::Vote, message, option.soft_ttl()).await? {
            RaftReply::Vote { vote, granted, last } => {
                Ok(VoteResponse::new(Vote::from(vote), last.map(LogId::from), granted))
            }
            other => Err(unexpected(other)),
        }
    }
}

impl RaftNetworkV2<Types> for Peer {
    type SnapshotData = SnapshotData;

    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        Ok(self.append(request, (0, 0), &option).await?.into())
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        option: RPCOption,
    ) -> base::BoxFuture<'s, Result<AppendReplies<'s>, RPCError<Types>>>
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + OptionalSend + Unpin + 'static,
    {
        let this: &'s Peer = self;
        let stream = if this.ordered { this.link.new_name() } else { 0 };
        let input: base::BoxStream<'s, AppendEntriesRequest<Types>> = match this.link.group {
            // Every node reads the system's state.
            GroupId::SYSTEM => Box::pin(input),
            _ => Box::pin(notices::with_entries(input)),
        };
        let replies = input
            .enumerate()
            .map(move |(sequence, request)| {
                let option = option.clone();
                async move { this.append(request, (stream, sequence as u64), &option).await }
            })
            .buffered(APPENDS_IN_FLIGHT_MAX);
        let replies = futures::stream::unfold(Some(Box::pin(replies)), |replies| async move {
            let mut replies = replies?;
            let reply = replies.next().await?;
            // What follows a refused append would be refused as well.
            let goes_on = matches!(reply, Ok(Ok(_)));
            Some((reply, goes_on.then_some(replies)))
        });
        let replies: AppendReplies<'s> = Box::pin(replies);
        Box::pin(std::future::ready(Ok(replies)))
    }

    async fn vote(
        &mut self,
        request: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.ask_for_vote(request, false, option).await
    }

    async fn pre_vote(
        &mut self,
        request: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.ask_for_vote(request, true, option).await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        tokio::select! {
            biased;
            closed = cancel => Err(closed.into()),
            sent = transfer::send(&self.link, self.target, vote, snapshot.snapshot) => sent,
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<Types>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<Types>, RPCError<Types>> {
        let message = RaftRequest::Transfer {
            from_leader: (*request.from_leader()).into(),
            to: *request.to_node_id(),
            last: request.last_log_id().map(|id| (*id).into()),
        };
        let message = encode_request(&message, &[]);
        // The other end waits for its flush before it answers.
        let timeout = option.soft_ttl().max(Duration::from_millis(self.link.timing.lease_ms));
        match self.link.call(self.target, RPCTypes::TransferLeader, message, timeout).await? {
            RaftReply::Transferring => Ok(Ok(())),
            RaftReply::TransferRefused(reason) => {
                tracing::info!(group = %self.link.group, to = self.target, reason, "leadership was not taken");
                let expected = request.last_log_id().copied();
                Ok(Err(TransferLeaderError::LogNotFlushed { expected, actual: None }))
            }
            other => Err(unexpected(other)),
        }
    }
}

type AppendReplies<'s> = base::BoxStream<'s, Result<StreamAppendResult<Types>, RPCError<Types>>>;
