//! What one client can take from the others: connections, memory, time.

use crate::rig::{PEER, Raw, Rig, call, mode, record};
use bytes::Bytes;
use nasd_base::SeededEntropy;
use nasd_fs::Stability;
use nasd_nfs::NfsOptions;
use nasd_nfs::rpc::{RpcCredential, RpcError};
use nasd_nfs::v3::attributes::GetAttr;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::read::{Read, ReadArgs};
use nfs_client::{Client, ClientError};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn claims_of_huge_records_cost_nothing_and_end_the_connection() {
    let rig = Rig::new();
    let (client, _) = rig.root().await;
    for claim in [0xffff_ffff_u32, 0x7fff_ffff, 0x8000_0000 | ((1 << 20) + (64 << 10) + 1)] {
        let mut stream = rig.stream(PEER);
        stream.write_all(&claim.to_be_bytes()).await.unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    }
    assert_eq!(rig.server.counters().connections_broken, 3);
    assert_eq!(rig.server.counters().memory_bytes, 0);
    client.null().await.unwrap();
}

#[tokio::test]
async fn records_may_come_in_fragments_of_any_size() {
    let rig = Rig::new();
    let null = record(5, (100_003, 3, 0), &RpcCredential::None, &[]);
    let mut raw = Raw(rig.stream(PEER));
    for byte in &null {
        raw.0.write_all(&1u32.to_be_bytes()).await.unwrap();
        raw.0.write_all(&[*byte]).await.unwrap();
    }
    raw.0.write_all(&0x8000_0000_u32.to_be_bytes()).await.unwrap();
    assert_eq!(raw.receive().await.unwrap(), (5, Ok(Bytes::new())));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_never_ends_is_cut_off() {
    let rig = Rig::new();
    let mut stream = rig.stream(PEER);
    stream.write_all(&(0x8000_0000_u32 | 1000).to_be_bytes()).await.unwrap();
    for _ in 0..10 {
        stream.write_all(&[0]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    assert_eq!(rig.server.clients().len(), 1);
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(rig.server.counters().memory_bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed_and_busy_ones_are_not() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let mut idle = rig.stream(PEER);
    rig.files.hold(true);
    let waiting = tokio::spawn(async move { client.getattr(&root).await });
    assert_eq!(idle.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(rig.server.counters().connections_idle_closed, 1);
    tokio::time::sleep(Duration::from_secs(10_000)).await;
    rig.files.hold(false);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn one_address_has_a_limited_number_of_connections() {
    let rig = Rig::with(NfsOptions { connections_per_client_max: 3, ..NfsOptions::default() });
    let clients: Vec<_> = (0..3).map(|_| rig.client(0, 0)).collect();
    for client in &clients {
        client.null().await.unwrap();
    }
    assert_eq!(rig.client(0, 0).null().await, Err(ClientError::Disconnected));
    let other = rig.client_from("192.0.2.2:700", RpcCredential::None);
    other.null().await.unwrap();
    assert_eq!(rig.server.clients().len(), 4);
    drop(clients);
    until(|| rig.server.clients().len() == 1).await;
    rig.client(0, 0).null().await.unwrap();
    assert_eq!(rig.server.counters().connections_refused, 1);
}

#[tokio::test]
async fn a_full_server_refuses_everybody_else() {
    let rig = Rig::with(NfsOptions { connections_max: 2, ..NfsOptions::default() });
    let (one, two) = (rig.client(0, 0), rig.client_from("192.0.2.2:1", RpcCredential::None));
    one.null().await.unwrap();
    two.null().await.unwrap();
    let third = rig.client_from("192.0.2.3:1", RpcCredential::None);
    assert_eq!(third.null().await, Err(ClientError::Disconnected));
}

#[tokio::test]
async fn calls_of_a_connection_run_together_up_to_the_limit() {
    let rig = Rig::with(NfsOptions { calls_per_connection_max: 8, ..NfsOptions::default() });
    let (client, root) = rig.root().await;
    rig.files.hold(true);
    rig.files.running_max.store(0, SeqCst);
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (client, root) = (client.clone(), root.clone());
            tokio::spawn(async move { client.getattr(&root).await.unwrap() })
        })
        .collect();
    until(|| rig.files.running.load(SeqCst) == 8).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    rig.files.hold(false);
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(rig.files.running_max.load(SeqCst), 8);
}

#[tokio::test]
async fn replies_come_in_the_order_they_are_ready() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    rig.files.hold(true);
    let slow = tokio::spawn({
        let (client, root) = (client.clone(), root.clone());
        async move { client.getattr(&root).await }
    });
    until(|| rig.files.running.load(SeqCst) == 1).await;
    // NULL does not reach the file service.
    client.null().await.unwrap();
    assert!(!slow.is_finished());
    rig.files.hold(false);
    slow.await.unwrap().unwrap();
}

#[tokio::test]
async fn interleaved_reads_and_writes_do_not_mix() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let tasks: Vec<_> = (0..40u8)
        .map(|n| {
            let (client, root) = (client.clone(), root.clone());
            tokio::spawn(async move {
                let name = format!("f{n}");
                let file =
                    client.create(&root, name, How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
                let data = Bytes::from(vec![n; 1000 * (1 + usize::from(n))]);
                client.write_all(&file, 0, Stability::Unstable, data.clone()).await.unwrap();
                assert_eq!(client.read_all(&file).await.unwrap(), data);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_replies_pins_its_share_and_is_dropped() {
    let share = 12 << 20;
    let rig = Rig::with(NfsOptions { memory_per_client_bytes_max: share, ..NfsOptions::default() });
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    client.write(&file, 0, Stability::FileSync, vec![1; 1 << 20].into()).await.unwrap();
    let other = rig.client_from("192.0.2.9:1", RpcCredential::sys(0, 0, &[]));

    let mut greedy = Raw(rig.stream("192.0.2.8:1"));
    for xid in 0..60 {
        greedy.send(&call::<Read>(xid, &ReadArgs { file: file.clone(), offset: 0, count: 1 << 20 })).await;
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
        assert!(rig.server.counters().memory_bytes <= share as u64);
    }
    assert!(rig.server.counters().memory_bytes > share as u64 / 2);
    assert_eq!(other.read(&file, 0, 100).await.unwrap().data.len(), 100);
    tokio::time::sleep(Duration::from_secs(61)).await;
    until(|| rig.server.counters().memory_bytes == 0).await;
    assert_eq!(rig.server.counters().connections_stalled, 1);
    assert_eq!(other.read(&file, 0, 100).await.unwrap().data.len(), 100);
}

#[tokio::test]
async fn connecting_again_does_not_buy_more_memory() {
    let share = 12 << 20;
    let rig = Rig::with(NfsOptions { memory_per_client_bytes_max: share, ..NfsOptions::default() });
    let (_, root) = rig.root().await;
    rig.files.hold(true);
    for _ in 0..40 {
        let mut raw = Raw(rig.stream("192.0.2.8:1"));
        for xid in 0..64 {
            raw.send(&call::<GetAttr>(xid, &root)).await;
        }
        let before = rig.files.running.load(SeqCst);
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        let begun = rig.files.running.load(SeqCst) - before;
        assert!(begun <= 64 && rig.server.counters().memory_bytes <= share as u64);
    }
    assert!(rig.server.counters().memory_bytes > share as u64 / 8);
    assert!(rig.files.running.load(SeqCst) < 40 * 64);
    rig.files.hold(false);
    until(|| rig.server.counters().memory_bytes == 0).await;
    rig.client_from("192.0.2.8:1", RpcCredential::None).null().await.unwrap();
}

#[tokio::test]
async fn a_slow_reader_gets_everything_in_the_end() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    client.write(&file, 0, Stability::FileSync, vec![1; 1 << 20].into()).await.unwrap();
    let mut slow = Raw(rig.stream("192.0.2.8:1"));
    for xid in 0..40 {
        slow.send(&call::<Read>(xid, &ReadArgs { file: file.clone(), offset: 0, count: 1 << 20 })).await;
    }
    let mut xids = BTreeSet::new();
    for _ in 0..40 {
        let (xid, results) = slow.receive().await.unwrap();
        assert!(results.unwrap().len() > 1 << 20);
        xids.insert(xid);
    }
    assert_eq!(xids.len(), 40);
    until(|| rig.server.counters().memory_bytes == 0).await;
}

#[tokio::test]
async fn a_bug_in_one_call_costs_that_call_only() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    let file = client.create(&root, "f", How::Guarded(mode(0o644))).await.unwrap().handle.unwrap();
    rig.files.panic_on_commit.store(true, SeqCst);
    assert_eq!(client.commit(&file).await, Err(ClientError::Rpc(RpcError::SystemError)));
    client.getattr(&file).await.unwrap();
    assert_eq!(rig.server.counters().panics, 1);
    until(|| rig.server.counters().memory_bytes == 0).await;
}

#[tokio::test]
async fn connected_clients_are_listed_with_their_traffic() {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    client.getattr(&root).await.unwrap();
    let clients = rig.server.clients();
    assert_eq!(clients.len(), 1);
    assert_eq!(clients[0].address, PEER.parse().unwrap());
    assert_eq!(clients[0].calls, 2);
    assert!(clients[0].bytes_in > 100 && clients[0].bytes_out > 100);
    let counters = rig.server.counters();
    assert_eq!(
        (counters.connections, counters.calls, counters.mount_calls, counters.procedures[1]),
        (1, 2, 1, 1)
    );
}

#[tokio::test]
async fn a_stopping_server_answers_what_it_began() {
    let rig = Rig::new();
    let (_, root) = rig.root().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = rig.server.clone();
    let serving = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        server.serve(listener, shutdown).await
    });
    let credential = RpcCredential::sys(0, 0, &[]);
    let client = Client::connect(address, credential.clone(), &SeededEntropy::new(3)).await.unwrap();
    assert_eq!(client.mount("/demo").await.unwrap(), root);
    rig.files.hold(true);
    let begun = tokio::spawn({
        let (client, root) = (client.clone(), root.clone());
        async move { client.getattr(&root).await }
    });
    until(|| rig.files.running.load(SeqCst) == 1).await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    rig.files.hold(false);
    begun.await.unwrap().unwrap();
    serving.await.unwrap().unwrap();
    assert_eq!(client.getattr(&root).await, Err(ClientError::Disconnected));
    assert!(Client::connect(address, credential, &SeededEntropy::new(4)).await.is_err());
}
