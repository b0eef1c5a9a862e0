//! Replicas join, are promoted and leave.

use crate::harness::{Cluster, GROUP, eventually};
use nasd_base::NodeId;
use nasd_raft::RaftError;
use std::collections::BTreeSet;
use std::time::Duration;

fn nodes(ids: &[u64]) -> BTreeSet<NodeId> {
    ids.iter().map(|id| NodeId(*id)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_learner_is_filled_promoted_and_an_old_voter_removed() {
    let mut cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    for n in 0..50 {
        cluster.propose(leader, &format!("k{n}=v")).await;
    }
    cluster.add_host(NodeId(4)).await;
    cluster.group(leader).add_learner(NodeId(4)).await.unwrap();
    assert_eq!(cluster.group(leader).status().learners, nodes(&[4]));
    let group = cluster.group(leader);
    eventually("the learner has caught up", || {
        let status = group.status();
        status.matched.get(&NodeId(4)).copied().flatten() == status.last_log_index
    })
    .await;
    cluster.converge().await;

    let removed = cluster.ids().into_iter().find(|id| *id != leader && *id != NodeId(4)).unwrap();
    let voters: BTreeSet<NodeId> = cluster.ids().into_iter().filter(|id| *id != removed).collect();
    group.change_members(voters.clone()).await.unwrap();
    let status = group.status();
    assert_eq!((status.voters, status.learners), (voters, BTreeSet::new()));
    cluster.stop(removed).await;
    cluster.hosts.remove(&removed);
    cluster.propose(leader, "after=1").await;
    cluster.converge().await;
    assert_eq!(cluster.get(NodeId(4), "k49").as_deref(), Some("v"));
}

#[tokio::test(start_paused = true)]
async fn a_removed_leader_hands_over() {
    let cluster = Cluster::new(3).await;
    let old = cluster.leader().await;
    let rest: BTreeSet<NodeId> = cluster.ids().into_iter().filter(|id| *id != old).collect();
    cluster.group(old).change_members(rest.clone()).await.unwrap();
    let new = cluster.leader_but(Some(old)).await;
    cluster.propose(new, "a=1").await;
    assert_eq!(cluster.group(new).status().voters, rest);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_cannot_become_a_voter_at_once() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    let refused = cluster.group(leader).change_members(nodes(&[1, 2, 9])).await;
    assert!(matches!(refused, Err(RaftError::Refused(_))), "{refused:?}");
    let follower = cluster.ids().into_iter().find(|id| *id != leader).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let refused = cluster.group(follower).add_learner(NodeId(9)).await;
    assert!(
        matches!(refused, Err(RaftError::NotLeader { leader: Some(known) }) if known == leader),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_destroyed_group_leaves_nothing_in_the_log() {
    let mut cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    cluster.propose(leader, "a=1").await;
    let gone = cluster.ids().into_iter().find(|id| *id != leader).unwrap();
    let host = cluster.hosts.get_mut(&gone).unwrap().running.take().unwrap();
    assert_eq!(host.log.groups(), [GROUP]);
    host.raft.destroy_group(GROUP).await.unwrap();
    assert!(host.log.groups().is_empty());
    assert!(host.raft.group(GROUP).is_none());
}
