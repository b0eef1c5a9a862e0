//! Known clients among themselves: what arrived is charged, and nobody waits for the slow.

use crate::rig::{Raw, Rig, call, mode};
use nasd_fs::Stability;
use nasd_nfs::NfsOptions;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::read::{Read, ReadArgs};
use nfs_client::Client;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

const MIB: usize = 1 << 20;

/// Memory for large records and replies: 12 MiB, and a quarter of it for small calls beside.
fn tight() -> NfsOptions {
    let memory = 16 * MIB;
    NfsOptions { memory_bytes_max: 4 * memory, memory_per_client_bytes_max: memory, ..NfsOptions::default() }
}

async fn file_of(rig: &Rig) -> (Client, FileHandle) {
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o666))).await.unwrap().handle.unwrap();
    client.write(&file, 0, Stability::FileSync, vec![1; MIB].into()).await.unwrap();
    (client, file)
}

/// A record that claims a MiB, of which `bytes` come.
async fn claim(rig: &Rig, peer: &str, file: &FileHandle, bytes: usize) -> DuplexStream {
    let mut stream = rig.stream(peer);
    let head = call::<Read>(1, &ReadArgs { file: file.clone(), offset: 0, count: 1 });
    stream.write_all(&(0x8000_0000_u32 | MIB as u32).to_be_bytes()).await.unwrap();
    stream.write_all(&head).await.unwrap();
    for _ in 0..bytes / 4096 {
        stream.write_all(&[0; 4096]).await.unwrap();
    }
    settle().await;
    stream
}

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_charged_as_it_comes() {
    let rig = Rig::new();
    let (_, file) = file_of(&rig).await;
    let mut claims = Vec::new();
    for n in 0..200 {
        claims.push(claim(&rig, &format!("192.0.2.{}:1", 10 + n % 100), &file, 4096).await);
    }
    let memory = rig.server.counters().memory_bytes as usize;
    assert!((200 * 8192..210 * 8192).contains(&memory), "{memory}");
    let large = claim(&rig, "192.0.2.9:1", &file, MIB / 2 + 65536).await;
    let more = rig.server.counters().memory_bytes as usize - memory;
    assert!((MIB / 2..=MIB + 65536).contains(&more), "{more}");
    drop((claims, large));
}

/// As [`claim`], in the background: the server may stop reading.
async fn claim_later(rig: &Rig, peer: String, file: &FileHandle) -> JoinHandle<DuplexStream> {
    let mut stream = rig.stream(&peer);
    let head = call::<Read>(1, &ReadArgs { file: file.clone(), offset: 0, count: 1 });
    let sending = tokio::spawn(async move {
        stream.write_all(&(0x8000_0000_u32 | MIB as u32).to_be_bytes()).await.unwrap();
        stream.write_all(&head).await.unwrap();
        let _ = stream.write_all(&vec![0; MIB * 3 / 4]).await;
        stream
    });
    settle().await;
    sending
}

/// Eight hosts hold all memory for large records, with records of which three quarters came. The rest of one may
/// still be read, but nobody is waited for.
#[tokio::test(start_paused = true)]
async fn a_write_does_not_wait_for_those_who_stopped_in_the_middle() {
    let rig = Rig::with(tight());
    let (client, file) = file_of(&rig).await;
    let mut claims = Vec::new();
    for n in 0..80 {
        claims.push(claim_later(&rig, format!("192.0.2.{}:1", 10 + n % 8), &file).await);
    }
    assert!(rig.server.counters().memory_bytes as usize > 40 * MIB);
    let begun = Instant::now();
    client.getattr(&file).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(100), "small calls have room");
    client.write(&file, 0, Stability::FileSync, vec![2; MIB].into()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(rig.server.counters().connections_broken > 0);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_replies_is_cut_off_when_others_wait() {
    let rig = Rig::with(tight());
    let (client, file) = file_of(&rig).await;
    let mut greedy = Vec::new();
    for n in 0..8 {
        let mut raw = Raw(rig.stream(&format!("192.0.2.{}:1", 10 + n)));
        for xid in 0..30 {
            raw.send(&call::<Read>(xid, &ReadArgs { file: file.clone(), offset: 0, count: MIB as u32 }))
                .await;
        }
        settle().await;
        greedy.push(raw);
    }
    assert!(rig.server.counters().memory_bytes as usize > 40 * MIB);
    let begun = Instant::now();
    assert_eq!(client.read(&file, 0, MIB as u32).await.unwrap().data.len(), MIB);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(rig.server.counters().connections_stalled > 0);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_fills_the_hosts_share_keeps_the_others_waiting_for_seconds_only() {
    let rig = Rig::with(tight());
    let (_, file) = file_of(&rig).await;
    let mut greedy = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw(rig.stream("192.0.2.8:1"));
        for xid in 0..30 {
            raw.send(&call::<Read>(xid, &ReadArgs { file: file.clone(), offset: 0, count: MIB as u32 }))
                .await;
        }
        settle().await;
        greedy.push(raw);
    }
    let begun = Instant::now();
    let other_user = rig.client_from("192.0.2.8:2", RpcCredential::sys(1000, 1000, &[]));
    other_user.getattr(&file).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(100), "small calls have room");
    assert_eq!(other_user.read(&file, 0, MIB as u32).await.unwrap().data.len(), MIB);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let other_host = rig.client_from("192.0.2.7:1", RpcCredential::sys(0, 0, &[]));
    let begun = Instant::now();
    assert_eq!(other_host.read(&file, 0, MIB as u32).await.unwrap().data.len(), MIB);
    assert!(begun.elapsed() < Duration::from_millis(100), "another host has its own share");
}

#[tokio::test]
async fn thousands_of_idle_known_connections_are_kept() {
    let rig = Rig::new();
    let streams: Vec<_> = (0..10_000).map(|n| rig.stream(&format!("10.0.{}.1:1", n % 100))).collect();
    let (client, root) = rig.root().await;
    client.getattr(&root).await.unwrap();
    let counters = rig.server.counters();
    assert_eq!((counters.connections, counters.connections_refused, counters.strangers), (10_001, 0, 0));
    drop(streams);
}
