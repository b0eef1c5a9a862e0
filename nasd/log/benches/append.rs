//! The segment log on this machine's disk: durable appends of one group alone, and of many at once.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nasd_base::GroupId;
use nasd_disk::RealDisk;
use nasd_log::{GroupLog, Log, LogEntry, LogOptions};
use std::cell::Cell;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// A small change of metadata, and a stable write of a block.
const PAYLOADS: [(&str, usize); 2] = [("200 B", 200), ("4 KiB", 4096)];
/// Appends submitted before the first is waited for.
const DEPTHS: [u64; 2] = [1, 64];
/// Entries that stay alive: the rest is purged, as the state machine's checkpoints do it.
const KEPT: u64 = 10_000;

fn append(group: &GroupLog, index: u64, payload: &Bytes) -> oneshot::Receiver<()> {
    let (done, fate) = oneshot::channel();
    let entry = LogEntry { index, payload: payload.clone() };
    group.append(
        vec![entry],
        Box::new(move |result| {
            result.expect("a disk that works");
            let _ = done.send(());
        }),
    );
    fate
}

fn appends(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let disk = Arc::new(RealDisk::open(dir.path()).expect("a disk"));
    let log = runtime.block_on(Log::open(disk, LogOptions::default())).expect("a log");
    let group = log.group(GroupId(1));
    let next = Cell::new(1);
    for (size, bytes) in PAYLOADS {
        let payload = Bytes::from(vec![7; bytes]);
        for depth in DEPTHS {
            let mut benches = criterion.benchmark_group("log");
            benches.throughput(Throughput::Elements(depth)).sample_size(20);
            benches.bench_function(format!("append {size}, {depth} at once"), |bencher| {
                bencher.iter(|| {
                    let first = next.replace(next.get() + depth);
                    let fates: Vec<_> = (first..first + depth).map(|i| append(&group, i, &payload)).collect();
                    runtime.block_on(async {
                        for fate in fates {
                            fate.await.expect("the log answers");
                        }
                        if first / KEPT != (first + depth) / KEPT && first > KEPT {
                            group.purge(first - KEPT, Bytes::new()).await.expect("purge");
                        }
                    });
                });
            });
        }
    }
    reads(criterion, &runtime, &group, &next);
    runtime.block_on(log.close());
}

/// Entries as a follower that fell behind is sent them.
fn reads(criterion: &mut Criterion, runtime: &Runtime, group: &GroupLog, next: &Cell<u64>) {
    let payload = Bytes::from(vec![7; 200]);
    criterion.bench_function("log/read 64 entries", |bencher| {
        let first = next.replace(next.get() + 64);
        let fates: Vec<_> = (first..first + 64).map(|index| append(group, index, &payload)).collect();
        for fate in fates {
            runtime.block_on(fate).expect("the log answers");
        }
        bencher.iter(|| runtime.block_on(group.read(first..first + 64, usize::MAX)).expect("read"));
    });
}

criterion_group!(benches, appends);
criterion_main!(benches);
