//! Upkeep as a node runs it: deleted space comes back, rot is found, uploads in progress are left alone.

mod common;
use common::*;

use nasd_disk::{Disk, OpenMode, SimDisk, SimDiskOptions};
use nasd_store::{
    ChunkKey, ChunkStore, Compactor, EncodedChunk, Progress, Scrubber, StoreError, StoreOptions, UpkeepLimits,
};
use std::time::Duration;

const CHUNK: usize = 200_000;

fn small_disk(capacity_bytes: u64) -> SimDisk {
    SimDisk::new(7, SimDiskOptions { capacity_bytes, ..SimDiskOptions::instant() })
}

/// Compacts until there is nothing to do; returns the pauses together.
async fn compact(store: &ChunkStore) -> Duration {
    let mut compactor = Compactor::new(store.clone(), UpkeepLimits::default());
    let mut paused = Duration::ZERO;
    for _ in 0..1_000 {
        let step = compactor.advance().await;
        if step.progress != Progress::More {
            return paused;
        }
        paused += step.pause;
    }
    panic!("compaction does not come to an end");
}

async fn fill(store: &ChunkStore) -> u64 {
    for number in 1.. {
        match store.put(key(number), EncodedChunk::encode(&data(number, CHUNK))).await {
            Ok(()) => {}
            Err(StoreError::NoSpace) => return number - 1,
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("a disk has an end")
}

#[tokio::test]
async fn a_full_small_store_gives_deleted_space_back_though_its_segments_are_not_full() {
    // The segments are as large as the whole store would be.
    let options = StoreOptions { capacity_bytes: Some(64 << 20), ..StoreOptions::default() };
    let disk = small_disk(1 << 30);
    let store = open_with(std::slice::from_ref(&disk), options.clone()).await;
    let empty = store.space().available_bytes;
    let count = fill(&store).await;
    assert!(count > 200, "{count} chunks");
    store.flush().await.unwrap();
    let deleted: Vec<ChunkKey> = (1..=count).filter(|number| number % 10 != 0).map(key).collect();
    store.delete(&deleted).await.unwrap();
    compact(&store).await;
    let space = store.space();
    assert!(space.available_bytes > empty * 8 / 10, "{} of {empty} bytes are back", space.available_bytes);
    let free = disk.clone().space().await.unwrap().free_bytes;
    assert!(free > (1 << 30) - (space.used_bytes + (1 << 20)), "the disk has them too");
    // And the space is good for something; what was kept is whole, now and after a power cut.
    for number in 1_001..1_000 + count * 7 / 10 {
        put(&store, number, CHUNK).await;
    }
    store.flush().await.unwrap();
    disk.crash();
    let store = open_with(&[disk], options).await;
    for number in (10..=count).step_by(10) {
        assert_whole(&store, number, CHUNK).await;
    }
    assert!(!store.contains(key(1)));
}

#[tokio::test]
async fn compaction_holds_back_unless_space_is_scarce() {
    let options = StoreOptions { segment_bytes: 4 << 20, ..options() };
    let disk = small_disk(1 << 30);
    let store = open_with(std::slice::from_ref(&disk), options).await;
    for number in 1..=200 {
        put(&store, number, CHUNK).await;
    }
    let deleted: Vec<ChunkKey> = (1..=200).filter(|number| number % 2 == 0).map(key).collect();
    store.delete(&deleted).await.unwrap();
    let paused = compact(&store).await;
    let moved = store.counters().compacted_bytes;
    let least = Duration::from_millis(moved * 1_000 / (32 << 20));
    assert!(moved > 10 << 20 && paused >= least, "{moved} bytes with pauses of {paused:?}");
    assert!(store.counters().segments_removed > 5);
}

#[tokio::test]
async fn chunks_that_are_put_and_not_flushed_survive_compaction_and_the_power_cut_after_their_flush() {
    let options = StoreOptions { segment_bytes: 1 << 20, ..options() };
    let disk = small_disk(1 << 30);
    let store = open_with(std::slice::from_ref(&disk), options.clone()).await;
    let mut kept = Vec::new();
    for number in 1..=300u64 {
        put(&store, number, 20_000).await;
        if number % 5 == 0 {
            kept.push(number);
        } else {
            store.delete(&[key(number)]).await.unwrap();
        }
        if number % 20 == 0 {
            compact(&store).await;
        }
        assert!(kept.iter().all(|number| store.contains(key(*number))));
    }
    assert!(store.counters().compacted_bytes > 0);
    store.flush().await.unwrap();
    disk.crash();
    let store = open_with(&[disk], options).await;
    for number in kept {
        assert_whole(&store, number, 20_000).await;
    }
}

#[tokio::test]
async fn scrub_finds_rot_goes_on_and_comes_round() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=40 {
        put(&store, number, 20_000).await;
    }
    store.close().await.unwrap();
    let name = segments(&disk).await[0].clone();
    disk.corrupt(&name, 30_000).unwrap();
    let limits = UpkeepLimits { scrub_step_bytes: 50_000, ..UpkeepLimits::default() };
    let mut scrubber = Scrubber::new(store.clone(), limits, 17);
    let mut damaged = Vec::new();
    // From somewhere to the end, and once round from the beginning.
    for _ in 0..2 {
        loop {
            let step = scrubber.advance().await;
            damaged.extend(step.damaged);
            if step.progress == Progress::Finished {
                break;
            }
            assert!(step.pause >= Duration::from_millis(5), "{:?}", step.pause);
        }
    }
    assert_eq!((damaged.len(), store.counters().checksum_errors), (1, 1));
    assert_eq!(store.damaged(), damaged);
    assert!(store.holds(damaged[0]) && !store.contains(damaged[0]));
    assert_eq!(store.counters().scrub_rounds, 2);
    assert!(store.counters().scrubbed_bytes >= 39 * 20_000);
    // The compactor passes it on as long as it is not mended.
    let mut compactor = Compactor::new(store.clone(), limits);
    assert_eq!(compactor.advance().await.damaged, damaged);
    put(&store, damaged[0].chunk.0, 20_000).await;
    assert!(compactor.advance().await.damaged.is_empty());
}

#[tokio::test]
async fn a_segment_that_cannot_be_read_does_not_stop_compaction_of_the_others() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=100 {
        put(&store, number, 20_000).await;
    }
    store.close().await.unwrap();
    drop(store);
    let store = open(std::slice::from_ref(&disk)).await;
    // The name leads nowhere any more.
    let first = segments(&disk).await[0].clone();
    disk.clone().rename(&first, "elsewhere").await.unwrap();
    assert!(disk.clone().open(&first, OpenMode::Existing).await.is_err());
    let deleted: Vec<ChunkKey> = (1..=100).filter(|number| number % 4 != 0).map(key).collect();
    store.delete(&deleted).await.unwrap();
    let before = segments(&disk).await.len();
    compact(&store).await;
    assert!(segments(&disk).await.len() < before / 2);
    for number in (40..=100).step_by(4) {
        assert_whole(&store, number, 20_000).await;
    }
}
