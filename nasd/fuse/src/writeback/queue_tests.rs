//! The queue against a model: a server that remembers some writes and forgets others.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;
use tokio::sync::Semaphore;

const MEMORY: usize = 1 << 20;

struct Bench {
    queue: Queue,
    memory: Arc<Semaphore>,
}

impl Bench {
    fn new() -> Bench {
        Bench { queue: Queue::default(), memory: Arc::new(Semaphore::new(MEMORY)) }
    }

    fn add(&mut self, offset: u64, data: &[u8]) {
        let share = self.memory.clone().try_acquire_many_owned(data.len() as u32).unwrap();
        self.queue.add(offset, data.into(), Caller::root(), share, 64);
    }

    fn send(&mut self, verifier: u64) -> Vec<(u64, Vec<u8>)> {
        let mut sent = Vec::new();
        while let Some(next) = self.queue.next() {
            sent.push((next.offset, next.data.to_vec()));
            self.queue.sent(Stability::Unstable, WriteVerifier(verifier));
        }
        sent
    }

    fn retained(&self) -> Vec<(u64, Vec<u8>)> {
        let mut pieces: Vec<_> =
            self.queue.retained.iter().map(|kept| (kept.offset, kept.data.to_vec())).collect();
        pieces.sort();
        pieces
    }

    fn used(&self) -> usize {
        MEMORY - self.memory.available_permits()
    }
}

#[test]
fn neighbouring_writes_become_one() {
    let mut bench = Bench::new();
    bench.add(0, b"ab");
    bench.add(2, b"cd");
    bench.add(1, b"XY");
    assert_eq!(bench.used(), 4);
    assert_eq!(bench.send(1), vec![(0, b"aXYd".to_vec())]);
}

#[test]
fn distant_writes_keep_their_order() {
    let mut bench = Bench::new();
    bench.add(10, b"late");
    bench.add(0, b"early");
    bench.add(10, b"LATE");
    let sent = bench.send(1);
    assert_eq!(sent, vec![(10, b"late".to_vec()), (0, b"early".to_vec()), (10, b"LATE".to_vec())]);
    assert_eq!(bench.retained(), vec![(0, b"early".to_vec()), (10, b"LATE".to_vec())]);
}

#[test]
fn a_joined_write_stays_within_one_call() {
    let mut bench = Bench::new();
    for index in 0..100 {
        bench.add(index, b"x");
    }
    assert!(bench.send(1).iter().all(|(_, data)| data.len() <= 64));
}

#[test]
fn a_write_not_yet_acknowledged_is_given_again() {
    let mut bench = Bench::new();
    bench.add(0, b"data");
    assert_eq!(bench.queue.next(), bench.queue.next());
    bench.queue.sent(Stability::Unstable, WriteVerifier(1));
    assert_eq!(bench.queue.next(), None);
}

#[test]
fn a_commit_under_the_same_verifier_frees_the_memory() {
    let mut bench = Bench::new();
    bench.add(0, b"data");
    bench.send(1);
    let stamp = bench.queue.stamp();
    bench.queue.committed(stamp, WriteVerifier(1));
    assert!(bench.queue.is_clean());
    assert_eq!(bench.used(), 0);
}

#[test]
fn a_commit_covers_only_what_was_acknowledged_before_it() {
    let mut bench = Bench::new();
    bench.add(0, b"old");
    bench.send(1);
    let stamp = bench.queue.stamp();
    bench.add(10, b"new");
    bench.send(1);
    bench.queue.committed(stamp, WriteVerifier(1));
    assert_eq!(bench.retained(), vec![(10, b"new".to_vec())]);
}

/// A commit reached the new leader, which had nothing; before its answer was seen, the data was sent again
/// under the new verifier. The answer must not count for it.
#[test]
fn a_commit_on_its_way_does_not_cover_a_replay() {
    let mut bench = Bench::new();
    bench.add(0, b"data");
    bench.send(1);
    let stamp = bench.queue.stamp();
    let lost = bench.queue.next_lost(WriteVerifier(2)).unwrap();
    bench.queue.replayed(lost.stamp, Stability::Unstable, WriteVerifier(2));
    bench.queue.committed(stamp, WriteVerifier(2));
    assert_eq!(bench.retained(), vec![(0, b"data".to_vec())]);
}

