//! A change of leader: what was unsaved is gone and says so, what was acknowledged stays, nothing is done
//! twice.

use crate::common::*;
use bytes::Bytes;
use nasd_base::file::{NewNode, SetAttr};
use nasd_base::{Errno, Ino, NodeId, VolumeId};
use nasd_fs::{Change, CreateMode, FileService, Outcome, Request, Stability};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_new_leader_has_not_got_unsaved_data_and_its_verifier_says_so() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(3);
    let file = client.create("f").await;
    let (_, first) = client.write(file.ino, 0, noise(1, 200_000), Stability::Unstable).await.unwrap();
    assert!(cluster.node(1).budget.held() > 0);
    cluster.lead(2);
    let (attr, second) = client.commit(file.ino).await.unwrap();
    assert_eq!(attr.size, 0);
    assert_ne!(first, second);
    // The client sends again what it has not got a matching COMMIT for.
    client.write(file.ino, 0, noise(1, 200_000), Stability::Unstable).await.unwrap();
    assert_eq!(client.commit(file.ino).await.unwrap().1, second);
    assert_eq!(client.read_all(file.ino).await, noise(1, 200_000));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(cluster.node(1).budget.held(), 0, "a deposed leader gives its memory back");
}

#[tokio::test(start_paused = true)]
async fn every_term_and_every_start_has_its_own_verifier() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let file = cluster.client(1).create("f").await;
    let mut seen = std::collections::HashSet::new();
    for leader in [1, 2, 1, 1, 3] {
        cluster.lead(leader);
        let (_, verifier) = cluster.client(1).commit(file.ino).await.unwrap();
        assert!(seen.insert(verifier.0));
    }
    cluster.restart(1).await;
    cluster.lead(1);
    assert!(seen.insert(cluster.client(1).commit(file.ino).await.unwrap().1.0));
}

