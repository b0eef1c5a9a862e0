//! Tuning of a volume: what the cluster's state says is obeyed, and refusals come with the call that is too much.

use crate::common::*;
use nasd_base::Errno;
use nasd_base::file::VolumeLimits;
use nasd_fs::{CreateMode, Stability, Tuning};
use std::time::Duration;

const MIB: u64 = 1 << 20;

async fn limit(cluster: &Cluster, bytes: Option<u64>, files: Option<u64>) {
    let limits = VolumeLimits { bytes, files };
    cluster.limited.send_replace(limits);
    for _ in 0..100 {
        if cluster.client(1).stat().await.limits == limits {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the limits are not in force");
}

#[tokio::test(start_paused = true)]
async fn a_write_beyond_the_limit_is_refused_when_it_comes_and_nothing_accepted_is_lost() {
    let cluster = Cluster::new(3, quiet()).await;
    limit(&cluster, Some(4 * MIB), None).await;
    let client = cluster.client(2);
    let file = client.create("f").await.ino;
    let mut written = 0;
    let refusal = loop {
        match client.write(file, written, noise(written, 300_000), Stability::Unstable).await {
            Ok(_) => written += 300_000,
            Err(errno) => break errno,
        }
    };
    assert_eq!((refusal, written), (Errno::Quota, 13 * 300_000), "to the last whole write");
    client.commit(file).await.unwrap();
    assert_eq!(client.attr(file).await.unwrap().size, written);
    // Over what is there one may write, in part and stable or not.
    client.write(file, 1_000, noise(1, 200_000), Stability::Unstable).await.unwrap();
    client.write(file, 5, noise(2, 100), Stability::FileSync).await.unwrap();
    client.commit(file).await.unwrap();
    let rest = 4 * MIB - written;
    let beyond = client.write(file, written, noise(3, rest as usize + 1), Stability::FileSync).await;
    assert_eq!(beyond.map(|_| ()), Err(Errno::Quota));
    client.write(file, written, noise(3, rest as usize), Stability::FileSync).await.unwrap();
    assert_eq!(client.append(file, "x").await, Err(Errno::Quota));
    let stat = client.stat().await;
    assert_eq!((stat.total_bytes, stat.available_bytes, stat.limit_left_bytes), (4 * MIB, 0, Some(0)));
    client.truncate(file, 4 * MIB - 1).await.unwrap();
    assert_eq!(client.append(file, "x").await, Ok(4 * MIB - 1));
}

#[tokio::test(start_paused = true)]
async fn many_writers_at_once_share_what_is_left() {
    let cluster = Cluster::new(3, quiet()).await;
    limit(&cluster, Some(2 * MIB), None).await;
    let client = cluster.client(1);
    let mut writers = Vec::new();
    for number in 0..8u64 {
        let (client, file) = (client.clone(), client.create(&format!("f{number}")).await.ino);
        writers.push(tokio::spawn(async move {
            let mut written = 0;
            while client.write(file, written, noise(number, 50_000), Stability::Unstable).await.is_ok() {
                written += 50_000;
            }
            // What was accepted is kept: it was counted when it was taken in.
            client.commit(file).await.unwrap();
            assert_eq!(client.read_all(file).await.len() as u64, written);
            written
        }));
    }
    let mut sum = 0;
    for writer in writers {
        sum += writer.await.unwrap();
    }
    assert!(sum <= 2 * MIB && sum > MIB, "{sum} bytes were accepted");
}

#[tokio::test(start_paused = true)]
async fn files_are_counted_and_removing_them_makes_room() {
    let cluster = Cluster::new(3, Tuning { orphan_interval: Duration::from_secs(1), ..quiet() }).await;
    limit(&cluster, None, Some(3)).await;
    let client = cluster.client(3);
    for name in ["a", "b", "c"] {
        client.create(name).await;
    }
    let refused = client.create_with("d", Default::default(), CreateMode::Unchecked).await;
    assert_eq!(refused.map(|_| ()), Err(Errno::Quota));
    let stat = client.stat().await;
    assert_eq!((stat.free_inodes, stat.total_inodes), (0, 4));
    client.unlink("b").await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    client.create("d").await;
}

#[tokio::test(start_paused = true)]
async fn limits_outlive_leaders_and_go_when_they_are_taken_away() {
    let cluster = Cluster::new(3, quiet()).await;
    limit(&cluster, Some(1_000), Some(1)).await;
    let client = cluster.client(1);
    let file = client.create("f").await.ino;
    client.write(file, 0, vec![1; 1_000], Stability::FileSync).await.unwrap();
    cluster.lead(2);
    let refused = client.write(file, 1_000, "x", Stability::Unstable).await;
    assert_eq!(refused.map(|_| ()), Err(Errno::Quota));
    assert_eq!(client.stat().await.limits, VolumeLimits { bytes: Some(1_000), files: Some(1) });
    limit(&cluster, None, None).await;
    client.write(file, 1_000, "x", Stability::Unstable).await.unwrap();
    client.create("g").await;
    assert_eq!(client.stat().await.limit_left_bytes, None);
}

fn allocate(ino: nasd_base::Ino, offset: u64, len: u64) -> nasd_fs::Change {
    let how = nasd_fs::Reshape::Allocate { offset, len, keep_size: false };
    nasd_fs::Change::Reshape { ino, how }
}

/// fallocate of what was there already was refused with EDQUOT when the file was larger than what was left.
#[tokio::test(start_paused = true)]
async fn only_what_is_new_of_an_allocation_must_fit() {
    let cluster = Cluster::new(3, quiet()).await;
    limit(&cluster, Some(10 * MIB), None).await;
    let client = cluster.client(2).holding_open();
    let file = client.create("f").await.ino;
    for block in 0..7 {
        client.write(file, block * MIB, noise(block, MIB as usize), Stability::Unstable).await.unwrap();
    }
    client.change(allocate(file, 0, 7 * MIB)).await.unwrap();
    client.change(allocate(file, 0, 10 * MIB)).await.unwrap();
    assert_eq!(client.change(allocate(file, 0, 10 * MIB + 1)).await.map(|_| ()), Err(Errno::Quota));
    assert_eq!(client.attr(file).await.unwrap().size, 10 * MIB);
    assert_eq!(client.stat().await.limit_left_bytes, Some(3 * MIB));
    let stranger = cluster.client(2);
    assert_eq!(
        stranger.change(allocate(file, 0, 1)).await.map(|_| ()),
        Err(Errno::Perm),
        "it has nothing open"
    );
}

/// rm of a file and then a new one of the same size, as a rotating backup does it, was refused for eight to ten seconds:
/// what was removed counted until it was reclaimed.
#[tokio::test(start_paused = true)]
async fn what_was_removed_makes_room_at_once() {
    let cluster = Cluster::new(3, quiet()).await;
    limit(&cluster, Some(4 * MIB), Some(2)).await;
    let (here, there) = (cluster.client(1), cluster.client(3));
    let fill = async |client: &Client, ino, at: u64| {
        for block in 0..3 {
            let data = noise(at + block, MIB as usize);
            client.write(ino, at + block * MIB, data, Stability::Unstable).await?;
        }
        client.commit(ino).await.map(|_| ())
    };
    let begun = tokio::time::Instant::now();
    let rename = async |client: &Client, from: &str, to: &str| {
        let (from_parent, to_parent) = (nasd_base::Ino::ROOT, nasd_base::Ino::ROOT);
        let (from_name, to_name) = (from.to_owned().into(), to.to_owned().into());
        let mode = nasd_fs::RenameMode::Replace;
        client
            .change(nasd_fs::Change::Rename { from_parent, from_name, to_parent, to_name, mode })
            .await
            .unwrap();
    };
    let first = here.create("backup").await.ino;
    fill(&here, first, 0).await.unwrap();
    for round in 0..6 {
        let client = if round % 2 == 0 { &there } else { &here };
        let made = match round % 3 {
            0 => {
                client.unlink("backup").await.unwrap();
                client.create("backup").await
            }
            1 => {
                let made = client.create("new").await;
                rename(client, "new", "backup").await;
                made
            }
            _ => {
                let set = nasd_base::file::SetAttr { size: Some(0), ..Default::default() };
                client.create_with("backup", set, CreateMode::Unchecked).await.unwrap()
            }
        };
        fill(client, made.ino, 0).await.unwrap_or_else(|errno| panic!("round {round}: {errno}"));
    }
    // A quarter of a second each, in case somebody is just opening what was removed.
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_and_held_open_still_counts() {
    let cluster = Cluster::new(3, quiet()).await;
    limit(&cluster, Some(2 * MIB), None).await;
    let client = cluster.client(1);
    let (file, other) = (client.create("f").await.ino, client.create("g").await.ino);
    client.write(file, 0, noise(1, MIB as usize), Stability::FileSync).await.unwrap();
    client.write(file, MIB, noise(1, MIB as usize), Stability::FileSync).await.unwrap();
    cluster.node(3).router.track_open(VOLUME, file);
    client.unlink("f").await.unwrap();
    let write = async || client.write(other, 0, noise(2, 100_000), Stability::Unstable).await.map(|_| ());
    assert_eq!(write().await, Err(Errno::Quota));
    let begun = tokio::time::Instant::now();
    assert_eq!(write().await, Err(Errno::Quota));
    assert!(begun.elapsed() < Duration::from_millis(100), "nothing has changed since");
    assert_eq!(client.holding_open().read(file, 0, 10).await.unwrap().0.len(), 10);
    cluster.node(3).router.untrack_open(VOLUME, file);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(write().await, Ok(()));
}
