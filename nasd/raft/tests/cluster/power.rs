//! What was acknowledged survives a power cut of all nodes, failing disks and damaged states.

use crate::harness::Cluster;
use nasd_base::NodeId;
use nasd_raft::ProposeError;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_power_cut_of_all_nodes_loses_nothing_acknowledged() {
    let mut cluster = Cluster::tuned(3, |config| config.checkpoint_ms = 400).await;
    let mut written = 0;
    for _round in 0..4 {
        let leader = cluster.leader().await;
        for _ in 0..25 {
            cluster.propose(leader, &format!("k{written}=v{written}")).await;
            written += 1;
        }
        tokio::time::sleep(Duration::from_millis(written * 3)).await;
        let group = cluster.group(leader);
        let unfinished = tokio::spawn(async move { group.propose("u=1".into()).await });
        tokio::task::yield_now().await;
        for id in cluster.ids() {
            cluster.power_cut(id).await;
        }
        unfinished.abort();
        for id in cluster.ids() {
            cluster.start(id).await;
        }
    }
    cluster.leader().await;
    cluster.converge().await;
    for n in 0..written {
        assert_eq!(cluster.get(NodeId(2), &format!("k{n}")), Some(format!("v{n}")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_whose_log_disk_fails_stops_and_says_so() {
    let mut cluster = Cluster::new(3).await;
    let old = cluster.leader().await;
    cluster.propose(old, "a=1").await;
    cluster.hosts[&old].disk.fail_next_sync();
    let lost = cluster.group(old).propose("a=2".into()).await;
    assert!(matches!(lost, Ok(_) | Err(ProposeError::Unknown | ProposeError::Stopped(_))), "{lost:?}");
    let new = cluster.leader_but(Some(old)).await;
    let status = cluster.group(old).status();
    assert!(status.failed.is_some(), "{status:?}");
    assert!(!cluster.group(old).leadership().borrow().ready);
    assert!(matches!(cluster.group(old).propose("a=3".into()).await, Err(ProposeError::Stopped(_))));
    let before = cluster.propose(new, "a=4").await;
    assert!(before == "1" || before == "2");
    cluster.power_cut(old).await;
    cluster.start(old).await;
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn a_replica_whose_state_is_damaged_stops_leading() {
    let cluster = Cluster::new(1).await;
    let leader = cluster.leader().await;
    cluster.propose(leader, "a=1").await;
    let failed = cluster.group(leader).propose("poison".into()).await;
    assert!(matches!(failed, Err(ProposeError::Unknown | ProposeError::Stopped(_))), "{failed:?}");
    let mut standing = cluster.group(leader).leadership();
    standing.wait_for(|now| !now.ready).await.unwrap();
    let status = cluster.group(leader).status();
    assert!(status.failed.as_ref().is_some_and(|why| why.contains("a poisoned command")), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_lost_its_disk_is_reported_and_does_not_stop_the_leader() {
    // The story: openraft's leader panics when a follower has lost what it acknowledged, and so does the
    // next leader.
    let mut cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    for n in 0..20 {
        cluster.propose(leader, &format!("k{n}=v")).await;
    }
    cluster.converge().await;
    let wiped = cluster.ids().into_iter().find(|id| *id != leader).unwrap();
    cluster.stop(wiped).await;
    cluster.hosts.remove(&wiped);
    cluster.add_host(wiped).await;
    cluster.converge().await;
    assert_eq!(cluster.get(wiped, "k19").as_deref(), Some("v"));
    assert!(cluster.host(leader).raft.counters().followers_reverted() > 0);
    assert!(cluster.group(leader).status().is_leader);
}
