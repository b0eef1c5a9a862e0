//! A segment of chunks: a store that opens on it, reads all, deletes half, compacts and opens again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nasd_base::ChunkId;
use nasd_disk::{Disk, OpenMode, SimDisk, SimDiskOptions};
use nasd_store::format::SegmentHead;
use nasd_store::{ChunkKey, ChunkStore, Compaction, ScrubCursor, StoreOptions};
use std::sync::Arc;

/// Steps of compaction: one segment is there.
const STEPS_MAX: u32 = 50;

/// With an even first byte the rest is a file; with an odd one, what follows the head of one.
fn file_of(input: &[u8]) -> (u32, Vec<u8>) {
    let Some((mode, rest)) = input.split_first() else { return (1, Vec::new()) };
    if mode % 2 == 1 {
        return (1, [&SegmentHead { number: 1, salt: 2 }.encode()[..], rest].concat());
    }
    let number =
        rest.get(8..12).map_or(1, |number| u32::from_le_bytes(number.try_into().expect("four bytes")));
    (number.clamp(1, u32::MAX - 10), rest.to_vec())
}

fuzz_target!(|input: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let disk = SimDisk::new(1, SimDiskOptions::instant());
        let (number, bytes) = file_of(input);
        let name = format!("segment-{number:016x}");
        let file = disk.open(&name, OpenMode::New).await.expect("a file");
        file.write_at(0, vec![bytes.into()]).await.expect("written");
        drop(file);
        use_store(&disk).await;
        use_store(&disk).await;
    });
});

async fn use_store(disk: &SimDisk) {
    let options = StoreOptions { segment_bytes: 64 << 10, reserve_bytes: 0, ..StoreOptions::default() };
    let store = ChunkStore::open(vec![Arc::new(disk.clone())], options).await.expect("a store");
    let mut keys = Vec::new();
    for volume in store.volumes() {
        let chunks = store.keys_after(volume, ChunkId(0), 64);
        keys.extend(chunks.into_iter().map(|chunk| ChunkKey { volume, chunk }));
    }
    for key in &keys {
        let _ = store.read(*key, 0, 1).await;
        let _ = store.encoded(*key).await;
    }
    let _ = store.scrub_once(&mut ScrubCursor::default(), 1 << 20).await;
    let half: Vec<ChunkKey> = keys.iter().step_by(2).copied().collect();
    let _ = store.delete(&half).await;
    let mut steps = 0;
    while let Ok(Compaction::More) = store.compact_once().await {
        steps += 1;
        assert!(steps < STEPS_MAX, "compaction does not end");
    }
    let _ = store.close().await;
}
