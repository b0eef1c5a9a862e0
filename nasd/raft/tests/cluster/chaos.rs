//! Everything at once: lost, repeated and reordered messages, partitions, restarts and power cuts.

use crate::harness::{Cluster, Hub};
use nasd_base::{Entropy, NodeId, SeededEntropy};
use nasd_raft::{Group, ProposeError, ReadMode};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The groups of the nodes that run, for clients that follow the leader.
type Groups = Arc<Mutex<Vec<Group>>>;

/// Writes `c<client>=<n>` for growing `n`, and never sees a smaller one replaced than was acknowledged.
async fn client(groups: Groups, client: u64, acknowledged: Arc<Mutex<Vec<u64>>>) {
    let mut at = 0;
    for n in 1u64.. {
        // One attempt per number: an unknown outcome is left behind, never repeated out of order.
        let group = groups.lock().get(at % 3).cloned();
        let Some(group) = group else { return };
        match group.propose(format!("c{client}={n:08}").into()).await {
            Ok(former) => {
                let former: u64 = std::str::from_utf8(&former).unwrap().parse().unwrap_or(0);
                let mut acknowledged = acknowledged.lock();
                assert!(former >= acknowledged[client as usize], "an acknowledged write was lost");
                acknowledged[client as usize] = n;
            }
            Err(ProposeError::NotLeader { .. } | ProposeError::Stopped(_)) => at += 1,
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn disturb(cluster: &mut Cluster, groups: &Groups, entropy: &SeededEntropy) {
    let ids = cluster.ids();
    let victim = ids[(entropy.next_u64() % ids.len() as u64) as usize];
    let pause = Duration::from_millis(entropy.next_u64() % 6000);
    match entropy.next_u64() % 4 {
        0 => {
            cluster.isolate(victim);
            tokio::time::sleep(pause).await;
            cluster.hub.heal();
        }
        1 => {
            cluster.stop(victim).await;
            tokio::time::sleep(pause).await;
            cluster.start(victim).await;
        }
        2 => {
            for id in &ids {
                cluster.power_cut(*id).await;
            }
            for id in &ids {
                cluster.start(*id).await;
            }
        }
        _ => {
            let group = cluster.group(victim);
            let to = NodeId(1 + entropy.next_u64() % 3);
            let _ = group.transfer_leadership(to).await;
        }
    }
    *groups.lock() = ids.iter().map(|id| cluster.group(*id)).collect();
    tokio::time::sleep(pause / 2).await;
}

async fn survive(seed: u64) {
    let mut cluster = Cluster::tuned(3, |config| {
        config.snapshot_entries = 50;
        config.log_keep_bytes = 0;
        config.checkpoint_ms = 300;
    })
    .await;
    let hub: Arc<Hub> = cluster.hub.clone();
    hub.reorder(seed);
    hub.lossy.store(20, Relaxed);
    let groups: Groups = Arc::new(Mutex::new(cluster.ids().iter().map(|id| cluster.group(*id)).collect()));
    let acknowledged = Arc::new(Mutex::new(vec![0; 8]));
    let clients: Vec<_> =
        (0..8).map(|n| tokio::spawn(client(groups.clone(), n, acknowledged.clone()))).collect();
    let entropy = SeededEntropy::new(seed);
    for _ in 0..8 {
        disturb(&mut cluster, &groups, &entropy).await;
    }
    hub.lossy.store(0, Relaxed);
    groups.lock().clear();
    for client in clients {
        client.await.unwrap();
    }
    let mut leader = cluster.leader().await;
    while cluster.group(leader).read_barrier(ReadMode::Quorum).await.is_err() {
        leader = cluster.leader().await;
    }
    for (client, acknowledged) in acknowledged.lock().iter().enumerate() {
        let last: u64 = cluster.get(leader, &format!("c{client}")).map_or(0, |v| v.parse().unwrap());
        assert!(last >= *acknowledged, "client {client}: {last} is older than {acknowledged}");
    }
    assert!(acknowledged.lock().iter().sum::<u64>() > 100, "something got through");
    cluster.converge().await;
    for id in cluster.ids() {
        assert_eq!(cluster.host(id).raft.counters().followers_reverted(), 0);
        assert_eq!(cluster.group(id).status().failed, None);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_acknowledged_is_lost_in_a_storm() {
    survive(1).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_acknowledged_is_lost_in_another_storm() {
    survive(2).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_acknowledged_is_lost_in_a_third_storm() {
    survive(3).await;
}
