//! Chunks: encoding and decoding, and the store on this machine's disk.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nasd_base::{ChunkId, Entropy, SeededEntropy, VolumeId};
use nasd_disk::RealDisk;
use nasd_store::{ChunkKey, ChunkStore, EncodedChunk, StoreOptions};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use tokio::runtime::Runtime;

const CHUNK_BYTES: usize = 1 << 20;
/// What a small random read asks for.
const READ_BYTES: u32 = 4096;
/// Chunks that stay in the store.
const KEPT: u64 = 64;

fn noise() -> Vec<u8> {
    let mut bytes = vec![0; CHUNK_BYTES];
    SeededEntropy::new(1).fill(&mut bytes);
    bytes
}

/// What compresses about as well as program text.
fn text() -> Vec<u8> {
    let words: Vec<u8> =
        noise().iter().map(|byte| b"etaoin shrdlu\n(){};="[usize::from(byte % 20)]).collect();
    words.chunks(64).flat_map(|line| line.repeat(2)).take(CHUNK_BYTES).collect()
}

fn key(chunk: u64) -> ChunkKey {
    ChunkKey { volume: VolumeId(1), chunk: ChunkId(chunk) }
}

fn codec(criterion: &mut Criterion) {
    let mut benches = criterion.benchmark_group("chunk");
    for (kind, data) in [("noise", noise()), ("text", text())] {
        benches.throughput(Throughput::Bytes(CHUNK_BYTES as u64));
        benches
            .bench_function(format!("encode {kind}"), |bencher| bencher.iter(|| EncodedChunk::encode(&data)));
        let chunk = EncodedChunk::encode(&data);
        benches.bench_function(format!("decode {kind}"), |bencher| {
            bencher.iter(|| chunk.read(0, chunk.len()).expect("whole"));
        });
        benches.throughput(Throughput::Bytes(READ_BYTES.into()));
        benches.bench_function(format!("decode 4 KiB of {kind}"), |bencher| {
            bencher.iter(|| chunk.read(black_box(512 << 10), READ_BYTES).expect("whole"));
        });
    }
}

fn store(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let disk = Arc::new(RealDisk::open(dir.path()).expect("a disk"));
    let store = runtime.block_on(ChunkStore::open(vec![disk], StoreOptions::default())).expect("a store");
    let next = Cell::new(0);
    let data = noise();
    let put_one = || {
        let number = next.replace(next.get() + 1);
        runtime.block_on(async {
            store.put(key(number), EncodedChunk::encode(&data)).await.expect("put");
            store.flush().await.expect("flush");
            if number >= KEPT {
                store.delete(&[key(number - KEPT)]).await.expect("delete");
                store.compact_once().await.expect("compact");
            }
        });
    };
    let mut benches = criterion.benchmark_group("store");
    benches.sample_size(20).throughput(Throughput::Bytes(CHUNK_BYTES as u64));
    benches.bench_function("put and flush 1 MiB", |bencher| bencher.iter(put_one));
    benches.bench_function("read 1 MiB", |bencher| {
        put_one();
        let newest = key(next.get() - 1);
        bencher.iter(|| runtime.block_on(store.read(newest, 0, CHUNK_BYTES as u32)).expect("read"));
    });
    benches.throughput(Throughput::Bytes(READ_BYTES.into()));
    benches.bench_function("read 4 KiB", |bencher| {
        put_one();
        let newest = key(next.get() - 1);
        bencher.iter(|| runtime.block_on(store.read(newest, 512 << 10, READ_BYTES)).expect("read"));
    });
    benches.finish();
    runtime.block_on(store.close()).expect("close");
}

criterion_group!(benches, codec, store);
criterion_main!(benches);
