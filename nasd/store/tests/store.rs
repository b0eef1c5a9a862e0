//! The store on simulated disks: what was flushed survives, what is damaged is found, what is full says so.

mod common;
use common::*;

use nasd_base::{ChunkId, VolumeId};
use nasd_disk::{Disk, SimDisk, SimDiskOptions};
use nasd_store::{ChunkKey, EncodedChunk, ScrubCursor, StoreError};

#[tokio::test]
async fn what_was_put_is_read_back_in_any_part() {
    let store = open(&[disk()]).await;
    put(&store, 1, 100_000).await;
    assert_eq!(store.read(key(1), 32_000, 2_000).await.unwrap(), data(1, 100_000)[32_000..34_000]);
    assert!(matches!(store.read(key(2), 0, 1).await, Err(StoreError::NotFound)));
    assert!(matches!(store.read(key(1), 99_999, 2).await, Err(StoreError::OutOfRange { .. })));
    assert!(store.contains(key(1)), "a range beyond the end is no damage");
}

#[tokio::test]
async fn the_same_chunk_twice_is_no_matter_but_another_one_is() {
    let store = open(&[disk()]).await;
    put(&store, 1, 5_000).await;
    put(&store, 1, 5_000).await;
    assert_eq!(store.counters().puts, 1);
    let other = EncodedChunk::encode(b"something else");
    assert!(matches!(store.put(key(1), other).await, Err(StoreError::Conflict { .. })));
}

#[tokio::test]
async fn a_small_read_of_a_large_chunk_decompresses_one_frame() {
    let store = open(&[disk()]).await;
    store.put(key(1), EncodedChunk::encode(&b"gotgan ".repeat(140_000))).await.unwrap();
    store.read(key(1), 500_000, 4_096).await.unwrap();
    assert_eq!(store.counters().frames_decoded, 1);
    store.read(key(1), 500_100, 4_000).await.unwrap();
    assert_eq!(store.counters().frames_decoded, 1, "the second read is answered from memory");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_share_a_few_flushes() {
    let store = open(&[SimDisk::new(1, SimDiskOptions::default())]).await;
    let tasks: Vec<_> = (1..=1_000u64)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                put(&store, number, 200).await;
                store.flush().await.expect("flush");
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
    let syncs = store.counters().syncs;
    assert!(syncs < 50, "{syncs} flushes for 1000 chunks");
}

#[tokio::test]
async fn a_store_that_was_closed_opens_from_its_footers_with_the_same_content() {
    let disks = [disk(), SimDisk::new(8, SimDiskOptions::instant())];
    let store = open(&disks).await;
    for number in 1..=100 {
        put(&store, number, 10_000).await;
    }
    store.delete(&[key(3), key(50)]).await.unwrap();
    let before = store.space();
    store.close().await.unwrap();
    let store = open(&disks).await;
    assert_eq!(store.space().live_bytes, before.live_bytes);
    for number in (1..=100).filter(|number| ![3, 50].contains(number)) {
        assert_whole(&store, number, 10_000).await;
    }
    assert!(!store.contains(key(3)) && !store.contains(key(50)));
    assert_eq!(store.keys_after(VolumeId(1), ChunkId(97), 10), [ChunkId(98), ChunkId(99), ChunkId(100)]);
}

#[tokio::test]
async fn rot_is_found_and_the_chunk_can_be_put_again() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    put(&store, 1, 60_000).await;
    store.flush().await.unwrap();
    let name = disk.list().await.unwrap().remove(0);
    disk.corrupt(&name, 40_000).unwrap();
    assert!(matches!(store.read(key(1), 0, 60_000).await, Err(StoreError::Checksum { .. })));
    assert_eq!(
        (store.contains(key(1)), store.damaged(), store.counters().checksum_errors),
        (false, vec![key(1)], 1)
    );
    put(&store, 1, 60_000).await;
    assert_whole(&store, 1, 60_000).await;
    assert!(store.damaged().is_empty());
    store.close().await.unwrap();
    assert_whole(&open(&[disk]).await, 1, 60_000).await;
}

