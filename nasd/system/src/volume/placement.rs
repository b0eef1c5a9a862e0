//! Which nodes hold a volume.

use crate::node::{NodeInfo, NodeState};
use nasd_base::NodeId;

/// The nodes for a new volume: those with the fewest volumes, the lower id first among equals. Fewer than
/// `replicas` when the cluster has fewer active nodes (see [`shortfall`]); none when it has none.
pub fn plan_volume(nodes: &[NodeInfo], replicas: u32) -> Vec<NodeId> {
    let mut candidates: Vec<&NodeInfo> =
        nodes.iter().filter(|node| node.state == NodeState::Active).collect();
    candidates.sort_by_key(|node| (node.volumes, node.id));
    candidates.into_iter().take(replicas as usize).map(|node| node.id).collect()
}

/// What to tell the operator when there are fewer nodes than `replicas`, and what that costs.
pub fn shortfall(nodes: &[NodeInfo], replicas: u32) -> Option<String> {
    let active = nodes.iter().filter(|node| node.state == NodeState::Active).count() as u32;
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
    use nasd_base::Timestamp;
    use proptest::prelude::*;

    fn node(id: u64, volumes: u32, state: NodeState) -> NodeInfo {
        let (name, address) = (format!("n{id}"), format!("192.0.2.{id}:7400"));
        NodeInfo { id: NodeId(id), name, address, state, key: [0; 32], joined: Timestamp::default(), volumes }
    }

    #[test]
    fn the_least_loaded_active_nodes_are_chosen() {
        let active = NodeState::Active;
        let mut nodes = vec![node(1, 5, active), node(7, 0, active), node(9, 2, active), node(12, 2, active)];
        nodes.push(node(13, 0, NodeState::Joining));
        nodes.push(node(14, 0, NodeState::Removed));
        assert_eq!(plan_volume(&nodes, 3), [NodeId(7), NodeId(9), NodeId(12)]);
        assert_eq!(plan_volume(&nodes, 9).len(), 4);
        assert_eq!(shortfall(&nodes, 3), None);
    }

    #[test]
    fn too_few_nodes_are_said() {
        let one = [node(1, 0, NodeState::Active)];
        assert_eq!(plan_volume(&one, 3), [NodeId(1)]);
        assert!(shortfall(&one, 3).unwrap().contains("1 of 3 replicas: the data is lost"));
        assert!(shortfall(&[], 3).unwrap().contains("no active node"));
    }

    proptest! {
        #[test]
        fn a_plan_names_different_nodes_and_spreads_volumes(count in 1u64..12, volumes in 1usize..60) {
            let mut nodes: Vec<NodeInfo> = (1..=count).map(|id| node(id, 0, NodeState::Active)).collect();
            for _ in 0..volumes {
                let plan = plan_volume(&nodes, 3);
                prop_assert_eq!(plan.len() as u64, count.min(3));
                for id in plan {
                    nodes.iter_mut().find(|node| node.id == id).unwrap().volumes += 1;
                }
            }
            let loads = || nodes.iter().map(|node| node.volumes);
            prop_assert!(loads().max().unwrap() - loads().min().unwrap() <= 1);
        }
    }
}
