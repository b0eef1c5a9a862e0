//! What one group sees of its log.

mod common;

use bytes::Bytes;
use common::*;
use nasd_base::GroupId;
use nasd_log::{GroupState, LogEntry, LogOptions};
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_new_log_is_empty() {
    let log = open(&sim(1), &small()).await;
    assert!(log.groups().is_empty());
    let group = log.group(GroupId(4));
    assert_eq!(group.state(), GroupState::default());
    assert!(group.read(0..10, 100).await.unwrap().is_empty());
    assert_eq!(log.failed(), None);
    assert_eq!(log.counters().flushes, 0);
}

#[tokio::test(start_paused = true)]
async fn appended_entries_can_be_read_before_and_after_they_are_durable() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    let mut fate = submit(&group, entries(&group, 7..10, 50));
    assert!(!is_done(&mut fate));
    assert_eq!(indexes(&group).await, [7, 8, 9]);
    fate.await.unwrap().unwrap();
    assert_eq!(indexes(&group).await, [7, 8, 9]);
    log.close().await;
    let log = open(&disk, &small()).await;
    assert_eq!(log.groups(), [GroupId(1)]);
    assert_eq!(indexes(&log.group(GroupId(1))).await, [7, 8, 9]);
    assert_eq!(log.recovery().torn, None);
}

