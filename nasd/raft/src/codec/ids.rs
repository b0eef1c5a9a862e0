//! Log ids, votes and memberships as they are stored and sent.

use super::Malformed;
use crate::types::{LeaderId, LogId, Membership, StoredMembership, Vote};
use openraft::impls::EmptyNode;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Replicas and learners of one group, at most.
const MEMBERS_MAX: usize = 64;

/// `(term, leader, index)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogIdBytes(u64, u64, u64);

/// `(term, node, committed)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VoteBytes(u64, u64, bool);

/// The voters of one or, while they change, two configurations; and everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MembershipBytes {
    configs: Vec<BTreeSet<u64>>,
    nodes: BTreeSet<u64>,
}

impl From<LogId> for LogIdBytes {
    fn from(id: LogId) -> Self {
        LogIdBytes(id.leader_id.term, id.leader_id.node_id, id.index)
    }
}

impl From<LogIdBytes> for LogId {
    fn from(LogIdBytes(term, node_id, index): LogIdBytes) -> Self {
        LogId { leader_id: LeaderId { term, node_id }, index }
    }
}

impl From<Vote> for VoteBytes {
    fn from(vote: Vote) -> Self {
        VoteBytes(vote.leader_id.term, vote.leader_id.node_id, vote.committed)
    }
}

impl From<VoteBytes> for Vote {
    fn from(VoteBytes(term, node_id, committed): VoteBytes) -> Self {
        Vote { leader_id: LeaderId { term, node_id }, committed }
    }
}

impl From<&Membership> for MembershipBytes {
    fn from(membership: &Membership) -> Self {
        MembershipBytes {
            configs: membership.get_joint_config().clone(),
            nodes: membership.nodes().map(|(id, _)| *id).collect(),
        }
    }
}

impl MembershipBytes {
    pub fn check(self) -> Result<Membership, Malformed> {
        if self.configs.len() > 2 || self.nodes.len() > MEMBERS_MAX {
            return Err(Malformed("a membership with too many members"));
        }
        let nodes: BTreeMap<u64, EmptyNode> = self.nodes.into_iter().map(|id| (id, EmptyNode {})).collect();
        if self.configs.iter().flatten().any(|voter| !nodes.contains_key(voter)) {
            return Err(Malformed("a membership with a voter that is no member"));
        }
        if self.configs.is_empty() {
            return match nodes.is_empty() {
                true => Ok(Membership::default()),
                false => Err(Malformed("a membership without voters")),
            };
        }
        Membership::new(self.configs, nodes).map_err(|_| Malformed("an impossible membership"))
    }
}

/// A membership and the entry that set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredMembershipBytes {
    set_by: Option<LogIdBytes>,
    membership: MembershipBytes,
}

impl From<&StoredMembership> for StoredMembershipBytes {
    fn from(stored: &StoredMembership) -> Self {
        StoredMembershipBytes {
            set_by: stored.log_id().map(Into::into),
            membership: stored.membership().into(),
        }
    }
}

impl StoredMembershipBytes {
    pub fn check(self) -> Result<StoredMembership, Malformed> {
        Ok(StoredMembership::new(self.set_by.map(Into::into), self.membership.check()?))
    }
}

pub(crate) fn encode_vote(vote: Vote) -> bytes::Bytes {
    postcard::to_stdvec(&VoteBytes::from(vote)).expect("numbers are encodable").into()
}

pub(crate) fn decode_vote(bytes: &[u8]) -> Result<Vote, Malformed> {
    let vote: VoteBytes = postcard::from_bytes(bytes).map_err(|_| Malformed("a stored vote"))?;
    Ok(vote.into())
}

pub(crate) fn encode_log_id(id: LogId) -> bytes::Bytes {
    postcard::to_stdvec(&LogIdBytes::from(id)).expect("numbers are encodable").into()
}

pub(crate) fn decode_log_id(bytes: &[u8]) -> Result<LogId, Malformed> {
    let id: LogIdBytes = postcard::from_bytes(bytes).map_err(|_| Malformed("a stored log id"))?;
    Ok(id.into())
}
