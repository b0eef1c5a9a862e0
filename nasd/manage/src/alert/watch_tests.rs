use super::*;

fn at(millis: i64) -> NodeFacts {
    NodeFacts { clock_ahead_millis: Some(millis), ..NodeFacts::default() }
}

/// The leader's own clock was a minute behind: alerts named all nodes but this one.
#[test]
fn the_clock_that_is_wrong_is_the_one_that_differs_from_most() {
    let mut nodes = BTreeMap::from([(NodeId(1), at(0)), (NodeId(2), at(60_000)), (NodeId(3), at(60_010))]);
    relative(&mut nodes);
    let apart: Vec<i64> = nodes.values().filter_map(|node| node.clock_ahead_millis).collect();
    assert_eq!(apart, [-60_000, 0, 10]);
}

/// Disks were asked by their places in the order of their paths: the wrong one was said to fail.
#[test]
fn disks_keep_the_numbers_that_their_node_knows_them_by() {
    let disk = |path: &str| DiskReport {
        path: path.into(),
        total_bytes: 2,
        used_bytes: 1,
        available_bytes: 1,
        failed: None,
        short_of: None,
    };
    let disks = numbered(NodeId(3), vec![disk("/srv/b"), disk("/srv/a")]);
    let number = |path: &str| disks[&(NodeId(3), path.to_owned())].0;
    assert_eq!((number("/srv/b"), number("/srv/a")), (0, 1));
}
