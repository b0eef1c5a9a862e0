//! Bytes that went bad: found, named, and never taken for the end of the log.

mod common;

use bytes::Bytes;
use common::*;
use nasd_base::{Entropy, GroupId, SeededEntropy};
use nasd_disk::{Disk, OpenMode, SimDisk};
use nasd_log::{GroupState, Log, LogError, LogOptions};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

/// Two groups on a few segments, closed in order.
async fn filled(disk: &SimDisk) -> Vec<GroupState> {
    let log = open(disk, &small()).await;
    for id in [1, 2] {
        log.group(GroupId(id)).save_vote(format!("vote {id}").into()).await.unwrap();
    }
    for index in 1..60 {
        for id in [1, 2] {
            append(&log.group(GroupId(id)), index..index + 1, 1500).await;
        }
    }
    log.group(GroupId(1)).purge(10, "ten".into()).await.unwrap();
    let states = states(&log);
    log.close().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    states
}

fn states(log: &Log) -> Vec<GroupState> {
    [1, 2].map(|id| log.group(GroupId(id)).state()).to_vec()
}

async fn segments(disk: &SimDisk) -> Vec<String> {
    let mut names = disk.list().await.unwrap();
    names.retain(|name| name.starts_with("log-"));
    names
}

/// Everything on the disk.
async fn image(disk: &SimDisk) -> Vec<(String, Bytes)> {
    let mut image = Vec::new();
    for name in disk.list().await.unwrap() {
        let file = disk.open(&name, OpenMode::Existing).await.unwrap();
        let len = file.len().await.unwrap();
        image.push((name, file.read_at(0, len as usize).await.unwrap()));
    }
    image
}

#[test]
fn a_flipped_bit_is_either_harmless_or_named() {
    let (mut harmless, mut named) = (0, 0);
    for seed in 0..200 {
        run(async {
            let disk = sim(1);
            let before = filled(&disk).await;
            let chance = SeededEntropy::new(seed);
            let names = segments(&disk).await;
            let name = &names[chance.next_u64() as usize % names.len()];
            let offset = chance.next_u64() % (64 << 10);
            disk.corrupt(name, offset).unwrap();
            let damaged = image(&disk).await;
            match try_open(&disk, &small()).await {
                Ok(log) => {
                    assert_eq!(states(&log), before, "{name} at {offset}");
                    indexes(&log.group(GroupId(1))).await;
                    indexes(&log.group(GroupId(2))).await;
                    harmless += 1;
                }
                Err(LogError::Damaged { segment, offset: found, .. }) => {
                    assert_eq!(&segment, name);
                    assert!(found <= offset && offset - found < 16 << 10, "{name}: {offset}, found {found}");
                    assert!(damaged == image(&disk).await, "a damaged log was changed");
                    named += 1;
                }
                Err(error) => panic!("{error}"),
            }
        });
    }
    assert!(harmless > 25 && named > 50, "{harmless} {named}");
}

