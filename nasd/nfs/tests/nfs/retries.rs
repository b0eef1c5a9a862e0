//! Calls that are repeated: carried out once, answered every time.

use crate::rig::{PEER, Raw, Rig, call, export, mode, rule, status};
use bytes::Bytes;
use nasd_base::net::{BoxFuture, Stream};
use nasd_base::{SeededEntropy, export::Squash, file::FileKind};
use nasd_fs::Stability;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::mkdir::{Mkdir, MkdirArgs};
use nasd_nfs::v3::types::DirOp;
use nasd_nfs::v3::write::{Write, WriteArgs};
use nasd_nfs::{NfsOptions, Status};
use nfs_client::{Client, Connector};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

fn mkdir(xid: u32, root: &FileHandle, name: &'static str) -> Vec<u8> {
    let at = DirOp { dir: root.clone(), name: Bytes::from_static(name.as_bytes()) };
    call::<Mkdir>(xid, &MkdirArgs { at, set: mode(0o755) })
}

/// What MKDIR says when the directory exists.
const EXIST: [u8; 4] = [0, 0, 0, 17];

async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_repeated_call_gets_the_first_reply_on_any_connection() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    let mut one = Raw(rig.stream(PEER));
    let record = mkdir(9, &root, "d");
    one.send(&record).await;
    let first = one.receive().await.unwrap();
    assert_eq!(first.1.as_ref().unwrap()[..4], [0; 4]);
    one.send(&record).await;
    assert_eq!(one.receive().await.unwrap(), first);
    drop(one);
    let mut two = Raw(rig.stream("192.0.2.1:999"));
    two.send(&record).await;
    assert_eq!(two.receive().await.unwrap(), first);
    assert_eq!(rig.files.changes.load(SeqCst), 1);
    assert_eq!(rig.server.counters().retries_answered, 2);
}

#[tokio::test]
async fn another_node_answers_a_repetition_from_the_volumes_memory() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    let record = mkdir(9, &root, "d");
    let mut one = Raw(rig.stream(PEER));
    one.send(&record).await;
    let first = one.receive().await.unwrap();
    let mut other = Raw(rig.another_node().stream(PEER));
    other.send(&record).await;
    assert_eq!(other.receive().await.unwrap(), first);
    assert_eq!(rig.files.changes.load(SeqCst), 1);
}

#[tokio::test]
async fn another_xid_client_or_argument_is_another_call() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    let mut one = Raw(rig.stream(PEER));
    one.send(&mkdir(9, &root, "d")).await;
    assert!(one.receive().await.unwrap().1.is_ok());
    one.send(&mkdir(10, &root, "d")).await;
    assert_eq!(one.receive().await.unwrap().1.unwrap()[..4], EXIST);
    one.send(&mkdir(9, &root, "e")).await;
    assert_eq!(one.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
    let mut neighbour = Raw(rig.stream("192.0.2.2:700"));
    neighbour.send(&mkdir(9, &root, "d")).await;
    assert_eq!(neighbour.receive().await.unwrap().1.unwrap()[..4], EXIST);
}

#[tokio::test]
async fn a_repetition_of_a_call_in_progress_is_answered_once() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    rig.files.hold(true);
    let mut one = Raw(rig.stream(PEER));
    let record = mkdir(9, &root, "d");
    for _ in 0..3 {
        one.send(&record).await;
    }
    until(|| rig.server.counters().retries_joined == 2).await;
    rig.files.hold(false);
    let first = one.receive().await.unwrap();
    one.send(&mkdir(10, &root, "e")).await;
    assert_eq!((first.0, one.receive().await.unwrap().0), (9, 10));
    assert_eq!(rig.files.changes.load(SeqCst), 2);
}

#[tokio::test]
async fn a_repetition_on_a_new_connection_waits_for_the_call_in_progress() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    rig.files.hold(true);
    let record = mkdir(9, &root, "d");
    let mut one = Raw(rig.stream(PEER));
    one.send(&record).await;
    until(|| rig.files.running.load(SeqCst) == 1).await;
    drop(one);
    let mut two = Raw(rig.stream(PEER));
    two.send(&record).await;
    until(|| rig.server.counters().retries_joined == 1).await;
    rig.files.hold(false);
    let (xid, results) = two.receive().await.unwrap();
    assert_eq!((xid, &results.unwrap()[..4]), (9, &[0; 4][..]));
    assert_eq!(rig.files.changes.load(SeqCst), 1);
}

