//! What a command does to nodes: pure.

use super::rules::{check_address, check_node_name};
use super::{KeyFingerprint, NodeCommand, NodeError, NodeInfo, NodeState};
use crate::noun::At;
use crate::nouns::task::{self, TaskEffect};
use crate::nouns::{Decide, Decision, Effect, SystemError, SystemView, done};
use crate::rules::listed;
use nasd_base::{NodeId, Timestamp};

impl Decide for NodeCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        match self {
            NodeCommand::Activate { node } => activate(view, *node),
            NodeCommand::SetAddress { node, address } => set_address(view, *node, address),
            NodeCommand::Remove { node, with_replicas } => remove(view, at.now, *node, *with_replicas),
        }
    }
}

/// What a node says of itself.
pub struct Machine<'a> {
    pub name: &'a str,
    pub address: &'a str,
    pub key: &'a KeyFingerprint,
}

impl Machine<'_> {
    /// Whether no member but `except` has the name or the address.
    pub fn check(&self, view: &SystemView, except: Option<NodeId>) -> Result<(), SystemError> {
        check_node_name(self.name)?;
        if let Some(other) = view.members().find(|node| Some(node.id) != except && node.name == self.name) {
            return Err(NodeError::NodeNameTaken { name: self.name.to_owned(), node: other.id }.into());
        }
        check_address_free(view, self.address, except)
    }

    pub fn register(&self, id: NodeId, state: NodeState, joined: Timestamp) -> NodeInfo {
        let (name, address) = (self.name.to_owned(), self.address.to_owned());
        NodeInfo { id, name, address, state, key: *self.key, joined }
    }
}

fn check_address_free(view: &SystemView, address: &str, except: Option<NodeId>) -> Result<(), SystemError> {
    check_address(address)?;
    match view.members().find(|node| Some(node.id) != except && node.address == address) {
        Some(other) => Err(NodeError::AddressTaken { address: address.to_owned(), node: other.id }.into()),
        None => Ok(()),
    }
}

fn activate(view: &SystemView, id: NodeId) -> Decision {
    let node = view.member(id)?;
    done([NodeInfo { state: NodeState::Active, ..node.clone() }])
}

fn set_address(view: &SystemView, id: NodeId, address: &str) -> Decision {
    let node = view.member(id)?;
    check_address_free(view, address, Some(id))?;
    done([NodeInfo { address: address.to_owned(), ..node.clone() }])
}

fn remove(view: &SystemView, now: Timestamp, id: NodeId, with_replicas: bool) -> Decision {
    let node = view.nodes.get(&id).ok_or(NodeError::UnknownNode(id))?;
    if node.state == NodeState::Active && view.active_nodes().count() == 1 {
        return Err(NodeError::LastNode(id).into());
    }
    let held = view.volumes.values().filter(|volume| volume.replicas.contains(&id));
    let held: Vec<&str> = held.map(|volume| volume.name.as_str()).collect();
    if node.state != NodeState::Removed && !with_replicas && !held.is_empty() {
        return Err(NodeError::NodeHoldsReplicas { node: id, volumes: listed(&held) }.into());
    }
    let removed = NodeInfo { state: NodeState::Removed, ..node.clone() };
    let tasks = task::without_node(&view.tasks, id, now);
    let tasks = tasks.into_iter().map(|task| Effect::from(TaskEffect::Task(task)));
    done([Effect::from(removed)].into_iter().chain(tasks))
}
