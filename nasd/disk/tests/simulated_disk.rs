//! The faults of the simulated disk, and that it invents no others.

use bytes::Bytes;
use nasd_disk::{Disk, DiskFile, OpenMode, SimDisk, SimDiskOptions};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

fn instant(seed: u64) -> SimDisk {
    SimDisk::new(seed, SimDiskOptions::instant())
}

/// Runs a future on a runtime of its own, with time that jumps.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

async fn new_file(disk: &SimDisk, name: &str) -> Arc<dyn DiskFile> {
    let file = disk.open(name, OpenMode::New).await.unwrap();
    disk.sync_names().await.unwrap();
    file
}

async fn content(disk: &SimDisk, name: &str) -> Bytes {
    let file = disk.open(name, OpenMode::Existing).await.unwrap();
    let len = file.len().await.unwrap();
    file.read_at(0, len as usize).await.unwrap()
}

#[tokio::test]
async fn a_crash_keeps_drops_or_tears_what_was_not_flushed() {
    let (mut kept, mut dropped, mut torn) = (0, 0, 0);
    for seed in 0..200 {
        let disk = instant(seed);
        let file = new_file(&disk, "f").await;
        file.write_durably_at(0, vec![Bytes::from(vec![1; 8192])]).await.unwrap();
        file.write_at(100, vec![Bytes::from(vec![2; 5000])]).await.unwrap();
        disk.crash();
        let after = content(&disk, "f").await;
        let new = after.iter().filter(|byte| **byte == 2).count();
        match new {
            5000 => kept += 1,
            0 => dropped += 1,
            _ => torn += 1,
        }
        // Sectors are whole.
        for (sector, bytes) in after.chunks(512).enumerate() {
            let covered: Vec<_> =
                (sector * 512..(sector + 1) * 512).filter(|at| (100..5100).contains(at)).collect();
            let new = bytes.iter().filter(|byte| **byte == 2).count();
            assert!(new == 0 || new == covered.len(), "seed {seed}, sector {sector}");
        }
    }
    assert!(kept > 20 && dropped > 20 && torn > 20, "{kept} {dropped} {torn}");
}

#[tokio::test]
async fn a_crash_keeps_or_loses_names_that_were_not_flushed() {
    let mut outcomes = BTreeMap::new();
    for seed in 0..200 {
        let disk = instant(seed);
        new_file(&disk, "durable").await;
        disk.open("created", OpenMode::New).await.unwrap();
        disk.rename("durable", "renamed").await.unwrap();
        disk.crash();
        *outcomes.entry(disk.list().await.unwrap()).or_insert(0) += 1;
    }
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let all = [&["created", "durable"][..], &["created", "renamed"], &["durable"], &["renamed"]];
    assert_eq!(outcomes.keys().cloned().collect::<Vec<_>>(), all.map(names));
}

#[tokio::test]
async fn handles_from_before_a_crash_fail_and_the_disk_goes_on() {
    let disk = instant(1);
    let process: Arc<dyn Disk> = Arc::new(disk.clone());
    let file = process.open("f", OpenMode::New).await.unwrap();
    process.sync_names().await.unwrap();
    disk.crash();
    assert!(file.read_at(0, 1).await.is_err());
    assert!(file.write_at(0, vec![Bytes::from_static(b"x")]).await.is_err());
    assert!(process.list().await.unwrap_err().to_string().contains("is dead"));
    drop(file);
    let next: Arc<dyn Disk> = Arc::new(disk.clone());
    assert_eq!(next.list().await.unwrap(), ["f"]);
    let file = next.open("f", OpenMode::Existing).await.unwrap();
    file.write_at(0, vec![Bytes::from_static(b"x")]).await.unwrap();
}

#[tokio::test]
async fn a_killed_process_loses_its_handles_and_no_data() {
    let (mut kept, mut lost) = (0, 0);
    for seed in 0..50 {
        let disk = instant(seed);
        let file = new_file(&disk, "f").await;
        file.write_at(0, vec![Bytes::from_static(b"written")]).await.unwrap();
        disk.kill();
        assert!(file.sync().await.is_err());
        assert_eq!(content(&disk, "f").await, "written");
        disk.crash();
        match content(&disk, "f").await.len() {
            0 => lost += 1,
            _ => kept += 1,
        }
    }
    assert!(kept > 5 && lost > 5, "{kept} {lost}");
}

