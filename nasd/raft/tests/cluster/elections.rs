//! Leaders come, go and hand over; what was acknowledged stays.

use crate::harness::{Cluster, eventually};
use nasd_base::NodeId;
use nasd_raft::ProposeError;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_new_group_elects_a_leader_and_replicates() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    assert_eq!(cluster.propose(leader, "a=1").await, "");
    assert_eq!(cluster.propose(leader, "a=2").await, "1");
    cluster.converge().await;
    for id in cluster.ids() {
        assert_eq!(cluster.get(id, "a").as_deref(), Some("2"));
        let status = cluster.group(id).status();
        assert_eq!(status.leader, Some(leader));
        assert_eq!(status.voters, cluster.ids().into_iter().collect());
        assert_eq!(status.failed, None);
    }
}

#[tokio::test(start_paused = true)]
async fn initializing_twice_changes_nothing() {
    let cluster = Cluster::new(3).await;
    cluster.leader().await;
    cluster.group(NodeId(2)).initialize(&[NodeId(2)]).await.unwrap();
    assert_eq!(cluster.group(NodeId(2)).status().voters.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_one_serves() {
    let cluster = Cluster::new(1).await;
    let leader = cluster.leader().await;
    cluster.propose(leader, "a=1").await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    cluster.group(leader).read_barrier(nasd_raft::ReadMode::Lease).await.unwrap();
    cluster.group(leader).read_barrier(nasd_raft::ReadMode::Quorum).await.unwrap();
    assert!(cluster.group(leader).leadership().borrow().ready);
}

#[tokio::test(start_paused = true)]
async fn the_others_go_on_when_the_leader_dies() {
    let mut cluster = Cluster::new(3).await;
    let first = cluster.leader().await;
    cluster.propose(first, "a=1").await;
    cluster.stop(first).await;
    let died = Instant::now();
    let second = cluster.leader().await;
    assert!(died.elapsed() < Duration::from_millis(3500), "{:?}", died.elapsed());
    assert_eq!(cluster.propose(second, "a=2").await, "1");
    cluster.start(first).await;
    cluster.converge().await;
    assert_eq!(cluster.get(first, "a").as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn a_follower_says_who_leads() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    let follower = cluster.ids().into_iter().find(|id| *id != leader).unwrap();
    eventually("it knows the leader", || cluster.group(follower).status().leader == Some(leader)).await;
    let refused = cluster.group(follower).propose("a=1".into()).await;
    assert_eq!(refused, Err(ProposeError::NotLeader { leader: Some(leader) }));
}

#[tokio::test(start_paused = true)]
async fn a_leader_without_majority_says_that_the_outcome_is_unknown() {
    let cluster = Cluster::new(3).await;
    let old = cluster.leader().await;
    cluster.propose(old, "a=1").await;
    cluster.isolate(old);
    let begun = Instant::now();
    let lost = cluster.group(old).propose("a=lost".into()).await;
    assert!(matches!(lost, Err(ProposeError::Unknown | ProposeError::NotLeader { .. })), "{lost:?}");
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert!(!cluster.group(old).leadership().borrow().ready);
    let new = cluster.leader_but(Some(old)).await;
    assert_eq!(cluster.propose(new, "a=2").await, "1");
    cluster.hub.heal();
    cluster.converge().await;
    assert_eq!(cluster.get(old, "a").as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn an_isolated_follower_does_not_disturb_when_it_returns() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    let term = cluster.group(leader).status().term;
    let follower = cluster.ids().into_iter().find(|id| *id != leader).unwrap();
    cluster.isolate(follower);
    tokio::time::sleep(Duration::from_secs(60)).await;
    cluster.propose(leader, "a=1").await;
    cluster.hub.heal();
    cluster.converge().await;
    assert_eq!(cluster.group(leader).status().term, term, "pre-vote keeps its term from growing");
    assert!(cluster.group(leader).status().is_leader);
}

#[tokio::test(start_paused = true)]
async fn leadership_is_handed_over_without_waiting_for_an_election() {
    let cluster = Cluster::new(3).await;
    let old = cluster.leader().await;
    cluster.propose(old, "a=1").await;
    let to = cluster.ids().into_iter().find(|id| *id != old).unwrap();
    let begun = Instant::now();
    cluster.group(old).transfer_leadership(to).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(cluster.leader_but(Some(old)).await, to);
    assert_eq!(cluster.propose(to, "a=2").await, "1");
    assert!(cluster.group(old).transfer_leadership(to).await.is_err(), "only a leader hands over");
    assert!(cluster.group(to).transfer_leadership(NodeId(9)).await.is_err(), "only to a voter");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_survives_many_leaders() {
    let mut cluster = Cluster::new(3).await;
    for round in 0..6 {
        let leader = cluster.leader().await;
        cluster.propose(leader, &format!("k{round}=v")).await;
        cluster.stop(leader).await;
        let next = cluster.leader().await;
        cluster.propose(next, &format!("l{round}=v")).await;
        cluster.start(leader).await;
    }
    cluster.converge().await;
    for round in 0..6 {
        for key in ["k", "l"] {
            assert_eq!(cluster.get(NodeId(1), &format!("{key}{round}")).as_deref(), Some("v"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_group_says_that_nobody_leads() {
    let mut cluster = Cluster::new(1).await;
    let leader = cluster.leader().await;
    let group = cluster.group(leader);
    let standing = group.leadership();
    cluster.stop(leader).await;
    assert!(!standing.borrow().ready && standing.borrow().leader.is_none());
    assert!(matches!(group.propose("a=1".into()).await, Err(ProposeError::Stopped(_))));
    assert!(group.read_barrier(nasd_raft::ReadMode::Lease).await.is_err());
    cluster.start(leader).await;
    cluster.leader().await;
}
