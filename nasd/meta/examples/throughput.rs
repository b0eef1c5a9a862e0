//! How many changes per second one volume applies: `cargo run --release -p nasd-meta --example throughput`.
//!
//! Batches of 64 in one transaction, as a busy leader proposes them, into a database on disk.

use bytes::Bytes;
use nasd_base::file::{Caller, NewNode, SetAttr};
use nasd_base::{Ino, OpId, Timestamp};
use nasd_meta::{
    Change, CreateMode, Effects, MetaReader, Observer, Piece, Source, Stamp, VolumeMachine, VolumeOptions,
    encode_commands,
};
use nasd_state::StateDb;
use std::sync::Arc;

const BATCHES: u64 = 1000;
const BATCH: u64 = 64;
const COUNT: u64 = BATCHES * BATCH;

struct Nobody;

impl Observer for Nobody {
    fn committed(&self, _: &Effects) {}
}

fn name(i: u64) -> Bytes {
    format!("file-{:08x}", i.wrapping_mul(0x9e37_79b9) & 0xffff_ffff).into()
}

fn create(i: u64) -> Change {
    let set = SetAttr { mode: Some(0o644), ..Default::default() };
    Change::Create { parent: Ino::ROOT, name: name(i), node: NewNode::File, set, mode: CreateMode::Guarded }
}

fn write(i: u64, offset: u64, len: usize) -> Change {
    let source = Source::Inline { data: vec![i as u8; len].into() };
    let pieces = vec![Piece { offset, len: len as u64, source }];
    Change::Write { ino: Ino(2 + i), pieces, fresh: vec![], modified: Timestamp { secs: 5, nanos: 0 } }
}

fn rename(i: u64) -> Change {
    let (from_name, to_name) = (name(i), format!("moved-{i}").into());
    let (from_parent, to_parent) = (Ino::ROOT, Ino::ROOT);
    Change::Rename { from_parent, from_name, to_parent, to_name, mode: Default::default() }
}

fn unlink(i: u64) -> Change {
    Change::Unlink { parent: Ino::ROOT, name: format!("moved-{i}").into() }
}

#[expect(clippy::disallowed_methods, reason = "a measurement of real time")]
fn measure(what: &str, work: impl FnOnce()) {
    let start = std::time::Instant::now();
    work();
    let seconds = start.elapsed().as_secs_f64();
    println!("{what:<24} {:>9.0}/s", COUNT as f64 / seconds);
}

fn main() {
    let dir = std::env::temp_dir().join(format!("nasd-meta-throughput-{}", std::process::id()));
    let machine = VolumeMachine::new(VolumeOptions::default(), Arc::new(Nobody));
    let mut db = StateDb::open(&dir, machine).expect("a database in the temporary directory");
    let mut index = 0;
    let mut op = 0;
    let mut run = |what: &str, remembered: bool, change: &dyn Fn(u64) -> Change| {
        measure(what, || {
            for batch in 0..BATCHES {
                let changes: Vec<_> = (batch * BATCH..(batch + 1) * BATCH)
                    .map(|i| {
                        op += u128::from(remembered);
                        let now = Timestamp { secs: 1, nanos: i as u32 };
                        let op = if remembered { OpId(op) } else { OpId::NONE };
                        (Stamp { now, caller: Caller::root(), op }, change(i))
                    })
                    .collect();
                index += 1;
                db.apply(&[(index, encode_commands(&changes))], b"mark").expect("an apply");
            }
        });
    };
    run("creates", true, &create);
    run("small writes", false, &|i| write(i, 0, 100));
    run("4 KiB inline writes", false, &|i| write(i % 1000, 8192 + i * 4096, 4096));
    run("renames", true, &rename);
    run("unlinks", true, &unlink);
    let reader = MetaReader::new(db.readers());
    measure("attr", || (0..COUNT).for_each(|i| drop(reader.attr(Ino(2 + i)))));
    drop(db);
    std::fs::remove_dir_all(&dir).expect("the temporary directory can be removed");
}
