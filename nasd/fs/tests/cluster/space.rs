//! Full disks: writes are refused when they come, and removing always works.

use crate::common::*;
use bytes::Bytes;
use nasd_base::{Errno, NodeId};
use nasd_fs::{Reply, Request, Stability, Tuning};
use nasd_store::{Compactor, StoreOptions, UpkeepLimits};
use std::time::Duration;

const MIB: u64 = 1 << 20;

fn small() -> StoreOptions {
    StoreOptions {
        segment_bytes: 4 * MIB,
        reserve_bytes: 2 * MIB,
        capacity_bytes: Some(16 * MIB),
        ..StoreOptions::default()
    }
}

async fn available(client: &Client) -> u64 {
    let (Reply::Volume(stat), _) = client.call(Request::StatVolume, Bytes::new()).await.unwrap() else {
        panic!("StatVolume was answered otherwise")
    };
    assert!(stat.total_bytes >= stat.free_bytes && stat.free_bytes >= stat.available_bytes);
    stat.available_bytes
}

#[tokio::test(start_paused = true)]
async fn a_full_leader_refuses_writes_and_still_removes_files() {
    let tuning = Tuning { orphan_interval: Duration::from_secs(1), ..quiet() };
    let cluster =
        Cluster::with_stores(
            3,
            tuning,
            |node| if node == NodeId(1) { small() } else { StoreOptions::default() },
        )
        .await;
    let client = cluster.client(1);
    let empty = available(&client).await;
    let file = client.create("f").await;
    let mut written = 0;
    let refusal = loop {
        let wrote =
            client.write(file.ino, written * MIB, noise(written, MIB as usize), Stability::Unstable).await;
        match wrote {
            // What was accepted can be committed: the refusal comes with the write.
            Ok(_) => client.commit(file.ino).await.unwrap(),
            Err(errno) => break errno,
        };
        written += 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert_eq!(refusal, Errno::NoSpace);
    assert!((4..16).contains(&written), "{written} MiB were written");
    let small_write = client.write(file.ino, 0, noise(1, 50_000), Stability::FileSync).await;
    assert!(available(&client).await < empty);
    assert!(matches!(small_write, Ok(_) | Err(Errno::NoSpace)));
    client.unlink("f").await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(cluster.node(1).stored().is_empty());
}

#[tokio::test(start_paused = true)]
async fn data_that_turns_out_not_to_fit_is_reported_once_at_the_next_commit() {
    let tuning = Tuning {
        writeback_after: Duration::from_secs(1),
        orphan_interval: Duration::from_secs(1),
        ..quiet()
    };
    let stores = |node| if node == NodeId(1) { StoreOptions::default() } else { small() };
    let cluster = Cluster::with_stores(3, tuning, stores).await;
    let client = cluster.client(1);
    let filler = client.create("filler").await;
    let mut at = 0;
    // The leader has room and does not know that its peers have none.
    while client.write(filler.ino, at * MIB, noise(at, MIB as usize), Stability::FileSync).await.is_ok() {
        at += 1;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let file = client.create("f").await;
    let (_, before) = client.write(file.ino, 0, noise(1, MIB as usize), Stability::Unstable).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(client.attr(file.ino).await.unwrap().size, 0);
    assert_eq!(client.commit(file.ino).await, Err(Errno::NoSpace));
    // Now it knows, and says so at once.
    assert_eq!(client.write(file.ino, 0, noise(1, 200_000), Stability::Unstable).await, Err(Errno::NoSpace));
    let (_, after) = client.commit(file.ino).await.unwrap();
    assert_ne!(before, after, "whoever has unsaved data must send it again");

    client.unlink("filler").await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    client.write(file.ino, 0, noise(1, 200_000), Stability::Unstable).await.unwrap();
    client.commit(file.ino).await.unwrap();
    assert_eq!(client.read_all(file.ino).await, noise(1, 200_000));
}

/// Compaction as a node runs it.
fn keep_compacting(node: &Node) -> tokio::task::JoinHandle<()> {
    let mut compactor = Compactor::new(node.store.clone(), UpkeepLimits::default());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(compactor.advance().await.pause).await;
        }
    })
}

