//! Random lives of a store: puts, deletes, flushes, compaction and scrubs, each of which may be given up or be
//! cut off by a power failure at any moment.

mod common;
use common::*;

use nasd_base::{ChunkId, VolumeId};
use nasd_disk::{SimDisk, SimDiskOptions};
use nasd_store::{ChunkStore, Compaction, EncodedChunk, ScrubCursor, StoreOptions};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Clone, Debug)]
enum Step {
    Put(u64, usize),
    Delete(u64),
    Flush,
    Compact,
    Scrub,
    Crash,
    /// The process dies, the machine goes on.
    Kill,
    Close,
}

fn step() -> impl Strategy<Value = (Step, Option<u64>)> {
    let step = prop_oneof![
        30 => (1u64..600, 1usize..20_000).prop_map(|(chunk, len)| Step::Put(chunk, len)),
        16 => (1u64..600).prop_map(Step::Delete),
        10 => Just(Step::Flush),
        10 => Just(Step::Compact),
        1 => Just(Step::Scrub),
        3 => Just(Step::Crash),
        1 => Just(Step::Kill),
        2 => Just(Step::Close),
    ];
    // Most callers have all the time in the world.
    (step, prop_oneof![3 => Just(None), 1 => (0u64..12).prop_map(Some)])
}

fn slow_disk(seed: u64) -> SimDisk {
    let millis = |from, to| Duration::from_millis(from)..=Duration::from_millis(to);
    SimDisk::new(
        seed,
        SimDiskOptions {
            read_latency: millis(0, 1),
            write_latency: millis(0, 3),
            sync_latency: millis(1, 4),
            ..SimDiskOptions::default()
        },
    )
}

/// What must be true, whatever happens.
#[derive(Default)]
struct Model {
    lens: BTreeMap<u64, usize>,
    /// Acknowledged puts with no delete since.
    put: BTreeSet<u64>,
    /// Acknowledged deletes.
    deleted: BTreeSet<u64>,
    /// Of `put`: flushed.
    safe: BTreeSet<u64>,
    /// Of `deleted`: flushed. They never come back.
    gone: BTreeSet<u64>,
}

impl Model {
    fn flushed(&mut self, put: BTreeSet<u64>, deleted: BTreeSet<u64>) {
        self.safe.extend(put.intersection(&self.put));
        self.gone.extend(deleted);
    }

    async fn check(&mut self, store: &ChunkStore) {
        let kept: BTreeSet<u64> =
            store.keys_after(VolumeId(1), ChunkId(0), 10_000).iter().map(|chunk| chunk.0).collect();
        for chunk in &kept {
            assert_whole(store, *chunk, self.lens[chunk]).await;
            assert!(!self.gone.contains(chunk), "chunk {chunk} came back");
        }
        for chunk in &self.safe {
            assert!(kept.contains(chunk), "chunk {chunk} was flushed and is gone");
        }
        for damaged in store.damaged() {
            assert!(!self.safe.contains(&damaged.chunk.0), "{damaged} was flushed and is damaged");
        }
        // What is there after a start is durable.
        self.safe = kept.iter().filter(|chunk| self.put.contains(chunk)).copied().collect();
        self.put = self.safe.clone();
        self.deleted.retain(|chunk| !kept.contains(chunk));
    }
}

