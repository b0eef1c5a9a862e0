//! Fragmented files are put together, and hold the same all the while.

use crate::common::*;
use nasd_base::{Entropy, Ino, NodeId, SeededEntropy};
use nasd_fs::{Stability, Tuning};
use std::time::Duration;

const MIB: u64 = 1 << 20;

fn eager() -> Tuning {
    Tuning {
        destage_interval: Duration::from_millis(300),
        coalesce_interval: Duration::from_millis(500),
        coalesce_rest: Duration::ZERO,
        coalesce_bytes_per_second: 64 << 20,
        ..quiet()
    }
}

fn pieces(cluster: &Cluster, ino: Ino) -> usize {
    cluster.node(1).meta.pieces(ino, 0..u64::MAX).unwrap().1.len()
}

/// Writes over a part of the file and its model, durably.
async fn overwrite(client: &Client, ino: Ino, model: &mut Vec<u8>, at: usize, data: &[u8]) {
    model.resize(model.len().max(at + data.len()), 0);
    model[at..at + data.len()].copy_from_slice(data);
    for (number, part) in data.chunks(MIB as usize).enumerate() {
        let at = at as u64 + number as u64 * MIB;
        client.write(ino, at, part.to_vec(), Stability::FileSync).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_of_many_small_overwrites_becomes_one_chunk_again() {
    let cluster = Cluster::new(3, Tuning { coalesce_interval: quiet().coalesce_interval, ..eager() }).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let mut model = Vec::new();
    overwrite(&client, file.ino, &mut model, 0, &noise(1, 2 * MIB as usize)).await;
    for number in 0..20 {
        let at = 30_000 * number as usize;
        overwrite(&client, file.ino, &mut model, at, &noise(100 + number, 5_000)).await;
        // Each in its own chunk.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(pieces(&cluster, file.ino) > 30, "{} pieces", pieces(&cluster, file.ino));
    let before = client.attr(file.ino).await.unwrap();

    let mut cluster = cluster;
    cluster.tuning = eager();
    cluster.restart(1).await;
    cluster.lead(1);
    let client = cluster.client(1);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(pieces(&cluster, file.ino), 2);
    assert_eq!(cluster.node(1).volume.stats().coalesced_bytes, MIB, "the second MiB was left alone");
    assert_eq!(client.attr(file.ino).await.unwrap(), before, "nothing shows");
    assert_eq!(client.read_all(file.ino).await, model);
    for node in 1..=3 {
        assert_eq!(cluster.node(node).stored().len(), 2, "node {node} has dropped the fragments");
    }
    // Whole on the others too.
    cluster.lead(2);
    cluster.network.cut(NodeId(1));
    assert_eq!(cluster.client(2).read_all(file.ino).await, model);
}

#[tokio::test(start_paused = true)]
async fn chunks_that_are_mostly_dead_are_given_back() {
    let cluster = Cluster::new(3, eager()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let mut model = Vec::new();
    overwrite(&client, file.ino, &mut model, 0, &noise(1, MIB as usize)).await;
    overwrite(&client, file.ino, &mut model, 100_000, &noise(2, 700_000)).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(pieces(&cluster, file.ino), 1);
    assert_eq!(cluster.node(3).stored().len(), 1);
    assert_eq!(client.read_all(file.ino).await, model);
}

#[tokio::test(start_paused = true)]
async fn a_sparse_file_is_not_rewritten_for_ever() {
    let cluster = Cluster::new(3, eager()).await;
    let client = cluster.client(1);
    let file = client.create("f").await;
    let mut model = Vec::new();
    for number in 0..60 {
        overwrite(&client, file.ino, &mut model, number * 17_000, &noise(number as u64, 4_000)).await;
        if number % 3 == 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    tokio::time::sleep(Duration::from_secs(20)).await;
    let settled = cluster.node(1).volume.stats();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let later = cluster.node(1).volume.stats();
    assert_eq!(later.coalesced_bytes, settled.coalesced_bytes);
    assert_eq!(later.chunks_staged, settled.chunks_staged);
    assert_eq!(client.read_all(file.ino).await, model);
}

#[tokio::test(start_paused = true)]
async fn contents_are_unchanged_under_concurrent_writes_truncations_and_changes_of_leader() {
    for seed in 0..6 {
        let cluster =
            Cluster::new(3, Tuning { writeback_after: Duration::from_millis(200), ..eager() }).await;
        let entropy = SeededEntropy::new(seed);
        let draw = |range: std::ops::Range<usize>| range.start + entropy.next_u64() as usize % range.len();
        let client = cluster.client(1 + seed % 3);
        let file = client.create("f").await;
        let mut model = Vec::new();
        overwrite(&client, file.ino, &mut model, 0, &noise(seed, MIB as usize + 200_000)).await;
        for number in 0..250u64 {
            let at = draw(0..MIB as usize);
            match draw(0..40) {
                0 => {
                    let size = draw(MIB as usize / 2..MIB as usize + 300_000);
                    model.resize(size, 0);
                    client.truncate(file.ino, size as u64).await.unwrap();
                }
                1 => {
                    // What is not committed would have to be sent again by the client.
                    client.commit(file.ino).await.unwrap();
                    cluster.lead(draw(1..4) as u64);
                }
                2 => assert_eq!(client.read_all(file.ino).await, model, "seed {seed}, step {number}"),
                _ => {
                    let data = noise(seed << 32 | number, draw(1..9_000));
                    overwrite(&client, file.ino, &mut model, at, &data).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(draw(0..120) as u64)).await;
        }
        assert_eq!(client.read_all(file.ino).await, model, "seed {seed}");
        let coalesced: u64 = cluster.nodes.iter().map(|node| node.volume.stats().coalesced_bytes).sum();
        assert!(coalesced > 2 * MIB, "seed {seed}: only {coalesced} bytes were put together");
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(client.read_all(file.ino).await, model, "seed {seed}");
        let left: Vec<usize> = (1..=3).map(|node| cluster.node(node).stored().len()).collect();
        assert!(left.iter().all(|chunks| *chunks < 40), "seed {seed}: {left:?} chunks are left");
    }
}
