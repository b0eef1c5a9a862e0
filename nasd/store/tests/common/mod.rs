//! What the store's tests share.
#![allow(dead_code, reason = "every test file uses a part of it")]

use nasd_base::{ChunkId, Entropy, SeededEntropy, VolumeId};
use nasd_disk::{Disk, SimDisk, SimDiskOptions};
use nasd_store::{ChunkKey, ChunkStore, Compaction, EncodedChunk, StoreOptions};
use std::sync::Arc;

pub fn key(chunk: u64) -> ChunkKey {
    ChunkKey { volume: VolumeId(1), chunk: ChunkId(chunk) }
}

/// Noise of a length and content that follow from the number.
pub fn data(number: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    SeededEntropy::new(number).fill(&mut bytes);
    bytes
}

pub fn options() -> StoreOptions {
    StoreOptions { segment_bytes: 256 << 10, reserve_bytes: 128 << 10, ..StoreOptions::default() }
}

pub fn disk() -> SimDisk {
    SimDisk::new(7, SimDiskOptions::instant())
}

pub async fn open_with(disks: &[SimDisk], options: StoreOptions) -> ChunkStore {
    let disks = disks.iter().map(|disk| Arc::new(disk.clone()) as Arc<dyn Disk>).collect();
    ChunkStore::open(disks, options).await.expect("the store opens")
}

pub async fn open(disks: &[SimDisk]) -> ChunkStore {
    open_with(disks, options()).await
}

pub async fn put(store: &ChunkStore, number: u64, len: usize) {
    store.put(key(number), EncodedChunk::encode(&data(number, len))).await.expect("put");
}

pub async fn assert_whole(store: &ChunkStore, number: u64, len: usize) {
    let read =
        store.read(key(number), 0, len as u32).await.unwrap_or_else(|error| panic!("{number}: {error}"));
    assert_eq!(read, data(number, len), "chunk {number}");
}

/// Compacts until there is nothing to do; a thousand steps mean that it never ends.
pub async fn compact_all(store: &ChunkStore) {
    for _ in 0..1_000 {
        if store.compact_once().await.expect("compaction") != Compaction::More {
            return;
        }
    }
    panic!("compaction does not come to an end");
}

pub async fn segments(disk: &SimDisk) -> Vec<String> {
    let names = disk.clone().list().await.expect("list");
    names.into_iter().filter(|name| name.starts_with("segment-")).collect()
}
