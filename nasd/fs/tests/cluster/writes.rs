//! What is written can be read at once, and is durable when it was acknowledged so.

use crate::common::*;
use nasd_base::file::SetAttr;
use nasd_base::{Errno, NodeId};
use nasd_fs::{Change, CreateMode, OperationKind, Outcome, Reply, Request, Stability, Tuning};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

const MIB: usize = 1 << 20;

#[tokio::test(start_paused = true)]
async fn a_small_stable_write_is_one_proposal_and_survives_a_power_cut() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let before = cluster.log.proposals.load(Relaxed);
    let (attr, _) = client.write(file.ino, 3, "abc", Stability::FileSync).await.unwrap();
    assert_eq!(attr.size, 6);
    assert_eq!(cluster.log.proposals.load(Relaxed) - before, 1);
    for node in 1..=3 {
        cluster.restart(node).await;
    }
    cluster.lead(2);
    assert_eq!(cluster.client(1).read_all(file.ino).await, b"\0\0\0abc");
}

/// A chart of a volume adds up what every node was asked, whoever leads it.
#[tokio::test(start_paused = true)]
async fn what_is_asked_of_a_volume_is_counted_where_it_is_asked() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(2);
    let file = client.create("f").await;
    client.write(file.ino, 0, "hello", Stability::Unstable).await.unwrap();
    assert_eq!(client.read_all(file.ino).await, b"hello");
    let loads = client.router.loads();
    assert_eq!(loads, [(VOLUME, client.router.load())]);
    assert_eq!((loads[0].1.written_bytes, loads[0].1.read_bytes), (5, 5));
    let times = client.router.operation_times();
    let counted = |kind| {
        times.iter().filter(|(_, one, _)| *one == kind).map(|(.., counts)| counts.total()).sum::<u64>()
    };
    assert_eq!(
        (counted(OperationKind::Write), counted(OperationKind::Change)),
        (1, 1),
        "a write and a creation"
    );
    let all: u64 = times.iter().map(|(.., counts)| counts.total()).sum();
    let of_volume: u64 = client.router.volume_times().iter().map(|(.., counts)| counts.total()).sum();
    assert_eq!((all, of_volume), (loads[0].1.operations, loads[0].1.operations));
    assert!(cluster.node(1).router.loads().is_empty() && cluster.node(3).router.loads().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unstable_write_shows_at_once_and_costs_no_proposal() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let before = cluster.log.proposals.load(Relaxed);
    let (written, _) = client.write(file.ino, 10, "hello", Stability::Unstable).await.unwrap();
    assert_eq!(written.size, 15);
    assert_eq!(client.read_all(file.ino).await, b"\0\0\0\0\0\0\0\0\0\0hello");
    let attr = client.attr(file.ino).await.unwrap();
    assert_eq!((attr.size, attr.mtime), (15, written.mtime));
    assert!(attr.mtime > file.mtime);
    assert_eq!(cluster.log.proposals.load(Relaxed), before);
}

#[tokio::test(start_paused = true)]
async fn a_commit_makes_small_and_large_unstable_writes_durable_everywhere() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let small = client.create("small").await;
    let large = client.create("large").await;
    let data = noise(1, 3 * MIB + 100_000);
    let (_, wrote) = client.write(small.ino, 0, "tiny", Stability::Unstable).await.unwrap();
    for (at, part) in data.chunks(300_000).enumerate() {
        client.write(large.ino, at as u64 * 300_000, part.to_vec(), Stability::Unstable).await.unwrap();
    }
    let (attr, verifier) = client.commit(large.ino).await.unwrap();
    assert_eq!((attr.size, verifier), (data.len() as u64, wrote));
    client.commit(small.ino).await.unwrap();
    assert_eq!(cluster.node(1).budget.held(), 0);
    for node in 1..=3 {
        cluster.restart(node).await;
    }
    cluster.lead(3);
    let client = cluster.client(3);
    assert_eq!(client.read_all(small.ino).await, b"tiny");
    assert_eq!(client.read_all(large.ino).await, data);
}

#[tokio::test(start_paused = true)]
async fn full_chunks_reach_every_replica_before_the_commit() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(2, MIB), Stability::Unstable).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for node in &cluster.nodes {
        assert_eq!(node.stored().len(), 1, "node {}", node.id);
    }
    assert_eq!(cluster.node(1).meta.totals().unwrap().chunks, 0);
    client.commit(file.ino).await.unwrap();
    assert_eq!(cluster.node(1).meta.totals().unwrap().chunks, 1);
}

#[tokio::test(start_paused = true)]
async fn a_commit_with_one_replica_dead_returns_and_with_two_dead_waits() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    cluster.network.cut(NodeId(3));
    client.write(file.ino, 0, noise(3, MIB), Stability::Unstable).await.unwrap();
    client.commit(file.ino).await.unwrap();

    cluster.network.cut(NodeId(2));
    client.write(file.ino, 0, noise(4, MIB), Stability::Unstable).await.unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.commit(file.ino).await }
    });
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(!waiting.is_finished(), "one copy is no majority");
    cluster.network.mend(NodeId(3));
    waiting.await.unwrap().unwrap();
    assert_eq!(client.read_all(file.ino).await, noise(4, MIB));
}