#[test]
fn what_was_cut_off_is_not_replayed() {
    let mut bench = Bench::new();
    bench.add(0, b"0123456789");
    bench.send(1);
    bench.queue.cut(8..u64::MAX);
    bench.queue.cut(3..5);
    assert_eq!(bench.retained(), vec![(0, b"012".to_vec()), (5, b"567".to_vec())]);
    assert_eq!(bench.used(), 6);
}

#[test]
fn a_failure_is_told_to_each_handle_once() {
    let mut bench = Bench::new();
    let (mut first, mut second) = (bench.queue.seen_at_open(), bench.queue.seen_at_open());
    bench.add(0, b"data");
    bench.queue.next();
    bench.queue.send_failed(Errno::NoSpace);
    assert_eq!(bench.used(), 0);
    assert_eq!(bench.queue.seen_at_open(), 0, "nobody was told: the next opener is");
    assert_eq!(bench.queue.report(&mut first), Err(Errno::NoSpace));
    assert_eq!(bench.queue.report(&mut first), Ok(()));
    assert_eq!(bench.queue.pending_failure(second), Err(Errno::NoSpace));
    assert_eq!(bench.queue.report(&mut second), Err(Errno::NoSpace));
    assert_eq!(bench.queue.seen_at_open(), 1);
}

#[test]
fn a_later_write_makes_an_older_modification_time_void() {
    let mut bench = Bench::new();
    bench.add(0, b"data");
    bench.send(1);
    bench.queue.mtime_was_set(Timestamp { secs: 5, nanos: 0 });
    assert!(bench.queue.mtime_to_restore().is_some());
    bench.add(9, b"more");
    bench.send(1);
    assert_eq!(bench.queue.mtime_to_restore(), None);
}

#[derive(Clone, Debug)]
enum Step {
    Write { offset: u64, len: usize, byte: u8 },
    Send,
    Truncate { size: u64 },
    FailOver,
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u64..200, 1usize..60, 1u8..).prop_map(|(offset, len, byte)| Step::Write { offset, len, byte }),
        2 => Just(Step::Send),
        1 => (0u64..200).prop_map(|size| Step::Truncate { size }),
        1 => Just(Step::FailOver),
        1 => Just(Step::Commit),
    ]
}

fn put(file: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let end = offset as usize + data.len();
    file.resize(file.len().max(end), 0);
    file[offset as usize..end].copy_from_slice(data);
}

/// Whatever is written, cut, lost and replayed: after a last commit the disk has what programs wrote.
fn run(steps: Vec<Step>) {
    let mut bench = Bench::new();
    let (mut model, mut server, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    let mut verifier = 1;
    let commit = |bench: &mut Bench, server: &mut Vec<u8>, disk: &mut Vec<u8>, verifier| {
        for (offset, data) in bench.send(verifier) {
            put(server, offset, &data);
        }
        while let Some(lost) = bench.queue.next_lost(WriteVerifier(verifier)) {
            put(server, lost.offset, &lost.data);
            bench.queue.replayed(lost.stamp, Stability::Unstable, WriteVerifier(verifier));
        }
        disk.clone_from(server);
        let stamp = bench.queue.stamp();
        bench.queue.committed(stamp, WriteVerifier(verifier));
        assert!(bench.queue.is_clean());
        assert_eq!(bench.used(), 0);
    };
    for step in steps {
        match step {
            Step::Write { offset, len, byte } => {
                let data = vec![byte; len];
                put(&mut model, offset, &data);
                bench.add(offset, &data);
            }
            Step::Send => {
                for (offset, data) in bench.send(verifier) {
                    put(&mut server, offset, &data);
                }
            }
            Step::Truncate { size } => {
                for (offset, data) in bench.send(verifier) {
                    put(&mut server, offset, &data);
                }
                for file in [&mut model, &mut server, &mut disk] {
                    file.resize(size as usize, 0);
                }
                bench.queue.cut(size..u64::MAX);
            }
            Step::FailOver => {
                server.clone_from(&disk);
                verifier += 1;
            }
            Step::Commit => commit(&mut bench, &mut server, &mut disk, verifier),
        }
        let held: usize = bench.queue.bytes();
        assert_eq!(bench.used(), held, "memory is accounted for exactly");
    }
    commit(&mut bench, &mut server, &mut disk, verifier);
    assert_eq!(disk, model);
}

proptest! {
    #[test]
    fn nothing_is_lost_whatever_happens(steps in proptest::collection::vec(step(), 0..60)) {
        run(steps);
    }
}
