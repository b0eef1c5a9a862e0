//! A node that has run out of descriptors or memory: nothing is a disk failure, and all is well afterwards.
//!
//! 3,229 idle connections took the last descriptor of three nodes. The next segment could not be opened (EMFILE), and
//! every node called its chunk disk failed until it was started again: every write was NOSPC from then on.

mod common;
use common::*;

use nasd_disk::{Shortage, SimDisk};
use nasd_store::{Compaction, EncodedChunk, StoreError};

/// Puts chunks until one is refused, and returns its number and the refusal.
async fn put_until_refused(store: &nasd_store::ChunkStore, from: u64) -> (u64, StoreError) {
    for number in from..from + 10_000 {
        if let Err(error) = store.put(key(number), EncodedChunk::encode(&data(number, 20_000))).await {
            return (number, error);
        }
    }
    panic!("nothing was refused")
}

fn assert_in_order(store: &nasd_store::ChunkStore) {
    assert_eq!(store.failures(), Vec::<String>::new(), "no disk has failed");
}

#[tokio::test]
async fn a_segment_that_cannot_be_made_without_a_descriptor_is_made_when_there_is_one() {
    for lacks in [Shortage::Descriptors, Shortage::Memory] {
        let disk = disk();
        let store = open(std::slice::from_ref(&disk)).await;
        put(&store, 1, 20_000).await;
        disk.lack(Some(lacks));
        // The segment being filled is open: without descriptors it is filled first.
        let (number, refused) = put_until_refused(&store, 2).await;
        assert!(matches!(refused, StoreError::Short(_)), "{lacks}: {refused}");
        assert_in_order(&store);
        assert!(store.short_of()[0].is_some(), "it is told of");
        store.flush().await.expect("what was put is made durable meanwhile");
        disk.lack(None);
        put(&store, number, 20_000).await;
        assert_eq!(store.short_of(), [None], "and no longer, after the first write that went through");
        store.flush().await.expect("flush");
        for number in 1..=number {
            assert_whole(&store, number, 20_000).await;
        }
    }
}

#[tokio::test]
async fn a_disk_on_which_the_system_finds_no_space_takes_writes_when_there_is_some() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    disk.lack(Some(Shortage::Space));
    let (number, refused) = put_until_refused(&store, 1).await;
    assert!(matches!(refused, StoreError::NoSpace), "{refused}");
    assert_in_order(&store);
    disk.lack(None);
    put(&store, number, 20_000).await;
}

#[tokio::test]
async fn a_chunk_that_cannot_be_read_for_want_of_memory_is_not_called_damaged() {
    let disk = disk();
    let store =
        open_with(std::slice::from_ref(&disk), nasd_store::StoreOptions { cache_bytes: 1, ..options() })
            .await;
    put(&store, 1, 100_000).await;
    disk.lack(Some(Shortage::Memory));
    let refused = store.read(key(1), 0, 100_000).await.expect_err("there is no memory");
    assert!(matches!(refused, StoreError::Short(_)), "{refused}");
    disk.lack(None);
    assert_eq!(store.damaged(), []);
    assert_whole(&store, 1, 100_000).await;
}

#[tokio::test]
async fn a_segment_whose_file_cannot_be_opened_is_not_shunned_by_compaction() {
    let disk = disk();
    let options = nasd_store::StoreOptions { files_open_max: 1, ..options() };
    let store = open_with(std::slice::from_ref(&disk), options).await;
    for number in 1..=100 {
        put(&store, number, 20_000).await;
    }
    let most: Vec<_> = (1..=100).filter(|number| number % 5 != 0).map(key).collect();
    store.delete(&most).await.expect("delete");
    store.close().await.expect("close");
    let before = segments(&disk).await.len();
    disk.lack(Some(Shortage::Descriptors));
    let refused = store.compact_once().await;
    assert!(matches!(refused, Err(StoreError::Short(_))), "{refused:?}");
    disk.lack(None);
    compact_all(&store).await;
    assert_eq!(store.compact_once().await.expect("compaction"), Compaction::Finished);
    assert!(segments(&disk).await.len() < before, "the space comes back");
    assert_in_order(&store);
}

#[tokio::test]
async fn a_store_does_not_open_without_descriptors_rather_than_lose_sight_of_its_chunks() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    put(&store, 1, 20_000).await;
    store.close().await.expect("close");
    drop(store);
    let disks = || vec![std::sync::Arc::new(disk.clone()) as std::sync::Arc<dyn nasd_disk::Disk>];
    disk.lack(Some(Shortage::Descriptors));
    let refused = nasd_store::ChunkStore::open(disks(), options()).await.err().expect("it cannot be read");
    assert!(matches!(refused, StoreError::Short(_)), "{refused}");
    disk.lack(None);
    assert_whole(&open(std::slice::from_ref(&disk)).await, 1, 20_000).await;
}

#[tokio::test]
async fn a_disk_that_lacks_nothing_takes_what_the_other_cannot() {
    let disks = [disk(), SimDisk::new(8, nasd_disk::SimDiskOptions::instant())];
    let store = open(&disks).await;
    disks[0].lack(Some(Shortage::Descriptors));
    disks[1].lack(Some(Shortage::Space));
    let (number, refused) = put_until_refused(&store, 1).await;
    assert!(matches!(refused, StoreError::Short(_)), "what may be over in a moment is said: {refused}");
    disks[1].lack(None);
    put(&store, number, 20_000).await;
    assert_in_order(&store);
}

#[tokio::test]
async fn a_flush_that_failed_is_final_whatever_else_there_is_too_little_of() {
    let disk = disk();
    let store = open(std::slice::from_ref(&disk)).await;
    put(&store, 1, 20_000).await;
    disk.fail_next_sync();
    store.flush().await.expect_err("the flush failed");
    disk.lack(Some(Shortage::Descriptors));
    let (_, refused) = put_until_refused(&store, 2).await;
    assert!(matches!(refused, StoreError::Failed(_)), "{refused}");
    assert_eq!(store.failures().len(), 1);
    assert_eq!(store.short_of(), [None], "a failed disk waits for nothing");
}