#[tokio::test(start_paused = true)]
async fn a_moment_without_contact_in_one_term_loses_nothing() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let (_, verifier) = client.write(file.ino, 0, "abc", Stability::Unstable).await.unwrap();
    cluster.log.unsettle();
    let commit = tokio::spawn({
        let client = client.clone();
        async move { client.commit(file.ino).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!commit.is_finished());
    cluster.log.settle();
    assert_eq!(commit.await.unwrap().unwrap(), (client.attr(file.ino).await.unwrap(), verifier));
    assert_eq!(client.read_all(file.ino).await, b"abc");
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_reply_is_lost_is_not_carried_out_twice() {
    let cluster = Cluster::new(3, quiet()).await;
    for node in [1, 2] {
        let client = cluster.client(node);
        let name = format!("f{node}");
        cluster.log.fail_next(Fault::LostReply);
        // Without the first reply this would be refused: the name exists.
        let file = client.create(&name).await;
        assert_eq!(
            client.create_with(&name, SetAttr::default(), CreateMode::Guarded).await,
            Err(Errno::Exist)
        );
        cluster.log.fail_next(Fault::LostCommand);
        assert!(client.unlink(&name).await.is_ok());
        assert_eq!(client.unlink(&name).await, Err(Errno::NoEnt));
        assert_eq!(client.attr(file.ino).await, Err(Errno::Stale));
    }
}

#[tokio::test(start_paused = true)]
async fn a_forwarded_change_whose_answer_is_lost_is_not_carried_out_twice() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(2);
    client.create("warm-up").await;
    cluster.network.lose_answers.store(2, Relaxed);
    client.create("f").await;
    assert_eq!(cluster.network.lose_answers.load(Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn commits_and_stable_writes_survive_lost_replies() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    for (round, fault) in [Fault::LostReply, Fault::LostCommand].into_iter().enumerate() {
        cluster.log.fail_next(fault);
        client.write(file.ino, 0, noise(round as u64, 1000), Stability::FileSync).await.unwrap();
        let data = noise(round as u64 + 10, 300_000);
        client.write(file.ino, 1000, data.clone(), Stability::Unstable).await.unwrap();
        // The first proposal takes chunk ids, the second names the chunks.
        cluster.log.fail_next(fault);
        cluster.log.fail_next(fault);
        client.commit(file.ino).await.unwrap();
        assert_eq!(client.read_all(file.ino).await[1000..], data[..]);
    }
    assert_eq!(cluster.node(1).volume.stats().writes_lost, 0);
}

#[tokio::test(start_paused = true)]
async fn operations_at_any_node_reach_the_leader_wherever_it_moves() {
    let cluster = Cluster::new(3, quiet()).await;
    for (round, leader) in [1, 3, 2, 3].into_iter().enumerate() {
        cluster.lead(leader);
        for node in 1..=3 {
            let client = cluster.client(node);
            let file = client.create(&format!("f{round}-{node}")).await;
            client.write(file.ino, 0, "abc", Stability::FileSync).await.unwrap();
            assert_eq!(client.read_all(file.ino).await, b"abc");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_without_a_replica_finds_the_leader_by_asking() {
    let cluster = Cluster::new(3, quiet()).await;
    let gateway = cluster.gateway(9);
    gateway.router.set_replicas(VOLUME, vec![NodeId(1), NodeId(2), NodeId(3)]);
    for leader in [3, 2] {
        cluster.lead(leader);
        let start = tokio::time::Instant::now();
        gateway.create(&format!("f{leader}")).await;
        assert!(start.elapsed() < Duration::from_secs(1));
    }
    cluster.network.cut(NodeId(2));
    cluster.lead(1);
    gateway.create("after the leader died").await;
}

#[tokio::test(start_paused = true)]
async fn calls_wait_for_a_leader_and_give_up_after_a_minute() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(2);
    let file = client.create("f").await;
    cluster.log.lead(None);
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.attr(file.ino).await }
    });
    tokio::time::sleep(Duration::from_secs(30)).await;
    cluster.lead(3);
    let found = tokio::time::Instant::now();
    waiting.await.unwrap().unwrap();
    assert!(found.elapsed() < Duration::from_millis(100), "the change of leader wakes those who wait");

    cluster.log.lead(None);
    let start = tokio::time::Instant::now();
    assert_eq!(client.attr(file.ino).await, Err(Errno::TimedOut));
    assert!(start.elapsed() >= Duration::from_secs(59) && start.elapsed() < Duration::from_secs(62));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_volume_times_out_instead_of_being_called_stale() {
    let cluster = Cluster::new(1, quiet()).await;
    let router = cluster.node(1).router.clone();
    let outcome = router.call(VolumeId(77), &root(), Request::GetAttr { ino: Ino::ROOT }, Bytes::new()).await;
    assert_eq!(outcome, Err(Errno::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn changes_of_one_leader_never_reach_the_log_in_its_next_term() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    // The commit's proposal is under way when the term ends; the same node leads again.
    client.write(file.ino, 0, "old", Stability::Unstable).await.unwrap();
    *cluster.log.latency.lock() = Duration::from_secs(3);
    let commit = tokio::spawn({
        let client = client.clone();
        async move { client.commit(file.ino).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.lead(1);
    *cluster.log.latency.lock() = Duration::from_millis(1);
    let (_, verifier) = client.write(file.ino, 0, "new", Stability::Unstable).await.unwrap();
    assert_eq!(client.commit(file.ino).await.unwrap().1, verifier);
    commit.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(client.read_all(file.ino).await, b"new");
}

#[tokio::test(start_paused = true)]
async fn clients_cannot_make_the_changes_of_a_leader() {
    let cluster = Cluster::new(1, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let changes = [
        Change::AllocateChunks { count: 1 },
        Change::Reap { inos: vec![file.ino] },
        Change::Write { ino: file.ino, pieces: vec![], fresh: vec![], modified: file.mtime },
        Change::Restage { ino: file.ino, pieces: vec![], fresh: vec![], as_of: 0 },
    ];
    for change in changes {
        assert_eq!(client.change(change).await, Err(Errno::Perm));
    }
    let mkdir = Change::Create {
        parent: Ino::ROOT,
        name: Bytes::from_static(b"d"),
        node: NewNode::Directory,
        set: SetAttr { mode: Some(0o755), ..SetAttr::default() },
        mode: CreateMode::Guarded,
    };
    assert!(matches!(client.change(mkdir).await, Ok(Outcome::Created { made: true, .. })));
}
