//! A read that is answered sees everything that was acknowledged before it.

use crate::harness::Cluster;
use nasd_raft::{ProposeError, ReadMode};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_leader_in_touch_reads_without_asking() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    cluster.propose(leader, "a=1").await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let counters = cluster.host(leader).raft.counters();
    for _ in 0..100 {
        cluster.group(leader).read_barrier(ReadMode::Lease).await.unwrap();
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    assert_eq!((counters.lease_reads(), counters.quorum_reads()), (100, 0));
    cluster.group(leader).read_barrier(ReadMode::Quorum).await.unwrap();
    assert_eq!(counters.quorum_reads(), 1);
}

#[tokio::test(start_paused = true)]
async fn followers_do_not_answer_reads() {
    let cluster = Cluster::new(3).await;
    let leader = cluster.leader().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for id in cluster.ids().into_iter().filter(|id| *id != leader) {
        for mode in [ReadMode::Lease, ReadMode::Quorum] {
            let refused = cluster.group(id).read_barrier(mode).await;
            assert_eq!(refused, Err(ProposeError::NotLeader { leader: Some(leader) }));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deposed_leader_stops_reading_before_another_can_write() {
    let cluster = Cluster::new(3).await;
    let old = cluster.leader().await;
    cluster.propose(old, "a=1").await;
    cluster.isolate(old);
    let (group, mut allowed) = (cluster.group(old), 0);
    let deposed = async {
        loop {
            // Each read that is allowed must still be the latest.
            let lease = tokio::time::timeout(Duration::from_millis(1), group.read_barrier(ReadMode::Lease));
            if let Ok(Ok(())) = lease.await {
                allowed += 1;
                let others = cluster.ids().into_iter().filter(|id| *id != old);
                for other in others {
                    assert!(!cluster.group(other).status().is_leader, "two leaders answer");
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let new = tokio::select! {
        biased;
        () = deposed => unreachable!(),
        new = cluster.leader_but(Some(old)) => new,
    };
    cluster.propose(new, "a=2").await;
    assert!(allowed > 0, "the lease held for a while");
    assert!(group.read_barrier(ReadMode::Lease).await.is_err());
    assert!(group.read_barrier(ReadMode::Quorum).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_hands_over_stops_reading_under_its_lease() {
    let cluster = Cluster::new(3).await;
    let old = cluster.leader().await;
    cluster.propose(old, "a=1").await;
    let to = cluster.ids().into_iter().find(|id| *id != old).unwrap();
    let group = cluster.group(old);
    let counters = cluster.host(old).raft.counters();
    group.read_barrier(ReadMode::Lease).await.unwrap();
    let before = counters.lease_reads();
    let handing_over = group.transfer_leadership(to);
    let reading = async {
        for _ in 0..50 {
            let _ = group.read_barrier(ReadMode::Lease).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (handed, ()) = tokio::join!(biased; handing_over, reading);
    handed.unwrap();
    assert_eq!(counters.lease_reads(), before, "no read went under the lease of a leader that leaves");
}

#[tokio::test(start_paused = true)]
async fn a_restarted_replica_does_not_help_to_break_a_lease() {
    // The story: a leader's lease rests on the promise of a follower that crashes, restarts at once, has
    // forgotten the promise and votes for the third node, which writes while the old leader still reads.
    let mut cluster = Cluster::new(3).await;
    let old = cluster.leader().await;
    cluster.propose(old, "a=1").await;
    let others: Vec<_> = cluster.ids().into_iter().filter(|id| *id != old).collect();
    let (witness, rival) = (others[0], others[1]);
    // The rival hears nothing for so long that it stands for election; the witness keeps the leader alive.
    cluster.hub.isolate(rival, [old, witness]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    cluster.stop(witness).await;
    cluster.hub.heal();
    cluster.isolate(old);
    cluster.start(witness).await;
    let group = cluster.group(old);
    for _ in 0..2000 {
        let lease = tokio::time::timeout(Duration::from_millis(1), group.read_barrier(ReadMode::Lease)).await;
        let elected = cluster.group(rival).status().is_leader || cluster.group(witness).status().is_leader;
        assert!(!(matches!(lease, Ok(Ok(()))) && elected), "a read under a broken lease");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let new = cluster.leader_but(Some(old)).await;
    cluster.propose(new, "a=2").await;
}
