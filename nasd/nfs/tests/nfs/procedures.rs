//! Every procedure through the client.

use crate::rig::{CLUSTER, Rig, mode, status};
use bytes::Bytes;
use nasd_base::file::{FILE_BYTES_MAX, FileKind, LINKS_MAX, SetAttr, SetTime};
use nasd_base::{Ino, Timestamp, VolumeId};
use nasd_fs::{Stability, TRANSFER_BYTES_MAX};
use nasd_nfs::Status;
use nasd_nfs::handle::{FileHandle, FileId, HandleKey};
use nasd_nfs::v3::access::right;
use nasd_nfs::v3::create::{Create, CreateArgs, How};
use nasd_nfs::v3::lookup::Lookup;
use nasd_nfs::v3::mknod::Special;
use nasd_nfs::v3::types::DirOp;
use nasd_nfs::v3::write::{Write, WriteArgs};
use nfs_client::Client;

async fn file(client: &Client, dir: &FileHandle, name: &str) -> FileHandle {
    client.create(dir, name, How::Guarded(mode(0o644))).await.unwrap().handle.unwrap()
}

#[tokio::test]
async fn null_answers_and_getattr_shows_the_root() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    client.null().await.unwrap();
    let attr = client.getattr(&root).await.unwrap();
    assert_eq!((attr.kind, attr.mode, attr.fileid), (FileKind::Directory, 0o777, 1));
    assert_eq!(attr.fsid, CLUSTER ^ 1);
}

#[tokio::test]
async fn setattr_changes_what_is_asked_and_nothing_else() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let before = client.getattr(&f).await.unwrap();
    let stamp = Timestamp { secs: 5, nanos: 7 };
    let set =
        SetAttr { uid: Some(9), size: Some(100), mtime: Some(SetTime::To(stamp)), ..SetAttr::default() };
    let wcc = client.setattr(&f, set, None).await.unwrap();
    assert_eq!(wcc.before.unwrap().size, 0);
    let after = client.getattr(&f).await.unwrap();
    assert_eq!(wcc.after, Some(after));
    assert_eq!((after.uid, after.size, after.mtime), (9, 100, stamp));
    assert_eq!((after.mode, after.gid, after.atime), (before.mode, before.gid, before.atime));
}

#[tokio::test]
async fn setattr_with_a_guard_that_is_out_of_date_is_not_sync() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let ctime = client.getattr(&f).await.unwrap().ctime;
    client.setattr(&f, mode(0o600), Some(ctime)).await.unwrap();
    assert_eq!(status(client.setattr(&f, mode(0o644), Some(ctime)).await), Status::NotSync);
    assert_eq!(client.getattr(&f).await.unwrap().mode, 0o600);
    let huge = SetAttr { size: Some(FILE_BYTES_MAX + 1), ..SetAttr::default() };
    assert_eq!(status(client.setattr(&f, huge, None).await), Status::FileTooBig);
}

#[tokio::test]
async fn lookup_finds_names_dot_and_dot_dot() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let d = client.mkdir(&root, "d", mode(0o755)).await.unwrap().handle.unwrap();
    let f = file(&client, &d, "f").await;
    let found = client.lookup(&d, "f").await.unwrap();
    assert_eq!(found.file, f);
    assert_eq!(found.attr, Some(client.getattr(&f).await.unwrap()));
    assert_eq!(found.dir, Some(client.getattr(&d).await.unwrap()));
    assert_eq!(client.lookup(&d, ".").await.unwrap().file, d);
    assert_eq!(client.lookup(&d, "..").await.unwrap().file, root);
    assert_eq!(client.lookup(&root, "..").await.unwrap().file, root);
    assert_eq!(status(client.lookup(&f, "x").await), Status::NotDir);
    assert_eq!(status(client.lookup(&f, ".").await), Status::NotDir);
    let op = DirOp { dir: d.clone(), name: Bytes::from_static(b"nothing") };
    let failure = client.call::<Lookup>(op).await.unwrap().unwrap_err();
    assert_eq!(failure.status, Status::NoEnt);
    assert_eq!(failure.detail, Some(client.getattr(&d).await.unwrap()));
}

#[tokio::test]
async fn access_says_what_the_mode_allows() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let other = rig.client(10, 10);
    let granted = other.access(&f, right::ALL).await.unwrap();
    assert_eq!(granted.granted, right::READ);
    assert_eq!(
        client.access(&f, right::ALL).await.unwrap().granted,
        right::READ | right::MODIFY | right::EXTEND
    );
    let all_of_a_directory = right::ALL & !right::EXECUTE;
    assert_eq!(other.access(&root, right::ALL).await.unwrap().granted, all_of_a_directory);
    assert_eq!(other.access(&root, right::LOOKUP).await.unwrap().granted, right::LOOKUP);
}

