//! What nodes ask of each other about the system's state: the headers of [`Service::Control`] frames.
//! Append variants, never reorder.
//!
//! [`Service::Control`]: nasd_cluster::transport::Service::Control

use super::command::{Outcome, Proposal};
use nasd_base::NodeId;
use nasd_cluster::KeyFingerprint;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ControlRequest {
    /// To the leader of the system group.
    Propose(Box<Proposal>),
    /// To any member: who the members are.
    Members,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ControlReply {
    /// `version` is that of the leader's view with the outcome in it.
    Decided { outcome: Outcome, version: u64 },
    /// Nothing was proposed.
    NotLeader { leader: Option<NodeId> },
    /// It may or may not take effect.
    Undecided { reason: String },
    /// With their registered keys, as the member has applied the state.
    Members(Vec<(NodeId, KeyFingerprint)>),
}
