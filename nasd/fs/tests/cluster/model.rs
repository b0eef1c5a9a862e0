//! Any mixture of operations on files reads back like plain memory.

use crate::common::*;
use bytes::Bytes;
use nasd_base::Ino;
use nasd_fs::{Change, Stability, Tuning};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Debug)]
enum Step {
    Write {
        file: usize,
        offset: u64,
        len: usize,
        stability: Stability,
    },
    Truncate {
        file: usize,
        size: u64,
    },
    Punch {
        file: usize,
        offset: u64,
        len: u64,
    },
    Commit {
        file: usize,
    },
    Read {
        file: usize,
        offset: u64,
        len: u32,
    },
    /// Background work gets its chance.
    Pause,
    /// Everything saved, then another leader.
    Move {
        to: u64,
    },
    /// Everything saved, then all power is cut.
    PowerCut,
}

const REACH: u64 = 400_000;

fn step() -> impl Strategy<Value = Step> {
    let file = 0usize..2;
    let stability = prop_oneof![
        4 => Just(Stability::Unstable),
        1 => Just(Stability::DataSync),
        2 => Just(Stability::FileSync),
    ];
    let len = prop_oneof![1usize..5_000, 1usize..150_000, Just(65_536usize), Just(0usize)];
    prop_oneof![
        8 => (file.clone(), 0..REACH, len, stability)
            .prop_map(|(file, offset, len, stability)| Step::Write { file, offset, len, stability }),
        2 => (file.clone(), 0..REACH).prop_map(|(file, size)| Step::Truncate { file, size }),
        1 => (file.clone(), 0..REACH, 1..REACH).prop_map(|(file, offset, len)| Step::Punch { file, offset, len }),
        2 => file.clone().prop_map(|file| Step::Commit { file }),
        5 => (file, 0..REACH, 0u32..200_000).prop_map(|(file, offset, len)| Step::Read { file, offset, len }),
        2 => Just(Step::Pause),
        1 => (1u64..4).prop_map(|to| Step::Move { to }),
        1 => Just(Step::PowerCut),
    ]
}

fn splice(model: &mut Vec<u8>, offset: u64, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    let end = offset as usize + data.len();
    if model.len() < end {
        model.resize(end, 0);
    }
    model[offset as usize..end].copy_from_slice(data);
}

/// Background work runs often, and chunks are small: many edges in few bytes.
fn tuning() -> Tuning {
    Tuning {
        chunk_bytes: 64 << 10,
        inline_bytes_max: 8 << 10,
        writeback_after: Duration::from_millis(300),
        destage_interval: Duration::from_millis(400),
        coalesce_interval: Duration::from_millis(500),
        coalesce_rest: Duration::ZERO,
        pieces_per_change_max: 3,
        lease_ids: 4,
        ..quiet()
    }
}

async fn check(client: &Client, ino: Ino, model: &[u8]) {
    assert_eq!(client.attr(ino).await.unwrap().size, model.len() as u64);
    let read = client.read_all(ino).await;
    assert_eq!(read.len(), model.len());
    if let Some(at) = (0..read.len()).find(|at| read[*at] != model[*at]) {
        panic!("byte {at} of {} differs", read.len());
    }
}

async fn run(steps: Vec<Step>) {
    let mut cluster = Cluster::new(3, tuning()).await;
    let mut client = cluster.client(1);
    let mut leader = 1;
    let mut files = Vec::new();
    for name in ["a", "b"] {
        files.push((client.create(name).await.ino, Vec::<u8>::new()));
    }
    for (at, step) in steps.into_iter().enumerate() {
        match step {
            Step::Write { file, offset, len, stability } => {
                let (ino, model) = &mut files[file];
                let data = noise(at as u64, len);
                splice(model, offset, &data);
                let (attr, _) = client.write(*ino, offset, data, stability).await.unwrap();
                assert_eq!(attr.size, model.len() as u64);
            }
            Step::Truncate { file, size } => {
                let (ino, model) = &mut files[file];
                model.resize(size as usize, 0);
                assert_eq!(client.truncate(*ino, size).await.unwrap().size, size);
            }
            Step::Punch { file, offset, len } => {
                let (ino, model) = &mut files[file];
                let end = model.len().min((offset + len) as usize);
                model[(offset as usize).min(end)..end].fill(0);
                client.change(Change::Punch { ino: *ino, offset, len }).await.unwrap();
            }
            Step::Commit { file } => {
                client.commit(files[file].0).await.unwrap();
            }
            Step::Read { file, offset, len } => {
                let (ino, model) = &files[file];
                let (read, end) = client.read(*ino, offset, len).await.unwrap();
                let start = model.len().min(offset as usize);
                let stop = model.len().min(offset as usize + len as usize);
                assert!(read == model[start..stop], "{len} bytes at {offset}");
                assert_eq!(end, offset as usize + len as usize >= model.len());
            }
            Step::Pause => tokio::time::sleep(Duration::from_millis(700)).await,
            Step::Move { to } => {
                for (ino, _) in &files {
                    client.commit(*ino).await.unwrap();
                }
                leader = to;
                cluster.lead(to);
            }
            Step::PowerCut => {
                for (ino, _) in &files {
                    client.commit(*ino).await.unwrap();
                }
                for node in 1..=3 {
                    cluster.restart(node).await;
                }
                cluster.lead(leader);
                client = cluster.client(1);
            }
        }
    }
    for (ino, model) in &files {
        check(&client, *ino, model).await;
        client.commit(*ino).await.unwrap();
        check(&client, *ino, model).await;
    }
    cluster.lead(3);
    for (ino, model) in &files {
        check(&client, *ino, model).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_history_reads_back_like_memory(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(run(steps));
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_writers_of_one_file_each_read_their_own_bytes() {
    let cluster = Cluster::new(3, tuning()).await;
    let client = cluster.client(1);
    let file = client.create("f").await.ino;
    const SPAN: u64 = 50_000;
    let writers = (0..8u64).map(|writer| {
        let client = client.clone();
        async move {
            let mut model = Vec::new();
            for round in 0..30u64 {
                let (at, len) = ((round * 7919) % 40_000, 1 + (round * 104_729) as usize % 9_000);
                let data = noise(writer * 1000 + round, len);
                let stability = [Stability::Unstable, Stability::FileSync][(round % 3 == 0) as usize];
                client.write(file, writer * SPAN + at, Bytes::from(data.clone()), stability).await.unwrap();
                splice(&mut model, at, &data);
                if round % 5 == 0 {
                    client.commit(file).await.unwrap();
                }
                let (read, _) = client.read(file, writer * SPAN, model.len() as u32).await.unwrap();
                assert!(read == model, "writer {writer}, round {round}");
            }
        }
    });
    futures::future::join_all(writers).await;
}