#[tokio::test(start_paused = true)]
async fn a_large_stable_write_is_durable_when_it_returns() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let file = cluster.client(1).create("f").await;
    let data = noise(5, MIB);
    cluster.client(1).write(file.ino, 4096, data.clone(), Stability::DataSync).await.unwrap();
    for node in 1..=3 {
        cluster.restart(node).await;
    }
    cluster.lead(2);
    let read = cluster.client(2).read_all(file.ino).await;
    assert_eq!(read[4096..], data[..]);
    assert!(read[..4096].iter().all(|byte| *byte == 0));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_small_writes_share_a_few_proposals() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let mut files = Vec::new();
    for at in 0..1000 {
        files.push(client.create(&format!("f{at}")).await.ino);
    }
    let before = cluster.log.proposals.load(Relaxed);
    let writes = files.iter().map(|ino| client.write(*ino, 0, "some bytes", Stability::FileSync));
    for outcome in futures::future::join_all(writes).await {
        outcome.unwrap();
    }
    let proposals = cluster.log.proposals.load(Relaxed) - before;
    assert!(proposals <= 10, "{proposals} proposals for 1,000 writes");
    let stats = cluster.node(1).volume.stats();
    assert!(stats.changes >= 2000 && stats.proposals < stats.changes);
}

#[tokio::test(start_paused = true)]
async fn commits_of_many_files_share_flushes() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let mut files = Vec::new();
    for at in 0..100 {
        let ino = client.create(&format!("f{at}")).await.ino;
        client.write(ino, 0, noise(at, 100_000), Stability::Unstable).await.unwrap();
        files.push(ino);
    }
    let before = cluster.node(1).volume.stats();
    let commits = files.iter().map(|ino| client.commit(*ino));
    for outcome in futures::future::join_all(commits).await {
        outcome.unwrap();
    }
    let after = cluster.node(1).volume.stats();
    assert_eq!(after.commits - before.commits, 100);
    assert!(after.flushes - before.flushes < 150, "{} flushes for 100 files", after.flushes - before.flushes);
    for (at, ino) in files.into_iter().enumerate() {
        assert_eq!(client.read_all(ino).await, noise(at as u64, 100_000));
    }
}

#[tokio::test(start_paused = true)]
async fn a_truncated_file_does_not_get_its_unsaved_bytes_back() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(1, 200_000), Stability::Unstable).await.unwrap();
    assert_eq!(client.truncate(file.ino, 10).await.unwrap().size, 10);
    client.commit(file.ino).await.unwrap();
    assert_eq!(client.read_all(file.ino).await, noise(1, 200_000)[..10]);
    client.truncate(file.ino, 20).await.unwrap();
    assert_eq!(client.read_all(file.ino).await[10..], [0; 10]);
}

#[tokio::test(start_paused = true)]
async fn creating_over_a_file_with_unsaved_bytes_leaves_it_empty() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, "old bytes", Stability::Unstable).await.unwrap();
    let set = SetAttr { size: Some(0), ..SetAttr::default() };
    let again = client.create_with("f", set, CreateMode::Unchecked).await.unwrap();
    assert_eq!((again.ino, again.size), (file.ino, 0));
    client.commit(file.ino).await.unwrap();
    assert_eq!(client.attr(file.ino).await.unwrap().size, 0);
}

#[tokio::test(start_paused = true)]
async fn times_that_were_set_are_not_overwritten_by_a_later_commit() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, "bytes", Stability::Unstable).await.unwrap();
    let then = nasd_base::Timestamp { secs: 1_000_000, nanos: 5 };
    let set = SetAttr { mtime: Some(nasd_base::file::SetTime::To(then)), ..SetAttr::default() };
    client.change(Change::SetAttr { ino: file.ino, set, guard: None }).await.unwrap();
    client.commit(file.ino).await.unwrap();
    assert_eq!(client.attr(file.ino).await.unwrap().mtime, then);
}

#[tokio::test(start_paused = true)]
async fn unsaved_data_is_saved_unasked_after_a_while() {
    let tuning = Tuning { writeback_after: Duration::from_millis(1500), ..quiet() };
    let mut cluster = Cluster::new(3, tuning).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(9, 2 * MIB / 2 + 5), Stability::Unstable).await.unwrap_err();
    client.write(file.ino, 0, noise(9, 70_000), Stability::Unstable).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(cluster.node(1).volume.stats().commits, 1);
    cluster.restart(1).await;
    cluster.lead(2);
    assert_eq!(cluster.client(2).read_all(file.ino).await, noise(9, 70_000));
}

#[tokio::test(start_paused = true)]
async fn writers_wait_for_memory_instead_of_taking_more() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    // Odd offsets: no chunk fills up, so that everything stays in memory until it is saved.
    for at in 0..100u64 {
        let file = client.create(&format!("f{at}")).await;
        client.write(file.ino, 1, noise(at, MIB), Stability::Unstable).await.unwrap();
        assert!(cluster.node(1).budget.held() <= 64 << 20);
    }
    assert!(cluster.node(1).volume.stats().commits > 0);
}

