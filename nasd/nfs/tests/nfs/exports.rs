//! Export rules, checked at every call: who gets in, as whom, and to do what.

use crate::rig::{PEER, Rig, export, mode, open_exports, rule, status};
use bytes::Bytes;
use nasd_base::export::{ANONYMOUS, ClientRule, Squash};
use nasd_base::file::SetAttr;
use nasd_fs::Stability;
use nasd_nfs::Status;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::mount::types::MountStatus;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::access::right;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::mknod::Special;
use nfs_client::{Client, ClientError, ClientResult};
use std::sync::atomic::Ordering::SeqCst;

/// A file and directories that exist already.
struct Tree {
    root: FileHandle,
    file: FileHandle,
}

async fn tree(rig: &Rig) -> Tree {
    let (client, root) = rig.root().await;
    let file = client.create(&root, "file", How::Guarded(mode(0o600))).await.unwrap().handle.unwrap();
    client.write(&file, 0, Stability::FileSync, Bytes::from_static(b"secret")).await.unwrap();
    client.mkdir(&root, "dir", mode(0o700)).await.unwrap();
    Tree { root, file }
}

/// Every modifying procedure, and what became of it.
async fn modify(client: &Client, tree: &Tree) -> Vec<(&'static str, Option<Status>)> {
    fn outcome<T>(result: ClientResult<T>) -> Option<Status> {
        result.err().map(|error| error.status().unwrap())
    }
    let (root, file) = (&tree.root, &tree.file);
    let data = Bytes::from_static(b"overwritten");
    vec![
        ("SETATTR", outcome(client.setattr(file, mode(0o666), None).await)),
        ("WRITE", outcome(client.write(file, 0, Stability::FileSync, data).await)),
        ("COMMIT", outcome(client.commit(file).await)),
        ("CREATE", outcome(client.create(root, "f", How::Unchecked(mode(0o600))).await)),
        ("CREATE exclusive", outcome(client.create(root, "x", How::Exclusive(1)).await)),
        ("MKDIR", outcome(client.mkdir(root, "d", mode(0o700)).await)),
        ("SYMLINK", outcome(client.symlink(root, "l", "t", SetAttr::default()).await)),
        ("MKNOD", outcome(client.mknod(root, "p", Special::Fifo { set: mode(0o600) }).await)),
        ("LINK", outcome(client.link(file, root, "link").await)),
        ("RENAME", outcome(client.rename(root, "file", root, "renamed").await)),
        ("RENAME back", outcome(client.rename(root, "renamed", root, "file").await)),
        ("REMOVE", outcome(client.remove(root, "file").await)),
        ("RMDIR", outcome(client.rmdir(root, "dir").await)),
    ]
}

/// Every procedure that only looks.
async fn look(client: &Client, tree: &Tree) -> Vec<(&'static str, Option<Status>)> {
    fn outcome<T>(result: ClientResult<T>) -> Option<Status> {
        result.err().map(|error| error.status().unwrap())
    }
    let (root, file) = (&tree.root, &tree.file);
    vec![
        ("GETATTR", outcome(client.getattr(file).await)),
        ("LOOKUP", outcome(client.lookup(root, "dir").await)),
        ("LOOKUP .", outcome(client.lookup(root, ".").await)),
        ("ACCESS", outcome(client.access(file, right::ALL).await)),
        ("READ", outcome(client.read(file, 0, 100).await)),
        ("READDIR", outcome(client.readdir(root, 0, 4096).await)),
        ("READDIRPLUS", outcome(client.readdirplus(root, 0, 4096, 4096).await)),
        ("FSSTAT", outcome(client.fsstat(root).await)),
        ("FSINFO", outcome(client.fsinfo(root).await)),
        ("PATHCONF", outcome(client.pathconf(root).await)),
    ]
}

