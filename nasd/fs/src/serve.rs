//! The receiving end of [`crate::Peers`]: what other nodes ask of this one.

use crate::arrival::Arrived;
use crate::core::Core;
use crate::message::{Answer, Ask, INOS_PER_MESSAGE_MAX, Took, decode, encode};
use crate::refusal::ExecuteError;
use crate::router::Router;
use crate::service::{Context, Request, TRANSFER_BYTES_MAX};
use crate::timing::{OperationKind, Origin};
use crate::volume::Volume;
use bytes::Bytes;
use nasd_base::{NodeId, VolumeId};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Largest body: a chunk that would not compress, with its framing.
const BODY_BYTES_MAX: usize = TRANSFER_BYTES_MAX as usize + (256 << 10);

/// An operation that another node forwards.
struct Called {
    context: Context,
    request: Request,
    body: Bytes,
    arrived: Arrived,
}

impl Router {
    /// Answers what node `from` sent through its [`crate::Peers`]. Only members of the cluster may get here:
    /// the transport has proved who `from` is.
    ///
    /// # Errors
    /// A message that cannot be read, with the reason for the log.
    pub async fn serve(&self, from: NodeId, header: Bytes, body: Bytes) -> Result<(Bytes, Bytes), String> {
        if body.len() > BODY_BYTES_MAX {
            return Err(format!("node {from} sent a body of {} bytes", body.len()));
        }
        let ask: Ask = decode(&header).map_err(|error| format!("from node {from}: {error}"))?;
        let (answer, body) = self.answer(from, ask, body).await;
        Ok((encode(&answer), body))
    }

    async fn answer(&self, from: NodeId, ask: Ask, body: Bytes) -> (Answer, Bytes) {
        let plain = |answer| (answer, Bytes::new());
        match ask {
            Ask::Call { volume, context, request, timeout_ms, arrived } => {
                let patience = Duration::from_millis(u64::from(timeout_ms));
                let call = Called { context, request, body, arrived: Arrived::There(arrived) };
                self.answer_call(from, volume, call, patience).await
            }
            Ask::OpenInodes { volume, inos } => {
                let asked = &inos[..inos.len().min(INOS_PER_MESSAGE_MAX)];
                plain(Answer::Open { inos: self.0.opens.open_of(volume, asked) })
            }
            Ask::LiveSessions { volume, sessions } => {
                plain(Answer::Live { sessions: self.0.sessions.live_of(volume, sessions) })
            }
            Ask::Recall { volume, session, cached } => {
                plain(Answer::Recalled { done: self.0.sessions.recall(volume, session, cached).await })
            }
            Ask::PutChunk { volume, chunk } => match self.replica(volume, from) {
                Some(core) => plain(core.answer_put(chunk, body).await),
                None => plain(Answer::NoReplica),
            },
            Ask::Flush { volume, chunks } => match self.replica(volume, from) {
                Some(core) => plain(core.answer_flush(&chunks).await),
                None => plain(Answer::NoReplica),
            },
            Ask::GetChunk { volume, chunk } => match self.replica(volume, from) {
                Some(core) => core.answer_get(chunk).await,
                None => plain(Answer::NoReplica),
            },
            Ask::DropChunks { volume, chunks } => match self.replica(volume, from) {
                Some(core) => plain(core.answer_drop(chunks).await),
                None => plain(Answer::NoReplica),
            },
            Ask::Sweep { volume, below, seen } => match self.replica(volume, from) {
                Some(core) => {
                    tokio::spawn(core.sweep_when_seen(below, seen));
                    plain(Answer::Done)
                }
                None => plain(Answer::NoReplica),
            },
        }
    }

    /// This node's replica, for a node that keeps one too.
    fn replica(&self, volume: VolumeId, from: NodeId) -> Option<Arc<Core>> {
        let volume: Arc<Volume> = self.volume(volume)?;
        let core = volume.core.clone();
        let known = core.replicas.borrow().contains(&from);
        known.then_some(core)
    }

    async fn answer_call(
        &self,
        from: NodeId,
        volume: VolumeId,
        call: Called,
        patience: Duration,
    ) -> (Answer, Bytes) {
        let Some(volume) = self.volume(volume) else { return (Answer::NoReplica, Bytes::new()) };
        let Called { context, request, body, arrived } = call;
        let begun = Instant::now();
        context.trace.note_request(OperationKind::of(&request), &request);
        let writes = matches!(request, Request::Write { .. });
        let now = || volume.core.tenure().ok().filter(|_| writes).map(|tenure| tenure.writes.now());
        let work = volume.core.execute_keeping(&context, request, body, arrived);
        let done = tokio::time::timeout(patience, work).await;
        let took = self.took(from, volume.id(), &context, begun);
        let answer = match done {
            Ok((Ok((reply, body)), keep)) => {
                let keep_ms = keep.as_millis() as u16;
                return (Answer::Called { result: Ok(reply), keep_ms, now: now(), took }, body);
            }
            Ok((Err(ExecuteError::Refused(errno)), keep)) => {
                Answer::Called { result: Err(errno), keep_ms: keep.as_millis() as u16, now: now(), took }
            }
            Ok((Err(ExecuteError::NotLeader { leader }), _)) => Answer::NotLeader { leader },
            Ok((Err(ExecuteError::Late { now }), _)) => Answer::Late { now },
            Ok((Err(ExecuteError::Unknown), _)) | Err(_) => Answer::Unknown,
        };
        (answer, Bytes::new())
    }

    /// What was done for another node, which says what it was to the client; here it is in the log if it was slow.
    fn took(&self, from: NodeId, volume: VolumeId, context: &Context, begun: Instant) -> Took {
        let (now, trace) = (Instant::now(), &context.trace);
        let took = now.duration_since(begun);
        if let Some(ended) = self.0.ledger.ended(trace, Origin::Node(from), volume, took, now) {
            self.0.ledger.say_if_slow("leader", &ended, now);
        }
        Took { micros: took.as_micros() as u64, stages: trace.stages() }
    }
}
