//! Many callers at once, callers that give up, and real files.

mod common;
use common::*;

use nasd_base::ChunkId;
use nasd_disk::{Disk, RealDisk, SimDisk, SimDiskOptions};
use nasd_store::{ChunkKey, ChunkStore, EncodedChunk, StoreError, StoreOptions};
use std::sync::Arc;
use std::time::Duration;

fn slow_disk(seed: u64) -> SimDisk {
    let millis = |from, to| Duration::from_millis(from)..=Duration::from_millis(to);
    SimDisk::new(
        seed,
        SimDiskOptions {
            read_latency: millis(0, 2),
            write_latency: millis(1, 20),
            sync_latency: millis(5, 30),
            ..SimDiskOptions::default()
        },
    )
}

#[tokio::test(start_paused = true)]
async fn callers_that_give_up_do_no_harm() {
    let disk = slow_disk(3);
    let store = open(std::slice::from_ref(&disk)).await;
    let mut kept = Vec::new();
    for number in 1..=200u64 {
        let chunk = EncodedChunk::encode(&data(number, 3_000));
        let patience = Duration::from_millis(number % 25);
        if tokio::time::timeout(patience, store.put(key(number), chunk)).await.is_ok_and(|put| put.is_ok()) {
            kept.push(number);
        }
        if number % 10 == 0 {
            let _ = tokio::time::timeout(patience, store.flush()).await;
        }
    }
    store.flush().await.unwrap();
    assert!(kept.len() > 20 && kept.len() < 180, "{} kept", kept.len());
    disk.crash();
    let store = open(&[disk]).await;
    for number in kept {
        assert_whole(&store, number, 3_000).await;
    }
    for chunk in store.keys_after(key(1).volume, ChunkId(0), 1_000) {
        assert_whole(&store, chunk.0, 3_000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_put_that_was_given_up_and_then_deleted_does_not_turn_up_later() {
    let disk = slow_disk(3);
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=50u64 {
        let chunk = EncodedChunk::encode(&data(number, 3_000));
        let _ = tokio::time::timeout(Duration::from_millis(1), store.put(key(number), chunk)).await;
        store.delete(&[key(number)]).await.unwrap();
        assert!(!store.contains(key(number)));
    }
    store.flush().await.unwrap();
    assert!(store.keys_after(key(1).volume, ChunkId(0), 100).is_empty());
    disk.crash();
    assert!(open(&[disk]).await.keys_after(key(1).volume, ChunkId(0), 100).is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_puts_of_one_chunk_write_it_once() {
    let store = open(&[slow_disk(1), slow_disk(2)]).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { put(&store, 1, 50_000).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.counters().puts, 1);
    assert!(store.space().used_bytes < 60_000);
}

#[tokio::test]
async fn adjacent_frames_come_in_one_read() {
    let store = open(&[disk()]).await;
    put(&store, 1, 1 << 20).await;
    assert_whole(&store, 1, 1 << 20).await;
    let counters = store.counters();
    assert_eq!((counters.disk_reads, counters.frames_decoded), (2, 32), "the header, then all frames");
    put(&store, 2, 10_000).await;
    assert_whole(&store, 2, 10_000).await;
    assert_eq!(store.counters().disk_reads, 3, "a small chunk comes whole");
}

#[tokio::test]
async fn the_cache_can_be_turned_off() {
    let store = open_with(&[disk()], StoreOptions { cache_bytes: 0, ..options() }).await;
    put(&store, 1, 100_000).await;
    for _ in 0..3 {
        assert_whole(&store, 1, 100_000).await;
    }
    assert_eq!(store.counters().frames_decoded, 12);
}

async fn real_store(folder: &std::path::Path, options: StoreOptions) -> ChunkStore {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(folder).unwrap());
    ChunkStore::open(vec![disk], options).await.unwrap()
}

/// Writers, readers, deleters and compaction at once on real files; each task owns its chunks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_at_once_on_real_files() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { segment_bytes: 512 << 10, cache_bytes: 1 << 20, ..options() };
    let store = real_store(folder.path(), options.clone()).await;
    let tasks: Vec<_> = (0..8u64)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..60u64 {
                    let number = task * 1_000 + round + 1;
                    put(&store, number, 20_000).await;
                    if round % 3 == 0 {
                        store.flush().await.unwrap();
                    }
                    assert_whole(&store, number - round.min(round % 8), 20_000).await;
                    if round % 4 != 0 && round > 10 {
                        match store.delete(&[key(task * 1_000 + round - 10)]).await {
                            Ok(()) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            })
        })
        .collect();
    let compactor = tokio::spawn({
        let store = store.clone();
        async move {
            loop {
                store.compact_once().await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    });
    let mut panics = Vec::new();
    for task in tasks {
        panics.extend(task.await.err());
    }
    compactor.abort();
    assert!(panics.is_empty(), "{panics:?}");
    store.flush().await.unwrap();
    assert_eq!(store.counters().checksum_errors, 0);
    let kept = store.keys_after(key(1).volume, ChunkId(0), 10_000);
    drop(store);
    let store = real_store(folder.path(), options).await;
    assert_eq!(store.keys_after(key(1).volume, ChunkId(0), 10_000), kept);
    for chunk in kept {
        assert_whole(&store, chunk.0, 20_000).await;
    }
}

#[tokio::test]
async fn a_store_of_many_segments_keeps_few_files_open() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { segment_bytes: 4 << 10, ..options() };
    let store = real_store(folder.path(), options.clone()).await;
    for number in 1..=600 {
        put(&store, number, 4_000).await;
        if number % 50 == 0 {
            store.flush().await.unwrap();
        }
    }
    store.close().await.unwrap();
    drop(store);
    let store = real_store(folder.path(), options).await;
    for number in 1..=600 {
        assert_whole(&store, number, 4_000).await;
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().count() >= 600);
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(open < 400, "{open} files are open");
}

#[tokio::test]
async fn a_range_beyond_the_end_is_the_callers_mistake() {
    let store = open(&[disk()]).await;
    put(&store, 1, 100).await;
    for (start, len) in [(0, 101), (100, 1), (u32::MAX, 2)] {
        assert!(matches!(store.read(key(1), start, len).await, Err(StoreError::OutOfRange { len: 100 })));
    }
    assert_eq!(store.read(key(1), 100, 0).await.unwrap(), "");
    assert!(store.contains(key(1)));
    let gone = ChunkKey { chunk: ChunkId(u64::MAX), ..key(1) };
    assert!(matches!(store.read(gone, 0, 0).await, Err(StoreError::NotFound)));
}