#[tokio::test]
async fn a_repeated_write_does_not_undo_a_newer_one() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    let write = |data: &'static [u8]| WriteArgs {
        file: file.clone(),
        offset: 0,
        count: data.len() as u32,
        stability: Stability::FileSync,
        data: Bytes::from_static(data),
    };
    let mut raw = Raw(rig.stream(PEER));
    let old = call::<Write>(1, &write(b"old"));
    for record in [&old, &call::<Write>(2, &write(b"new")), &old] {
        raw.send(record).await;
        assert_eq!(raw.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
    }
    assert_eq!(client.read_all(&file).await.unwrap(), b"new");
}

/// 66,000 refused calls of a stranger, in a second and a half, pushed everybody's replies out of the cache; a repeated
/// old WRITE was then carried out again, over newer data.
#[tokio::test]
async fn refused_calls_push_no_reply_out_of_the_cache() {
    let rig = Rig::with(NfsOptions { remembered_replies_max: 50, ..NfsOptions::default() });
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    let write = |data: &'static [u8]| WriteArgs {
        file: file.clone(),
        offset: 0,
        count: data.len() as u32,
        stability: Stability::FileSync,
        data: Bytes::from_static(data),
    };
    let (old, new) = (call::<Write>(1, &write(b"old")), call::<Write>(2, &write(b"new")));
    let mut raw = Raw(rig.stream(PEER));
    for record in [&old, &new] {
        raw.send(record).await;
        assert_eq!(raw.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
    }
    let remembered = rig.server.counters().remembered;

    rig.exports.set(vec![
        export("/demo", 1, vec![rule("192.0.2.0/24", Squash::None, false)]),
        export("/closed", 2, vec![rule("198.51.100.0/24", Squash::None, true)]),
    ]);
    // A stranger, a known client without a right to this volume, and one with a handle that was never given out.
    let mut forged = root.0.to_vec();
    forged[3] ^= 1;
    let forged = FileHandle(Bytes::from(forged));
    let callers = [("203.0.113.5:700", &root), ("198.51.100.1:700", &root), ("192.0.2.9:700", &forged)];
    for (peer, handle) in callers {
        let mut refused = Raw(rig.stream(peer));
        for xid in 0..100 {
            refused.send(&mkdir(xid, handle, "d")).await;
            assert_ne!(refused.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
        }
    }
    println!("{remembered} replies remembered, and as many after 300 refused calls");
    assert_eq!(rig.server.counters().remembered, remembered);

    raw.send(&old).await;
    assert_eq!(raw.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
    assert_eq!(client.read_all(&file).await.unwrap(), b"new");
}

#[tokio::test]
async fn a_busy_client_pushes_out_its_own_replies_only() {
    let rig = Rig::with(NfsOptions { remembered_replies_max: 50, ..NfsOptions::default() });
    let (_, root) = rig.root().await;
    let record = mkdir(9, &root, "d");
    let mut quiet = Raw(rig.stream(PEER));
    quiet.send(&record).await;
    let first = quiet.receive().await.unwrap();
    let mut busy = Raw(rig.stream("192.0.2.2:700"));
    for xid in 0..200 {
        busy.send(&mkdir(xid, &root, "d")).await;
        assert_eq!(busy.receive().await.unwrap().1.unwrap()[..4], EXIST);
    }
    quiet.send(&record).await;
    assert_eq!(quiet.receive().await.unwrap(), first);
    assert_eq!((rig.server.counters().retries_answered, rig.server.counters().remembered), (1, 50));
}

#[tokio::test]
async fn a_change_with_an_unknown_outcome_is_not_answered() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    rig.files.lose_replies(1);
    let record = mkdir(9, &root, "d");
    let mut one = Raw(rig.stream(PEER));
    one.send(&record).await;
    assert_eq!(one.receive().await, None);
    let mut two = Raw(rig.stream(PEER));
    two.send(&record).await;
    assert_eq!(two.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
    assert_eq!(rig.files.changes.load(SeqCst), 1);
    assert_eq!(rig.server.counters().unanswered, 1);
}

#[tokio::test]
async fn a_write_that_came_late_is_asked_for_again_by_closing_the_connection() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    let data = Bytes::from_static(b"data");
    let write = WriteArgs { file: file.clone(), offset: 0, count: 4, stability: Stability::FileSync, data };
    let record = call::<Write>(1, &write);
    rig.files.late_writes.store(1, SeqCst);
    let mut one = Raw(rig.stream(PEER));
    one.send(&record).await;
    assert_eq!(one.receive().await, None);
    assert_eq!(client.read_all(&file).await.unwrap(), b"");
    let mut two = Raw(rig.stream(PEER));
    two.send(&record).await;
    assert_eq!(two.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
    assert_eq!(client.read_all(&file).await.unwrap(), b"data");
}

#[tokio::test]
async fn calls_that_change_nothing_are_put_off_while_there_is_no_leader() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    let write = WriteArgs {
        file: file.clone(),
        offset: 0,
        count: 4,
        stability: Stability::FileSync,
        data: Bytes::from_static(b"data"),
    };
    let record = call::<Write>(1, &write);
    let mut raw = Raw(rig.stream(PEER));
    rig.files.leaderless.store(true, SeqCst);
    raw.send(&record).await;
    assert_eq!(raw.receive().await.unwrap().1.unwrap()[..4], (Status::Jukebox as u32).to_be_bytes());
    for result in [client.getattr(&root).await.map(|_| ()), client.read(&file, 0, 1).await.map(|_| ())] {
        assert_eq!(status(result), Status::Jukebox);
    }
    assert_eq!(status(client.commit(&file).await), Status::Jukebox);
    rig.files.leaderless.store(false, SeqCst);
    raw.send(&record).await;
    assert_eq!(raw.receive().await.unwrap().1.unwrap()[..4], [0; 4]);
    assert_eq!(client.read_all(&file).await.unwrap(), b"data");
}

/// Goes to one node after another.
struct Nodes {
    rigs: Vec<Rig>,
    turn: AtomicUsize,
}

impl Connector for Nodes {
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        let turn = self.turn.fetch_add(1, SeqCst);
        Box::pin(async move {
            if turn % 2 == 1 {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let stream: Box<dyn Stream> = Box::new(self.rigs[turn / 2 % self.rigs.len()].stream(PEER));
            Ok(stream)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_hard_client_carries_on_at_the_next_node() {
    let rig = Rig::new();
    let files = Arc::clone(&rig.files);
    let nodes = Arc::new(Nodes { rigs: vec![rig.another_node(), rig], turn: AtomicUsize::new(0) });
    let credential = RpcCredential::sys(0, 0, &[]);
    let patience = Duration::from_secs(10);
    let client = Client::hard(Arc::clone(&nodes), credential, patience, &SeededEntropy::new(1));
    let root = client.mount("/demo").await.unwrap();
    files.lose_replies(3);
    client.mkdir(&root, "d", mode(0o755)).await.unwrap();
    client.remove(&root, "d").await.map(|_| ()).unwrap_err();
    client.rename(&root, "d", &root, "e").await.unwrap();
    assert_eq!(client.lookup(&root, "e").await.unwrap().attr.unwrap().kind, FileKind::Directory);
    assert!(nodes.turn.load(SeqCst) >= 5);

    // A node that says nothing any more is given up.
    files.hold(true);
    let late = tokio::spawn({
        let (client, root) = (client.clone(), root.clone());
        async move { client.rmdir(&root, "e").await }
    });
    tokio::time::sleep(Duration::from_secs(25)).await;
    files.hold(false);
    late.await.unwrap().unwrap();
    assert_eq!(status(client.lookup(&root, "e").await), Status::NoEnt);
}

/// An acknowledged write was lost (the simulation, seed 37): a client waited in vain for a node that was cut off
/// from the leader, wrote through another and then wrote something newer; the first node, back again, still
/// carried the old write out, over the new one.
#[tokio::test]
async fn a_write_that_its_client_has_given_up_is_not_carried_out_later() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    let data = Bytes::from_static(b"old");
    let write = WriteArgs { file: file.clone(), offset: 0, count: 3, stability: Stability::FileSync, data };
    let calls = rig.server.counters().calls;
    rig.files.hold(true);
    let mut raw = Raw(rig.stream(PEER));
    raw.send(&call::<Write>(1, &write)).await;
    until(|| rig.server.counters().calls == calls + 1).await;
    drop(raw);
    tokio::time::sleep(Duration::from_millis(50)).await;
    rig.files.hold(false);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(client.read_all(&file).await.unwrap(), b"");
}
