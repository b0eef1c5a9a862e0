//! Refusals, one variant per thing a caller does differently.

use nasd_base::{GroupId, NodeId};

/// Why a proposal or a read could not be answered here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// This node does not lead the group; nothing was proposed. Ask `leader`, if it is known.
    #[error("not the leader of the group")]
    NotLeader { leader: Option<NodeId> },
    /// The command may or may not be committed, now or later: retry with the same operation id.
    #[error("the outcome is not known; retry with the same operation id")]
    Unknown,
    /// The command is larger than [`crate::COMMAND_BYTES_MAX`], or than a quarter of a log segment; nothing was
    /// proposed.
    #[error("the command has {bytes} bytes, more than a log entry holds")]
    TooLarge { bytes: usize },
    /// This node's log waits for descriptors, memory or disk space; nothing was proposed. Without this what waits would
    /// grow for as long as the others make a majority.
    #[error("this node's log waits for what the node lacks")]
    Short,
    /// The group does not run on this node any more.
    #[error("the group has stopped on this node: {0}")]
    Stopped(String),
}

/// Why a group could not be run, changed or reached.
#[derive(Debug, thiserror::Error)]
pub enum RaftError {
    #[error("group {0} does not run on this node")]
    NoGroup(GroupId),
    #[error("group {0} runs on this node already")]
    Running(GroupId),
    /// Bytes from a peer that are no message of this version.
    #[error("a malformed message: {0}")]
    Malformed(String),
    /// A message claims to come from another node than the one that sent it.
    #[error("node {from} sent a message in the name of node {claimed}")]
    Forged { from: NodeId, claimed: NodeId },
    /// Only the leader can do this.
    #[error("not the leader of the group")]
    NotLeader { leader: Option<NodeId> },
    /// The change is not possible in the group's present state.
    #[error("{0}")]
    Refused(String),
    /// It did not happen in time; it may still happen.
    #[error("timed out: {0}")]
    TimedOut(String),
    #[error("the group has stopped on this node: {0}")]
    Stopped(String),
    #[error(transparent)]
    State(#[from] nasd_state::StateError),
    #[error(transparent)]
    Log(#[from] nasd_log::LogError),
}

/// Why a message brought no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// There is no connection, or the other end refused: worth waiting before the next attempt.
    #[error("unreachable: {0}")]
    Unreachable(String),
    #[error("no reply in time")]
    Timeout,
}