#[tokio::test]
async fn a_scrub_finds_rot_that_nobody_read() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=20 {
        put(&store, number, 5_000).await;
    }
    store.flush().await.unwrap();
    let name = disk.list().await.unwrap().remove(0);
    disk.corrupt(&name, 52_000).unwrap();
    let (mut cursor, mut damaged, mut steps) = (ScrubCursor::default(), Vec::new(), 0);
    loop {
        let step = store.scrub_once(&mut cursor, 20_000).await.unwrap();
        damaged.extend(step.damaged);
        steps += 1;
        if step.finished {
            break;
        }
    }
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    assert!(steps >= 5, "a scrub works in steps: {steps}");
}

#[tokio::test]
async fn a_full_disk_refuses_chunks_but_lets_them_be_deleted() {
    let disk = SimDisk::new(7, SimDiskOptions { capacity_bytes: 1 << 20, ..SimDiskOptions::instant() });
    let store = open(std::slice::from_ref(&disk)).await;
    let mut number = 0;
    let refused = loop {
        number += 1;
        if let Err(error) = store.put(key(number), EncodedChunk::encode(&data(number, 20_000))).await {
            break error;
        }
    };
    assert!(matches!(refused, StoreError::NoSpace), "{refused}");
    assert!(number > 30, "space for {number} chunks");
    assert_eq!(store.space().available_bytes / 20_000, 0);
    for chunk in 1..number {
        assert_whole(&store, chunk, 20_000).await;
    }
    let all: Vec<ChunkKey> = (1..number).map(key).collect();
    store.delete(&all).await.expect("deletes work in the reserve");
    compact_all(&store).await;
    put(&store, 1_000, 20_000).await;
    assert!(store.failures().is_empty());
}

#[tokio::test]
async fn after_a_failed_flush_the_disk_takes_nothing_more_but_can_be_read() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    put(&store, 1, 5_000).await;
    store.flush().await.unwrap();
    put(&store, 2, 5_000).await;
    disk.fail_next_sync();
    assert!(matches!(store.flush().await, Err(StoreError::Failed(_))));
    assert!(matches!(store.put(key(3), EncodedChunk::encode(b"x")).await, Err(StoreError::Failed(_))));
    assert!(matches!(store.flush().await, Err(StoreError::Failed(_))), "a failed flush is never tried again");
    assert_whole(&store, 1, 5_000).await;
    assert_eq!(store.failures().len(), 1);
}

#[tokio::test]
async fn compaction_gives_back_what_was_deleted_and_keeps_the_rest() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=200 {
        put(&store, number, 10_000).await;
    }
    let most: Vec<ChunkKey> = (1..=200).filter(|number| number % 4 != 0).map(key).collect();
    store.delete(&most).await.unwrap();
    let before = store.space().used_bytes;
    compact_all(&store).await;
    let after = store.space();
    assert!(after.used_bytes < before / 2, "{} of {before}", after.used_bytes);
    store.flush().await.unwrap();
    disk.crash();
    let store = open(&[disk]).await;
    for number in 1..=200 {
        if number % 4 == 0 {
            assert_whole(&store, number, 10_000).await;
        } else {
            assert!(!store.contains(key(number)), "{number} came back");
        }
    }
}

#[tokio::test]
async fn a_volume_goes_as_a_whole_and_leaves_others_alone() {
    let store = open(&[disk()]).await;
    for number in 1..=50 {
        put(&store, number, 1_000).await;
    }
    let other = ChunkKey { volume: VolumeId(2), chunk: ChunkId(1) };
    store.put(other, EncodedChunk::encode(b"stays")).await.unwrap();
    store.delete_volume(VolumeId(1)).await.unwrap();
    assert!(store.keys_after(VolumeId(1), ChunkId(0), 10).is_empty());
    assert_eq!(store.read(other, 0, 5).await.unwrap(), "stays");
}
