//! Locks through a mounted volume: given back by whatever ends their holder.

mod memory;
mod mounted;

use mounted::mounted;
use nasd_fs::{Change, Context, Request};
use rustix::fs::{FlockOperation, fcntl_lock, flock};
use std::fs::File;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

fn open(path: &std::path::Path) -> File {
    File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap()
}

/// A release follows the close by a moment.
fn within_seconds(mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if done() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn closing_any_of_its_files_releases_a_process_from_its_locks() {
    let mut fixture = mounted();
    let path = fixture.path("f");
    let held = open(&path);
    fcntl_lock(&held, FlockOperation::LockExclusive).unwrap();
    assert_eq!(fixture.memory.locks(), 1);
    drop(File::open(&path).unwrap());
    assert_eq!(fixture.memory.locks(), 0, "a file that was only read counts, too");
    drop(held);
    fixture.stop();
}

#[test]
fn an_flock_belongs_to_the_open_file_and_goes_with_its_last_close() {
    let mut fixture = mounted();
    let path = fixture.path("f");
    let held = open(&path);
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let copy = held.try_clone().unwrap();
    drop(held);
    drop(File::open(&path).unwrap());
    assert_eq!(flock(open(&path), FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::AGAIN));
    drop(copy);
    assert!(within_seconds(|| fixture.memory.locks() == 0));
    fixture.stop();
}

/// An open file's lock was seen for a while after another thread had closed the file: the kernel does not wait for the
/// last close, and the lock was given back beside the next question.
#[test]
fn a_lock_is_free_for_whoever_asks_after_the_last_close() {
    let mut fixture = mounted();
    fixture.memory.wait_before(Arc::new(|_: &Context, request: &Request| {
        let slow = matches!(request, Request::Change(Change::Unlock { .. }));
        slow.then(|| Box::pin(tokio::time::sleep(Duration::from_millis(100))) as _)
    }));
    let path = fixture.path("f");
    let asks = open(&path);
    for round in 0..5 {
        let held = open(&path);
        flock(&held, FlockOperation::LockExclusive).unwrap();
        assert_eq!(flock(&asks, FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::AGAIN));
        std::thread::spawn(move || drop(held)).join().unwrap();
        assert_eq!(flock(&asks, FlockOperation::NonBlockingLockShared), Ok(()), "round {round}");
        flock(&asks, FlockOperation::Unlock).unwrap();
    }
    drop(asks);
    fixture.stop();
}

#[test]
fn what_was_written_under_a_lock_is_durable_when_it_is_given_back() {
    use std::io::Write;
    let mut fixture = mounted();
    let path = fixture.path("f");
    let mut held = open(&path);
    fcntl_lock(&held, FlockOperation::LockExclusive).unwrap();
    held.write_all(b"kept").unwrap();
    fcntl_lock(&held, FlockOperation::Unlock).unwrap();
    assert_eq!(fixture.memory.durable("f"), b"kept");
    drop(held);
    fixture.stop();
}

#[test]
fn a_process_that_waits_is_interrupted_by_a_signal() {
    let mut fixture = mounted();
    let path = fixture.path("f");
    let held = open(&path);
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let started = Instant::now();
    // SIGTERM after a second, and SIGKILL after twenty, which would be too late.
    let status =
        Command::new("timeout").args(["-k", "20", "1", "flock"]).arg(&path).arg("true").status().unwrap();
    assert_eq!(status.code(), Some(124));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    drop(held);
    assert!(within_seconds(|| fixture.memory.locks() == 0));
    fixture.stop();
}
