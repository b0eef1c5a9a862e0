//! Locks that programs take through the mounts of two nodes: they exclude each other, wait, and go with whoever
//! held them.

use harness::cluster::{Cluster, pause, wait_until};
use rusqlite::Connection;
use rustix::fs::{FlockOperation, fcntl_lock, flock};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Increments by each of two processes.
const COUNTS: u64 = 500;

/// Rows that each of two writers inserts.
const ROWS: u64 = 40;

/// How long a release may take to be seen: a process is gone, a message on its way.
const SOON: Duration = Duration::from_secs(20);

/// flock(2) or fcntl(2).
type Lock = fn(&File, FlockOperation) -> rustix::io::Result<()>;

const LOCKS: [(&str, Lock); 2] =
    [("flock", |file, how| flock(file, how)), ("fcntl", |file, how| fcntl_lock(file, how))];

fn open(path: &Path) -> File {
    File::options().read(true).write(true).create(true).truncate(false).open(path).expect("open")
}

fn is_free(lock: Lock, path: &Path) -> bool {
    lock(&open(path), FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Runs a part of this file as a process of its own.
fn spawn(role: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().expect("the test's own path"))
        .args(["--exact", "a_part_of_another_test", "--ignored", "--nocapture"])
        .env("LOCK_ROLE", role)
        .env("LOCK_PATH", path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts")
}

#[test]
#[ignore = "started by the others"]
fn a_part_of_another_test() {
    let path = PathBuf::from(std::env::var_os("LOCK_PATH").expect("LOCK_PATH"));
    let role = std::env::var("LOCK_ROLE").expect("LOCK_ROLE");
    if role == "count" {
        return count(&path);
    }
    let (_, lock) = LOCKS.iter().find(|(name, _)| *name == role).expect("a role");
    let file = open(&path);
    lock(&file, FlockOperation::LockExclusive).expect("lock");
    println!("\nLOCKED");
    pause(Duration::from_secs(600));
}

/// Adds one to the number in a file, again and again.
fn count(path: &Path) {
    let file = open(path);
    for _ in 0..COUNTS {
        fcntl_lock(&file, FlockOperation::LockExclusive).expect("lock");
        let mut bytes = [0; 8];
        let read = file.read_at(&mut bytes, 0).expect("read");
        assert!(read == 0 || read == 8, "{read} bytes");
        file.write_all_at(&(u64::from_le_bytes(bytes) + 1).to_le_bytes(), 0).expect("write");
        fcntl_lock(&file, FlockOperation::Unlock).expect("unlock");
    }
}

fn wait_until_locked(child: &mut Child) {
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line == "LOCKED"), "the holder ended");
}

#[test]
fn locks_exclude_other_nodes_and_go_with_their_holder() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let leader = cluster.fuse(cluster.ready.leader).to_path_buf();
    let other = cluster.fuse(cluster.followers()[0].id).to_path_buf();
    for (name, lock) in LOCKS {
        for (here, there) in [(&leader, &other), (&other, &leader)] {
            println!("{name} at {}", here.display());
            exclude_and_wake(lock, &here.join(name), &there.join(name));
            killed_holder(name, lock, &here.join(name), &there.join(name));
            killed_waiter(name, lock, &here.join(name), &there.join(name));
        }
    }
    cluster.stop();
}

fn exclude_and_wake(lock: Lock, here: &Path, there: &Path) {
    let held = open(here);
    lock(&held, FlockOperation::LockShared).expect("a shared lock");
    let shared = open(there);
    lock(&shared, FlockOperation::NonBlockingLockShared).expect("another shared lock");
    let refused = lock(&shared, FlockOperation::NonBlockingLockExclusive);
    assert_eq!(refused, Err(rustix::io::Errno::AGAIN));
    drop(shared);
    wait_until("closing releases a shared lock", SOON, || {
        lock(&held, FlockOperation::NonBlockingLockExclusive).is_ok()
    });
    assert!(!is_free(lock, there), "two nodes hold it");
    held.write_all_at(b"before", 0).expect("write");

    let (tell, told) = mpsc::channel();
    let path = there.to_path_buf();
    let waiter = std::thread::spawn(move || {
        let file = open(&path);
        lock(&file, FlockOperation::LockExclusive).expect("wait");
        let mut bytes = [0; 6];
        file.read_exact_at(&mut bytes, 0).expect("read");
        tell.send(bytes).expect("told");
    });
    assert!(told.recv_timeout(Duration::from_secs(1)).is_err(), "it did not wait");
    held.write_all_at(b"after!", 0).expect("write");
    lock(&held, FlockOperation::Unlock).expect("unlock");
    let seen = told.recv_timeout(SOON).expect("the waiter is woken");
    assert_eq!(&seen, b"after!", "what was written under the lock is seen under the next");
    waiter.join().expect("a thread");
    wait_until("closing releases", SOON, || is_free(lock, here));
}