#[tokio::test]
async fn symlinks_are_made_and_read() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let made = client.symlink(&root, "l", "/no/where", SetAttr::default()).await.unwrap();
    let target = client.readlink(&made.handle.unwrap()).await.unwrap();
    assert_eq!(&target.target[..], b"/no/where");
    assert_eq!(target.attr.unwrap().kind, FileKind::Symlink);
    assert_eq!(status(client.readlink(&root).await), Status::Inval);
    assert_eq!(status(client.symlink(&root, "m", "", mode(0o777)).await), Status::NoEnt);
    assert_eq!(status(client.symlink(&root, "m", [b'x'; 4096], mode(0o777)).await), Status::NameTooLong);
    client.symlink(&root, "m", [b'x'; 4095], mode(0o777)).await.unwrap();
}

#[tokio::test]
async fn data_is_written_at_every_stability_and_read_back() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let mut offset = 0;
    for stability in [Stability::Unstable, Stability::DataSync, Stability::FileSync] {
        let done = client.write(&f, offset, stability, Bytes::from_static(b"hello")).await.unwrap();
        assert_eq!((done.count, done.stability), (5, stability));
        assert_eq!(done.wcc.before.unwrap().size, offset);
        offset += 5;
        assert_eq!(done.wcc.after.unwrap().size, offset);
        assert_eq!(client.commit(&f).await.unwrap().verifier, done.verifier);
    }
    assert_eq!(client.read_all(&f).await.unwrap(), b"hellohellohello");
    let part = client.read(&f, 5, 5).await.unwrap();
    assert_eq!((&part.data[..], part.end), (&b"hello"[..], false));
    let past = client.read(&f, 100, 5).await.unwrap();
    assert!(past.data.is_empty() && past.end);
    let far_past = client.read(&f, u64::MAX, u32::MAX).await.unwrap();
    assert!(far_past.data.is_empty() && far_past.end);
    assert_eq!(status(client.read(&root, 0, 1).await), Status::IsDir);
}

#[tokio::test]
async fn transfers_are_a_mebibyte_at_most() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let mebibyte = TRANSFER_BYTES_MAX as usize;
    let data = Bytes::from_iter((0..mebibyte + 4096).map(|at| (at / 7) as u8));
    let done = client.write(&f, 0, Stability::FileSync, data.clone()).await.unwrap();
    assert_eq!(done.count, TRANSFER_BYTES_MAX);
    client.write_all(&f, 0, Stability::Unstable, data.clone()).await.unwrap();
    assert_eq!(client.read(&f, 0, u32::MAX).await.unwrap().data, data.slice(..mebibyte));
    assert_eq!(client.read_all(&f).await.unwrap(), data);
}

#[tokio::test]
async fn writes_that_contradict_themselves_or_overflow_are_refused() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let write = |offset, count| WriteArgs {
        file: f.clone(),
        offset,
        count,
        stability: Stability::FileSync,
        data: Bytes::from_static(b"12345678"),
    };
    let refused = |args| async { client.call::<Write>(args).await.unwrap().unwrap_err() };
    assert_eq!(refused(write(0, 7)).await.status, Status::Inval);
    assert_eq!(refused(write(0, 9)).await.status, Status::Inval);
    assert_eq!(refused(write(u64::MAX, 8)).await.status, Status::FileTooBig);
    let overflow = refused(write(FILE_BYTES_MAX - 7, 8)).await;
    assert_eq!(overflow.status, Status::FileTooBig);
    assert_eq!(overflow.detail.after, Some(client.getattr(&f).await.unwrap()));
    assert_eq!(client.getattr(&f).await.unwrap().size, 0);
    let nothing = client.write(&f, 0, Stability::FileSync, Bytes::new()).await.unwrap();
    assert_eq!(nothing.count, 0);
}

