//! The log is released below the durable state; a replica that needs released entries gets a copy.

use crate::harness::{Cluster, eventually};
use nasd_base::NodeId;
use nasd_raft::RaftConfig;
use std::time::Duration;

/// Releases everything as soon as it is durable.
fn release_at_once(config: &mut RaftConfig) {
    config.snapshot_entries = 10;
    config.log_keep_bytes = 0;
    config.checkpoint_ms = 200;
}

async fn fill(cluster: &Cluster, leader: NodeId, keys: std::ops::Range<u32>) {
    for n in keys {
        cluster.propose(leader, &format!("k{n}={}", "v".repeat(500))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_is_released_once_the_state_is_durable() {
    let mut cluster = Cluster::tuned(3, release_at_once).await;
    let leader = cluster.leader().await;
    fill(&cluster, leader, 0..100).await;
    let group = cluster.group(leader);
    eventually("the log is released", || group.status().purged_index.is_some_and(|index| index > 80)).await;
    let status = group.status();
    assert!(status.purged_index <= status.snapshot_index);
    // And what was released is not needed after a power cut.
    for id in cluster.ids() {
        cluster.power_cut(id).await;
    }
    for id in cluster.ids() {
        cluster.start(id).await;
    }
    cluster.leader().await;
    cluster.converge().await;
    assert!(cluster.get(leader, "k99").is_some() && cluster.get(leader, "k0").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_fresh_replica_gets_a_copy_and_then_the_log() {
    let mut cluster = Cluster::tuned(3, release_at_once).await;
    let leader = cluster.leader().await;
    fill(&cluster, leader, 0..200).await;
    let group = cluster.group(leader);
    eventually("the log is released", || group.status().purged_index.is_some_and(|index| index > 100)).await;
    cluster.add_host(NodeId(4)).await;
    group.add_learner(NodeId(4)).await.unwrap();
    fill(&cluster, leader, 200..220).await;
    cluster.converge().await;
    assert_eq!(cluster.get(NodeId(4), "k0"), Some("v".repeat(500)));
    assert!(cluster.host(NodeId(4)).raft.counters().copies_installed() >= 1);
    assert!(cluster.host(leader).raft.counters().copies_sent() >= 1);
    let state = cluster.hosts[&NodeId(4)].dir.path().join("state");
    let mut names: Vec<_> =
        std::fs::read_dir(state).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["state.db", "state.db-wal"], "nothing is left of the transfer");
    // It can be promoted and survives on its own disk.
    group.change_members(cluster.ids().into_iter().collect()).await.unwrap();
    cluster.power_cut(NodeId(4)).await;
    cluster.start(NodeId(4)).await;
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_was_away_too_long_gets_a_copy() {
    let mut cluster = Cluster::tuned(3, release_at_once).await;
    let leader = cluster.leader().await;
    fill(&cluster, leader, 0..20).await;
    let away = cluster.ids().into_iter().find(|id| *id != leader).unwrap();
    cluster.stop(away).await;
    fill(&cluster, leader, 20..150).await;
    let group = cluster.group(leader);
    eventually("the log is released", || group.status().purged_index.is_some_and(|index| index > 100)).await;
    cluster.start(away).await;
    cluster.converge().await;
    assert!(cluster.host(away).raft.counters().copies_installed() >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_is_interrupted_starts_again() {
    let mut cluster = Cluster::tuned(3, release_at_once).await;
    let leader = cluster.leader().await;
    // Several parts of 1 MiB.
    for n in 0..40 {
        cluster.propose(leader, &format!("big{n}={}", "x".repeat(100_000))).await;
    }
    let group = cluster.group(leader);
    eventually("the log is released", || group.status().purged_index.is_some_and(|index| index > 30)).await;
    cluster.hub.reorder(3);
    cluster.add_host(NodeId(4)).await;
    group.add_learner(NodeId(4)).await.unwrap();
    let state = cluster.hosts[&NodeId(4)].dir.path().join("state");
    let incoming = || {
        let mut files = std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap());
        files.find(|file| file.file_name().to_string_lossy().starts_with("incoming-"))
    };
    while !incoming().is_some_and(|file| file.metadata().is_ok_and(|meta| meta.len() > 0)) {
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    cluster.isolate(NodeId(4));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(cluster.get(NodeId(4), "big0").is_none());
    cluster.hub.heal();
    cluster.converge().await;
    assert!(cluster.get(NodeId(4), "big39").is_some());
    assert!(incoming().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_log_waits_for_a_replica_that_is_being_filled() {
    // The story: while a copy was under way the log went on being released, so that the replica needed
    // another copy when the first had arrived, for as long as anybody wrote.
    let mut cluster = Cluster::tuned(3, release_at_once).await;
    let leader = cluster.leader().await;
    for n in 0..40 {
        cluster.propose(leader, &format!("big{n}={}", "x".repeat(100_000))).await;
    }
    let group = cluster.group(leader);
    eventually("the log is released", || group.status().purged_index.is_some_and(|index| index > 30)).await;
    cluster.hub.reorder(5);
    cluster.hub.slow.store(150_000, std::sync::atomic::Ordering::Relaxed);
    cluster.add_host(NodeId(4)).await;
    let writer = tokio::spawn({
        let group = group.clone();
        async move {
            for n in 0.. {
                let _ = group.propose(format!("k{}={n}", n % 100).into()).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    group.add_learner(NodeId(4)).await.unwrap();
    eventually("the learner has caught up", || {
        let status = group.status();
        let matched = status.matched.get(&NodeId(4)).copied().flatten();
        matched.is_some_and(|matched| matched + 20 > status.last_log_index.unwrap())
    })
    .await;
    writer.abort();
    assert_eq!(cluster.host(leader).raft.counters().copies_sent(), 1);
}