#[tokio::test]
async fn nothing_is_open_by_default() {
    let rig = Rig::new();
    let tree = tree(&rig).await;
    let client = rig.client(0, 0);
    for exports in [vec![], vec![export("/demo", 1, vec![])], open_exports().split_off(1)] {
        rig.exports.set(exports);
        let calls = rig.files.calls.load(SeqCst);
        assert!(client.mount("/demo").await.is_err());
        for (name, outcome) in look(&client, &tree).await.into_iter().chain(modify(&client, &tree).await) {
            assert_eq!(outcome, Some(Status::Access), "{name}");
        }
        assert_eq!(rig.files.calls.load(SeqCst), calls, "the file service was asked");
    }
    rig.exports.set(open_exports());
    for (name, outcome) in look(&client, &tree).await {
        assert_eq!(outcome, None, "{name}");
    }
}

#[tokio::test]
async fn a_client_outside_the_network_is_refused_with_a_stolen_handle() {
    let rig = Rig::new();
    let tree = tree(&rig).await;
    rig.exports.set(vec![export("/demo", 1, vec![rule("192.0.2.0/24", Squash::None, false)])]);
    let outside = rig.client_from("198.51.100.1:700", RpcCredential::sys(0, 0, &[]));
    assert_eq!(status(outside.getattr(&tree.root).await), Status::Access);
    let mapped = rig.client_from("[::ffff:192.0.2.77]:700", RpcCredential::sys(0, 0, &[]));
    mapped.getattr(&tree.root).await.unwrap();
    let v6 = rig.client_from("[2001:db8::1]:700", RpcCredential::sys(0, 0, &[]));
    assert_eq!(status(v6.getattr(&tree.root).await), Status::Access);
}

/// Any user of a client could open a socket and be root in an export: AUTH_SYS was believed from every port.
#[tokio::test]
async fn calls_from_ports_that_any_user_has_are_taken_by_insecure_rules_only() {
    let rig = Rig::new();
    let tree = tree(&rig).await;
    let secure = rule("192.0.2.0/24", Squash::None, false);
    rig.exports.set(vec![export("/demo", 1, vec![secure.clone()])]);
    let low = rig.client_from("192.0.2.1:1023", RpcCredential::sys(0, 0, &[]));
    let high = rig.client_from("192.0.2.1:1024", RpcCredential::sys(0, 0, &[]));
    let calls = rig.files.calls.load(SeqCst);
    high.null().await.unwrap();
    assert_eq!(high.mount("/demo").await, Err(ClientError::Mount(MountStatus::Access)));
    for (name, outcome) in look(&high, &tree).await.into_iter().chain(modify(&high, &tree).await) {
        assert_eq!(outcome, Some(Status::Access), "{name}");
    }
    assert_eq!(rig.files.calls.load(SeqCst), calls, "the file service was asked");
    assert_eq!(low.mount("/demo").await, Ok(tree.root.clone()));
    for (name, outcome) in look(&low, &tree).await {
        assert_eq!(outcome, None, "{name}");
    }
    rig.exports.set(vec![export("/demo", 1, vec![ClientRule { insecure: true, ..secure }])]);
    assert_eq!(high.mount("/demo").await, Ok(tree.root.clone()));
    for (name, outcome) in look(&high, &tree).await {
        assert_eq!(outcome, None, "{name}");
    }
}

#[tokio::test]
async fn a_read_only_export_refuses_every_modifying_procedure() {
    let rig = Rig::new();
    let tree = tree(&rig).await;
    rig.exports.set(vec![export("/demo", 1, vec![rule("0.0.0.0/0", Squash::None, true)])]);
    let client = rig.client(0, 0);
    let changes = rig.files.changes.load(SeqCst);
    for (name, outcome) in modify(&client, &tree).await {
        assert_eq!(outcome, Some(Status::ReadOnly), "{name}");
    }
    for (name, outcome) in look(&client, &tree).await {
        assert_eq!(outcome, None, "{name}");
    }
    assert_eq!(rig.files.changes.load(SeqCst), changes);
    assert_eq!(client.read_all(&tree.file).await.unwrap(), b"secret");
    assert_eq!(client.access(&tree.file, right::ALL).await.unwrap().granted, right::READ);
    assert_eq!(client.access(&tree.root, right::ALL).await.unwrap().granted, right::READ | right::LOOKUP);
}