#[tokio::test(start_paused = true)]
async fn everything_about_every_group_survives_a_restart() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    for id in 0..5 {
        let group = log.group(GroupId(id));
        group.save_vote(format!("vote {id}").into()).await.unwrap();
        append(&group, 1..20 + id, 1000).await;
        group.truncate_after(Some(15)).await.unwrap();
        append(&group, 16..18, 10).await;
        group.purge(id + 3, format!("log id {id}").into()).await.unwrap();
    }
    log.remove_group(GroupId(2)).await.unwrap();
    let states: Vec<_> = (0..5).map(|id| log.group(GroupId(id)).state()).collect();
    log.close().await;
    let log = open(&disk, &small()).await;
    assert_eq!(log.groups(), [0, 1, 3, 4].map(GroupId));
    for (id, state) in (0..5).zip(states) {
        let group = log.group(GroupId(id));
        assert_eq!(group.state(), state, "group {id}");
        if id == 2 {
            assert_eq!(state, GroupState::default());
            continue;
        }
        assert_eq!(state.vote.unwrap(), format!("vote {id}"));
        assert_eq!(state.purged.unwrap(), (id + 3, format!("log id {id}").into()));
        assert_eq!(indexes(&group).await, (id + 4..18).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn entries_that_do_not_follow_are_refused_and_change_nothing() {
    let log = open(&sim(1), &small()).await;
    let group = log.group(GroupId(1));
    append(&group, 5..8, 10).await;
    let wrong = |indexes: &[u64]| {
        indexes.iter().map(|index| LogEntry { index: *index, payload: Bytes::new() }).collect::<Vec<_>>()
    };
    for indexes in [&[7][..], &[9], &[8, 10], &[8, 8], &[u64::MAX]] {
        let error = submit(&group, wrong(indexes)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{indexes:?}");
        assert_eq!(group.state().last_index, Some(7));
    }
    let too_long = LogEntry { index: 8, payload: Bytes::from(vec![0; small().payload_bytes_max() + 1]) };
    let error = submit(&group, vec![too_long]).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("16385 bytes is longer than 16384"), "{error}");
    submit(&group, vec![]).await.unwrap().unwrap();
    append(&group, 8..9, small().payload_bytes_max()).await;
    assert_eq!(indexes(&group).await, [5, 6, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn truncation_removes_the_tail_and_new_entries_take_its_place() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    append(&group, 1..10, 10).await;
    group.truncate_after(Some(20)).await.unwrap();
    assert_eq!(group.state().last_index, Some(9));
    // While an append is on its way.
    let fate = submit(&group, entries(&group, 10..12, 10));
    group.truncate_after(Some(10)).await.unwrap();
    fate.await.unwrap().unwrap();
    let new = vec![LogEntry { index: 11, payload: Bytes::from_static(b"group 1 entry 11 new") }];
    submit(&group, new.clone()).await.unwrap().unwrap();
    for restart in [false, true] {
        let log = if restart {
            log.close().await;
            open(&disk, &small()).await
        } else {
            log.clone()
        };
        let group = log.group(GroupId(1));
        assert_eq!(indexes(&group).await, (1..12).collect::<Vec<_>>());
        assert_eq!(group.read(11..12, 0).await.unwrap(), new);
    }
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    group.truncate_after(None).await.unwrap();
    assert_eq!(group.state(), GroupState::default());
    append(&group, 100..101, 10).await;
    log.close().await;
    assert_eq!(indexes(&open(&disk, &small()).await.group(GroupId(1))).await, [100]);
}

#[tokio::test(start_paused = true)]
async fn purged_entries_are_gone_and_say_so() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    append(&group, 1..10, 10).await;
    group.purge(4, "four".into()).await.unwrap();
    group.purge(3, "three".into()).await.unwrap();
    assert_eq!(group.state().purged, Some((4, "four".into())));
    assert_eq!(group.read(4..6, 100).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(group.read(4..4, 100).await.unwrap().is_empty());
    assert_eq!(indexes(&group).await, [5, 6, 7, 8, 9]);
    // A snapshot beyond the last entry.
    group.purge(50, "fifty".into()).await.unwrap();
    assert_eq!((group.state().first_index, group.state().last_index), (None, None));
    assert_eq!(group.read(50..60, 100).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(group.read(51..60, 100).await.unwrap().is_empty());
    assert!(submit(&group, entries(&group, 10..11, 1)).await.unwrap().is_err());
    append(&group, 51..53, 10).await;
    log.close().await;
    let group = open(&disk, &small()).await.group(GroupId(1));
    assert_eq!(indexes(&group).await, [51, 52]);
    assert_eq!(group.state().purged, Some((50, "fifty".into())));
}

#[tokio::test(start_paused = true)]
async fn reads_stop_at_the_byte_limit_but_give_one_entry() {
    let disk = sim(1);
    for cache_bytes in [0, 1 << 20] {
        let log = open(&disk, &LogOptions { cache_bytes, ..small() }).await;
        let group = log.group(GroupId(1));
        group.truncate_after(None).await.unwrap();
        append(&group, 1..11, 100).await;
        for (bytes_max, count) in [(0, 1), (99, 1), (100, 1), (199, 1), (200, 2), (999, 9), (usize::MAX, 10)]
        {
            assert_eq!(group.read(1..100, bytes_max).await.unwrap().len(), count, "{bytes_max}");
        }
        assert_eq!(group.read(3..6, usize::MAX).await.unwrap(), entries(&group, 3..6, 100));
        assert_eq!(log.counters().disk_reads > 0, cache_bytes == 0);
        log.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn neighbours_are_read_from_the_disk_together() {
    let log = open(&sim(1), &LogOptions { segment_bytes: 4 << 20, cache_bytes: 0, ..small() }).await;
    let (group, other) = (log.group(GroupId(1)), log.group(GroupId(2)));
    for index in 1..200 {
        submit(&group, entries(&group, index..index + 1, 1000));
        append(&other, index..index + 1, 1000).await;
    }
    assert_eq!(indexes(&group).await.len(), 199);
    assert!(log.counters().disk_reads <= 2, "{:?}", log.counters());
}

#[tokio::test(start_paused = true)]
async fn a_thousand_concurrent_appends_share_their_flushes() {
    let log = open(&sim(1), &LogOptions::default()).await;
    let order = Arc::new(AtomicU64::new(0));
    let fates: Vec<_> = (0..1000u64)
        .map(|number| {
            let (log, order) = (log.clone(), order.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_micros(number * 20)).await;
                let group = log.group(GroupId(number % 50));
                let next = group.state().last_index.map_or(1, |last| last + 1);
                submit(&group, entries(&group, next..next + 1, 100)).await.unwrap().unwrap();
                order.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    for fate in fates {
        fate.await.unwrap();
    }
    assert_eq!(order.load(Ordering::Relaxed), 1000);
    let counters = log.counters();
    assert!(counters.flushes < 100, "{counters:?}");
    assert!(counters.records >= 1000 && counters.entry_bytes == 100_000, "{counters:?}");
}

#[tokio::test(start_paused = true)]
async fn acknowledgements_come_in_submission_order() {
    let log = open(&sim(1), &small()).await;
    let acknowledged = Arc::new(parking_lot::Mutex::new(Vec::new()));
    for round in 0..20u64 {
        for id in 0..5u64 {
            let (group, acknowledged) = (log.group(GroupId(id)), acknowledged.clone());
            let done = move |result: std::io::Result<()>| {
                result.unwrap();
                acknowledged.lock().push(round * 5 + id);
            };
            group.append(entries(&group, round..round + 1, 3000), Box::new(done));
        }
    }
    log.group(GroupId(0)).save_vote("last".into()).await.unwrap();
    assert_eq!(*acknowledged.lock(), (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_closed_log_has_written_everything_and_refuses_more() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    let fate = submit(&group, entries(&group, 1..100, 1000));
    log.close().await;
    fate.await.unwrap().unwrap();
    assert!(group.save_vote("v".into()).await.unwrap_err().to_string().contains("closed"));
    assert!(submit(&group, entries(&group, 100..101, 1)).await.unwrap().is_err());
    assert!(log.remove_group(GroupId(1)).await.is_err());
    assert_eq!(indexes(&group).await.len(), 99);
    log.close().await;
    assert_eq!(indexes(&open(&disk, &small()).await.group(GroupId(1))).await.len(), 99);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_log_still_writes_what_was_submitted() {
    let disk = sim(1);
    let group = open(&disk, &small()).await.group(GroupId(1));
    let fate = submit(&group, entries(&group, 1..10, 1000));
    drop(group);
    fate.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(indexes(&open(&disk, &small()).await.group(GroupId(1))).await.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn nonsensical_options_are_refused() {
    let disk = sim(1);
    for options in [
        LogOptions { segment_bytes: 4096, ..small() },
        LogOptions { segment_bytes: 100_000, ..small() },
        LogOptions { segment_bytes: 2 << 30, ..small() },
        LogOptions { spare_segments: 0, ..small() },
    ] {
        assert!(try_open(&disk, &options).await.is_err(), "{options:?}");
    }
}
