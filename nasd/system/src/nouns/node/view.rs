//! The nodes of a view.

use super::{KeyFingerprint, NodeError, NodeInfo, NodeState};
use crate::nouns::{SystemError, SystemView};
use nasd_base::NodeId;

impl SystemView {
    pub fn node(&self, id: NodeId) -> Option<&NodeInfo> {
        self.nodes.get(&id)
    }

    /// The node, unless it is unknown or removed.
    pub(crate) fn member(&self, id: NodeId) -> Result<&NodeInfo, SystemError> {
        match self.node(id) {
            None => Err(NodeError::UnknownNode(id).into()),
            Some(node) if node.state == NodeState::Removed => Err(NodeError::NodeRemoved(id).into()),
            Some(node) => Ok(node),
        }
    }

    /// How many nodes had joined before it: never another's, for ids only grow and removed nodes keep their rows.
    pub fn slot(&self, id: NodeId) -> u32 {
        self.nodes.range(..id).count() as u32
    }

    /// Nodes that were not removed.
    pub fn members(&self) -> impl Iterator<Item = &NodeInfo> {
        self.nodes.values().filter(|node| node.state != NodeState::Removed)
    }

    /// Nodes that may hold replicas.
    pub fn active_nodes(&self) -> impl Iterator<Item = &NodeInfo> {
        self.nodes.values().filter(|node| node.state == NodeState::Active)
    }

    /// The members, each with its registered key.
    pub fn member_keys(&self) -> Vec<(NodeId, KeyFingerprint)> {
        self.members().map(|node| (node.id, node.key)).collect()
    }

    /// All nodes, each with its registered key, or none if it was removed.
    pub fn node_keys(&self) -> impl Iterator<Item = (NodeId, Option<KeyFingerprint>)> {
        let key = |node: &NodeInfo| (node.state != NodeState::Removed).then_some(node.key);
        self.nodes.values().map(move |node| (node.id, key(node)))
    }
}
