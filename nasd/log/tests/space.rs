//! What the log does with its disk: segments prepared ahead, used again, emptied; and a disk that is full.

mod common;

use common::*;
use nasd_base::GroupId;
use nasd_disk::{Disk, Shortage, SimDisk, SimDiskOptions};
use nasd_log::{Log, LogOptions};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

async fn segments(disk: &SimDisk) -> usize {
    disk.list().await.unwrap().iter().filter(|name| name.starts_with("log-")).count()
}

/// Entries `indexes` of a group, each purged soon after: a busy volume.
async fn busy(log: &Log, id: u64, indexes: std::ops::Range<u64>) {
    let group = log.group(GroupId(id));
    for index in indexes {
        append(&group, index..index + 1, 8000).await;
        if index > 10 && index.is_multiple_of(5) {
            group.purge(index - 5, "id".into()).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn purged_segments_are_used_again() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let idle = log.group(GroupId(9));
    idle.save_vote("an old vote".into()).await.unwrap();
    idle.purge(7, "an old mark".into()).await.unwrap();
    busy(&log, 1, 1..400).await;
    let counters = log.counters();
    assert!(counters.segments > 50 && counters.segments_recycled + 6 > counters.segments, "{counters:?}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(segments(&disk).await <= 7);
    let state = log.group(GroupId(1)).state();
    disk.crash();
    let log = open(&disk, &small()).await;
    assert_eq!(log.group(GroupId(1)).state(), state);
    assert_eq!(indexes(&log.group(GroupId(1))).await.last(), Some(&399));
    let idle = log.group(GroupId(9)).state();
    assert_eq!((idle.vote, idle.purged), (Some("an old vote".into()), Some((7, "an old mark".into()))));
    busy(&log, 1, 400..800).await;
    assert!(segments(&disk).await <= 7);
}

#[tokio::test(start_paused = true)]
async fn entries_of_an_idle_group_do_not_hold_the_log() {
    for (segments_before_cleaning, holds) in [(1000, true), (6, false)] {
        let disk = sim(1);
        let options = LogOptions { segments_before_cleaning, ..small() };
        let log = open(&disk, &options).await;
        let idle = log.group(GroupId(9));
        append(&idle, 4..8, 3000).await;
        busy(&log, 1, 1..300).await;
        append(&idle, 8..9, 3000).await;
        busy(&log, 1, 300..600).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let used = segments(&disk).await;
        assert_eq!(used > 70, holds, "{used}");
        assert_eq!(log.counters().entries_moved > 0, !holds);
        assert_eq!(idle.read(4..9, usize::MAX).await.unwrap(), entries(&idle, 4..9, 3000));
        disk.crash();
        let log = open(&disk, &options).await;
        let idle = log.group(GroupId(9));
        assert_eq!(idle.read(4..9, usize::MAX).await.unwrap(), entries(&idle, 4..9, 3000));
        append(&idle, 9..10, 10).await;
        idle.truncate_after(Some(5)).await.unwrap();
        log.close().await;
        assert_eq!(indexes(&open(&disk, &options).await.group(GroupId(9))).await, [4, 5]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_gives_its_segments_back() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    append(&group, 1..500, 8000).await;
    let burst = segments(&disk).await;
    group.purge(499, "id".into()).await.unwrap();
    busy(&log, 1, 500..530).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let after = segments(&disk).await;
    assert!(burst > 60 && after < 8, "{burst} {after}");
}

#[tokio::test(start_paused = true)]
async fn a_log_of_many_segments_is_recovered() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    for round in 0..60 {
        for id in 1..6 {
            submit(&log.group(GroupId(id)), entries(&log.group(GroupId(id)), round * 5..round * 5 + 5, 8000));
        }
    }
    log.close().await;
    let log = open(&disk, &small()).await;
    assert!(log.recovery().segments > 180, "{:?}", log.recovery());
    for id in 1..6 {
        assert_eq!(indexes(&log.group(GroupId(id))).await, (0..300).collect::<Vec<_>>());
    }
}

/// A full disk, or a process without descriptors, was the end of the log until the node was started again.
#[tokio::test(start_paused = true)]
async fn appends_wait_while_no_segment_can_be_made_and_go_on_by_themselves() {
    for lacks in [Shortage::Space, Shortage::Descriptors, Shortage::Memory] {
        let disk = sim(1);
        let log = open(&disk, &small()).await;
        let group = log.group(GroupId(1));
        disk.lack(Some(lacks));
        let fates: Vec<_> =
            (1..=100).map(|index| submit(&group, entries(&group, index..index + 1, 8000))).collect();
        let mut last = fates.into_iter().last().unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(!is_done(&mut last), "{lacks}: it waits");
        assert!(log.waits() && log.failed().is_none());
        let told = log.short_of().unwrap();
        let expected =
            if lacks == Shortage::Space { "the log's disk is full" } else { "the node is short of" };
        assert!(told.contains(expected), "{told}");
        disk.lack(None);
        last.await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!((log.waits(), log.short_of()), (false, None));
        disk.crash();
        let log = open(&disk, &small()).await;
        assert_eq!(indexes(&log.group(GroupId(1))).await, (1..=100).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_waits_for_room_can_be_closed_and_has_lost_nothing_that_it_acknowledged() {
    let options = SimDiskOptions { capacity_bytes: 10 * (64 << 10), ..SimDiskOptions::default() };
    let disk = SimDisk::new(1, options);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    let mut fates: Vec<_> =
        (1..=100).map(|index| submit(&group, entries(&group, index..index + 1, 8000))).collect();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(log.waits() && log.counters().spare_failures > 0);
    log.close().await;
    let acknowledged =
        fates.iter_mut().map(|fate| fate.try_recv()).filter(|fate| matches!(fate, Ok(Ok(())))).count() as u64;
    assert!(acknowledged > 50, "{acknowledged}");
    disk.set_capacity(1 << 30);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    assert_eq!(indexes(&group).await, (1..=acknowledged).collect::<Vec<_>>());
    append(&group, acknowledged + 1..acknowledged + 50, 8000).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_whose_next_segment_cannot_be_prepared_says_so_before_it_has_to_wait() {
    let disk = sim(1);
    let log = open(&disk, &LogOptions { spare_segments: 2, ..small() }).await;
    let group = log.group(GroupId(1));
    tokio::time::sleep(Duration::from_secs(2)).await;
    disk.lack(Some(Shortage::Descriptors));
    append(&group, 1..9, 8000).await;
    append(&group, 9..10, 8000).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!log.waits() && log.short_of().is_some(), "{:?}", log.counters());
    disk.lack(None);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(log.short_of(), None, "nobody has written meanwhile");
}

#[tokio::test(start_paused = true)]
async fn entries_are_read_when_there_is_memory_again() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    append(&group, 1..9, 8000).await;
    disk.lack(Some(Shortage::Memory));
    let reading = group.clone();
    let mut read = start(async move { reading.read(1..9, usize::MAX).await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!is_done(&mut read));
    disk.lack(None);
    assert_eq!(read.await.unwrap().unwrap(), entries(&group, 1..9, 8000));
}

#[tokio::test(start_paused = true)]
async fn a_disk_too_small_for_one_segment_refuses_the_log() {
    let disk = SimDisk::new(1, SimDiskOptions { capacity_bytes: 32 << 10, ..SimDiskOptions::default() });
    let error = try_open(&disk, &small()).await.err().unwrap();
    assert!(error.to_string().contains("the log's disk is full"), "{error}");
    assert!(disk.list().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn space_that_comes_back_in_time_is_used() {
    let disk =
        SimDisk::new(1, SimDiskOptions { capacity_bytes: 10 * (64 << 10), ..SimDiskOptions::default() });
    let log = open(&disk, &LogOptions { spare_segments: 3, ..small() }).await;
    let group = log.group(GroupId(1));
    let mut last = 0;
    while log.counters().spare_failures == 0 {
        append(&group, last + 1..last + 2, 8000).await;
        last += 1;
    }
    disk.set_capacity(1 << 30);
    append(&group, last + 1..last + 100, 8000).await;
    assert_eq!(log.failed(), None);
}

#[tokio::test(start_paused = true)]
async fn too_many_groups_for_the_segments_are_told() {
    let log = open(&sim(1), &small()).await;
    for id in 0..400 {
        let group = log.group(GroupId(id));
        if let Err(error) = group.save_vote(vec![0; 100].into()).await {
            assert!(error.to_string().contains("set larger segments"), "{error}");
            return;
        }
    }
    panic!("400 votes of 100 bytes fit into half of 64 KiB");
}

#[tokio::test(start_paused = true)]
async fn the_segment_size_can_be_changed() {
    let disk = sim(1);
    for (round, kib) in [64, 256, 128].into_iter().enumerate() {
        let log = open(&disk, &LogOptions { segment_bytes: kib << 10, ..small() }).await;
        let first = round as u64 * 100;
        append(&log.group(GroupId(1)), first..first + 100, 8000).await;
        log.close().await;
    }
    let log = open(&disk, &small()).await;
    assert_eq!(indexes(&log.group(GroupId(1))).await, (0..300).collect::<Vec<_>>());
    log.group(GroupId(1)).purge(299, "id".into()).await.unwrap();
    busy(&log, 1, 300..400).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(segments(&disk).await < 8);
}

/// A disk on which a read takes `ms`.
fn slow_reads(ms: u64) -> SimDisk {
    let latency = Duration::from_millis(ms);
    SimDisk::new(1, SimDiskOptions { read_latency: latency..=latency, ..SimDiskOptions::default() })
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_overtaken_by_purge_and_reuse_is_told() {
    let log = open(&slow_reads(2000), &LogOptions { cache_bytes: 0, ..small() }).await;
    let group = log.group(GroupId(1));
    append(&group, 1..10, 8000).await;
    let read = start({
        let group = group.clone();
        async move { group.read(1..10, usize::MAX).await }
    });
    busy(&log, 1, 10..300).await;
    assert!(log.counters().segments_recycled > 10, "{:?}", log.counters());
    assert_eq!(read.await.unwrap().unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn readers_do_not_notice_that_entries_are_moved() {
    let disk = slow_reads(30);
    let log = open(&disk, &LogOptions { cache_bytes: 0, segments_before_cleaning: 4, ..small() }).await;
    let idle = log.group(GroupId(9));
    append(&idle, 1..20, 1000).await;
    let reader = tokio::spawn({
        let (idle, busy) = (idle.clone(), log.group(GroupId(1)));
        async move {
            let mut reads = 0;
            while busy.state().last_index != Some(1499) {
                assert_eq!(idle.read(1..20, usize::MAX).await.unwrap(), entries(&idle, 1..20, 1000));
                reads += 1;
            }
            reads
        }
    });
    busy(&log, 1, 1..1500).await;
    assert!(reader.await.unwrap() > 50);
    assert!(log.counters().entries_moved > 100, "{:?}", log.counters());
}

#[tokio::test(start_paused = true)]
async fn entries_that_end_while_they_are_moved_do_not_come_back() {
    let mut moved = 0;
    for delay_ms in (0..150).step_by(2) {
        let disk = slow_reads(10);
        let options = LogOptions { segments_before_cleaning: 4, ..small() };
        let log = open(&disk, &options).await;
        let idle = log.group(GroupId(9));
        append(&idle, 1..20, 1000).await;
        append(&log.group(GroupId(8)), 1..20, 1000).await;
        let busy = tokio::spawn({
            let log = log.clone();
            async move { busy(&log, 1, 1..60).await }
        });
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        idle.truncate_after(Some(5)).await.unwrap();
        busy.await.unwrap();
        moved += log.counters().entries_moved;
        assert_eq!(log.failed(), None);
        disk.crash();
        let log = open(&disk, &options).await;
        assert_eq!(indexes(&log.group(GroupId(9))).await, [1, 2, 3, 4, 5], "after {delay_ms} ms");
        assert_eq!(indexes(&log.group(GroupId(8))).await, (1..20).collect::<Vec<_>>());
    }
    assert!(moved > 1000, "{moved}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_on_real_files_serves_many_writers_and_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(nasd_disk::RealDisk::open(directory.path()).unwrap());
    let options = LogOptions { segment_bytes: 1 << 20, cache_bytes: 10_000, ..small() };
    let log = Log::open(disk.clone(), options.clone()).await.unwrap();
    let writers: Vec<_> = (0..16)
        .map(|id| {
            let group = log.group(GroupId(id));
            tokio::spawn(async move {
                for index in 1..51 {
                    append(&group, index..index + 1, 5000).await;
                    if index.is_multiple_of(20) {
                        group.purge(index - 10, "id".into()).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let counters = log.counters();
    assert!(counters.records >= 800 && counters.flushes < counters.records, "{counters:?}");
    log.close().await;
    let log = Log::open(disk, options).await.unwrap();
    for id in 0..16 {
        assert_eq!(indexes(&log.group(GroupId(id))).await, (31..51).collect::<Vec<_>>());
    }
}
