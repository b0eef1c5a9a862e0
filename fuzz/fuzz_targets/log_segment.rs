//! A segment of the Raft log: parsed, and recovered from by a log that opens on it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nasd_disk::{BLOCK_BYTES, Disk, OpenMode, SimDisk, SimDiskOptions};
use nasd_log::format::SegmentHeader;
use nasd_log::{Log, LogOptions};
use std::sync::Arc;

/// With an even first byte the rest is a file; with an odd one, the batches of one, two bytes before each
/// saying how many there are in its blocks.
fn file_of(input: &[u8]) -> Vec<u8> {
    let Some((mode, mut rest)) = input.split_first() else { return Vec::new() };
    if mode % 2 == 0 {
        return padded(rest.to_vec());
    }
    let mut blocks = Vec::new();
    while let [low, high, more @ ..] = rest {
        let (block, after) = more.split_at(more.len().min(usize::from(*low) | usize::from(high % 32) << 8));
        blocks.extend(padded(block.to_vec()));
        rest = after;
    }
    let segment_bytes = (BLOCK_BYTES + blocks.len()) as u64;
    let header = SegmentHeader { log: 7, segment: 1, segment_bytes };
    [&header.encode()[..], &blocks].concat()
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
    bytes
}

fuzz_target!(|input: &[u8]| {
    let bytes = file_of(input);
    if let Ok(scan) = nasd_log::format::scan_segment(&bytes) {
        assert!(scan.end <= bytes.len() as u64);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let disk = SimDisk::new(1, SimDiskOptions::instant());
        let number = bytes.get(32..40).map_or(1, |number| u64::from_le_bytes(number.try_into().unwrap()));
        let name = format!("log-{number:016x}");
        let file = disk.open(&name, OpenMode::New).await.expect("a file");
        file.write_at(0, vec![bytes.into()]).await.expect("written");
        let options = LogOptions { segment_bytes: 64 << 10, cache_bytes: 64 << 10, ..LogOptions::default() };
        if let Ok(log) = Log::open(Arc::new(disk), options).await {
            log.close().await;
        }
    });
});
