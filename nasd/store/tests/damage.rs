//! What rot, misdirected writes and dead disks cost: what they hit, and nothing else.

mod common;
use common::*;

use bytes::Bytes;
use nasd_base::net::BoxFuture;
use nasd_disk::{Disk, DiskFile, OpenMode, SimDisk, SimDiskOptions, Space};
use nasd_store::{ChunkStore, Compaction, StoreError};
use std::io;
use std::sync::Arc;

async fn len_of(disk: &SimDisk, name: &str) -> u64 {
    disk.clone().open(name, OpenMode::Existing).await.unwrap().len().await.unwrap()
}

/// A disk with one sealed segment of 20 chunks.
async fn sealed_segment() -> (SimDisk, String) {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=20 {
        put(&store, number, 5_000).await;
    }
    store.close().await.unwrap();
    let name = segments(&disk).await.remove(0);
    (disk, name)
}

async fn whole_chunks(store: &ChunkStore) -> usize {
    let mut whole = 0;
    for number in 1..=20 {
        if store.contains(key(number)) {
            assert_whole(store, number, 5_000).await;
            whole += 1;
        }
    }
    whole
}

#[tokio::test]
async fn a_sealed_segment_is_read_without_its_head() {
    let (disk, name) = sealed_segment().await;
    disk.corrupt(&name, 12).unwrap();
    let store = open(&[disk]).await;
    assert_eq!(whole_chunks(&store).await, 20);
}

#[tokio::test]
async fn a_segment_whose_footer_is_damaged_is_scanned_and_sealed_again() {
    let (disk, name) = sealed_segment().await;
    for from_end in [10, 45] {
        let len = len_of(&disk, &name).await;
        disk.corrupt(&name, len - from_end).unwrap();
        let store = open(std::slice::from_ref(&disk)).await;
        assert_eq!(whole_chunks(&store).await, 20, "{from_end} bytes from the end");
        assert_eq!(len_of(&disk, &name).await, len);
        assert_eq!(segments(&disk).await, std::slice::from_ref(&name));
    }
}

#[tokio::test]
async fn damage_in_a_segment_that_is_scanned_costs_one_chunk_and_names_it() {
    let (disk, name) = sealed_segment().await;
    let len = len_of(&disk, &name).await;
    disk.corrupt(&name, len - 10).unwrap();
    disk.corrupt(&name, 32 + 5_140 * 7 + 2_000).unwrap();
    let store = open(std::slice::from_ref(&disk)).await;
    assert_eq!(whole_chunks(&store).await, 19);
    assert_eq!((store.damaged(), store.counters().checksum_errors), (vec![key(8)], 1));
    put(&store, 8, 5_000).await;
    assert!(store.damaged().is_empty());
    store.flush().await.unwrap();
    disk.crash();
    let store = open(&[disk]).await;
    assert_eq!(whole_chunks(&store).await, 20, "the good copy serves after a restart");
}

#[tokio::test]
async fn damage_before_the_end_of_an_unsealed_segment_does_not_cost_what_was_flushed_behind_it() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=20 {
        put(&store, number, 5_000).await;
    }
    store.flush().await.unwrap();
    let name = segments(&disk).await.remove(0);
    // The head of one record and the payload of another.
    disk.corrupt(&name, 32 + 5_093 * 3 + 10).unwrap();
    disk.corrupt(&name, 32 + 5_093 * 10 + 2_000).unwrap();
    disk.crash();
    let store = open(&[disk]).await;
    assert_eq!(whole_chunks(&store).await, 18);
    assert_eq!(store.damaged().len(), 1, "the other one's name is lost");
}

#[tokio::test]
async fn a_record_that_a_misdirected_write_put_over_another_is_found() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    put(&store, 1, 30_000).await;
    put(&store, 2, 30_000).await;
    store.close().await.unwrap();
    let name = segments(&disk).await.remove(0);
    let file = disk.clone().open(&name, OpenMode::Existing).await.unwrap();
    let record = 40 + 52 + 30_000;
    let first = file.read_at(32, record).await.unwrap();
    file.write_at(32 + record as u64, vec![first]).await.unwrap();
    let store = open(&[disk]).await;
    assert_whole(&store, 1, 30_000).await;
    assert!(matches!(store.read(key(2), 0, 10).await, Err(StoreError::Checksum { .. })));
    assert!(matches!(store.encoded(key(2)).await, Err(StoreError::Checksum { .. })));
}

#[tokio::test]
async fn the_whole_frames_of_a_damaged_chunk_can_still_be_read_and_compaction_keeps_them() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    put(&store, 1, 100_000).await;
    for number in 2..=4 {
        put(&store, number, 40_000).await;
    }
    store.close().await.unwrap();
    let name = segments(&disk).await.remove(0);
    disk.corrupt(&name, 50_000).unwrap();
    assert!(matches!(store.read(key(1), 40_000, 10).await, Err(StoreError::Checksum { .. })));
    assert!(!store.contains(key(1)));
    store.delete(&[key(2), key(3), key(4)]).await.unwrap();
    compact_all(&store).await;
    assert_eq!(store.read(key(1), 90_000, 10).await.unwrap(), data(1, 100_000)[90_000..90_010]);
    assert!(matches!(store.read(key(1), 40_000, 10).await, Err(StoreError::Checksum { .. })));
    assert_eq!(store.counters().checksum_errors, 1, "one chunk, however often it is read");
    store.delete(&[key(1)]).await.unwrap();
    assert!(matches!(store.read(key(1), 90_000, 10).await, Err(StoreError::NotFound)));
    assert!(store.damaged().is_empty());
    compact_all(&store).await;
    assert!(!segments(&disk).await.contains(&name), "nothing holds the segment any more");
}

