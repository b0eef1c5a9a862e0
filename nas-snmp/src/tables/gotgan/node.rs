//! Owns `gotganNodeTable`.

use super::place::{NODE_ENTRY, index, ours};
use super::view::View;
use crate::tables::values::{gauge, text, truth};
use crate::tree::TreeBuilder;
use crate::wire::Value;
use nasd_api::{NodeInfo, NodeState};

pub fn add_to(tree: &mut TreeBuilder, view: &View<'_>) {
    let entry = ours(&NODE_ENTRY);
    for node in &view.said.status.nodes {
        if let Some(number) = index(node.id) {
            tree.row(&entry, &[number], row(view, node));
        }
    }
}

fn row(view: &View<'_>, node: &NodeInfo) -> [(u32, Option<Value>); 8] {
    let volumes = &view.said.status.volumes;
    let leads = volumes.iter().filter(|volume| volume.leader == Some(node.id)).count();
    let holds =
        volumes.iter().filter(|volume| volume.replicas.iter().any(|copy| copy.node == node.id)).count();
    let state = match node.state {
        NodeState::Joining => 1,
        NodeState::Member => 2,
        NodeState::Leaving => 3,
        NodeState::Unknown => 4,
    };
    [
        (2, Some(text(&node.name))),
        (3, Some(text(&node.address))),
        (4, Some(Value::Integer(state))),
        (5, Some(truth(node.reachable && !view.cluster.is_old(view.now)))),
        (6, Some(text(node.version.as_deref().unwrap_or_default()))),
        (7, Some(text(node.nfs_address.as_deref().unwrap_or_default()))),
        (8, Some(gauge(leads as u64))),
        (9, Some(gauge(holds as u64))),
    ]
}
