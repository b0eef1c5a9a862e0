//! Who the clients are, what they do with which volume, and what is known of them when they have left.

use crate::rig::{PEER, Rig, mode};
use bytes::Bytes;
use nasd_base::VolumeId;
use nasd_fs::Stability;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

async fn left(rig: &Rig) {
    while !rig.server.clients().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_client_is_counted_by_volume_and_remembered_when_it_has_left() {
    let rig = Rig::new();
    rig.clock.0.store(1000, Relaxed);
    let (client, root) = rig.root().await;
    let other = client.mount("/other").await.unwrap();
    let file = client.create(&root, "f", How::Guarded(mode(0o600))).await.unwrap().handle.unwrap();
    let data = Bytes::from(vec![7; 50_000]);
    client.write(&file, 0, Stability::FileSync, data).await.unwrap();
    client.getattr(&other).await.unwrap();
    client.read(&file, 0, 30_000).await.unwrap();
    rig.clock.0.store(1500, Relaxed);
    let seen = rig.server.client_records().remove(0);
    assert_eq!((seen.client.to_string(), seen.connections), ("192.0.2.1".into(), 1));
    assert_eq!((seen.first.secs, seen.last.secs), (1000, 1500));
    let (demo, other) = (seen.volumes[&VolumeId(1)], seen.volumes[&VolumeId(2)]);
    assert_eq!((demo.calls, other.calls), (4, 2), "mounts count, too");
    assert!((50_000..51_000).contains(&demo.bytes_in), "{demo:?}");
    assert!((30_000..31_000).contains(&demo.bytes_out), "{demo:?}");
    assert!(other.bytes() < 1000, "{other:?}");
    assert_eq!(rig.server.mounted_by(seen.client), ["/demo", "/other"]);
    drop(client);
    left(&rig).await;
    rig.clock.0.store(2000, Relaxed);
    let gone = rig.server.client_records().remove(0);
    assert_eq!((gone.connections, gone.last.secs, gone.total.calls), (0, 1500, 6));
    assert_eq!(gone.volumes, seen.volumes);
}

#[tokio::test]
async fn who_was_never_let_in_is_not_remembered() {
    let rig = Rig::new();
    rig.exports.set(vec![]);
    let stranger = rig.client_from(PEER, RpcCredential::None);
    stranger.mount("/demo").await.unwrap_err();
    assert!(rig.server.client_records()[0].volumes.is_empty());
    drop(stranger);
    left(&rig).await;
    assert!(rig.server.client_records().is_empty());
}