#[tokio::test]
async fn create_knows_its_three_ways() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let made = client.create(&root, "f", How::Unchecked(mode(0o640))).await.unwrap();
    assert_eq!(made.attr.unwrap().mode, 0o640);
    assert!(made.dir.before.unwrap().mtime < made.dir.after.unwrap().mtime);
    let f = made.handle.unwrap();
    client.write(&f, 0, Stability::FileSync, Bytes::from_static(b"data")).await.unwrap();
    let again = client.create(&root, "f", How::Unchecked(mode(0o640))).await.unwrap();
    assert_eq!((again.handle, again.attr.unwrap().size), (Some(f.clone()), 4));
    let truncate = SetAttr { size: Some(0), ..mode(0o640) };
    assert_eq!(client.create(&root, "f", How::Unchecked(truncate)).await.unwrap().attr.unwrap().size, 0);
    assert_eq!(status(client.create(&root, "f", How::Guarded(mode(0o640))).await), Status::Exist);

    let exclusive = client.create(&root, "x", How::Exclusive(77)).await.unwrap();
    assert_eq!(exclusive.attr.unwrap().mode, 0o600);
    let repeated = client.create(&root, "x", How::Exclusive(77)).await.unwrap();
    assert_eq!(repeated.handle, exclusive.handle);
    assert_eq!(status(client.create(&root, "x", How::Exclusive(78)).await), Status::Exist);
    let at = DirOp { dir: root.clone(), name: Bytes::from_static(b"x") };
    let failure =
        client.call::<Create>(CreateArgs { at, how: How::Exclusive(78) }).await.unwrap().unwrap_err();
    assert_eq!(failure.detail.after, Some(client.getattr(&root).await.unwrap()));
    assert_eq!(failure.detail.before, None);
}

#[tokio::test]
async fn special_files_are_made_with_their_device_numbers() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let set = mode(0o600);
    let kinds = [
        ("c", Special::Char { set, major: 1, minor: 3 }, FileKind::CharDevice, (1, 3)),
        ("b", Special::Block { set, major: 8, minor: 1 }, FileKind::BlockDevice, (8, 1)),
        ("s", Special::Socket { set }, FileKind::Socket, (0, 0)),
        ("p", Special::Fifo { set }, FileKind::Fifo, (0, 0)),
    ];
    for (name, what, kind, device) in kinds {
        let attr = client.mknod(&root, name, what).await.unwrap().attr.unwrap();
        assert_eq!((attr.kind, (attr.major, attr.minor)), (kind, device));
    }
    for kind in [FileKind::File, FileKind::Directory, FileKind::Symlink] {
        assert_eq!(status(client.mknod(&root, "n", Special::Other(kind)).await), Status::BadType);
    }
    let user = rig.client(10, 10);
    assert_eq!(status(user.mknod(&root, "n", Special::Char { set, major: 1, minor: 1 }).await), Status::Perm);
}

#[tokio::test]
async fn names_are_removed_and_directories_only_when_empty() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let d = client.mkdir(&root, "d", mode(0o755)).await.unwrap().handle.unwrap();
    let f = file(&client, &d, "f").await;
    assert_eq!(status(client.rmdir(&root, "d").await), Status::NotEmpty);
    assert_eq!(status(client.remove(&root, "d").await), Status::IsDir);
    assert_eq!(status(client.rmdir(&d, "f").await), Status::NotDir);
    let wcc = client.remove(&d, "f").await.unwrap();
    assert!(wcc.before.unwrap().ctime < wcc.after.unwrap().ctime);
    assert_eq!(status(client.getattr(&f).await), Status::Stale);
    client.rmdir(&root, "d").await.unwrap();
    assert_eq!(status(client.rmdir(&root, "d").await), Status::NoEnt);
    assert_eq!(status(client.readdir(&d, 0, 4096).await), Status::Stale);
}

#[tokio::test]
async fn rename_moves_and_replaces() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let d = client.mkdir(&root, "d", mode(0o755)).await.unwrap().handle.unwrap();
    let f = file(&client, &root, "f").await;
    let g = file(&client, &d, "g").await;
    let (from, to) = client.rename(&root, "f", &d, "g").await.unwrap();
    assert_eq!(from.after, Some(client.getattr(&root).await.unwrap()));
    assert_eq!(to.after, Some(client.getattr(&d).await.unwrap()));
    assert_eq!(client.lookup(&d, "g").await.unwrap().file, f);
    assert_eq!(status(client.getattr(&g).await), Status::Stale);
    assert_eq!(status(client.rename(&root, "f", &d, "h").await), Status::NoEnt);
    let elsewhere = client.mount("/other").await.unwrap();
    assert_eq!(status(client.rename(&d, "g", &elsewhere, "g").await), Status::XDev);
    assert_eq!(status(client.link(&f, &elsewhere, "g").await), Status::XDev);
}

#[tokio::test]
async fn links_count_and_have_a_limit() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let (attr, wcc) = client.link(&f, &root, "g").await.unwrap();
    assert_eq!(attr.unwrap().nlink, 2);
    assert_eq!(wcc.after, Some(client.getattr(&root).await.unwrap()));
    assert_eq!(status(client.link(&f, &root, "g").await), Status::Exist);
    rig.files.edit(VolumeId(1), Ino(attr.unwrap().fileid), |attr| attr.nlink = LINKS_MAX);
    assert_eq!(status(client.link(&f, &root, "h").await), Status::TooManyLinks);
}