#[tokio::test(start_paused = true)]
async fn the_message_about_damage_says_what_to_do() {
    let disk = sim(1);
    filled(&disk).await;
    disk.corrupt(&segments(&disk).await[0], 4096 + 40).unwrap();
    let error = try_open(&disk, &small()).await.err().unwrap().to_string();
    for part in ["log-0000000000000001", "at byte 4096", "Do not delete the file", "replace the node"] {
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn rot_in_the_last_batch_is_found_once_the_log_was_idle() {
    for (idle_ms, found) in [(0, false), (1500, true)] {
        let disk = sim(1);
        let log = open(&disk, &small()).await;
        append(&log.group(GroupId(1)), 1..3, 100).await;
        append(&log.group(GroupId(1)), 3..4, 100).await;
        tokio::time::sleep(Duration::from_millis(idle_ms)).await;
        disk.crash();
        disk.corrupt("log-0000000000000001", 8192 + 100).unwrap();
        match try_open(&disk, &small()).await {
            Err(LogError::Damaged { offset, .. }) => assert!(found && offset == 8192),
            Err(error) => panic!("{error}"),
            Ok(log) => {
                // Nothing tells this from a write that the crash has torn. The batches before it stay.
                assert!(!found);
                assert_eq!(indexes(&log.group(GroupId(1))).await, [1, 2]);
                assert!(log.recovery().torn.as_ref().unwrap().contains("byte 8192"));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_segment_is_damage() {
    for at in 0..3 {
        let disk = sim(1);
        filled(&disk).await;
        let names = segments(&disk).await;
        disk.remove(&names[at]).await.unwrap();
        match try_open(&disk, &small()).await {
            Err(LogError::Damaged { segment, reason, .. }) => {
                assert_eq!(segment, names[at]);
                assert!(reason.contains("missing"), "{reason}");
            }
            other => panic!("{:?}", other.err()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_segment_that_was_cut_short_is_damage() {
    let disk = sim(1);
    filled(&disk).await;
    let names = segments(&disk).await;
    for (name, bytes) in [(&names[0], 8192), (&names[1], 100), (&names[2], 0)] {
        let copy = disk.open(name, OpenMode::Existing).await.unwrap();
        copy.set_len(bytes).await.unwrap();
        match try_open(&disk, &small()).await {
            Err(LogError::Damaged { segment, .. }) => assert!(names.contains(&segment)),
            other => panic!("{:?}", other.err()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_segment_of_another_log_is_refused() {
    let (disk, other) = (sim(1), sim(2));
    filled(&disk).await;
    let other_options = LogOptions { entropy: Arc::new(SeededEntropy::new(99)), ..small() };
    let log = open(&other, &other_options).await;
    append(&log.group(GroupId(1)), 1..2, 10).await;
    log.close().await;
    let name = &segments(&disk).await[1];
    let bytes = image(&other).await.remove(0).1;
    let file = disk.open(name, OpenMode::Existing).await.unwrap();
    let mut header = bytes[..4096].to_vec();
    file.write_at(0, vec![Bytes::copy_from_slice(&header)]).await.unwrap();
    assert!(matches!(try_open(&disk, &small()).await, Err(LogError::Damaged { .. })));
    // With the right number in it, too.
    let foreign = nasd_log::format::SegmentHeader::parse(&header).unwrap();
    header = nasd_log::format::SegmentHeader { segment: 2, ..foreign }.encode().to_vec();
    file.write_at(0, vec![header.into()]).await.unwrap();
    let error = try_open(&disk, &small()).await.err().unwrap();
    assert!(error.to_string().contains("another log"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn garbage_over_the_middle_of_a_segment_is_damage() {
    for seed in 0..30 {
        let disk = sim(1);
        filled(&disk).await;
        let chance = SeededEntropy::new(seed);
        let name = &segments(&disk).await[(seed % 3) as usize];
        let mut garbage = vec![0; 6000 + chance.next_u64() as usize % 14_000];
        chance.fill(&mut garbage);
        let file = disk.open(name, OpenMode::Existing).await.unwrap();
        file.write_at(4096 + chance.next_u64() % 8192, vec![garbage.into()]).await.unwrap();
        assert!(matches!(try_open(&disk, &small()).await, Err(LogError::Damaged { .. })), "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_files_are_left_alone() {
    let disk = sim(1);
    let before = filled(&disk).await;
    for name in ["notes.txt", "log-1", "log-000000000000000G", "LOG-0000000000000001"] {
        disk.open(name, OpenMode::New).await.unwrap();
    }
    let log = open(&disk, &small()).await;
    assert_eq!(states(&log), before);
    assert!(disk.list().await.unwrap().contains(&"notes.txt".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_rots_while_the_log_is_open_is_an_error_that_names_it() {
    let disk = sim(1);
    let log = open(&disk, &LogOptions { cache_bytes: 0, ..small() }).await;
    let group = log.group(GroupId(1));
    append(&group, 1..5, 1000).await;
    // A head of 32 bytes for the batch, the start record, then entries of 1032 bytes.
    disk.corrupt("log-0000000000000001", 4096 + 64 + 2 * 1032 + 500).unwrap();
    assert_eq!(group.read(1..3, usize::MAX).await.unwrap().len(), 2);
    let error = group.read(1..5, usize::MAX).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let text = error.to_string();
    assert!(text.contains("entry 3 of group 1") && text.contains("log-0000000000000001"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_spare_segment_that_cannot_be_made_does_not_stop_the_log() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    append(&group, 1..2, 100).await; // takes the first segment: the next one is being made
    disk.fail_next_sync();
    tokio::time::sleep(Duration::from_millis(100)).await;
    append(&group, 2..100, 8000).await;
    assert_eq!(log.counters().spare_failures, 1);
    disk.crash();
    assert_eq!(indexes(&open(&disk, &small()).await.group(GroupId(1))).await.len(), 99);
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_flush_nothing_goes_until_the_log_is_opened_again() {
    let disk = sim(1);
    let log = open(&disk, &small()).await;
    let group = log.group(GroupId(1));
    append(&group, 1..5, 100).await;
    tokio::time::sleep(Duration::from_millis(100)).await; // until the spare segment is made: it flushes too
    disk.fail_next_sync();
    let first = submit(&group, entries(&group, 5..6, 100));
    let vote = start({
        let group = log.group(GroupId(2));
        async move { group.save_vote("v".into()).await }
    });
    let later = submit(&group, entries(&group, 6..7, 100));
    for error in [
        first.await.unwrap().unwrap_err(),
        vote.await.unwrap().unwrap_err(),
        later.await.unwrap().unwrap_err(),
        submit(&group, entries(&group, 7..8, 100)).await.unwrap().unwrap_err(),
        group.truncate_after(None).await.unwrap_err(),
        group.purge(1, Bytes::new()).await.unwrap_err(),
        group.read(1..2, 10).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("EIO"), "{error}");
    }
    assert!(log.remove_group(GroupId(1)).await.is_err());
    assert!(log.failed().unwrap().contains("the node's log stopped: "));
    log.close().await;
    disk.crash();
    let log = open(&disk, &small()).await;
    assert_eq!(indexes(&log.group(GroupId(1))).await[..4], [1, 2, 3, 4]);
}
