//! Names that no file may have.

use crate::rig::{Rig, mode, status};
use nasd_nfs::Status;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::mknod::Special;

#[tokio::test]
async fn bad_names_are_refused_by_every_procedure_that_takes_one() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    let changes = rig.files.changes.load(std::sync::atomic::Ordering::SeqCst);
    let long = [b'x'; 256];
    let cases: [(&[u8], Status); 6] = [
        (b"", Status::Access),
        (b"a/b", Status::Access),
        (b"/", Status::Access),
        (b"a\0", Status::Access),
        (&long, Status::NameTooLong),
        (&[b'y'; 100_000], Status::NameTooLong),
    ];
    for (name, expected) in cases {
        assert_eq!(status(client.lookup(&root, name).await), expected);
        assert_eq!(status(client.create(&root, name, How::Unchecked(mode(0))).await), expected);
        assert_eq!(status(client.mkdir(&root, name, mode(0)).await), expected);
        assert_eq!(status(client.symlink(&root, name, "t", mode(0)).await), expected);
        assert_eq!(status(client.mknod(&root, name, Special::Fifo { set: mode(0) }).await), expected);
        assert_eq!(status(client.remove(&root, name).await), expected);
        assert_eq!(status(client.rmdir(&root, name).await), expected);
        assert_eq!(status(client.rename(&root, name, &root, "n").await), expected);
        assert_eq!(status(client.rename(&root, "f", &root, name).await), expected);
        assert_eq!(status(client.link(&f, &root, name).await), expected);
    }
    assert_eq!(rig.files.changes.load(std::sync::atomic::Ordering::SeqCst), changes);
    client.create(&root, &long[..255], How::Guarded(mode(0o644))).await.unwrap();
    client.lookup(&root, &long[..255]).await.unwrap();
}

#[tokio::test]
async fn dot_and_dot_dot_can_neither_be_made_nor_taken_away() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let f = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    for name in [".", ".."] {
        assert_eq!(status(client.create(&root, name, How::Unchecked(mode(0))).await), Status::Exist);
        assert_eq!(status(client.mkdir(&root, name, mode(0)).await), Status::Exist);
        assert_eq!(status(client.symlink(&root, name, "t", mode(0)).await), Status::Exist);
        assert_eq!(status(client.mknod(&root, name, Special::Fifo { set: mode(0) }).await), Status::Exist);
        assert_eq!(status(client.link(&f, &root, name).await), Status::Exist);
        assert_eq!(status(client.remove(&root, name).await), Status::Inval);
        assert_eq!(status(client.rename(&root, name, &root, "n").await), Status::Inval);
        assert_eq!(status(client.rename(&root, "f", &root, name).await), Status::Inval);
    }
    assert_eq!(status(client.rmdir(&root, ".").await), Status::Inval);
    assert_eq!(status(client.rmdir(&root, "..").await), Status::Exist);
}

#[tokio::test]
async fn names_may_be_any_other_bytes() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let names: [&[u8]; 4] = ["곳간".as_bytes(), b"\xff\xfe", b" ", b"..."];
    for name in names {
        let made = client.create(&root, name, How::Guarded(mode(0o644))).await.unwrap();
        assert_eq!(client.lookup(&root, name).await.unwrap().file, made.handle.unwrap());
    }
    let listed = client.list(&root).await.unwrap();
    assert!(names.iter().all(|name| listed.iter().any(|entry| entry.name == *name)));
}
