//! Clients that follow the rules of UNSTABLE writes lose nothing, however often leaders change, replies get
//! lost and nodes are cut off.

use crate::common::*;
use nasd_base::{Entropy, Ino, NodeId, SeededEntropy};
use nasd_fs::{Stability, Tuning, WriteVerifier};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// One client's file: what it holds when everything is committed, and what has to be sent again if the
/// verifier changes.
struct Writer {
    client: Client,
    ino: Ino,
    model: Vec<u8>,
    pending: Vec<(u64, Vec<u8>, WriteVerifier)>,
    random: SeededEntropy,
    resent: Arc<AtomicU64>,
}

impl Writer {
    async fn write(&mut self) {
        let offset = self.random.next_u64() % 300_000;
        let len = 1 + self.random.next_u64() as usize % 90_000;
        let data = noise(self.random.next_u64(), len);
        let end = offset as usize + len;
        self.model.resize(self.model.len().max(end), 0);
        self.model[offset as usize..end].copy_from_slice(&data);
        let stability = match self.random.next_u64() % 4 {
            0 => Stability::FileSync,
            _ => Stability::Unstable,
        };
        let sent = self.client.write(self.ino, offset, data.clone(), stability).await;
        let (_, verifier) = sent.expect("a write");
        // A stable write beneath unsaved ones would have to be sent again with them, in their order.
        self.pending.push((offset, data, verifier));
    }

    async fn commit(&mut self) {
        loop {
            let (_, verifier) = self.client.commit(self.ino).await.expect("a commit");
            if self.pending.iter().all(|(_, _, sent)| *sent == verifier) {
                self.pending.clear();
                return;
            }
            self.resent.fetch_add(self.pending.len() as u64, Relaxed);
            for (offset, data, sent) in &mut self.pending {
                let again = self.client.write(self.ino, *offset, data.clone(), Stability::Unstable).await;
                *sent = again.expect("a write").1;
            }
        }
    }

    async fn truncate(&mut self) {
        self.commit().await;
        let size = self.random.next_u64() % 300_000;
        self.client.truncate(self.ino, size).await.expect("a truncation");
        self.model.resize(size as usize, 0);
    }

    async fn check(&mut self) {
        self.commit().await;
        let read = self.client.read_all(self.ino).await;
        assert_eq!(read.len(), self.model.len());
        assert!(read == self.model, "{:?} differs", self.ino);
    }

    async fn run(mut self, rounds: u32) {
        for _ in 0..rounds {
            match self.random.next_u64() % 12 {
                0..=7 => self.write().await,
                8 => self.commit().await,
                9 => self.truncate().await,
                _ => self.check().await,
            }
        }
        self.check().await;
    }
}

fn tuning() -> Tuning {
    Tuning {
        chunk_bytes: 64 << 10,
        inline_bytes_max: 16 << 10,
        writeback_after: Duration::from_millis(200),
        destage_interval: Duration::from_millis(300),
        coalesce_interval: Duration::from_millis(500),
        coalesce_rest: Duration::ZERO,
        suspect_for: Duration::from_millis(50),
        lease_ids: 16,
        ..quiet()
    }
}

async fn disturb(cluster: Arc<Cluster>, seed: u64) {
    let random = SeededEntropy::new(seed);
    loop {
        tokio::time::sleep(Duration::from_millis(20 + random.next_u64() % 200)).await;
        let node = 1 + random.next_u64() % 3;
        match random.next_u64() % 6 {
            0 | 1 => cluster.lead(node),
            2 => cluster.log.fail_next(Fault::LostReply),
            3 => cluster.log.fail_next(Fault::LostCommand),
            4 => cluster.log.lead(None),
            _ => {
                cluster.network.cut(NodeId(node));
                // Whoever cannot reach the others does not lead.
                cluster.lead(node % 3 + 1);
                tokio::time::sleep(Duration::from_millis(random.next_u64() % 300)).await;
                cluster.network.mend(NodeId(node));
            }
        }
        tokio::time::sleep(Duration::from_millis(random.next_u64() % 100)).await;
        cluster.lead(1 + random.next_u64() % 3);
    }
}

/// Returns how many writes had to be sent again.
async fn chaos(seed: u64, writers: u64, rounds: u32) -> u64 {
    let cluster = Arc::new(Cluster::new(3, tuning()).await);
    let mut running = Vec::new();
    let resent = Arc::new(AtomicU64::new(0));
    for number in 0..writers {
        let client = cluster.client(1 + number % 3);
        let ino = client.create(&format!("f{number}")).await.ino;
        let random = SeededEntropy::new(seed * 1000 + number);
        let resent = resent.clone();
        running.push(Writer { client, ino, model: Vec::new(), pending: Vec::new(), random, resent });
    }
    let trouble = tokio::spawn(disturb(cluster.clone(), seed));
    let tasks: Vec<_> = running.into_iter().map(|writer| tokio::spawn(writer.run(rounds))).collect();
    for task in tasks {
        task.await.expect("a writer");
    }
    trouble.abort();
    resent.load(Relaxed)
}

#[test]
fn writers_who_send_again_what_was_lost_lose_nothing() {
    let mut resent = 0;
    for seed in 0..12 {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        resent += runtime.block_on(chaos(seed, 6, 40));
    }
    assert!(resent > 50, "only {resent} writes were lost on the way: too little trouble");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_holds_on_several_threads() {
    chaos(99, 6, 40).await;
}
