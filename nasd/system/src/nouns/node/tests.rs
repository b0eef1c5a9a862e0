use crate::bench::{Bench, FIRST, create_token, redeem, set_replicas};
use crate::*;
use nasd_base::NodeId;

#[test]
fn a_joining_node_gets_the_index_of_its_entry_as_id() {
    let mut bench = Bench::of(1);
    bench.done(create_token(2));
    let id = bench.registered(redeem(2, 2, "beta"));
    assert_eq!(id, NodeId(bench.index));
    let view = bench.view();
    let node = view.node(id).unwrap();
    assert_eq!((node.name.as_str(), node.state, node.key), ("beta", NodeState::Joining, [2; 32]));
    assert_eq!(view.tokens[&[2; 32]].used_by, Some(id));
    bench.done(SystemCommand::Node(NodeCommand::Activate { node: id }));
    bench.done(SystemCommand::Node(NodeCommand::Activate { node: id }));
    assert_eq!(bench.view().node(id).unwrap().state, NodeState::Active);
    assert_eq!(
        bench.refused(SystemCommand::Node(NodeCommand::Activate { node: NodeId(77) })),
        NodeError::UnknownNode(NodeId(77)).into()
    );
}

#[test]
fn a_removed_node_comes_back_as_another_only() {
    let mut bench = Bench::of(3);
    let [_, second, third] = bench.ids()[..] else { panic!("three nodes") };
    bench.done(SystemCommand::Node(NodeCommand::Remove { node: second, with_replicas: false }));
    bench.done(SystemCommand::Node(NodeCommand::Remove { node: second, with_replicas: false }));
    bench.done(create_token(20));
    assert_eq!(bench.refused(redeem(20, 2, "again")), NodeError::KeyTaken(second).into());
    let address = "192.0.2.2:7400".to_owned();
    let redeem = SystemCommand::Token(TokenCommand::Redeem {
        token: [20; 32],
        name: "n2".to_owned(),
        address,
        key: [22; 32],
    });
    let fresh = bench.registered(redeem);
    assert!(fresh > third, "its name and address are free, its id is new");
    assert_eq!(bench.view().node(second).unwrap().state, NodeState::Removed);
    let command = SystemCommand::Node(NodeCommand::Activate { node: second });
    assert_eq!(bench.refused(command), NodeError::NodeRemoved(second).into());
    let command =
        SystemCommand::Node(NodeCommand::SetAddress { node: second, address: "192.0.2.99:1".to_owned() });
    assert_eq!(bench.refused(command), NodeError::NodeRemoved(second).into());
}

#[test]
fn names_and_addresses_of_nodes_are_unique_and_well_formed() {
    let mut bench = Bench::of(2);
    let second = bench.ids()[1];
    bench.done(create_token(3));
    assert!(
        matches!(bench.refused(redeem(3, 3, "n2")), SystemError::Node(NodeError::NodeNameTaken { node, .. }) if node == second)
    );
    assert!(matches!(bench.refused(redeem(3, 3, "No Name")), SystemError::Node(NodeError::BadNodeName(_))));
    let wanted = |address: &str| {
        SystemCommand::Token(TokenCommand::Redeem {
            token: [3; 32],
            name: "n3".to_owned(),
            address: address.to_owned(),
            key: [3; 32],
        })
    };
    let taken = bench.refused(wanted("192.0.2.2:7400"));
    assert!(matches!(taken, SystemError::Node(NodeError::AddressTaken { node, .. }) if node == second));
    assert!(matches!(bench.refused(wanted("nowhere")), SystemError::Node(NodeError::BadAddress(_))));
    bench.registered(wanted("192.0.2.3:7400"));

    let moved = |node, address: &str| {
        SystemCommand::Node(NodeCommand::SetAddress { node, address: address.to_owned() })
    };
    bench.done(moved(second, "192.0.2.20:7400"));
    bench.done(moved(second, "192.0.2.20:7400"));
    assert_eq!(bench.view().node(second).unwrap().address, "192.0.2.20:7400");
    assert!(matches!(
        bench.refused(moved(FIRST, "192.0.2.20:7400")),
        SystemError::Node(NodeError::AddressTaken { .. })
    ));
    assert!(matches!(bench.refused(moved(second, "x")), SystemError::Node(NodeError::BadAddress(_))));
    assert_eq!(bench.refused(moved(NodeId(3), "192.0.2.3:1")), NodeError::UnknownNode(NodeId(3)).into());
}

#[test]
fn the_last_node_and_nodes_with_data_stay() {
    let mut bench = Bench::of(1);
    let remove = |node, with_replicas| SystemCommand::Node(NodeCommand::Remove { node, with_replicas });
    assert_eq!(bench.refused(remove(FIRST, true)), NodeError::LastNode(FIRST).into());
    assert_eq!(bench.refused(remove(NodeId(50), true)), NodeError::UnknownNode(NodeId(50)).into());
    let mut bench = Bench::of(4);
    let volume = bench.volume("home");
    let refusal = bench.refused(remove(FIRST, false));
    assert_eq!(refusal, NodeError::NodeHoldsReplicas { node: FIRST, volumes: "home".to_owned() }.into());
    bench.done(remove(FIRST, true));
    assert!(bench.view().volume(volume).unwrap().replicas.contains(&FIRST), "until the replicas are moved");
    let replicas: Vec<NodeId> = bench.ids().into_iter().filter(|id| *id != FIRST).collect();
    let moved = bench.run(set_replicas("home", &replicas)).unwrap();
    assert!(matches!(moved, SystemReply::Volume(volume) if volume.replicas == replicas));
    assert_eq!(bench.view().volume(volume).unwrap().replicas, replicas);
}
