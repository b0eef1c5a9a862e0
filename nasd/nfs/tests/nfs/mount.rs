//! The MOUNT protocol.

use crate::rig::{PEER, Rig, export, mode, rule};
use nasd_base::export::Squash;
use nasd_nfs::mount::types::MountStatus;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nfs_client::ClientError;

fn refused<T: std::fmt::Debug>(result: Result<T, ClientError>) -> MountStatus {
    match result {
        Err(ClientError::Mount(status)) => status,
        other => panic!("expected a refused mount, got {other:?}"),
    }
}

#[tokio::test]
async fn directories_below_an_export_can_be_mounted() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let a = client.mkdir(&root, "a", mode(0o755)).await.unwrap().handle.unwrap();
    let b = client.mkdir(&a, "b", mode(0o755)).await.unwrap().handle.unwrap();
    client.create(&a, "file", How::Guarded(mode(0o644))).await.unwrap();
    client.symlink(&root, "link", "a", mode(0o777)).await.unwrap();
    for path in ["/demo/a/b", "/demo//a/./b/", "//demo/a/b"] {
        assert_eq!(client.mount(path).await.unwrap(), b, "{path}");
    }
    assert_eq!(client.mount("/demo/").await.unwrap(), root);
    assert_eq!(client.mount_details("/demo").await.unwrap().flavors, [1]);
    assert_eq!(refused(client.mount("/demo/missing").await), MountStatus::NoEnt);
    assert_eq!(refused(client.mount("/demo/a/file").await), MountStatus::NotDir);
    assert_eq!(refused(client.mount("/demo/link").await), MountStatus::NotDir);
    assert_eq!(refused(client.mount("/demo/a/../a").await), MountStatus::Inval);
    assert_eq!(refused(client.mount("demo").await), MountStatus::Inval);
    assert_eq!(refused(client.mount("/dem").await), MountStatus::Access);
    assert_eq!(refused(client.mount("/demos").await), MountStatus::Access);
    assert_eq!(refused(client.mount("/").await), MountStatus::Access);
    let long = format!("/demo/{}", "x".repeat(256));
    assert_eq!(refused(client.mount(&long).await), MountStatus::NameTooLong);
}

#[tokio::test]
async fn nobody_mounts_what_he_could_not_walk_to() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let private = client.mkdir(&root, "private", mode(0o700)).await.unwrap().handle.unwrap();
    client.mkdir(&private, "inner", mode(0o777)).await.unwrap();
    client.mount("/demo/private/inner").await.unwrap();
    assert_eq!(refused(rig.client(10, 10).mount("/demo/private/inner").await), MountStatus::Access);
    let nobody = rig.client_from(PEER, RpcCredential::None);
    assert_eq!(refused(nobody.mount("/demo/private/inner").await), MountStatus::Access);
}

#[tokio::test]
async fn the_longest_export_wins() {
    let rig = Rig::new();
    let all = rule("0.0.0.0/0", Squash::None, false);
    rig.exports.set(vec![
        export("/", 1, vec![all.clone()]),
        export("/a/b", 2, vec![all]),
        export("/a/b/c", 1, vec![rule("198.51.100.0/24", Squash::None, false)]),
    ]);
    let client = rig.client(0, 0);
    let second = client.mount("/a/b").await.unwrap();
    assert_eq!(client.getattr(&second).await.unwrap().fsid, crate::rig::CLUSTER ^ 2);
    client.mkdir(&second, "c", mode(0o755)).await.unwrap();
    let below = client.mount("/a/b/c").await.unwrap();
    assert_eq!(below, client.lookup(&second, "c").await.unwrap().file);
    let first = client.mount("/").await.unwrap();
    assert_eq!(client.getattr(&first).await.unwrap().fsid, crate::rig::CLUSTER ^ 1);
}

#[tokio::test]
async fn clients_see_the_exports_they_may_mount_and_their_own_mounts() {
    let rig = Rig::new();
    let mine = rule("192.0.2.0/24", Squash::Root, false);
    let others = rule("198.51.100.0/24", Squash::Root, false);
    rig.exports.set(vec![
        export("/mine", 1, vec![others.clone(), mine]),
        export("/theirs", 2, vec![others]),
        export("/closed", 2, vec![]),
    ]);
    let client = rig.client(0, 0);
    let listed = client.exports().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(&listed[0].path.0[..], b"/mine");
    assert_eq!(listed[0].groups.len(), 1);
    assert_eq!(&listed[0].groups[0].0[..], b"192.0.2.0/24");
    let stranger = rig.client_from("203.0.113.5:700", RpcCredential::sys(0, 0, &[]));
    assert!(stranger.exports().await.unwrap().is_empty());

    client.mount("/mine").await.unwrap();
    rig.client_from("198.51.100.9:700", RpcCredential::sys(0, 0, &[])).mount("/theirs").await.unwrap();
    let mounts = client.mounts().await.unwrap();
    assert_eq!(mounts.len(), 1);
    assert_eq!((&mounts[0].host.0[..], &mounts[0].path.0[..]), (&b"192.0.2.1"[..], &b"/mine"[..]));
    client.unmount("/mine").await.unwrap();
    assert!(client.mounts().await.unwrap().is_empty());
    client.mount("/mine").await.unwrap();
    client.unmount_all().await.unwrap();
    assert!(client.mounts().await.unwrap().is_empty());
}
