//! Why commands are refused, in every noun's words.

use super::accounts::AccountError;
use super::task::TaskError;
use nasd_base::NodeId;
use serde::{Deserialize, Serialize};

/// Why a command was refused, or whether it could be decided at all. A refused command changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SystemError {
    #[error("this cluster has a first node already")]
    AlreadyFounded,
    #[error("the cluster has no first node yet")]
    NotFounded,
    #[error(
        "`{0}` is no node name: use 1 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit"
    )]
    BadNodeName(String),
    #[error(
        "`{0}` is no cluster name: use 1 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit"
    )]
    BadClusterName(String),
    #[error(
        "`{0}` is no node address: write it as host:port, for instance 192.0.2.7:7400 or [2001:db8::7]:7400"
    )]
    BadAddress(String),
    #[error("the name {name} is taken by node {node}; choose another, or remove that node first")]
    NodeNameTaken { name: String, node: NodeId },
    #[error(
        "the address {address} belongs to node {node}; if that machine was wiped, remove node {node} first"
    )]
    AddressTaken { address: String, node: NodeId },
    #[error("there is no node {0}")]
    UnknownNode(NodeId),
    #[error("node {0} was removed from the cluster; it can only join again as a new node")]
    NodeRemoved(NodeId),
    #[error("node {0} is the last active node; a cluster cannot lose it")]
    LastNode(NodeId),
    #[error(
        "node {node} holds replicas of {volumes}; move them first, or remove the node together with them"
    )]
    NodeHoldsReplicas { node: NodeId, volumes: String },
    #[error(
        "this machine's key already belongs to node {0}; remove that node, delete node.key here and join again"
    )]
    KeyTaken(NodeId),
    #[error("this node id cannot be used: ids come from the log")]
    BadNodeId,
    #[error("a token is valid for 1 second to 24 hours")]
    BadTokenLifetime,
    #[error("there are {0} open join tokens; wait until they expire")]
    TooManyTokens(usize),
    #[error("this token exists already")]
    TokenExists,
    #[error("the join token is not known to this cluster; create one with `nasctl token create`")]
    TokenUnknown,
    #[error("the join token was already used, by node {0}; each token lets one node in, create another")]
    TokenUsed(NodeId),
    #[error("the join token has expired; create another and use it within its lifetime")]
    TokenExpired,
    #[error("`{0}` is no volume name: use 1 to 63 of a-z, 0-9, `-` and `_`")]
    BadVolumeName(String),
    #[error("there is a volume {0} already")]
    VolumeNameTaken(String),
    #[error("there is no volume {0}")]
    UnknownVolume(String),
    #[error("volume {volume} is still exported as {paths}; delete the export first")]
    VolumeExported { volume: String, paths: String },
    #[error("a volume needs {needed} replicas on different active nodes, {given} were given")]
    NotEnoughReplicas { needed: u32, given: u32 },
    #[error("a volume has at most {0} replicas")]
    TooManyReplicas(u32),
    /// What [`crate::volume::shortfall`] says.
    #[error("{0}")]
    TooFewNodes(String),
    #[error("volume {volume} is not one of {user}'s")]
    NotOwned { volume: String, user: String },
    #[error("node {0} is named twice among the replicas")]
    ReplicaTwice(NodeId),
    #[error("node {0} is not active and cannot hold a replica")]
    ReplicaNotActive(NodeId),
    #[error("`{0}` is no export path: begin with `/`, end without, no `.`, `..`, empty or overlong parts")]
    BadExportPath(String),
    #[error("{0} is exported already")]
    ExportExists(String),
    #[error("`{path}` would lie inside or around the export `{other}`")]
    ExportOverlaps { path: String, other: String },
    #[error("there is no export {0}")]
    UnknownExport(String),
    #[error("an export has at most {0} client rules")]
    TooManyClients(usize),
    #[error("`{0}` is no network: the prefix is longer than the address")]
    BadNetwork(String),
    #[error("this cluster has as many {0} as it can hold")]
    Full(String),
    #[error("the command could not be read; is the node that sent it newer?")]
    BadCommand,
    /// Nothing was decided, as far as is known; the command may still take effect.
    #[error(
        "the cluster did not decide in time: {0}. A majority of nodes must be up and able to reach each other"
    )]
    NoQuorum(String),
    #[error("the system group of this node has stopped: {0}")]
    Stopped(String),
    #[error("a limit is at least 1 and at most {} bytes or files", i64::MAX)]
    BadLimit,
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error("somebody else has changed it since you looked; look again, and decide anew")]
    Changed,
    #[error(transparent)]
    Task(#[from] TaskError),
}
