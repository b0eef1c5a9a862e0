//! Of what a call's time is made, as far as its connection knows.

use crate::rig::{Raw, Rig, call, mode};
use nasd_fs::{Origin, Stability, Stage, Work};
use nasd_nfs::handle::FileHandle;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::read::{Read, ReadArgs};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

const SLOW: &str = "192.0.2.9:1";

/// What the slow client's calls took together.
async fn told(rig: &Rig) -> Work {
    // The reply has arrived; whoever sent it takes note of that now.
    sleep(Duration::from_millis(1)).await;
    let slow = Origin::Nfs("192.0.2.9".parse().unwrap());
    let mut sum = Work::default();
    let report = rig.ledger.report(300, Instant::now());
    report.rows.iter().filter(|(row, _)| row.origin == slow).for_each(|(_, work)| sum.add(work));
    sum
}

fn read(xid: u32, file: &FileHandle, count: u32) -> Vec<u8> {
    call::<Read>(xid, &ReadArgs { file: file.clone(), offset: 0, count })
}

/// Who looks for the reason must not search the disks for what the client's network does, nor the other way round.
#[tokio::test(start_paused = true)]
async fn a_slow_sender_and_a_slow_reader_show_as_their_network_and_a_slow_volume_does_not() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o666))).await.unwrap().handle.unwrap();
    client.write(&file, 0, Stability::FileSync, vec![1; 1 << 20].into()).await.unwrap();
    let mut slow = Raw(rig.stream(SLOW));
    let seconds = |work: &Work| (work.stages.of(Stage::Network) / 1_000_000, work.tally.micros / 1_000_000);

    let record = read(1, &file, 1);
    let (head, rest) = record.split_at(record.len() / 2);
    slow.0.write_u32(0x8000_0000 | record.len() as u32).await.unwrap();
    slow.0.write_all(head).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    slow.0.write_all(rest).await.unwrap();
    slow.receive().await.unwrap().1.unwrap();
    assert_eq!(seconds(&told(&rig).await), (2, 2), "its request came in two parts");

    slow.send(&read(2, &file, 1 << 20)).await;
    sleep(Duration::from_secs(3)).await;
    slow.receive().await.unwrap().1.unwrap();
    assert_eq!(seconds(&told(&rig).await), (5, 5), "its reply waited to be taken");

    rig.files.hold(true);
    slow.send(&read(3, &file, 1)).await;
    sleep(Duration::from_secs(4)).await;
    rig.files.hold(false);
    slow.receive().await.unwrap().1.unwrap();
    let work = told(&rig).await;
    assert_eq!((seconds(&work), work.tally.operations), ((5, 9), 3), "{work:?}");
    assert_eq!(work.stages.of(Stage::Queue), 0);
}

/// A client with more calls than a connection's slots waits for itself: that is a queue, and no network.
#[tokio::test(start_paused = true)]
async fn calls_beyond_the_slots_of_their_connection_wait_in_the_queue() {
    let rig = Rig::with(nasd_nfs::NfsOptions { calls_per_connection_max: 2, ..Default::default() });
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o666))).await.unwrap().handle.unwrap();
    let mut slow = Raw(rig.stream(SLOW));
    rig.files.hold(true);
    for xid in 0..3 {
        slow.send(&read(xid, &file, 1)).await;
    }
    sleep(Duration::from_secs(3)).await;
    rig.files.hold(false);
    for _ in 0..3 {
        slow.receive().await.unwrap().1.unwrap();
    }
    let work = told(&rig).await;
    assert_eq!(work.tally.operations, 3);
    assert_eq!(
        (work.stages.of(Stage::Queue) / 1_000_000, work.stages.of(Stage::Network) / 1_000_000),
        (3, 0)
    );
}
