//! What a command does to nodes: pure.

use super::rules::{check_address, check_node_name};
use super::{KeyFingerprint, NodeCommand, NodeInfo, NodeState};
use crate::command::SystemError;
use crate::decide::{At, Decision, done};
use crate::rules::listed;
use crate::tables::{Effect, Tables};
use crate::task;
use nasd_base::{NodeId, Timestamp};

pub fn decide(tables: &Tables, at: &At<'_>, command: &NodeCommand) -> Decision {
    match command {
        NodeCommand::Activate { node } => activate(tables, *node),
        NodeCommand::SetAddress { node, address } => set_address(tables, *node, address),
        NodeCommand::Remove { node, with_replicas } => remove(tables, at.now, *node, *with_replicas),
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
    pub fn check(&self, tables: &Tables, except: Option<NodeId>) -> Result<(), SystemError> {
        check_node_name(self.name)?;
        if let Some(other) = tables.members().find(|node| Some(node.id) != except && node.name == self.name) {
            return Err(SystemError::NodeNameTaken { name: self.name.to_owned(), node: other.id });
        }
        check_address_free(tables, self.address, except)
    }

    pub fn register(&self, id: NodeId, state: NodeState, joined: Timestamp) -> NodeInfo {
        let (name, address) = (self.name.to_owned(), self.address.to_owned());
        NodeInfo { id, name, address, state, key: *self.key, joined, volumes: 0 }
    }
}

fn check_address_free(tables: &Tables, address: &str, except: Option<NodeId>) -> Result<(), SystemError> {
    check_address(address)?;
    match tables.members().find(|node| Some(node.id) != except && node.address == address) {
        Some(other) => Err(SystemError::AddressTaken { address: address.to_owned(), node: other.id }),
        None => Ok(()),
    }
}

fn activate(tables: &Tables, id: NodeId) -> Decision {
    let node = tables.member(id)?;
    done(vec![Effect::Node(NodeInfo { state: NodeState::Active, ..node.clone() })])
}

fn set_address(tables: &Tables, id: NodeId, address: &str) -> Decision {
    let node = tables.member(id)?;
    check_address_free(tables, address, Some(id))?;
    done(vec![Effect::Node(NodeInfo { address: address.to_owned(), ..node.clone() })])
}

fn remove(tables: &Tables, now: Timestamp, id: NodeId, with_replicas: bool) -> Decision {
    let node = tables.nodes.get(&id).ok_or(SystemError::UnknownNode(id))?;
    if node.state == NodeState::Active && tables.active_nodes() == 1 {
        return Err(SystemError::LastNode(id));
    }
    let held = tables.volumes.values().filter(|volume| volume.replicas.contains(&id));
    let held: Vec<&str> = held.map(|volume| volume.name.as_str()).collect();
    if node.state != NodeState::Removed && !with_replicas && !held.is_empty() {
        return Err(SystemError::NodeHoldsReplicas { node: id, volumes: listed(&held) });
    }
    let removed = Effect::Node(NodeInfo { state: NodeState::Removed, ..node.clone() });
    let tasks = task::without_node(&tables.tasks, id, now);
    let tasks = tasks.into_iter().map(|task| Effect::Task(task::TaskEffect::Task(task)));
    done([removed].into_iter().chain(tasks).collect())
}
