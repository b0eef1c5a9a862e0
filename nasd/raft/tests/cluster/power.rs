//! What was acknowledged survives a power cut of all nodes, failing disks and damaged states.

use crate::harness::{Cluster, HUNGER};
use nasd_base::NodeId;
use nasd_disk::Shortage;
use nasd_raft::ProposeError;
use std::sync::atomic::Ordering::Relaxed;
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

/// What had run out stopped a replica until its node was started again.
#[tokio::test(start_paused = true)]
async fn replicas_wait_for_room_in_their_states_and_go_on_by_themselves() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    HUNGER.store(60, Relaxed);
    let group = cluster.group(leader);
    let meal = tokio::spawn(async move { group.propose("meal=1".into()).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let status = cluster.group(leader).status();
    assert!(status.failed.is_none() && status.short_of.is_some(), "{status:?}");
    assert!(!meal.is_finished());
    meal.await.unwrap().expect("it was applied when there was room");
    cluster.converge().await;
    for id in cluster.ids() {
        assert_eq!(cluster.group(id).status().short_of, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_whose_log_waits_proposes_nothing_and_goes_on_by_itself() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    cluster.propose(leader, "a=0").await;
    for id in cluster.ids() {
        cluster.hosts[&id].disk.lack(Some(Shortage::Descriptors));
    }
    let large = "x".repeat(200_000);
    let mut refused = false;
    for round in 0..2_000 {
        let group = cluster.group(leader);
        let proposal = group.propose(format!("k{round}={large}").into());
        if let Ok(Err(ProposeError::Short)) = tokio::time::timeout(Duration::from_secs(5), proposal).await {
            refused = true;
            break;
        }
    }
    assert!(refused, "what waits does not grow without end");
    for id in cluster.ids() {
        assert!(cluster.group(id).status().failed.is_none());
        cluster.hosts[&id].disk.lack(None);
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let leader = cluster.leader().await;
    cluster.propose(leader, "a=1").await;
    cluster.converge().await;
}
