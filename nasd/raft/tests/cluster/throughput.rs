//! Many proposals share flushes, messages and transactions.

use crate::harness::Cluster;
use std::sync::atomic::Ordering::Relaxed;

async fn propose_many(cluster: &Cluster, count: usize) {
    let leader = cluster.leader().await;
    let group = cluster.group(leader);
    let proposals = (0..count).map(|n| {
        let group = group.clone();
        tokio::spawn(async move { group.propose(format!("k{n}=v{n}").into()).await })
    });
    for proposal in proposals.collect::<Vec<_>>() {
        proposal.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_proposals_share_flushes_and_transactions() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    let host = cluster.host(leader);
    let (flushes, transactions, calls) =
        (host.log.counters().flushes, host.state.transactions(), cluster.hub.calls.load(Relaxed));
    propose_many(&cluster, 1000).await;
    let flushes = host.log.counters().flushes - flushes;
    let transactions = host.state.transactions() - transactions;
    let calls = cluster.hub.calls.load(Relaxed) - calls;
    assert!(flushes < 50, "{flushes} flushes");
    assert!(transactions < 50, "{transactions} transactions");
    assert!(calls < 100, "{calls} messages");
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn reordered_messages_do_not_slow_replication_down() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    cluster.hub.reorder(1);
    let begun = tokio::time::Instant::now();
    let group = cluster.group(leader);
    let mut waiting = Vec::new();
    for n in 0..300 {
        let group = group.clone();
        waiting.push(tokio::spawn(async move { group.propose(format!("k{n}=v").into()).await }));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    for proposal in waiting {
        proposal.await.unwrap().unwrap();
    }
    // A stream that had to start again would wait for its backoff.
    assert!(begun.elapsed().as_millis() < 1500, "{:?}", begun.elapsed());
    cluster.converge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_many_threads_in_real_time() {
    let cluster = Cluster::tuned(3, |config| {
        config.election_ms = (600, 1200);
        config.heartbeat_ms = 100;
    })
    .await;
    propose_many(&cluster, 2000).await;
    cluster.converge().await;
}