#[tokio::test(start_paused = true)]
async fn chunks_overwritten_before_their_commit_are_dropped_everywhere() {
    let tuning = Tuning { writeback_after: Duration::from_secs(3), ..quiet() };
    let cluster = Cluster::new(3, tuning).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    for seed in 0..3 {
        client.write(file.ino, 0, noise(seed, MIB), Stability::Unstable).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    client.commit(file.ino).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    for node in &cluster.nodes {
        assert_eq!(node.stored().len(), 1, "node {}", node.id);
    }
    assert_eq!(client.read_all(file.ino).await, noise(2, MIB));
}

#[tokio::test(start_paused = true)]
async fn unlinked_files_take_their_unsaved_data_with_them() {
    let tuning = Tuning {
        writeback_after: Duration::from_millis(1500),
        orphan_interval: Duration::from_secs(1),
        ..quiet()
    };
    let cluster = Cluster::new(3, tuning).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 1, noise(1, 500_000), Stability::Unstable).await.unwrap();
    let outcome = client.unlink("f").await.unwrap();
    assert!(matches!(outcome, Outcome::Removed { nlink: 0, .. }));
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(client.attr(file.ino).await, Err(Errno::Stale));
    assert_eq!(cluster.node(1).volume.stats().commits, 0);
    assert_eq!(cluster.node(1).budget.held(), 0);
}

#[tokio::test(start_paused = true)]
async fn data_and_holes_are_found_whether_saved_or_not() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let file = root.create("f").await.ino;
    let seek = |offset, hole| {
        let root = root.clone();
        async move {
            match root.ask(Request::Seek { ino: file, offset, hole }).await? {
                Reply::Sought { offset } => Ok(offset),
                other => panic!("Seek was answered with {other:?}"),
            }
        }
    };
    root.truncate(file, 10 << 20).await.unwrap();
    assert_eq!(seek(0, false).await, Err(Errno::NxIo));
    assert_eq!(seek(0, true).await, Ok(0));
    root.write(file, 2 << 20, noise(1, 1 << 20), Stability::Unstable).await.unwrap();
    root.write(file, 3 << 20, noise(2, 100_000), Stability::Unstable).await.unwrap();
    let data_end = (3 << 20) + 100_000;
    for _ in 0..2 {
        assert_eq!(seek(0, false).await, Ok(2 << 20));
        assert_eq!(seek(2 << 20, true).await, Ok(data_end));
        assert_eq!(seek(data_end - 1, false).await, Ok(data_end - 1));
        assert_eq!(seek(data_end, false).await, Err(Errno::NxIo));
        root.commit(file).await.unwrap();
    }
    for at in (data_end..10 << 20).step_by(MIB) {
        let len = MIB.min((10 << 20) - at as usize);
        root.write(file, at, noise(at, len), Stability::Unstable).await.unwrap();
    }
    assert_eq!(seek(2 << 20, true).await, Ok(10 << 20), "saved and unsaved data side by side, up to the end");
    assert_eq!(seek(10 << 20, true).await, Err(Errno::NxIo));
}

/// A file of many fragments is cut by several changes, of which its clients see one.
#[tokio::test(start_paused = true)]
async fn a_fragmented_file_is_truncated_and_punched_in_steps_that_nobody_sees() {
    const RUNS: u64 = 4_200;
    let cluster = Cluster::new(1, quiet()).await;
    let client = cluster.client(1);
    for how in ["truncate", "create", "punch"] {
        let file = client.create(how).await;
        let writes = (0..RUNS).map(|run| client.write(file.ino, run << 17, "x", Stability::Unstable));
        for written in futures::future::join_all(writes).await {
            written.unwrap();
        }
        client.commit(file.ino).await.unwrap();
        assert_eq!(client.attr(file.ino).await.unwrap().allocated, RUNS);
        let before = cluster.log.proposals.load(Relaxed);
        let size = client.attr(file.ino).await.unwrap().size;
        let left = match how {
            "truncate" => client.truncate(file.ino, 1).await.unwrap(),
            "create" => {
                let set = SetAttr { size: Some(1), ..SetAttr::default() };
                client.create_with(how, set, CreateMode::Unchecked).await.unwrap()
            }
            _ => {
                match client.change(Change::Punch { ino: file.ino, offset: 1, len: size - 1 }).await.unwrap()
                {
                    Outcome::Changed(wcc) => wcc.after,
                    other => panic!("{other:?}"),
                }
            }
        };
        let proposals = cluster.log.proposals.load(Relaxed) - before;
        assert_eq!((left.allocated, proposals), (1, 2), "{how}");
        assert_eq!(left.size, if how == "punch" { size } else { 1 });
        assert_eq!(client.read(file.ino, 0, 2).await.unwrap().0[..1], b"x"[..]);
    }
}