#[tokio::test]
async fn a_damaged_chunk_that_was_put_again_and_deleted_stays_away() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    for number in 1..=6 {
        put(&store, number, 5_000).await;
    }
    store.close().await.unwrap();
    let name = segments(&disk).await.remove(0);
    disk.corrupt(&name, 3_000).unwrap();
    assert!(store.read(key(1), 0, 5_000).await.is_err());
    put(&store, 1, 5_000).await;
    store.delete(&[key(1)]).await.unwrap();
    store.flush().await.unwrap();
    disk.crash();
    let store = open(&[disk]).await;
    assert!(!store.contains(key(1)) && store.damaged().is_empty());
}

#[tokio::test]
async fn a_file_without_head_and_footer_is_set_aside() {
    let (disk, name) = sealed_segment().await;
    let len = len_of(&disk, &name).await;
    disk.corrupt(&name, len - 10).unwrap();
    disk.corrupt(&name, 12).unwrap();
    let store = open(std::slice::from_ref(&disk)).await;
    assert_eq!(whole_chunks(&store).await, 0);
    assert!(segments(&disk).await.is_empty());
    assert_eq!(disk.clone().list().await.unwrap().len(), 1, "nothing is thrown away");
    put(&store, 1, 5_000).await;
}

/// A disk that is there and answers nothing.
struct DeadDisk;

fn dead<T>() -> io::Result<T> {
    Err(io::Error::other("Input/output error"))
}

impl Disk for DeadDisk {
    fn open<'a>(&'a self, _: &'a str, _: OpenMode) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async { dead() })
    }

    fn list(&self) -> BoxFuture<'_, io::Result<Vec<String>>> {
        Box::pin(async { dead() })
    }

    fn remove<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async { dead() })
    }

    fn rename<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async { dead() })
    }

    fn sync_names(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { dead() })
    }

    fn space(&self) -> BoxFuture<'_, io::Result<Space>> {
        Box::pin(async { dead() })
    }
}

#[tokio::test]
async fn a_dead_disk_does_not_stop_the_others() {
    let disks: Vec<Arc<dyn Disk>> = vec![Arc::new(DeadDisk), Arc::new(disk())];
    let store = ChunkStore::open(disks, options()).await.unwrap();
    assert_eq!(store.failures().len(), 1);
    put(&store, 1, 5_000).await;
    store.flush().await.unwrap();
    assert_whole(&store, 1, 5_000).await;
    store.delete(&[key(1), key(2)]).await.unwrap();
    assert_eq!(store.compact_once().await.unwrap(), Compaction::Finished);
    assert!(ChunkStore::open(vec![Arc::new(DeadDisk)], options()).await.is_err());
}

#[tokio::test]
async fn a_chunk_that_lies_on_two_disks_is_deleted_from_both() {
    // The first disk was away when the chunk was put again on the second.
    let disks = [disk(), SimDisk::new(8, SimDiskOptions::instant())];
    let store = open(&disks[..1]).await;
    put(&store, 1, 5_000).await;
    store.close().await.unwrap();
    let store = open(&disks[1..]).await;
    put(&store, 1, 5_000).await;
    store.close().await.unwrap();
    let store = open(&disks).await;
    assert_whole(&store, 1, 5_000).await;
    // The one that serves rots; the other one takes over.
    let name = segments(&disks[0]).await.remove(0);
    disks[0].corrupt(&name, 3_000).unwrap();
    assert_whole(&store, 1, 5_000).await;
    assert!(store.contains(key(1)) && store.damaged().is_empty());
    store.delete(&[key(1)]).await.unwrap();
    store.flush().await.unwrap();
    for alone in &disks {
        assert!(!open(std::slice::from_ref(alone)).await.contains(key(1)));
    }
}

#[tokio::test]
async fn garbage_files_do_not_stop_the_store() {
    let disk = disk();
    for (name, bytes) in [
        ("segment-0000000000000003", "garbage of more than thirty-two bytes, indeed"),
        ("segment-0000000000000004", ""),
        ("segment-ffffffffffffffff", "x"),
        ("lost+found", "y"),
    ] {
        let file = disk.clone().open(name, OpenMode::New).await.unwrap();
        file.write_at(0, vec![Bytes::from_static(bytes.as_bytes())]).await.unwrap();
    }
    let store = open(std::slice::from_ref(&disk)).await;
    put(&store, 1, 5_000).await;
    store.close().await.unwrap();
    assert_whole(&open(&[disk]).await, 1, 5_000).await;
}
