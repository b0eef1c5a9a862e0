//! Which nodes hold a volume.

use crate::nouns::SystemView;
use nasd_base::NodeId;

/// The nodes for a new volume: those with the fewest volumes, the lower id first among equals. Fewer than
/// `replicas` when the cluster has fewer active nodes (see [`shortfall`]); none when it has none.
pub fn plan_volume(view: &SystemView, replicas: u32) -> Vec<NodeId> {
    let volumes_on = |id| view.volumes.values().filter(|volume| volume.replicas.contains(&id)).count();
    let mut candidates: Vec<_> = view.active_nodes().map(|node| (volumes_on(node.id), node.id)).collect();
    candidates.sort();
    candidates.into_iter().take(replicas as usize).map(|(_, id)| id).collect()
}

/// What to tell the operator when there are fewer nodes than `replicas`, and what that costs.
pub fn shortfall(view: &SystemView, replicas: u32) -> Option<String> {
    let active = view.active_nodes().count() as u32;
    if active >= replicas {
        return None;
    }
    let survives = match active {
        0 => return Some("the cluster has no active node to hold a volume".to_owned()),
        1 => "the data is lost with that node",
        2 => "the volume stops when either of them is down",
        _ => "it survives fewer failures",
    };
    let nodes = if active == 1 { "1 active node" } else { &format!("{active} active nodes") };
    Some(format!("the cluster has {nodes}, so the volume gets {active} of {replicas} replicas: {survives}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nouns::node::{NodeInfo, NodeState};
    use crate::nouns::volume::{VolumeEffect, VolumeInfo};
    use nasd_base::file::VolumeLimits;
    use nasd_base::{Timestamp, VolumeId};
    use proptest::prelude::*;

    fn node(id: u64, state: NodeState) -> NodeInfo {
        let (name, address) = (format!("n{id}"), format!("192.0.2.{id}:7400"));
        NodeInfo { id: NodeId(id), name, address, state, key: [0; 32], joined: Timestamp::default() }
    }

    fn with_nodes(nodes: impl IntoIterator<Item = NodeInfo>) -> SystemView {
        let mut view = SystemView::default();
        nodes.into_iter().for_each(|node| view.take(node.into()));
        view
    }

    fn add_volume(view: &mut SystemView, replicas: &[NodeId]) {
        let (id, replicas) = (VolumeId(view.volumes.len() as u64 + 1), replicas.to_vec());
        let (created, limits) = (Timestamp::default(), VolumeLimits::default());
        let (name, root, description) = (id.to_string(), Default::default(), String::new());
        let volume = VolumeInfo { id, name, replicas, created, limits, root, description };
        view.take(VolumeEffect::Volume(volume).into());
    }

    #[test]
    fn the_least_loaded_active_nodes_are_chosen() {
        let active = [1, 7, 9, 12].map(|id| node(id, NodeState::Active));
        let others = [node(13, NodeState::Joining), node(14, NodeState::Removed)];
        let mut view = with_nodes(active.into_iter().chain(others));
        for node in [1, 1, 1, 1, 1, 9, 9, 12, 12] {
            add_volume(&mut view, &[NodeId(node)]);
        }
        assert_eq!(plan_volume(&view, 3), [NodeId(7), NodeId(9), NodeId(12)]);
        assert_eq!(plan_volume(&view, 9).len(), 4);
        assert_eq!(shortfall(&view, 3), None);
    }

    #[test]
    fn too_few_nodes_are_said() {
        let one = with_nodes([node(1, NodeState::Active)]);
        assert_eq!(plan_volume(&one, 3), [NodeId(1)]);
        assert!(shortfall(&one, 3).unwrap().contains("1 of 3 replicas: the data is lost"));
        assert!(shortfall(&SystemView::default(), 3).unwrap().contains("no active node"));
    }

    proptest! {
        #[test]
        fn a_plan_names_different_nodes_and_spreads_volumes(count in 1u64..12, volumes in 1usize..60) {
            let mut view = with_nodes((1..=count).map(|id| node(id, NodeState::Active)));
            for _ in 0..volumes {
                let plan = plan_volume(&view, 3);
                prop_assert_eq!(plan.iter().collect::<std::collections::BTreeSet<_>>().len() as u64, count.min(3));
                add_volume(&mut view, &plan);
            }
            let replicas = || view.volumes.values().flat_map(|volume| &volume.replicas);
            let loads = || view.nodes.keys().map(|id| replicas().filter(|other| *other == id).count());
            prop_assert!(loads().max().unwrap() - loads().min().unwrap() <= 1);
        }
    }
}
