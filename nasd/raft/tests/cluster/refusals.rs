//! Bytes from peers are checked.

use crate::harness::{Cluster, GROUP};
use bytes::Bytes;
use nasd_base::{GroupId, NodeId};
use nasd_raft::{COMMAND_BYTES_MAX, ProposeError, RaftError};

#[tokio::test(start_paused = true)]
async fn garbage_is_refused_and_does_no_harm() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    let node = &cluster.host(leader).raft;
    let messages: [&[u8]; 5] = [b"", b"\x01", b"\x02\x00", b"\x01\xff\xff\xff\xff", &[1; 64]];
    for message in messages {
        let refused = node.receive(NodeId(2), GROUP, Bytes::copy_from_slice(message)).await;
        assert!(matches!(refused, Err(RaftError::Malformed(_) | RaftError::Forged { .. })), "{refused:?}");
    }
    let unknown = node.receive(NodeId(2), GroupId(99), Bytes::from_static(b"x")).await;
    assert!(matches!(unknown, Err(RaftError::NoGroup(GroupId(99)))));
    cluster.propose(leader, "a=1").await;
}

#[tokio::test(start_paused = true)]
async fn a_vote_in_another_nodes_name_is_refused() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    // A vote request (version 1, kind 0) of node 3 for term 100: not for the election of a rehearsal.
    let forged = Bytes::from_static(&[1, 0, 0, 100, 3, 0, 0, 0]);
    let refused = cluster.host(leader).raft.receive(NodeId(2), GROUP, forged.clone()).await;
    assert!(matches!(refused, Err(RaftError::Forged { from: NodeId(2), claimed: NodeId(3) })), "{refused:?}");
    assert!(cluster.host(leader).raft.receive(NodeId(3), GROUP, forged).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_too_large_is_refused() {
    let cluster = Cluster::new(1).await;
    let leader = cluster.leader().await;
    // The log would fail, and with it the group on all replicas.
    for bytes in [COMMAND_BYTES_MAX + 1, cluster.host(leader).log.payload_bytes_max()] {
        let refused = cluster.group(leader).propose(vec![b'x'; bytes].into()).await;
        assert_eq!(refused, Err(ProposeError::TooLarge { bytes }));
    }
    let most = cluster.host(leader).log.payload_bytes_max() - 25;
    let text = format!("a={}", "x".repeat(most - 2));
    cluster.propose(leader, &text).await;
}
