//! Applying commands to a volume's database in a file, as a replica does it: alone, and many in one transaction.

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nasd_base::file::{Caller, NewNode, SetAttr};
use nasd_base::{Ino, OpId, Timestamp};
use nasd_meta::{
    Change, CreateMode, Effects, Observer, Piece, RenameMode, Source, Stamp, VolumeMachine, VolumeOptions,
    decode_replies, encode_commands,
};
use nasd_state::StateDb;
use std::cell::Cell;
use std::sync::Arc;

/// Commands of one transaction.
const BATCHES: [u64; 2] = [1, 64];

struct Nobody;

impl Observer for Nobody {
    fn committed(&self, _effects: &Effects) {}
}

struct Replica {
    db: StateDb<VolumeMachine>,
    index: u64,
}

impl Replica {
    fn apply(&mut self, commands: Vec<Bytes>) -> Vec<Bytes> {
        let entries: Vec<(u64, Bytes)> =
            commands.into_iter().zip(self.index + 1..).map(|(c, i)| (i, c)).collect();
        self.index += entries.len() as u64;
        self.db.apply(&entries, &self.index.to_le_bytes()).expect("apply")
    }
}

fn command(number: u64, change: Change) -> Bytes {
    let now = Timestamp { secs: number as i64, nanos: 0 };
    encode_commands(&[(Stamp { now, caller: Caller::root(), op: OpId::NONE }, change)])
}

fn name(number: u64) -> Bytes {
    format!("a name of some length {number}").into()
}

fn create(number: u64) -> Bytes {
    let set = SetAttr { mode: Some(0o644), ..Default::default() };
    let (name, mode) = (name(number), CreateMode::Guarded);
    command(number, Change::Create { parent: Ino::ROOT, name, node: NewNode::File, set, mode })
}

fn rename(number: u64) -> Bytes {
    let (from_parent, to_parent) = (Ino::ROOT, Ino::ROOT);
    let (from_name, to_name) = (name(number), name(number + 1));
    command(number, Change::Rename { from_parent, from_name, to_parent, to_name, mode: RenameMode::Replace })
}

fn write(number: u64, ino: Ino) -> Bytes {
    let piece = Piece {
        offset: (number % 64) * 4096,
        len: 4096,
        source: Source::Inline { data: vec![number as u8; 4096].into() },
    };
    let modified = Timestamp { secs: number as i64, nanos: 0 };
    command(number, Change::Write { ino, pieces: vec![piece], fresh: Vec::new(), modified })
}

fn applies(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let machine = VolumeMachine::new(VolumeOptions::default(), Arc::new(Nobody));
    let mut replica = Replica { db: StateDb::open(dir.path(), machine).expect("a database"), index: 0 };
    let checkpointer = replica.db.checkpointer();
    replica.apply(vec![create(1)]);
    // The first inode that is made after the root.
    let ino = Ino(Ino::ROOT.0 + 1);
    let number = Cell::new(1);
    type Make = fn(u64, Ino) -> Bytes;
    let kinds: [(&str, Make); 3] =
        [("rename", |n, _| rename(n)), ("write of 4 KiB", write), ("create", |n, _| create(n + 1))];
    for (kind, make) in kinds {
        for batch in BATCHES {
            let mut benches = criterion.benchmark_group("apply");
            benches.throughput(Throughput::Elements(batch));
            benches.bench_function(format!("{kind}, {batch} in a transaction"), |bencher| {
                let commands = || {
                    let first = number.replace(number.get() + batch);
                    (first..first + batch).map(|number| make(number, ino)).collect::<Vec<_>>()
                };
                for reply in replica.apply(commands()) {
                    let results = decode_replies(&reply).expect("a reply");
                    assert!(results.iter().all(Result::is_ok), "{kind}: {results:?}");
                }
                bencher.iter_batched(commands, |commands| replica.apply(commands), BatchSize::PerIteration);
            });
            checkpointer.run().expect("a checkpoint");
        }
    }
}

criterion_group!(benches, applies);
criterion_main!(benches);
