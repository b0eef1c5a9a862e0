//! Calls and replies of NFSv3 between bytes and values.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nasd_base::{Ino, NodeId, VolumeId};
use nasd_fs::{Ledger, OperationKind, Origin, Request, Stability, Stage, Trace};
use nasd_nfs::handle::{FileId, HandleKey};
use nasd_nfs::rpc::{self, Message, RpcCredential};
use nasd_nfs::v3::types::DirOp;
use nasd_nfs::v3::write::WriteArgs;
use nasd_nfs::xdr::{Decoder, Encoder, Xdr};
use std::hint::black_box;
use tokio::time::Instant;

/// NFS, version 3 (RFC 1813 §2.1).
const NFS: (u32, u32) = (100_003, 3);

fn call(procedure: u32, args: &impl Xdr) -> Bytes {
    let mut out = Encoder::new();
    rpc::encode_call(&mut out, 1, (NFS.0, NFS.1, procedure), &RpcCredential::sys(1000, 1000, &[4, 24, 27]));
    args.encode(&mut out);
    out.into_bytes()
}

fn decode<A: Xdr>(record: Bytes) -> A {
    let Ok(Message::Call(call)) = rpc::decode_call(record) else { panic!("a call") };
    let mut input = Decoder::new(call.args);
    let args = A::decode(&mut input).expect("arguments");
    input.finish().expect("nothing more");
    args
}

fn calls(criterion: &mut Criterion) {
    let key = HandleKey::new(&[7; 32]);
    let id = FileId { volume: VolumeId(1), ino: Ino(77), generation: 1 };
    let mut benches = criterion.benchmark_group("rpc");
    benches.bench_function("seal a handle", |bencher| bencher.iter(|| key.seal(black_box(id))));
    let handle = key.seal(id);
    benches.bench_function("open a handle", |bencher| bencher.iter(|| key.open(black_box(&handle))));

    let lookup = DirOp { dir: handle.clone(), name: Bytes::from_static(b"a name of some length") };
    let record = call(3, &lookup);
    benches.bench_function("encode LOOKUP", |bencher| bencher.iter(|| call(3, black_box(&lookup))));
    benches.bench_function("decode LOOKUP", |bencher| bencher.iter(|| decode::<DirOp>(record.clone())));

    let data = Bytes::from(vec![7; 256 << 10]);
    let (count, stability) = (data.len() as u32, Stability::Unstable);
    let record = call(7, &WriteArgs { file: handle, offset: 0, count, stability, data });
    benches.throughput(Throughput::Bytes(count.into()));
    benches.bench_function("decode WRITE of 256 KiB", |bencher| {
        bencher.iter(|| decode::<WriteArgs>(record.clone()));
    });
}

/// All that is noted of a READ at the leader: against what decoding its call takes, and the call itself.
fn notes(criterion: &mut Criterion) {
    let ledger = Ledger::new(NodeId(1), 1, Instant::now());
    let tab = ledger.open_tab();
    let (client, mut number) = (Origin::Nfs("192.0.2.1".parse().expect("an address")), 0);
    criterion.bench_function("notes of an operation", |bencher| {
        bencher.iter(|| {
            number += 1;
            let begun = Instant::now();
            let trace = Trace::new(ledger.next_id());
            let (part, whole) = (trace.clone(), Instant::now());
            let request = Request::Read { ino: Ino(2 + number % 1000), offset: 0, len: 4096 };
            part.note_request(Some(OperationKind::Read), &request);
            part.count(Stage::ChunkRead, Instant::now().duration_since(whole));
            trace.absorb(&part);
            trace.count(Stage::Network, whole.duration_since(begun));
            let now = Instant::now();
            tab.end(&trace, client, VolumeId(1), now.duration_since(begun), now);
        });
    });
}

criterion_group!(benches, calls, notes);
criterion_main!(benches);