#[tokio::test(start_paused = true)]
async fn a_crash_can_fall_into_a_durable_write() {
    let (mut old, mut new) = (0, 0);
    for seed in 0..100 {
        let latency = Duration::from_millis(5);
        let disk =
            SimDisk::new(seed, SimDiskOptions { sync_latency: latency..=latency, ..Default::default() });
        let file = new_file(&disk, "f").await;
        file.allocate(4096).await.unwrap();
        let write =
            tokio::spawn(async move { file.write_durably_at(0, vec![Bytes::from(vec![1; 512])]).await });
        tokio::time::sleep(Duration::from_millis(2)).await;
        disk.crash();
        assert!(write.await.unwrap().is_err());
        match content(&disk, "f").await[0] {
            0 => old += 1,
            _ => new += 1,
        }
    }
    assert!(old > 10 && new > 10, "{old} {new}");
}

#[tokio::test]
async fn a_failed_flush_loses_the_data_and_poisons_the_file_until_restart() {
    let disk = instant(1);
    let file = new_file(&disk, "f").await;
    file.write_durably_at(0, vec![Bytes::from_static(b"old")]).await.unwrap();
    file.write_at(0, vec![Bytes::from_static(b"new")]).await.unwrap();
    disk.fail_next_sync();
    file.sync().await.unwrap_err();
    assert_eq!(file.read_at(0, 3).await.unwrap(), "old");
    for error in [
        file.sync().await.unwrap_err(),
        file.write_at(0, vec![Bytes::from_static(b"x")]).await.unwrap_err(),
        file.write_durably_at(0, vec![Bytes::from_static(b"x")]).await.unwrap_err(),
        disk.open("f", OpenMode::Existing).await.unwrap().set_len(0).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("an earlier flush failed"), "{error}");
    }
    disk.crash();
    let file = disk.open("f", OpenMode::Existing).await.unwrap();
    file.write_durably_at(0, vec![Bytes::from_static(b"new")]).await.unwrap();
    assert_eq!(content(&disk, "f").await, "new");
}

#[tokio::test]
async fn a_full_disk_refuses_growth_and_nothing_else() {
    let disk = SimDisk::new(1, SimDiskOptions { capacity_bytes: 10 * 4096, ..SimDiskOptions::instant() });
    let file = new_file(&disk, "f").await;
    file.allocate(8 * 4096).await.unwrap();
    assert_eq!(disk.space().await.unwrap().free_bytes, 2 * 4096);
    let second = new_file(&disk, "g").await;
    for error in [
        second.allocate(3 * 4096).await.unwrap_err(),
        second.write_at(2 * 4096, vec![Bytes::from_static(b"x")]).await.unwrap_err(),
        file.set_len(11 * 4096).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    }
    file.write_at(0, vec![Bytes::from(vec![1; 8 * 4096])]).await.unwrap();
    drop(file);
    disk.remove("f").await.unwrap();
    second.allocate(10 * 4096).await.unwrap();
    disk.set_capacity(20 * 4096);
    second.allocate(20 * 4096).await.unwrap();
}

