//! Bad, missing and left-over chunks.

use crate::common::*;
use nasd_base::{Errno, NodeId};
use nasd_fs::{Stability, Tuning};
use nasd_store::{ChunkKey, EncodedChunk, Progress, Scrubber, UpkeepLimits};
use std::time::Duration;

const MIB: usize = 1 << 20;

/// Flips bytes all over the node's segments.
async fn rot(node: &Node) {
    use nasd_disk::Disk;
    for name in node.disk.list().await.unwrap() {
        let len = node.disk.open(&name, nasd_disk::OpenMode::Existing).await.unwrap().len().await.unwrap();
        for offset in (8192..len).step_by(50_000) {
            let _ = node.disk.corrupt(&name, offset);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotten_chunk_is_answered_from_a_peer_and_put_right() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let file = cluster.client(1).create("f").await;
    let data = noise(1, MIB);
    cluster.client(1).write(file.ino, 0, data.clone(), Stability::FileSync).await.unwrap();
    // Rot after the start: the index is built, but nothing is in the cache.
    cluster.restart(1).await;
    rot(cluster.node(1)).await;
    cluster.lead(1);
    let client = cluster.client(1);
    assert_eq!(client.read_all(file.ino).await, data);
    assert_eq!(cluster.node(1).volume.stats().repairs, 1);
    // The copy is whole again: without the others it can still be read.
    cluster.network.cut(NodeId(2));
    cluster.network.cut(NodeId(3));
    assert_eq!(client.read_all(file.ino).await, data);
    assert_eq!(cluster.node(1).volume.stats().repairs, 1);
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_bad_everywhere_is_an_error_and_never_wrong_data() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let file = cluster.client(1).create("f").await;
    cluster.client(1).write(file.ino, 0, noise(1, MIB), Stability::FileSync).await.unwrap();
    for node in 1..=3 {
        cluster.restart(node).await;
        rot(cluster.node(node)).await;
    }
    cluster.lead(1);
    assert_eq!(cluster.client(1).read(file.ino, 0, 100_000).await, Err(Errno::Io));
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_missed_uploads_fetches_them_later() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    cluster.network.cut(NodeId(3));
    for part in 0..3 {
        client.write(file.ino, part * MIB as u64, noise(part, MIB), Stability::Unstable).await.unwrap();
    }
    client.commit(file.ino).await.unwrap();
    assert!(cluster.node(3).stored().is_empty());
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(cluster.node(3).volume.heal_backlog(), 3);
    cluster.network.mend(NodeId(3));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(cluster.node(3).stored().len(), 3);
    assert_eq!(cluster.node(3).volume.stats().healed, 3);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_lost_its_disk_is_filled_again_after_its_start() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let data = noise(1, 3 * MIB);
    for (at, part) in data.chunks(MIB).enumerate() {
        client.write(file.ino, (at * MIB) as u64, part.to_vec(), Stability::Unstable).await.unwrap();
    }
    client.commit(file.ino).await.unwrap();
    cluster.replace_disk(2).await;
    assert!(cluster.node(2).stored().is_empty());
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(cluster.node(2).stored().len(), 3);
    cluster.lead(2);
    cluster.network.cut(NodeId(1));
    cluster.network.cut(NodeId(3));
    assert_eq!(cluster.client(2).read_all(file.ino).await, data);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_caught_up_by_a_snapshot_fetches_what_is_new_and_drops_what_is_gone() {
    let tuning = Tuning { orphan_interval: Duration::from_secs(1), ..quiet() };
    let cluster = Cluster::new(3, tuning).await;
    let client = cluster.client(1);
    let old = client.create("old").await;
    client.write(old.ino, 0, noise(1, MIB), Stability::FileSync).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(cluster.node(3).stored().len(), 1);

    cluster.log.freeze(NodeId(3));
    cluster.network.cut(NodeId(3));
    // Another leader: ids of the first term are settled, which node 3 does not hear yet.
    cluster.lead(2);
    let client = cluster.client(2);
    let new = client.create("new").await;
    client.write(new.ino, 0, noise(2, MIB), Stability::FileSync).await.unwrap();
    client.unlink("old").await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(cluster.node(2).stored().len(), 1);

    cluster.network.mend(NodeId(3));
    cluster.log.install_snapshot(NodeId(3), NodeId(2));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(cluster.node(2).stored().iter().all(|chunk| cluster.node(3).stored().contains(chunk)));
    // The leader repeats where it began every hour.
    tokio::time::sleep(Duration::from_secs(3700)).await;
    assert_eq!(cluster.node(3).stored(), cluster.node(2).stored());
}

#[tokio::test(start_paused = true)]
async fn chunks_of_removed_data_leave_every_store() {
    let tuning = Tuning { orphan_interval: Duration::from_secs(1), ..quiet() };
    let cluster = Cluster::new(3, tuning).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(1, MIB), Stability::FileSync).await.unwrap();
    assert!(cluster.nodes.iter().all(|node| node.stored().len() == 1));
    client.unlink("f").await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(cluster.nodes.iter().all(|node| node.stored().is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_new_leader_sweeps_uploads_of_earlier_terms_and_not_its_own() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(1, MIB), Stability::Unstable).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let kept = client.create("kept").await;
    client.write(kept.ino, 0, noise(2, MIB), Stability::FileSync).await.unwrap();
    assert!(cluster.nodes.iter().all(|node| node.stored().len() == 2));
    cluster.lead(2);
    // The first chunk of the new term: unnamed as well, but this term's.
    client.write(file.ino, 0, noise(3, MIB), Stability::Unstable).await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    for node in &cluster.nodes {
        assert_eq!(node.stored().len(), 2, "node {}", node.id);
    }
    client.commit(file.ino).await.unwrap();
    assert_eq!(client.read_all(file.ino).await, noise(3, MIB));
    assert_eq!(client.read_all(kept.ino).await, noise(2, MIB));
}

#[tokio::test(start_paused = true)]
async fn small_writes_move_out_of_the_metadata() {
    let tuning = Tuning { destage_interval: Duration::from_secs(2), ..quiet() };
    let mut cluster = Cluster::new(3, tuning).await;
    let client = cluster.client(1);
    let mut files = Vec::new();
    for seed in 0..20 {
        let file = client.create(&format!("f{seed}")).await;
        client.write(file.ino, 0, noise(seed, 20_000), Stability::FileSync).await.unwrap();
        client.write(file.ino, 100_000, noise(seed, 9_000), Stability::FileSync).await.unwrap();
        files.push(file.ino);
    }
    assert!(!cluster.node(1).meta.inline_backlog(100).unwrap().is_empty());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(cluster.node(1).meta.inline_backlog(100).unwrap().is_empty());
    assert_eq!(cluster.node(1).volume.stats().destaged_bytes, 20 * 29_000);
    for node in 1..=3 {
        cluster.restart(node).await;
    }
    cluster.lead(3);
    for (seed, ino) in files.into_iter().enumerate() {
        let read = cluster.client(3).read_all(ino).await;
        assert_eq!(read[..20_000], noise(seed as u64, 20_000));
        assert_eq!(read[100_000..], noise(seed as u64, 9_000));
        assert!(read[20_000..100_000].iter().all(|byte| *byte == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_outside_the_volume_cannot_touch_its_chunks() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(1, MIB), Stability::FileSync).await.unwrap();
    let [chunk] = cluster.node(2).stored()[..] else { panic!("one chunk was written") };
    // What nobody names may be dropped, what is named may not, and strangers are not heard at all.
    let other = EncodedChunk::encode(b"never named");
    let key = ChunkKey { volume: VOLUME, chunk: nasd_base::ChunkId(900) };
    cluster.node(2).store.put(key, other).await.unwrap();
    let garbage = cluster.node(2).router.serve(NodeId(1), b"\x04garbage".to_vec().into(), Default::default());
    assert!(garbage.await.is_err());
    let drop_chunks = drop_message(&[chunk.0, 900]);
    cluster.node(2).router.serve(NodeId(9), drop_chunks.clone(), Default::default()).await.unwrap();
    assert_eq!(cluster.node(2).stored().len(), 2);
    cluster.node(2).router.serve(NodeId(1), drop_chunks, Default::default()).await.unwrap();
    assert_eq!(cluster.node(2).stored(), vec![chunk]);
}

/// `DropChunks` as docs/formats/peer-messages.md has it.
fn drop_message(chunks: &[u64]) -> bytes::Bytes {
    let mut bytes = vec![4, 4];
    bytes = postcard::to_extend(&(VOLUME, chunks), bytes).unwrap();
    bytes.into()
}

/// What scrub finds on a node, in one round.
async fn scrub(node: &Node) -> Vec<nasd_base::ChunkId> {
    let mut scrubber = Scrubber::new(node.store.clone(), UpkeepLimits::default(), 0);
    let mut damaged = Vec::new();
    for _ in 0..2 {
        loop {
            let step = scrubber.advance().await;
            damaged.extend(step.damaged.iter().map(|key| key.chunk));
            if step.progress == Progress::Finished {
                break;
            }
        }
    }
    damaged
}

#[tokio::test(start_paused = true)]
async fn rot_that_scrub_finds_on_a_follower_is_healed_before_anybody_reads_it() {
    let mut cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let data = noise(1, MIB);
    client.write(file.ino, 0, data.clone(), Stability::FileSync).await.unwrap();
    cluster.restart(3).await;
    let node = cluster.node(3);
    rot(node).await;
    let damaged = scrub(node).await;
    assert_eq!(damaged.len(), 1);
    assert!(node.stored().is_empty());
    node.volume.mend(&damaged);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(node.volume.stats().healed, 1);
    assert!(node.store.damaged().is_empty());
    cluster.lead(3);
    cluster.network.cut(NodeId(1));
    cluster.network.cut(NodeId(2));
    assert_eq!(cluster.client(3).read_all(file.ino).await, data);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_chunk_of_a_deleted_file_does_not_stay_for_ever() {
    let tuning = Tuning { orphan_interval: Duration::from_secs(1), ..quiet() };
    let mut cluster = Cluster::new(3, tuning).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(1, MIB), Stability::FileSync).await.unwrap();
    cluster.restart(3).await;
    rot(cluster.node(3)).await;
    assert_eq!(scrub(cluster.node(3)).await.len(), 1);
    client.unlink("f").await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    let node = cluster.node(3);
    assert!(node.store.damaged().is_empty(), "nothing keeps its segment from going");
    assert_eq!(node.store.space().live_bytes, 0);
}
