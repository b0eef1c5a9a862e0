//! What can be asked of nodes.

use crate::noun::Described;
use nasd_base::NodeId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeCommand {
    /// A joining node takes part now and may hold volumes.
    Activate {
        node: NodeId,
    },
    SetAddress {
        node: NodeId,
        address: String,
    },
    /// Takes a node out for good. Refused while volumes have replicas on it, unless `with_replicas`: those
    /// volumes then name it until their replicas are set.
    Remove {
        node: NodeId,
        with_replicas: bool,
    },
}

impl Described for NodeCommand {
    fn describe(&self) -> String {
        match self {
            NodeCommand::Activate { node } => format!("activate node {node}"),
            NodeCommand::SetAddress { node, address } => {
                format!("set the address of node {node} to {address}")
            }
            NodeCommand::Remove { node, .. } => format!("remove node {node}"),
        }
    }
}