#[tokio::test]
async fn rot_flips_one_bit_that_a_crash_does_not_heal() {
    let disk = instant(1);
    let file = new_file(&disk, "f").await;
    file.write_durably_at(0, vec![Bytes::from(vec![0; 100])]).await.unwrap();
    disk.corrupt("f", 42).unwrap();
    disk.crash();
    let after = content(&disk, "f").await;
    assert_eq!(after.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
    assert_ne!(after[42], 0);
    assert_eq!(disk.corrupt("f", 100).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(disk.corrupt("g", 0).unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_slow_disk_takes_longer() {
    let latency = Duration::from_millis(2);
    let disk = SimDisk::new(1, SimDiskOptions { sync_latency: latency..=latency, ..Default::default() });
    let file = new_file(&disk, "f").await;
    for (factor, expected) in [(1, 2), (50, 100)] {
        disk.set_slowness(factor);
        let start = tokio::time::Instant::now();
        file.sync().await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_millis(expected));
    }
}

#[derive(Clone, Debug)]
enum Op {
    Write { offset: u64, len: usize, byte: u8 },
    WriteDurably { offset: u64, len: usize, byte: u8 },
    SetLen(u64),
    Allocate(u64),
    Sync,
}

const LEN_MAX: u64 = 20_000;

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let span = || (0..LEN_MAX / 2, 0..LEN_MAX as usize / 2, any::<u8>());
    let op = prop_oneof![
        4 => span().prop_map(|(offset, len, byte)| Op::Write { offset, len, byte }),
        2 => span().prop_map(|(offset, len, byte)| Op::WriteDurably { offset, len, byte }),
        1 => (0..LEN_MAX).prop_map(Op::SetLen),
        1 => (0..LEN_MAX).prop_map(Op::Allocate),
        1 => Just(Op::Sync),
    ];
    proptest::collection::vec(op, 0..30)
}

async fn apply(file: &dyn DiskFile, op: &Op) {
    match *op {
        Op::Write { offset, len, byte } => file.write_at(offset, vec![Bytes::from(vec![byte; len])]).await,
        Op::WriteDurably { offset, len, byte } => {
            file.write_durably_at(offset, vec![Bytes::from(vec![byte; len])]).await
        }
        Op::SetLen(len) => file.set_len(len).await,
        Op::Allocate(len) => file.allocate(len).await,
        Op::Sync => file.sync().await,
    }
    .unwrap();
}

fn apply_to_model(model: &mut Vec<u8>, op: &Op) {
    match *op {
        Op::Write { len: 0, .. } | Op::WriteDurably { len: 0, .. } | Op::Sync => {}
        Op::Write { offset, len, byte } | Op::WriteDurably { offset, len, byte } => {
            let (start, end) = (offset as usize, offset as usize + len);
            model.resize(model.len().max(end), 0);
            model[start..end].fill(byte);
        }
        Op::SetLen(len) => model.resize(len as usize, 0),
        Op::Allocate(len) => model.resize(model.len().max(len as usize), 0),
    }
}

proptest! {
    #[test]
    fn without_a_crash_it_is_an_array_of_bytes(ops in ops(), seed: u64) {
        run(async {
            let disk = instant(seed);
            let file = new_file(&disk, "f").await;
            let mut model = Vec::new();
            for op in &ops {
                apply(&*file, op).await;
                apply_to_model(&mut model, op);
            }
            assert!(content(&disk, "f").await == model);
        });
    }

    #[test]
    fn what_was_flushed_survives_a_crash(ops in ops(), later in ops(), seed: u64) {
        run(async {
            let disk = instant(seed);
            let file = new_file(&disk, "f").await;
            let mut model = Vec::new();
            for op in &ops {
                apply(&*file, op).await;
                apply_to_model(&mut model, op);
            }
            file.sync().await.unwrap();
            // Which bytes may have changed since; a change of the length puts all beyond it in doubt.
            let mut doubtful = vec![false; 2 * LEN_MAX as usize];
            for op in &later {
                match *op {
                    Op::Write { offset, len, .. } => doubtful[offset as usize..][..len].fill(true),
                    Op::WriteDurably { offset, len, .. } => doubtful[offset as usize..][..len].fill(true),
                    Op::SetLen(len) => doubtful[len as usize..].fill(true),
                    Op::Allocate(_) | Op::Sync => {}
                }
                apply(&*file, op).await;
            }
            disk.crash();
            let after = content(&disk, "f").await;
            for (at, byte) in model.iter().enumerate().filter(|(at, _)| !doubtful[*at]) {
                assert_eq!(after.get(at), Some(byte), "byte {at}");
            }
        });
    }

    #[test]
    fn durable_writes_survive_a_crash_whatever_was_pending(ops in ops(), seed: u64) {
        run(async {
            let disk = instant(seed);
            let file = new_file(&disk, "f").await;
            // The last durable word on each byte, forgotten when something undurable touches it.
            let mut known = vec![None; 2 * LEN_MAX as usize];
            for op in &ops {
                apply(&*file, op).await;
                match *op {
                    Op::Write { offset, len, .. } => known[offset as usize..][..len].fill(None),
                    Op::WriteDurably { offset, len, byte } => known[offset as usize..][..len].fill(Some(byte)),
                    Op::SetLen(len) => known[len as usize..].fill(None),
                    Op::Allocate(_) | Op::Sync => {}
                }
            }
            disk.crash();
            let after = content(&disk, "f").await;
            for (at, byte) in known.iter().enumerate().filter_map(|(at, known)| Some((at, (*known)?))) {
                assert_eq!(after.get(at), Some(&byte), "byte {at}");
            }
        });
    }

    #[test]
    fn one_seed_gives_one_outcome(ops in ops(), seed: u64) {
        let outcome = || run(async {
            let disk = instant(seed);
            let file = new_file(&disk, "f").await;
            for op in &ops {
                apply(&*file, op).await;
            }
            disk.crash();
            content(&disk, "f").await
        });
        assert!(outcome() == outcome());
    }
}
