//! Files without a name live as long as some node holds them open.

use crate::common::*;
use nasd_base::{Errno, NodeId};
use nasd_fs::{Stability, Tuning};
use std::time::Duration;

fn tuning() -> Tuning {
    Tuning { orphan_interval: Duration::from_secs(1), ..quiet() }
}

#[tokio::test(start_paused = true)]
async fn an_open_file_can_be_used_without_a_name_until_it_is_closed() {
    let cluster = Cluster::new(3, tuning()).await;
    let mount = cluster.client(3).holding_open();
    let file = mount.create("f").await;
    mount.write(file.ino, 0, "abc", Stability::FileSync).await.unwrap();
    cluster.node(3).router.track_open(VOLUME, file.ino);
    mount.unlink("f").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    mount.write(file.ino, 3, "def", Stability::Unstable).await.unwrap();
    mount.commit(file.ino).await.unwrap();
    assert_eq!(mount.read_all(file.ino).await, b"abcdef");
    let stranger = cluster.client(1);
    assert_eq!(stranger.read(file.ino, 0, 10).await, Err(Errno::Stale));
    assert_eq!(stranger.attr(file.ino).await, Err(Errno::Stale));
    assert_eq!(stranger.truncate(file.ino, 0).await, Err(Errno::Stale));

    cluster.node(3).router.untrack_open(VOLUME, file.ino);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(mount.attr(file.ino).await, Err(Errno::Stale));
    assert_eq!(cluster.node(1).volume.stats().reaped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_be_asked_keeps_orphans_for_a_minute() {
    let cluster = Cluster::new(3, tuning()).await;
    let mount = cluster.client(1).holding_open();
    let file = mount.create("f").await;
    cluster.network.cut(NodeId(3));
    mount.unlink("f").await.unwrap();
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert!(mount.attr(file.ino).await.is_ok());
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(mount.attr(file.ino).await, Err(Errno::Stale));
}

#[tokio::test(start_paused = true)]
async fn orphans_left_by_one_leader_are_reaped_by_the_next() {
    let cluster = Cluster::new(3, tuning()).await;
    let mount = cluster.client(1).holding_open();
    let file = mount.create("f").await;
    mount.unlink("f").await.unwrap();
    cluster.lead(2);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(mount.attr(file.ino).await, Err(Errno::Stale));
    assert_eq!(cluster.node(2).volume.stats().reaped, 1);
}