async fn live(disks: &[SimDisk], options: StoreOptions, steps: Vec<(Step, Option<u64>)>) {
    let mut store = open_with(disks, options.clone()).await;
    let mut model = Model::default();
    let mut cursor = ScrubCursor::default();
    for (step, patience) in steps {
        let patience = Duration::from_millis(patience.unwrap_or(1_000_000));
        match step {
            Step::Put(chunk, len) => {
                // Ids are never used again.
                if model.lens.contains_key(&chunk) {
                    continue;
                }
                model.lens.insert(chunk, len);
                let encoded = EncodedChunk::encode(&data(chunk, len));
                if let Ok(put) = tokio::time::timeout(patience, store.put(key(chunk), encoded)).await {
                    put.unwrap();
                    model.put.insert(chunk);
                }
            }
            Step::Delete(chunk) => {
                if !model.lens.contains_key(&chunk) {
                    continue;
                }
                model.put.remove(&chunk);
                model.safe.remove(&chunk);
                if let Ok(done) = tokio::time::timeout(patience, store.delete(&[key(chunk)])).await {
                    done.unwrap();
                    assert!(!store.contains(key(chunk)));
                    model.deleted.insert(chunk);
                }
            }
            Step::Flush => {
                let (put, deleted) = (model.put.clone(), model.deleted.clone());
                if let Ok(done) = tokio::time::timeout(patience, store.flush()).await {
                    done.unwrap();
                    model.flushed(put, deleted);
                }
            }
            Step::Compact => {
                if let Ok(done) = tokio::time::timeout(patience, store.compact_once()).await {
                    assert_ne!(done.unwrap(), Compaction::Waiting);
                }
            }
            Step::Scrub => {
                let scrub = store.scrub_once(&mut cursor, 100_000);
                if let Ok(done) = tokio::time::timeout(patience, scrub).await {
                    assert!(done.unwrap().damaged.is_empty());
                }
            }
            Step::Crash | Step::Kill => {
                let cut = if matches!(step, Step::Crash) { SimDisk::crash } else { SimDisk::kill };
                disks.iter().for_each(cut);
                drop(store);
                store = open_with(disks, options.clone()).await;
                model.check(&store).await;
            }
            Step::Close => {
                let (put, deleted) = (model.put.clone(), model.deleted.clone());
                store.close().await.unwrap();
                model.flushed(put, deleted);
                disks.iter().for_each(SimDisk::kill);
                drop(store);
                store = open_with(disks, options.clone()).await;
                model.check(&store).await;
                assert_eq!(store.damaged(), []);
            }
        }
    }
    disks.iter().for_each(SimDisk::crash);
    let store = open_with(disks, options).await;
    model.check(&store).await;
    assert!(store.failures().is_empty());
    compact_all(&store).await;
    model.check(&store).await;
}

/// Compaction was given up, or cut off, when it had copied a chunk and not yet removed the old segment. Then
/// the chunk was deleted, and the segments with the copy and with its tombstone were removed before the old
/// one. The old copy must not become the chunk again.
async fn half_compacted(patience_ms: u64, cut_off: bool) {
    let options = StoreOptions { segment_bytes: 64 << 10, reserve_bytes: 0, ..StoreOptions::default() };
    let disk = slow_disk(patience_ms);
    let mut store = open_with(std::slice::from_ref(&disk), options.clone()).await;
    for number in 1..=6 {
        put(&store, number, 10_000).await;
    }
    store.close().await.unwrap();
    store.delete(&[key(4), key(5), key(6)]).await.unwrap();
    store.close().await.unwrap();
    let _ = tokio::time::timeout(Duration::from_millis(patience_ms), store.compact_once()).await;
    store.close().await.unwrap();
    if cut_off {
        disk.crash();
        store = open_with(std::slice::from_ref(&disk), options.clone()).await;
    }
    store.delete(&[key(1)]).await.unwrap();
    store.close().await.unwrap();
    store.compact_once().await.unwrap();
    store.close().await.unwrap();
    disk.crash();
    let store = open_with(std::slice::from_ref(&disk), options).await;
    assert!(!store.contains(key(1)), "came back after {patience_ms} ms of compaction");
    assert_whole(&store, 2, 10_000).await;
    assert_whole(&store, 3, 10_000).await;
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_was_deleted_in_the_middle_of_compaction_stays_away() {
    for patience_ms in 0..60 {
        half_compacted(patience_ms, false).await;
        half_compacted(patience_ms, true).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_power_cut_takes_what_was_flushed_or_brings_back_what_was_deleted(
        seed: u64, two_disks: bool, steps in prop::collection::vec(step(), 1..250),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let disks: Vec<SimDisk> = (0..=u64::from(two_disks)).map(|number| slow_disk(seed ^ number)).collect();
        let options = StoreOptions { segment_bytes: 64 << 10, reserve_bytes: 0, ..StoreOptions::default() };
        runtime.block_on(live(&disks, options, steps));
    }
}