#[tokio::test]
async fn a_file_cannot_be_linked_or_moved_out_of_a_read_only_export() {
    let rig = Rig::new();
    let tree = tree(&rig).await;
    let client = rig.client(0, 0);
    let other = client.mount("/other").await.unwrap();
    let [open, closed] = [false, true].map(|read_only| rule("0.0.0.0/0", Squash::None, read_only));
    rig.exports.set(vec![export("/demo", 1, vec![closed]), export("/other", 2, vec![open])]);
    assert_eq!(status(client.link(&tree.file, &other, "l").await), Status::ReadOnly);
    assert_eq!(status(client.rename(&tree.root, "file", &other, "f").await), Status::ReadOnly);
    assert_eq!(status(client.rename(&other, "f", &tree.root, "g").await), Status::ReadOnly);
}

#[tokio::test]
async fn no_procedure_reaches_the_volume_as_root_when_root_is_squashed() {
    for squash in [Squash::Root, Squash::All] {
        let rig = Rig::new();
        let tree = tree(&rig).await;
        rig.exports.set(vec![export("/demo", 1, vec![rule("0.0.0.0/0", squash, false)])]);
        let root_user = rig.client_from(PEER, RpcCredential::sys(0, 0, &[0, 4, 0]));
        let nobody = rig.client_from(PEER, RpcCredential::None);
        rig.files.callers.lock().clear();
        for client in [root_user, nobody] {
            client.mount("/demo/dir").await.unwrap_or_default();
            look(&client, &tree).await;
            modify(&client, &tree).await;
            for name in ["f", "d", "l", "p", "x"] {
                let owner = client.lookup(&tree.root, name).await.unwrap().attr.unwrap();
                assert_eq!((owner.uid, owner.gid), (ANONYMOUS, ANONYMOUS), "{name} under {squash:?}");
            }
        }
        let callers = rig.files.callers.lock();
        assert!(callers.len() > 40);
        for caller in callers.iter() {
            assert!(caller.uid == ANONYMOUS && caller.gid == ANONYMOUS && !caller.groups.contains(&0));
            assert!(squash == Squash::Root || caller.groups.is_empty());
        }
    }
}

#[tokio::test]
async fn squashed_root_cannot_use_roots_files() {
    let rig = Rig::new();
    let tree = tree(&rig).await;
    rig.exports.set(vec![export("/demo", 1, vec![rule("0.0.0.0/0", Squash::Root, false)])]);
    let client = rig.client(0, 0);
    assert_eq!(status(client.read(&tree.file, 0, 10).await), Status::Access);
    let data = Bytes::from_static(b"x");
    assert_eq!(status(client.write(&tree.file, 0, Stability::FileSync, data).await), Status::Access);
    assert_eq!(status(client.setattr(&tree.file, mode(0o777), None).await), Status::Perm);
    assert_eq!(client.access(&tree.file, right::ALL).await.unwrap().granted, 0);
    let device = Special::Char { set: mode(0o666), major: 1, minor: 1 };
    assert_eq!(status(client.mknod(&tree.root, "mem", device).await), Status::Perm);
    let own = client.create(&tree.root, "own", How::Guarded(mode(0o600))).await.unwrap().handle.unwrap();
    let as_root = How::Guarded(SetAttr { uid: Some(0), ..mode(0o4755) });
    assert_eq!(status(client.create(&tree.root, "suid", as_root).await), Status::Perm);
    let steal = SetAttr { uid: Some(0), ..SetAttr::default() };
    assert_eq!(status(client.setattr(&own, steal, None).await), Status::Perm);
}

#[tokio::test]
async fn users_keep_their_ids_and_groups_under_root_squash() {
    let rig = Rig::new();
    let tree = tree(&rig).await;
    rig.exports.set(vec![export("/demo", 1, vec![rule("0.0.0.0/0", Squash::Root, false)])]);
    let user = rig.client_from(PEER, RpcCredential::sys(1000, 1000, &[24, 27]));
    let made = user.create(&tree.root, "mine", How::Guarded(mode(0o640))).await.unwrap();
    assert_eq!((made.attr.unwrap().uid, made.attr.unwrap().gid), (1000, 1000));
    let group = SetAttr { gid: Some(27), ..SetAttr::default() };
    user.setattr(&made.handle.unwrap(), group, None).await.unwrap();
}
