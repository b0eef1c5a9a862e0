//! What the log's tests share.
#![allow(dead_code, reason = "each test file uses a part")]

use bytes::Bytes;
use nasd_base::{GroupId, SeededEntropy};
use nasd_disk::{SimDisk, SimDiskOptions};
use nasd_log::{GroupLog, Log, LogEntry, LogError, LogOptions};
use std::io;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;

/// Small segments, so that a test sees many; one cached payload or so.
pub fn small() -> LogOptions {
    LogOptions {
        segment_bytes: 64 << 10,
        cache_bytes: 1000,
        spare_segments: 1,
        segments_before_cleaning: 1000,
        entropy: Arc::new(SeededEntropy::new(5)),
    }
}

pub fn sim(seed: u64) -> SimDisk {
    SimDisk::new(seed, SimDiskOptions::default())
}

pub async fn open(disk: &SimDisk, options: &LogOptions) -> Log {
    try_open(disk, options).await.unwrap_or_else(|error| panic!("{error}"))
}

pub async fn try_open(disk: &SimDisk, options: &LogOptions) -> Result<Log, LogError> {
    Log::open(Arc::new(disk.clone()), options.clone()).await
}

/// Runs a future on a runtime of its own, with time that jumps.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// A payload that no other entry has.
pub fn payload(group: GroupId, index: u64, bytes: usize) -> Bytes {
    let mut payload = format!("group {group} entry {index} ").into_bytes();
    payload.resize(bytes.max(payload.len()), index as u8);
    payload.into()
}

pub fn entries(group: &GroupLog, indexes: Range<u64>, bytes: usize) -> Vec<LogEntry> {
    let entry = |index| LogEntry { index, payload: payload(group.group(), index, bytes) };
    indexes.map(entry).collect()
}

/// Submits entries; the receiver has their fate.
pub fn submit(group: &GroupLog, entries: Vec<LogEntry>) -> oneshot::Receiver<io::Result<()>> {
    let (done, fate) = oneshot::channel();
    group.append(entries, Box::new(|result| drop(done.send(result))));
    fate
}

pub async fn append(group: &GroupLog, indexes: Range<u64>, bytes: usize) {
    submit(group, entries(group, indexes, bytes)).await.unwrap().unwrap();
}

pub async fn indexes(group: &GroupLog) -> Vec<u64> {
    let state = group.state();
    let Some(first) = state.first_index else { return Vec::new() };
    let read = group.read(first..u64::MAX, usize::MAX).await.unwrap();
    for entry in &read {
        assert!(
            entry.payload.starts_with(format!("group {} entry {} ", group.group(), entry.index).as_bytes())
        );
    }
    assert_eq!(read.last().map(|entry| entry.index), state.last_index);
    read.into_iter().map(|entry| entry.index).collect()
}

/// Polls a future once, so that what it submits is submitted now; then lets it go on by itself.
pub fn start<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> oneshot::Receiver<T> {
    let mut future = Box::pin(future);
    let (sender, receiver) = oneshot::channel();
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => drop(sender.send(result)),
        Poll::Pending => {
            tokio::spawn(async move { drop(sender.send(future.await)) });
        }
    }
    receiver
}

/// Whether a future is done by now.
pub fn is_done<T>(future: &mut oneshot::Receiver<T>) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}
