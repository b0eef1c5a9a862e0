//! What is remembered of clients that the export rules refuse.

use crate::rig::{Rig, export, mode, rule, status};
use nasd_base::export::{ClientRule, RefusedBy, Squash};
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nasd_nfs::{Refused, Status};
use std::sync::atomic::Ordering::Relaxed;

/// Who was refused what by which rule, as which user and how often; the latest first.
fn told(rig: &Rig) -> Vec<(String, String, RefusedBy, Option<u32>, u64)> {
    let row = |one: Refused| (one.client.to_string(), one.path, one.by, one.user, one.times);
    rig.server.refused().into_iter().map(row).collect()
}

#[tokio::test]
async fn a_refused_mount_is_remembered_with_the_rule_whoever_asks() {
    let rig = Rig::new();
    let secure = rule("192.0.2.0/28", Squash::None, false);
    rig.exports.set(vec![export("/demo", 1, vec![secure])]);
    let stranger = rig.client_from("198.51.100.7:700", RpcCredential::sys(1000, 1000, &[]));
    rig.clock.0.store(100, Relaxed);
    stranger.mount("/demo/deep/er").await.unwrap_err();
    rig.clock.0.store(150, Relaxed);
    stranger.mount("/dmeo").await.unwrap_err();
    rig.clock.0.store(200, Relaxed);
    stranger.mount("/demo").await.unwrap_err();
    rig.clock.0.store(300, Relaxed);
    let high = rig.client_from("192.0.2.1:1024", RpcCredential::None);
    high.mount("/demo").await.unwrap_err();
    rig.clock.0.store(400, Relaxed);
    let known = rig.client_from("192.0.2.2:700", RpcCredential::sys(0, 0, &[]));
    known.mount("/other").await.unwrap_err();
    let row =
        |client: &str, path: &str, by, user, times| (client.to_owned(), path.to_owned(), by, user, times);
    let expected = [
        row("192.0.2.2", "/other", RefusedBy::NoExport, Some(0), 1),
        row("192.0.2.1", "/demo", RefusedBy::Port, None, 1),
        row("198.51.100.7", "/demo", RefusedBy::NoRule, Some(1000), 2),
        row("198.51.100.7", "/dmeo", RefusedBy::NoExport, Some(1000), 1),
    ];
    assert_eq!(told(&rig), expected);
    let entry = rig.server.refused().into_iter().find(|one| one.times == 2).unwrap();
    assert_eq!((entry.first.secs, entry.last.secs), (100, 200));
    let entry = rig.server.refused().into_iter().find(|one| one.by == RefusedBy::Port).unwrap();
    assert_eq!(entry.network.unwrap().to_string(), "192.0.2.0/28");
}

#[tokio::test]
async fn refused_operations_are_remembered_and_what_permissions_refuse_is_not() {
    let rig = Rig::new();
    let (owner, root) = rig.root().await;
    owner.mkdir(&root, "closed", mode(0o700)).await.unwrap();
    rig.exports.set(vec![export("/demo", 1, vec![rule("0.0.0.0/0", Squash::All, true)])]);
    let client = rig.client(1000, 1000);
    for _ in 0..3 {
        let made = client.create(&root, "f", How::Unchecked(mode(0o600))).await;
        assert_eq!(status(made), Status::ReadOnly);
    }
    client.mount("/demo/closed/x").await.unwrap_err();
    client.mount("/demo/none").await.unwrap_err();
    let known = told(&rig);
    assert_eq!(known, [("192.0.2.1".into(), "/demo".into(), RefusedBy::ReadOnly, Some(1000), 3)]);
}

/// An administrator took a rule away, and the client that had the export mounted saw errors that nobody could explain.
#[tokio::test]
async fn a_client_that_no_rule_names_any_more_is_remembered_when_it_goes_on() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let elsewhere = rule("198.51.100.7", Squash::Root, false);
    for exports in [
        vec![export("/demo", 1, vec![elsewhere.clone()])],
        vec![export("/demo", 1, vec![]), export("/other", 2, vec![rule("0.0.0.0/0", Squash::Root, false)])],
    ] {
        rig.exports.set(exports);
        assert_eq!(status(client.getattr(&root).await), Status::Access);
    }
    assert_eq!(told(&rig), [("192.0.2.1".into(), "/demo".into(), RefusedBy::NoRule, Some(0), 2)]);
    rig.exports.set(vec![export("/other", 2, vec![ClientRule { insecure: true, ..elsewhere }])]);
    assert_eq!(status(client.getattr(&root).await), Status::Access);
    assert_eq!(told(&rig).len(), 1, "what is not exported has no path");
}

#[tokio::test]
async fn forged_handles_of_strangers_leave_nothing_behind() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    rig.exports.set(vec![export("/demo", 1, vec![])]);
    let stranger = rig.client_from("198.51.100.7:700", RpcCredential::None);
    let mut forged = root.0.to_vec();
    forged[43] ^= 1;
    assert_eq!(status(stranger.getattr(&nasd_nfs::FileHandle(forged.into())).await), Status::Access);
    assert!(told(&rig).is_empty());
}
