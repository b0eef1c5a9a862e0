//! Strangers at the NFS ports: places, claims, refusals without end, and replies that nobody takes.

use super::{REFUSED_PAUSE, Tally, Targets, hold, many, stranger};
use crate::tls::connect;
use bytes::Bytes;
use nasd_base::{Entropy, OsEntropy};
use nasd_fs::Stability;
use nasd_nfs::handle::{FileHandle, HANDLE_BYTES};
use nasd_nfs::rpc::RpcCredential;
use nfs_client::{Client, ClientError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// More than Debian's 1,024 descriptors, on each node.
const IDLE_PER_NODE: usize = 1_100;
const CLAIMS_PER_NODE: usize = 100;
/// Calls at once of those that are refused.
const CALLS_AT_ONCE: usize = 40;
const CALLS_PAUSE: Duration = Duration::from_millis(10);
/// The header of one fragment, the last, of a MiB; of which nothing follows.
const CLAIM: &[u8] = &[0x80, 0x10, 0, 0];
/// NULL of NFSv3 without a credential, as a record: xid, CALL, RPC 2, program, version, procedure, AUTH_NONE twice.
const NULL: [u8; 44] = {
    let mut record = [0; 44];
    (record[0], record[3], record[7], record[15]) = (0x80, 40, 7, 2);
    (record[17], record[18], record[19], record[23]) = (0x01, 0x86, 0xa3, 3);
    record
};

pub fn begin(attacks: &mut JoinSet<()>, targets: &Targets, tally: &Tally) {
    for to in targets.nfs.iter().copied() {
        let t = tally.clone();
        attacks.spawn(many(IDLE_PER_NODE, move |number| {
            Box::pin(hold(t.clone(), "idle connections to NFS", stranger(number), to, b""))
        }));
        let t = tally.clone();
        attacks.spawn(many(CLAIMS_PER_NODE, move |number| {
            Box::pin(hold(t.clone(), "claims of a MiB to NFS", stranger(number), to, CLAIM))
        }));
        attacks.spawn(refused(tally.clone(), "refused MNT calls", to, |client| {
            Box::pin(async move { client.mount("/demo").await.map(drop) })
        }));
        attacks.spawn(refused(tally.clone(), "refused WRITE calls", to, |client| {
            Box::pin(async move {
                let made_up = FileHandle(Bytes::from_static(&[7; HANDLE_BYTES]));
                client.write(&made_up, 0, Stability::FileSync, Bytes::from_static(b"old")).await.map(drop)
            })
        }));
        attacks.spawn(never_read(tally.clone(), to));
    }
}

type Refused = std::pin::Pin<Box<dyn Future<Output = Result<(), ClientError>> + Send>>;

/// Calls that are refused, many at once, as fast as the server answers but for a breath between.
async fn refused(tally: Tally, what: &'static str, to: SocketAddr, call: fn(Client) -> Refused) {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    loop {
        if let Ok(stream) = connect(stranger(3), to).await {
            let client = Client::over(stream, RpcCredential::sys(0, 0, &[]), &*entropy);
            while all_at_once(&tally, what, &client, call).await {
                sleep(CALLS_PAUSE).await;
            }
        }
        sleep(REFUSED_PAUSE).await;
    }
}

/// Whether the connection is still there afterwards.
async fn all_at_once(
    tally: &Tally,
    what: &'static str,
    client: &Client,
    call: fn(Client) -> Refused,
) -> bool {
    let mut calls = JoinSet::new();
    (0..CALLS_AT_ONCE).for_each(|_| drop(calls.spawn(call(client.clone()))));
    let mut there = true;
    while let Some(ended) = calls.join_next().await {
        match ended.expect("no call panics") {
            Ok(()) => panic!("{what}: a stranger was let in"),
            Err(ClientError::Disconnected) => there = false,
            Err(_) => {}
        }
        tally.add(what, 1);
    }
    there
}

/// Asks without end and takes no reply.
async fn never_read(tally: Tally, to: SocketAddr) {
    let calls = NULL.repeat(100);
    loop {
        if let Ok(mut stream) = connect(stranger(4), to).await {
            while timeout(Duration::from_secs(5), stream.write_all(&calls))
                .await
                .is_ok_and(|sent| sent.is_ok())
            {
                tally.add("calls whose replies nobody takes", 100);
                sleep(CALLS_PAUSE).await;
            }
        }
        sleep(REFUSED_PAUSE).await;
    }
}
