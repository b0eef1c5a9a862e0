//! Answers the messages of other replicas.

use crate::RaftError;
use crate::codec::ids::VoteBytes;
use crate::codec::message::{AppendMessage, RaftReply, RaftRequest, VoteMessage};
use crate::codec::message::{decode_entries, decode_request, encode_reply};
use crate::group::Inner;
use crate::transfer::Whole;
use crate::types::{LogId, Vote};
use bytes::Bytes;
use nasd_base::NodeId;
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, TransferLeaderRequest, VoteRequest};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

impl Inner {
    /// Handles one message from `from` and returns the reply to send back.
    pub(crate) async fn receive(&self, from: NodeId, message: Bytes) -> Result<Bytes, RaftError> {
        let malformed = |error: crate::codec::Malformed| RaftError::Malformed(error.to_string());
        let (request, body) = decode_request(&message).map_err(malformed)?;
        let reply = match request {
            RaftRequest::Vote(vote) => self.answer_vote(from, vote).await?,
            RaftRequest::Append(append) => {
                let entries = decode_entries(&append.lengths, body).map_err(malformed)?;
                self.answer_append(from, append, entries).await?
            }
            RaftRequest::Transfer { from_leader, to, last } => {
                let from_leader = sent_by(from, from_leader)?;
                self.answer_transfer(TransferLeaderRequest::new(from_leader, to, last.map(LogId::from)))
                    .await?
            }
            RaftRequest::CopyOpen { transfer, vote } => {
                let vote = sent_by(from, vote)?;
                let mine = self.metrics().vote;
                match mine > vote {
                    true => RaftReply::CopyDone { vote: mine.into() },
                    false => self.incoming.open(&self.shared.dir, from.0, transfer, vote).await,
                }
            }
            RaftRequest::CopyPart { transfer, offset } => {
                self.incoming.part(from.0, transfer, offset, body).await
            }
            RaftRequest::CopyClose { transfer, mark, bytes, blake3 } => {
                let mark = mark.check().map_err(malformed)?;
                let whole = Whole { mark, bytes, blake3: blake3.into() };
                self.incoming.close(&self.raft, from.0, transfer, whole).await?
            }
        };
        Ok(encode_reply(&reply))
    }

    async fn answer_vote(&self, from: NodeId, message: VoteMessage) -> Result<RaftReply, RaftError> {
        let vote = sent_by(from, message.vote)?;
        if self.link.on_probation() && !message.transfer {
            return Ok(RaftReply::Refused("this replica has just started".into()));
        }
        let mut request = VoteRequest::new(vote, message.last.map(LogId::from));
        request.leadership_transfer = message.transfer;
        let answer = match message.pre {
            true => self.raft.pre_vote(request).await,
            false => self.raft.vote(request).await,
        };
        let answer = answer.map_err(|error| RaftError::Stopped(error.to_string()))?;
        Ok(RaftReply::Vote {
            vote: answer.vote.into(),
            granted: answer.vote_granted,
            last: answer.last_log_id.map(Into::into),
        })
    }

    async fn answer_append(
        &self,
        from: NodeId,
        message: AppendMessage,
        entries: Vec<crate::types::Entry>,
    ) -> Result<RaftReply, RaftError> {
        let request = AppendEntriesRequest {
            vote: sent_by(from, message.vote)?,
            prev_log_id: message.prev.map(LogId::from),
            entries,
            leader_commit: message.commit.map(LogId::from),
        };
        // The first poll puts the request into the core's queue: that is what has to happen in order.
        // Unconstrained, because tokio's budget could make that poll return early.
        let mut append = pin!(tokio::task::unconstrained(self.raft.append_entries(request)));
        let first = {
            let Some(_held) = self.order.turn(from.0, message.stream, message.sequence).await else {
                return Ok(RaftReply::Refused("an earlier message of the stream is missing".into()));
            };
            std::future::poll_fn(|context| Poll::Ready(append.as_mut().poll(context))).await
        };
        let answer = match first {
            Poll::Ready(answer) => answer,
            Poll::Pending => append.await,
        };
        match answer.map_err(|error| RaftError::Stopped(error.to_string()))? {
            AppendEntriesResponse::Success => {
                self.link.heard.hear(from);
                Ok(RaftReply::Appended)
            }
            AppendEntriesResponse::Conflict => Ok(RaftReply::Conflict),
            AppendEntriesResponse::HigherVote(vote) => Ok(RaftReply::HigherVote(vote.into())),
            AppendEntriesResponse::PartialSuccess(_) => {
                Ok(RaftReply::Refused("only a part of the entries was taken".into()))
            }
        }
    }

    async fn answer_transfer(
        &self,
        request: TransferLeaderRequest<crate::types::Types>,
    ) -> Result<RaftReply, RaftError> {
        match self.raft.handle_transfer_leader(request).await {
            Ok(Ok(())) => Ok(RaftReply::Transferring),
            Ok(Err(refusal)) => Ok(RaftReply::TransferRefused(refusal.to_string())),
            Err(fatal) => Err(RaftError::Stopped(fatal.to_string())),
        }
    }
}

/// The vote, if it belongs to the node that the transport says has sent it.
fn sent_by(from: NodeId, vote: VoteBytes) -> Result<Vote, RaftError> {
    let vote = Vote::from(vote);
    match vote.leader_id.node_id == from.0 {
        true => Ok(vote),
        false => Err(RaftError::Forged { from, claimed: NodeId(vote.leader_id.node_id) }),
    }
}