fn killed_holder(name: &str, lock: Lock, here: &Path, there: &Path) {
    let mut holder = spawn(name, here);
    wait_until_locked(&mut holder);
    assert!(!is_free(lock, there), "it is held");
    holder.kill().expect("kill");
    holder.wait().expect("our child");
    wait_until("the death of its holder releases a lock", SOON, || is_free(lock, there));
}

fn killed_waiter(name: &str, lock: Lock, here: &Path, there: &Path) {
    let held = open(here);
    lock(&held, FlockOperation::LockExclusive).expect("lock");
    let mut waiter = spawn(name, there);
    pause(Duration::from_millis(700));
    waiter.kill().expect("kill");
    wait_until("a process that waits can be killed", SOON, || matches!(waiter.try_wait(), Ok(Some(_))));
    drop(held);
    wait_until("it has left nothing behind", SOON, || is_free(lock, there));
}

#[test]
fn two_nodes_count_and_write_to_one_database() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let leader = cluster.fuse(cluster.ready.leader).to_path_buf();
    let others: Vec<_> = cluster.followers().iter().map(|node| cluster.fuse(node.id).to_path_buf()).collect();

    let started = tokio::time::Instant::now();
    let counters = [&leader, &others[0]].map(|mount| spawn("count", &mount.join("counter")));
    for mut counter in counters {
        assert!(counter.wait().expect("our child").success(), "a counter failed");
    }
    let bytes = fs::read(others[1].join("counter")).expect("read");
    println!("{} increments took {:?}", 2 * COUNTS, started.elapsed());
    assert_eq!(u64::from_le_bytes(bytes.try_into().expect("a number")), 2 * COUNTS);

    let started = tokio::time::Instant::now();
    database(&leader.join("db"))
        .execute_batch("CREATE TABLE t (writer INTEGER, row INTEGER)")
        .expect("create");
    std::thread::scope(|scope| {
        for (writer, mount) in [&leader, &others[0]].into_iter().enumerate() {
            scope.spawn(move || {
                let db = database(&mount.join("db"));
                for row in 0..ROWS {
                    db.execute("INSERT INTO t VALUES (?1, ?2)", [writer as i64, row as i64]).expect("insert");
                }
            });
        }
    });
    let db = database(&others[1].join("db"));
    let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("check");
    let rows: i64 = db
        .query_row("SELECT count(*) FROM (SELECT DISTINCT writer, row FROM t)", [], |row| row.get(0))
        .expect("count");
    println!("{} inserts took {:?}", 2 * ROWS, started.elapsed());
    assert_eq!((check.as_str(), rows as u64), ("ok", 2 * ROWS));
    drop(db);
    cluster.stop();
}

fn database(path: &Path) -> Connection {
    let db = Connection::open(path).expect("open");
    db.busy_timeout(Duration::from_secs(120)).expect("a timeout");
    let mode: String = db.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).expect("a mode");
    assert_eq!(mode, "delete");
    db
}

#[test]
fn locks_of_a_killed_nasd_are_free_once_it_is_back() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let leader = cluster.fuse(cluster.ready.leader).to_path_buf();
    let other = cluster.followers()[0].id;
    for (name, lock) in LOCKS {
        let held = open(&cluster.fuse(other).join(name));
        lock(&held, FlockOperation::LockExclusive).expect("lock");
        std::mem::forget(held);
    }
    cluster.kill_node(other);
    for (name, lock) in LOCKS {
        assert!(!is_free(lock, &leader.join(name)), "a node that is silent keeps its locks");
    }
    for (name, lock) in LOCKS {
        wait_until("the node comes back without them", Duration::from_secs(90), || {
            is_free(lock, &leader.join(name))
        });
    }
    // The mounts of a killed node are the demo's to clean up.
    cluster.stop();
}
