//! Who is in no export rule: what it may take, and that nobody feels it.

use crate::rig::{PEER, Raw, Rig, call, export, mode, open_exports, record, rule, status};
use bytes::Bytes;
use nasd_base::export::Squash;
use nasd_fs::Stability;
use nasd_nfs::mount::types::MountStatus;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::attributes::GetAttr;
use nasd_nfs::v3::create::How;
use nasd_nfs::{NfsOptions, Status};
use nfs_client::ClientError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const STRANGER: &str = "203.0.113.5:700";

/// Open to 192.0.2.0/24 only.
fn closed_to_strangers(rig: &Rig) {
    rig.exports.set(vec![export("/demo", 1, vec![rule("192.0.2.0/24", Squash::None, false)])]);
}

/// 300 connections from addresses in no rule each sent a header that claims 1 MiB: all memory for calls was taken, and a
/// permitted client's GETATTR took 59 seconds, until the records were too late.
#[tokio::test(start_paused = true)]
async fn claims_of_strangers_take_nothing_from_a_known_client() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    closed_to_strangers(&rig);
    let mut strangers = Vec::new();
    for n in 0..300 {
        let mut stream = rig.stream(&format!("203.0.113.{}:700", n % 150));
        stream.write_all(&(0x8000_0000_u32 | (1 << 20)).to_be_bytes()).await.unwrap();
        strangers.push(stream);
    }
    let begun = tokio::time::Instant::now();
    client.getattr(&root).await.unwrap();
    println!("GETATTR beside 300 claims waited {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(1));
    let counters = rig.server.counters();
    assert!(counters.memory_bytes == 0 && counters.strangers == 256, "{counters:?}");
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(rig.server.counters().connections, 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stranger_is_closed_soon_and_a_known_client_is_not() {
    let rig = Rig::new();
    closed_to_strangers(&rig);
    let (mut silent, known) = (rig.stream(STRANGER), rig.client(0, 0));
    known.null().await.unwrap();
    assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_secs(1000)).await;
    known.null().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn strangers_are_answered_one_call_at_a_time() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    closed_to_strangers(&rig);
    let calls = rig.files.calls.load(SeqCst);
    let stranger = rig.client_from(STRANGER, RpcCredential::sys(0, 0, &[]));
    stranger.null().await.unwrap();
    assert!(stranger.exports().await.unwrap().is_empty() && stranger.mounts().await.unwrap().is_empty());
    assert_eq!(stranger.mount("/demo").await, Err(ClientError::Mount(MountStatus::Access)));
    assert_eq!(status(stranger.getattr(&file).await), Status::Access);
    // Its data is read over, not kept: a client whose rule is gone hears why, and does not repeat the call for ever.
    let data = Bytes::from(vec![1; 1 << 20]);
    assert_eq!(status(stranger.write(&file, 0, Stability::Unstable, data).await), Status::Access);
    assert_eq!(rig.server.counters().memory_bytes, 0);
    assert_eq!(rig.files.calls.load(SeqCst), calls, "the file service was asked");
}

#[tokio::test]
async fn a_known_client_has_its_place_however_many_strangers_come() {
    let options = NfsOptions { strangers_max: 4, connections_max: 3, ..NfsOptions::default() };
    let rig = Rig::with(options);
    closed_to_strangers(&rig);
    let early = rig.client(0, 0);
    early.null().await.unwrap();
    let strangers: Vec<_> = (0..20).map(|n| rig.stream(&format!("203.0.113.{n}:700"))).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let late = rig.client_from("192.0.2.7:700", RpcCredential::sys(0, 0, &[]));
    late.null().await.unwrap();
    early.null().await.unwrap();
    assert!(rig.server.counters().strangers <= 4);
    drop(strangers);
}

#[tokio::test(start_paused = true)]
async fn a_new_rule_makes_a_connected_stranger_known_and_an_old_one_gone_a_stranger() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    closed_to_strangers(&rig);
    let stranger = rig.client_from(STRANGER, RpcCredential::sys(0, 0, &[]));
    assert_eq!(status(stranger.getattr(&file).await), Status::Access);
    rig.exports.set(open_exports());
    let data = Bytes::from(vec![7; 1 << 20]);
    stranger.write(&file, 0, Stability::FileSync, data.clone()).await.unwrap();
    assert_eq!((rig.server.counters().strangers, client.read_all(&file).await.unwrap()), (0, data.to_vec()));
    closed_to_strangers(&rig);
    assert_eq!(status(stranger.getattr(&file).await), Status::Access);
    assert_eq!(rig.server.counters().strangers, 1);

    // One that says nothing gives its place up, too.
    rig.exports.set(vec![]);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(rig.server.counters().connections, 0);
}

/// Counts lines.
#[derive(Clone, Default)]
struct Lines(Arc<AtomicU64>);

impl tracing::Subscriber for Lines {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, SeqCst);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// A stranger's refused mounts wrote 29 MB a second into the log.
#[tokio::test(start_paused = true)]
async fn a_flood_of_refusals_writes_a_handful_of_lines() {
    let lines = Lines::default();
    let _said = tracing::subscriber::set_default(lines.clone());
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    closed_to_strangers(&rig);
    let mut path = vec![0, 0, 4, 0];
    path.extend([b'/'; 1024]);
    let mnt = record(1, (100_005, 3, 1), &RpcCredential::sys(0, 0, &[]), &path);
    for peer in [STRANGER, PEER] {
        let mut raw = Raw(rig.stream(peer));
        for _ in 0..500 {
            for record in [&mnt, &call::<GetAttr>(2, &root)] {
                raw.send(record).await;
                raw.receive().await.unwrap().1.unwrap();
            }
        }
        let mut garbage = rig.stream(peer);
        garbage.write_all(&[0xff; 64]).await.unwrap();
    }
    let said = lines.0.load(SeqCst);
    println!("{said} lines for 2,002 refusals");
    assert!((2..=30).contains(&said), "{said} lines");
}
