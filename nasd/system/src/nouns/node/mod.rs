//! The nodes of the cluster: who is a member, and where.

mod command;
mod decide;
mod error;
mod rows;
mod rules;
#[cfg(test)]
mod tests;
mod view;

pub use command::NodeCommand;
pub(crate) use decide::Machine;
pub use error::NodeError;
pub use nasd_cluster::KeyFingerprint;
pub(crate) use rules::NODES_MAX;
pub use rules::{ADDRESS_BYTES_MAX, check_address, check_node_name};

use nasd_base::{NodeId, Timestamp};
use serde::{Deserialize, Serialize};

/// How far a node is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// Registered; holds no data yet.
    Joining,
    Active,
    /// Out for good: its certificate is refused, its id is never used again.
    Removed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    pub id: NodeId,
    pub name: String,
    /// `host:port` of the node-to-node listener.
    pub address: String,
    pub state: NodeState,
    pub key: KeyFingerprint,
    pub joined: Timestamp,
}
