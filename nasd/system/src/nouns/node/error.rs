//! Why commands about nodes are refused.

use crate::noun::{Refusal, RefusalKind};
use nasd_base::NodeId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NodeError {
    #[error(
        "`{0}` is no node name: use 1 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit"
    )]
    BadNodeName(String),
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
}

impl Refusal for NodeError {
    fn kind(&self) -> RefusalKind {
        match self {
            NodeError::UnknownNode(_) => RefusalKind::Unknown,
            NodeError::NodeHoldsReplicas { .. } => RefusalKind::Conflict,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<NodeError> {
        nasd_base::every_variant!(NodeError {
            BadNodeName("N 1".to_owned()),
            BadAddress("here".to_owned()),
            NodeNameTaken { name: "n1".to_owned(), node: NodeId(1) },
            AddressTaken { address: "192.0.2.1:7400".to_owned(), node: NodeId(1) },
            UnknownNode(NodeId(2)),
            NodeRemoved(NodeId(2)),
            LastNode(NodeId(1)),
            NodeHoldsReplicas { node: NodeId(1), volumes: "media, home".to_owned() },
            KeyTaken(NodeId(1)),
        })
    }
}
