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

/// Directory 0744: a listing with attributes, from which NFS makes handles, and then a read gave another user's file.
#[tokio::test(start_paused = true)]
async fn nothing_but_names_comes_out_of_a_directory_that_may_not_be_searched() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let set = SetAttr { uid: Some(10), gid: Some(20), ..SetAttr::default() };
    for bits in 0..8u32 {
        for (who, uid, shift) in [("owner", 10, 6), ("group", 20, 3), ("other", 30, 0), ("list", 40, 3)] {
            let name = format!("{who}{bits}");
            let mode = if who == "list" { 0o070 } else { bits << shift };
            let node = NewNode::Directory;
            let set = SetAttr { mode: Some(mode), ..set };
            let (parent, mode) = (Ino::ROOT, CreateMode::Guarded);
            let made =
                root.change(Change::Create { parent, name: name.into(), node, set, mode }).await.unwrap();
            let nasd_fs::Outcome::Created { attr: dir, .. } = made else { panic!("{made:?}") };
            let (dir, set) = (dir.ino, SetAttr { mode: Some(0o666), ..SetAttr::default() });
            let inside = |name: &'static str, node| Change::Create {
                parent: dir,
                name: Bytes::from_static(name.as_bytes()),
                node,
                set,
                mode: CreateMode::Unchecked,
            };
            root.change(inside("f", NewNode::File)).await.unwrap();
            if who == "list" {
                let (ino, name) = (dir, Bytes::from_static(b"system.posix_acl_access"));
                let value = list_for(40, bits as u8);
                root.change(Change::SetXattr { ino, name, value, mode: XattrMode::Either }).await.unwrap();
            }
            let user = root.as_user(uid);
            let (reads, writes, searches) = (bits & 4 != 0, bits & 2 != 0, bits & 1 != 0);
            let told = |may: bool, what: &str, result: Result<(), Errno>| {
                let expected = if may { Ok(()) } else { Err(Errno::Access) };
                assert_eq!(result, expected, "{what} by {who} with {bits}");
            };
            told(searches, "lookup", user.ask(lookup(dir, "f")).await.map(|_| ()));
            told(searches, "lookup of ..", user.ask(lookup(dir, "..")).await.map(|_| ()));
            told(
                searches,
                "create of what is there",
                user.change(inside("f", NewNode::File)).await.map(|_| ()),
            );
            for attrs in [false, true] {
                let list = Request::ReadDir { ino: dir, cookie: 0, entries_max: 10, bytes_max: 4096, attrs };
                let listed = user.ask(list).await;
                if let Ok(Reply::Dir { entries, .. }) = &listed {
                    assert_eq!(entries.len(), 3);
                    let shown = entries.iter().filter(|entry| entry.attr.is_some()).count();
                    assert_eq!(shown, if attrs && searches { 3 } else { 0 }, "{who} with {bits}");
                }
                told(reads, "listing", listed.map(|_| ()));
            }
            let adds = writes && searches;
            let target = Bytes::from_static(b"t");
            for (name, node) in [
                ("new", NewNode::File),
                ("dir", NewNode::Directory),
                ("link", NewNode::Symlink { target }),
                ("fifo", NewNode::Fifo),
            ] {
                told(adds, name, user.change(inside(name, node)).await.map(|_| ()));
            }
            let own = SetAttr { mode: Some(0o700), uid: Some(uid), gid: Some(uid), ..SetAttr::default() };
            let (name, node) = (format!("{who}{bits}-own").into(), NewNode::Directory);
            let (parent, mode) = (Ino::ROOT, CreateMode::Guarded);
            let made = root.change(Change::Create { parent, name, node, set: own, mode }).await.unwrap();
            let nasd_fs::Outcome::Created { attr: own, .. } = made else { panic!("{made:?}") };
            let f = Bytes::from_static(b"f");
            let Ok(Reply::Entry { attr: file, .. }) = root.ask(lookup(dir, "f")).await else { panic!() };
            let into = Change::Link { ino: file.ino, parent: dir, name: Bytes::from_static(b"another") };
            told(adds, "link into it", user.change(into).await.map(|_| ()));
            let away = Change::Rename {
                from_parent: dir,
                from_name: f.clone(),
                to_parent: own.ino,
                to_name: f.clone(),
                mode: nasd_fs::RenameMode::Replace,
            };
            told(adds, "rename out of it", user.change(away).await.map(|_| ()));
            if !adds {
                root.change(inside("dir", NewNode::Directory)).await.unwrap();
                root.change(inside("fifo", NewNode::Fifo)).await.unwrap();
            }
            let gone = Change::Unlink { parent: dir, name: Bytes::from_static(b"fifo") };
            told(adds, "unlink", user.change(gone).await.map(|_| ()));
            let gone = Change::Rmdir { parent: dir, name: Bytes::from_static(b"dir") };
            told(adds, "rmdir", user.change(gone).await.map(|_| ()));
        }
    }
}

/// u::---, u:`uid`:`bits`, g::---, m::rwx, o::---
fn list_for(uid: u32, bits: u8) -> Bytes {
    let entry = |tag: u8, perm: u8, id: u32| [&[tag, 0, perm, 0][..], &id.to_le_bytes()].concat();
    let none = u32::MAX;
    let entries =
        [entry(1, 0, none), entry(2, bits, uid), entry(4, 0, none), entry(16, 7, none), entry(32, 0, none)];
    [&[2, 0, 0, 0][..], &entries.concat()].concat().into()
}

/// A program that may write to a file could make it another one that has its capabilities: an append left them on.
#[tokio::test(start_paused = true)]
async fn capabilities_are_gone_as_soon_as_something_is_written() {
    let cluster = Cluster::new(1, quiet()).await;
    let root = cluster.client(1);
    let set = SetAttr { mode: Some(0o777), ..SetAttr::default() };
    let file = root.create_with("f", set, CreateMode::Guarded).await.unwrap().ino;
    let name = Bytes::from_static(b"security.capability");
    let get = Request::GetXattr { ino: file, name: name.clone() };
    let list = Request::ListXattrs { ino: file };
    let arm = || Change::SetXattr {
        ino: file,
        name: name.clone(),
        value: Bytes::from_static(b"v"),
        mode: XattrMode::Either,
    };
    let user = root.as_user(10);
    for round in 0..3 {
        root.change(arm()).await.unwrap();
        assert_eq!(root.ask(get.clone()).await, Ok(Reply::Xattr(Bytes::from_static(b"v"))));
        match round {
            0 => drop(user.append(file, "x").await.unwrap()),
            1 => drop(root.write(file, 0, "x", Stability::Unstable).await.unwrap()),
            _ => drop(user.write(file, 0, "x", Stability::FileSync).await.unwrap()),
        }
        assert_eq!(root.ask(get.clone()).await, Err(Errno::NoData), "round {round}");
        assert_eq!(root.ask(list.clone()).await, Ok(Reply::Xattrs(vec![])));
        root.commit(file).await.unwrap();
        assert_eq!(root.ask(get.clone()).await, Err(Errno::NoData));
    }
}