#[tokio::test(start_paused = true)]
async fn deleted_files_come_back_as_available_space_again_and_again() {
    let stores = |_| StoreOptions {
        segment_bytes: 256 * MIB,
        capacity_bytes: Some(48 * MIB),
        ..StoreOptions::default()
    };
    let tuning = Tuning { orphan_interval: Duration::from_secs(1), ..quiet() };
    let cluster = Cluster::with_stores(3, tuning, stores).await;
    let upkeep: Vec<_> = cluster.nodes.iter().map(keep_compacting).collect();
    let client = cluster.client(1);
    let empty = available(&client).await;
    for round in 0..4 {
        let (mut written, mut kept) = (0, None);
        loop {
            let (name, data) = (format!("f{written}"), noise(round * 1_000 + written, MIB as usize));
            let file = client.create(&name).await;
            match client.write(file.ino, 0, data.clone(), Stability::FileSync).await {
                Ok(_) if written == 7 => kept = Some((file.ino, data)),
                Ok(_) => {}
                Err(Errno::NoSpace) => break,
                Err(errno) => panic!("{errno:?}"),
            }
            written += 1;
        }
        assert!(written > 20, "round {round}: {written} MiB were written");
        for number in (0..=written).filter(|number| *number != 7) {
            client.unlink(&format!("f{number}")).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        let back = available(&client).await;
        assert!(back > empty * 8 / 10, "round {round}: {back} of {empty} bytes are available");
        let (ino, data) = kept.unwrap();
        assert_eq!(client.read_all(ino).await, data);
        client.unlink("f7").await.unwrap();
    }
    upkeep.iter().for_each(|task| task.abort());
}

/// A file of whole MiB that was just written and closed had no blocks until it was committed: GNU tar -S took it for one
/// big hole, archived zeros and ended with 0.
#[tokio::test(start_paused = true)]
async fn unsaved_data_counts_as_what_it_will_take_and_no_more() {
    let cluster = Cluster::new(3, quiet()).await;
    let (writer, other) = (cluster.client(1), cluster.client(3));
    let file = writer.create("f").await.ino;
    let write = async |offset: u64, len: u64| {
        let data = noise(offset, len as usize);
        writer.write(file, offset, data, Stability::Unstable).await.unwrap().0.allocated
    };
    let free = other.stat().await.free_bytes;
    for block in 0..4 {
        assert_eq!(write(block * MIB, MIB).await, (block + 1) * MIB);
    }
    assert_eq!(write(10 * MIB, 100).await, 4 * MIB + 100, "a hole is none of it");
    assert_eq!(write(MIB - 50, 100).await, 4 * MIB + 100, "nor is what is overwritten");
    assert_eq!(other.attr(file).await.unwrap().allocated, 4 * MIB + 100);
    assert!(other.stat().await.free_bytes <= free - 4 * MIB);
    writer.commit(file).await.unwrap();
    assert_eq!(other.attr(file).await.unwrap().allocated, 4 * MIB + 100);
    // Over what is saved, over the hole, and both.
    assert_eq!(write(0, MIB).await, 4 * MIB + 100);
    assert_eq!(write(4 * MIB - 10, 20).await, 4 * MIB + 110);
    assert_eq!(write(7 * MIB, MIB).await, 5 * MIB + 110);
    writer.truncate(file, 7 * MIB + 1).await.unwrap();
    assert_eq!(other.attr(file).await.unwrap().allocated, 4 * MIB + 11);
    writer.unlink("f").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_written_while_the_rest_is_saved_still_counts_once() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await.ino;
    let write = async |offset: u64, len: u64| {
        client.write(file, offset, noise(offset, len as usize), Stability::Unstable).await.unwrap();
    };
    write(0, MIB).await;
    *cluster.log.latency.lock() = Duration::from_secs(1);
    let committing = tokio::spawn({
        let client = client.clone();
        async move { client.commit(file).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Over what is being saved, and behind it.
    write(MIB / 2, MIB).await;
    assert_eq!(client.attr(file).await.unwrap().allocated, MIB * 3 / 2);
    committing.await.unwrap().unwrap();
    assert_eq!(client.attr(file).await.unwrap().allocated, MIB * 3 / 2);
    client.commit(file).await.unwrap();
    assert_eq!(client.attr(file).await.unwrap().allocated, MIB * 3 / 2);
}
