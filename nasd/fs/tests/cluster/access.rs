//! Who may do what, as far as the leader decides it itself.

use crate::common::*;
use bytes::Bytes;
use nasd_base::file::{NewNode, SetAttr};
use nasd_base::{Errno, Ino};
use nasd_fs::{Change, CreateMode, Reply, Request, Stability, XattrMode};

async fn directory(client: &Client, name: &'static str, mode: u32) -> Ino {
    let change = Change::Create {
        parent: Ino::ROOT,
        name: Bytes::from_static(name.as_bytes()),
        node: NewNode::Directory,
        set: SetAttr { mode: Some(mode), ..SetAttr::default() },
        mode: CreateMode::Guarded,
    };
    let nasd_fs::Outcome::Created { attr, .. } = client.change(change).await.unwrap() else { panic!() };
    attr.ino
}

fn lookup(parent: Ino, name: &'static str) -> Request {
    Request::Lookup { parent, name: Bytes::from_static(name.as_bytes()) }
}

#[tokio::test(start_paused = true)]
async fn reading_and_writing_follow_the_mode() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let set = SetAttr { mode: Some(0o640), uid: Some(10), gid: Some(20), ..SetAttr::default() };
    let file = root.create_with("f", set, CreateMode::Guarded).await.unwrap();
    let owner = root.as_user(10);
    owner.write(file.ino, 0, "abc", Stability::FileSync).await.unwrap();
    let member = root.as_user(20);
    assert_eq!(&member.read(file.ino, 0, 10).await.unwrap().0[..], b"abc");
    assert_eq!(member.write(file.ino, 0, "x", Stability::Unstable).await, Err(Errno::Access));
    let other = root.as_user(30);
    assert_eq!(other.read(file.ino, 0, 10).await, Err(Errno::Access));
    assert!(other.holding_open().read(file.ino, 0, 10).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn names_are_hidden_from_those_who_may_not_search() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let dir = directory(&root, "d", 0o700).await;
    let user = root.as_user(10);
    assert_eq!(user.ask(lookup(dir, "missing")).await, Err(Errno::Access));
    assert_eq!(root.ask(lookup(dir, "missing")).await, Err(Errno::NoEnt));
    let list = Request::ReadDir { ino: dir, cookie: 0, entries_max: 10, bytes_max: 4096, attrs: true };
    assert_eq!(user.ask(list.clone()).await, Err(Errno::Access));
    assert!(matches!(root.ask(list).await, Ok(Reply::Dir { end: true, .. })));
    let file = root.create("f").await;
    assert_eq!(root.ask(lookup(file.ino, "x")).await, Err(Errno::NotDir));
}

#[tokio::test(start_paused = true)]
async fn dot_and_dot_dot_are_found() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let dir = directory(&root, "d", 0o755).await;
    for (parent, name, expected) in [(dir, ".", dir), (dir, "..", Ino::ROOT), (Ino::ROOT, "..", Ino::ROOT)] {
        let Ok(Reply::Entry { attr, .. }) = root.ask(lookup(parent, name)).await else { panic!("{name}") };
        assert_eq!(attr.ino, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn unsaved_sizes_show_in_lookups_and_listings() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let file = root.create("f").await;
    root.write(file.ino, 0, "12345", Stability::Unstable).await.unwrap();
    let Ok(Reply::Entry { attr, .. }) = root.ask(lookup(Ino::ROOT, "f")).await else { panic!() };
    assert_eq!(attr.size, 5);
    let list = Request::ReadDir { ino: Ino::ROOT, cookie: 0, entries_max: 10, bytes_max: 4096, attrs: true };
    let Ok(Reply::Dir { entries, .. }) = root.ask(list).await else { panic!() };
    let found = entries.iter().find(|entry| entry.ino == file.ino).unwrap();
    assert_eq!(found.attr.unwrap().size, 5);
}

#[tokio::test(start_paused = true)]
async fn a_write_by_another_user_takes_setuid_away() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let set = SetAttr { mode: Some(0o4777), ..SetAttr::default() };
    for (name, stability) in [("a", Stability::Unstable), ("b", Stability::FileSync)] {
        let file = root.create_with(name, set, CreateMode::Guarded).await.unwrap();
        assert_eq!(file.mode, 0o4777);
        let (attr, _) = root.as_user(10).write(file.ino, 0, "x", stability).await.unwrap();
        assert_eq!(attr.mode, 0o777);
    }
}

#[tokio::test(start_paused = true)]
async fn trusted_attributes_are_for_root_only() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let file = root.create("f").await;
    for name in ["user.a", "trusted.b"] {
        let change = Change::SetXattr {
            ino: file.ino,
            name: Bytes::from_static(name.as_bytes()),
            value: Bytes::from_static(b"v"),
            mode: XattrMode::Either,
        };
        root.change(change).await.unwrap();
    }
    let user = root.as_user(10);
    let get =
        |name: &'static str| Request::GetXattr { ino: file.ino, name: Bytes::from_static(name.as_bytes()) };
    assert_eq!(user.ask(get("trusted.b")).await, Err(Errno::NoData));
    assert_eq!(user.ask(get("user.a")).await, Ok(Reply::Xattr(Bytes::from_static(b"v"))));
    let list = Request::ListXattrs { ino: file.ino };
    assert_eq!(user.ask(list.clone()).await, Ok(Reply::Xattrs(vec![Bytes::from_static(b"user.a")])));
    let Ok(Reply::Xattrs(all)) = root.ask(list).await else { panic!() };
    assert_eq!(all.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn only_files_can_be_read_written_and_committed() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    assert_eq!(root.read(Ino::ROOT, 0, 1).await, Err(Errno::IsDir));
    assert_eq!(root.write(Ino::ROOT, 0, "x", Stability::Unstable).await, Err(Errno::IsDir));
    assert_eq!(root.commit(Ino::ROOT).await, Err(Errno::IsDir));
    assert_eq!(root.read(Ino(99), 0, 1).await, Err(Errno::Stale));
    let file = root.create("f").await;
    assert_eq!(root.write(file.ino, u64::MAX, "x", Stability::Unstable).await, Err(Errno::FileTooBig));
    let (read, end) = root.read(file.ino, u64::MAX, 10).await.unwrap();
    assert!(read.is_empty() && end);
}