#[tokio::test]
async fn the_volume_describes_itself() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let stat = client.fsstat(&root).await.unwrap();
    assert_eq!((stat.total_bytes, stat.free_bytes, stat.available_bytes), (1 << 40, 1 << 39, 1 << 38));
    assert_eq!((stat.total_files, stat.free_files), (1_000_000, 999_999));
    let info = client.fsinfo(&root).await.unwrap();
    assert_eq!((info.read_max, info.write_max), (1 << 20, 1 << 20));
    assert_eq!(info.file_bytes_max, i64::MAX as u64);
    assert_eq!(info.time_step, Timestamp { secs: 0, nanos: 1 });
    assert_eq!(info.properties, 0x1b);
    let conf = client.pathconf(&root).await.unwrap();
    assert_eq!((conf.name_bytes_max, conf.links_max), (255, LINKS_MAX));
    assert!(conf.no_truncation && conf.chown_restricted && conf.case_preserving && !conf.case_insensitive);
}

#[tokio::test]
async fn handles_of_another_life_are_stale_and_forged_ones_are_bad() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let ino = Ino(client.getattr(&f).await.unwrap().fileid);
    let key = HandleKey::new(&crate::rig::HANDLE_KEY);
    let old = key.seal(FileId { volume: VolumeId(1), ino, generation: 12345 });
    let old_dir = key.seal(FileId { volume: VolumeId(1), ino: Ino::ROOT, generation: 12345 });
    let gone = key.seal(FileId { volume: VolumeId(1), ino: Ino(1 << 50), generation: 1 });
    let mut forged = f.0.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = FileHandle(forged.into());
    let foreign = HandleKey::new(&[8; 32]).seal(FileId { volume: VolumeId(1), ino, generation: 1 });
    let changes = rig.files.changes.load(std::sync::atomic::Ordering::SeqCst);
    let cases = [
        (&old, Status::Stale),
        (&old_dir, Status::Stale),
        (&gone, Status::Stale),
        (&forged, Status::BadHandle),
        (&foreign, Status::BadHandle),
        (&FileHandle(Bytes::new()), Status::BadHandle),
    ];
    for (handle, expected) in cases {
        assert_eq!(status(client.getattr(handle).await), expected);
        assert_eq!(status(client.setattr(handle, mode(0), None).await), expected);
        assert_eq!(status(client.lookup(handle, "f").await), expected);
        assert_eq!(status(client.access(handle, 1).await), expected);
        assert_eq!(status(client.readlink(handle).await), expected);
        assert_eq!(status(client.read(handle, 0, 1).await), expected);
        assert_eq!(status(client.write(handle, 0, Stability::FileSync, Bytes::new()).await), expected);
        assert_eq!(status(client.create(handle, "n", How::Exclusive(1)).await), expected);
        assert_eq!(status(client.mkdir(handle, "n", mode(0)).await), expected);
        assert_eq!(status(client.symlink(handle, "n", "t", mode(0)).await), expected);
        assert_eq!(status(client.mknod(handle, "n", Special::Fifo { set: mode(0) }).await), expected);
        assert_eq!(status(client.remove(handle, "f").await), expected);
        assert_eq!(status(client.rmdir(handle, "f").await), expected);
        assert_eq!(status(client.rename(handle, "f", &root, "n").await), expected);
        assert_eq!(status(client.rename(&root, "f", handle, "n").await), expected);
        assert_eq!(status(client.link(handle, &root, "n").await), expected);
        assert_eq!(status(client.link(&f, handle, "n").await), expected);
        assert_eq!(status(client.readdir(handle, 0, 4096).await), expected);
        assert_eq!(status(client.readdirplus(handle, 0, 4096, 4096).await), expected);
        assert_eq!(status(client.fsstat(handle).await), expected);
        assert_eq!(status(client.fsinfo(handle).await), expected);
        assert_eq!(status(client.pathconf(handle).await), expected);
        assert_eq!(status(client.commit(handle).await), expected);
    }
    assert_eq!(rig.files.changes.load(std::sync::atomic::Ordering::SeqCst), changes);
    assert!(rig.server.counters().bad_handles > 0 && rig.server.counters().stale_handles > 0);
}

#[tokio::test]
async fn another_node_takes_the_same_handles() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = file(&client, &root, "f").await;
    let other = rig.another_node().client(0, 0);
    assert_eq!(other.getattr(&f).await.unwrap(), client.getattr(&f).await.unwrap());
    assert_eq!(other.mount("/demo").await.unwrap(), root);
}
