//! Full disks: the reserve holds, deletes work, and space that comes back is used.

mod common;
use common::*;

use nasd_disk::{Disk, SimDisk, SimDiskOptions};
use nasd_store::{ChunkKey, Compaction, EncodedChunk, StoreError, StoreOptions};

fn small_disk(capacity_bytes: u64) -> SimDisk {
    SimDisk::new(7, SimDiskOptions { capacity_bytes, ..SimDiskOptions::instant() })
}

/// Puts chunks until there is no space, and returns how many there are.
async fn fill(store: &nasd_store::ChunkStore, len: usize) -> u64 {
    for number in 1.. {
        match store.put(key(number), EncodedChunk::encode(&data(number, len))).await {
            Ok(()) => {}
            Err(StoreError::NoSpace) => return number - 1,
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("a disk has an end")
}

#[tokio::test]
async fn puts_that_come_together_leave_the_reserve_alone() {
    let disk = small_disk(2 << 20);
    let store = open(std::slice::from_ref(&disk)).await;
    let tasks: Vec<_> = (1..=300u64)
        .map(|number| {
            let store = store.clone();
            let chunk = EncodedChunk::encode(&data(number, 20_000));
            tokio::spawn(async move { store.put(key(number), chunk).await })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => {}
            Err(StoreError::NoSpace) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 100 && refused < 250, "{refused} of 300 were refused");
    let free = disk.clone().space().await.unwrap().free_bytes;
    assert!(free + 8_192 >= options().reserve_bytes, "{free} bytes are left");
}

#[tokio::test]
async fn space_that_others_give_back_is_noticed() {
    let disk = small_disk(1 << 20);
    let store = open(std::slice::from_ref(&disk)).await;
    let number = fill(&store, 20_000).await;
    disk.set_capacity(2 << 20);
    put(&store, number + 1, 20_000).await;
}

#[tokio::test]
async fn a_full_disk_makes_room_for_the_other() {
    let disks = [
        small_disk(1 << 20),
        SimDisk::new(8, SimDiskOptions { capacity_bytes: 4 << 20, ..SimDiskOptions::instant() }),
    ];
    let store = open(&disks).await;
    // The first disk seems to have the most room until it is asked.
    disks[0].set_capacity(8 << 20);
    put(&store, 10_000, 1_000).await;
    let number = fill(&store, 20_000).await;
    assert!(number > 500, "{number} chunks on both disks");
    for number in 1..=number {
        assert_whole(&store, number, 20_000).await;
    }
}

#[tokio::test]
async fn a_delete_that_found_no_space_can_be_tried_again() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=10 {
        put(&store, number, 5_000).await;
    }
    store.close().await.unwrap();
    disk.set_capacity(1);
    assert!(matches!(store.delete(&[key(1)]).await, Err(StoreError::NoSpace)));
    assert_whole(&store, 1, 5_000).await;
    disk.set_capacity(1 << 30);
    store.delete(&[key(1)]).await.unwrap();
    store.flush().await.unwrap();
    disk.crash();
    assert!(!open(&[disk]).await.contains(key(1)), "the second try was written");
}

#[tokio::test]
async fn compaction_waits_when_there_is_no_room_for_copies() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=40 {
        put(&store, number, 10_000).await;
    }
    store.close().await.unwrap();
    let some: Vec<ChunkKey> = (1..=40).filter(|number| number % 2 == 0).map(key).collect();
    store.delete(&some).await.unwrap();
    disk.set_capacity(1);
    // The store learns of it when it is refused.
    assert!(matches!(
        store.put(key(100), EncodedChunk::encode(&data(100, 9_000))).await,
        Err(StoreError::NoSpace)
    ));
    assert_eq!(store.compact_once().await.unwrap(), Compaction::Waiting);
    let odd: Vec<ChunkKey> = (1..=40).filter(|number| number % 2 == 1).map(key).collect();
    for number in odd {
        assert!(store.contains(number));
    }
}

#[tokio::test]
async fn a_store_keeps_to_its_capacity() {
    let options = StoreOptions { capacity_bytes: Some(1 << 20), ..options() };
    let disk = disk();
    let store = open_with(std::slice::from_ref(&disk), options).await;
    let number = fill(&store, 20_000).await;
    assert!((30..46).contains(&number), "{number} chunks in 1 MiB less the reserve");
    let space = store.space();
    assert_eq!(space.total_bytes, 1 << 20);
    assert!(space.used_bytes <= (1 << 20) - (128 << 10) + 4_096);
    assert!(space.live_bytes > number * 20_000 && space.live_bytes < space.used_bytes);
}

#[tokio::test]
async fn segments_full_of_needed_tombstones_are_not_rewritten_for_ever() {
    let options = StoreOptions { segment_bytes: 16 << 10, ..options() };
    let disk = disk();
    let store = open_with(std::slice::from_ref(&disk), options).await;
    // In each segment one large chunk stays and many small ones go.
    for number in 1..=3_000u64 {
        put(&store, number, if number % 20 == 0 { 10_000 } else { 100 }).await;
    }
    let small: Vec<ChunkKey> = (1..=3_000).filter(|number| number % 20 != 0).map(key).collect();
    store.delete(&small).await.unwrap();
    store.close().await.unwrap();
    for _ in 0..3 {
        compact_all(&store).await;
        store.close().await.unwrap();
    }
    disk.crash();
    let store = open(&[disk]).await;
    for number in 1..=3_000u64 {
        assert_eq!(store.contains(key(number)), number % 20 == 0, "chunk {number}");
    }
}

#[tokio::test]
async fn deleting_everything_gives_all_space_back() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=200 {
        put(&store, number, 10_000).await;
    }
    store.close().await.unwrap();
    store.delete_volume(key(1).volume).await.unwrap();
    store.close().await.unwrap();
    compact_all(&store).await;
    assert_eq!(store.space().live_bytes, 0);
    assert!(store.space().used_bytes < 20_000, "{} bytes", store.space().used_bytes);
    assert!(store.volumes().is_empty());
}
