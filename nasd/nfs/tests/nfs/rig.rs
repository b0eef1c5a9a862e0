//! A server over the in-memory file system, and clients connected to it through in-memory streams.

use crate::memory::MemoryFiles;
use bytes::Bytes;
use nasd_base::export::{ANONYMOUS, ClientRule, Export, Squash};
use nasd_base::file::SetAttr;
use nasd_base::{Clock, NodeId, SeededEntropy, Timestamp, VolumeId};
use nasd_fs::Ledger;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::rpc::{self, RpcError};
use nasd_nfs::v3::Procedure;
use nasd_nfs::xdr::{Encoder, Xdr};
use nasd_nfs::{Exports, FileHandle, NfsOptions, NfsServer, Status};
use nfs_client::{Client, ClientError};
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

/// Exports that a test can change.
#[derive(Default)]
pub struct TestExports(Mutex<Arc<Vec<Export>>>);

impl TestExports {
    pub fn set(&self, exports: Vec<Export>) {
        *self.0.lock() = Arc::new(exports);
    }
}

impl Exports for TestExports {
    fn current(&self) -> Arc<Vec<Export>> {
        Arc::clone(&self.0.lock())
    }
}

pub fn rule(network: &str, squash: Squash, read_only: bool) -> ClientRule {
    ClientRule {
        network: network.parse().unwrap(),
        read_only,
        squash,
        anonymous_uid: ANONYMOUS,
        anonymous_gid: ANONYMOUS,
        insecure: false,
    }
}

pub fn export(path: &str, volume: u64, clients: Vec<ClientRule>) -> Export {
    Export { path: path.to_owned(), volume: VolumeId(volume), clients }
}

/// Both volumes, to everybody from any port, without squashing.
pub fn open_exports() -> Vec<Export> {
    let rule = ClientRule { insecure: true, ..rule("0.0.0.0/0", Squash::None, false) };
    vec![export("/demo", 1, vec![rule.clone()]), export("/other", 2, vec![rule])]
}

pub const PEER: &str = "192.0.2.1:700";
pub const HANDLE_KEY: [u8; 32] = [7; 32];
pub const CLUSTER: u64 = 0x6767;

pub struct Rig {
    pub files: Arc<MemoryFiles>,
    pub exports: Arc<TestExports>,
    pub clock: Arc<TestClock>,
    pub server: NfsServer,
    pub ledger: Arc<Ledger>,
    seeds: AtomicU64,
}

/// A clock that a test sets, in seconds.
#[derive(Default)]
pub struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp { secs: self.0.load(Ordering::Relaxed), nanos: 0 }
    }
}

fn serve(
    files: &Arc<MemoryFiles>,
    exports: &Arc<TestExports>,
    options: NfsOptions,
    clock: &Arc<TestClock>,
) -> (NfsServer, Arc<Ledger>) {
    let ledger = Ledger::new(NodeId(1), 1, Instant::now());
    let (files, exports) = (files.clone(), exports.clone());
    let server = NfsServer::new(files, exports, HANDLE_KEY, CLUSTER, options, clock.clone(), ledger.clone());
    (server, ledger)
}

impl Rig {
    pub fn new() -> Rig {
        Rig::with(NfsOptions::default())
    }

    pub fn with(options: NfsOptions) -> Rig {
        let files = Arc::new(MemoryFiles::default());
        let exports = Arc::new(TestExports::default());
        exports.set(open_exports());
        let clock = Arc::new(TestClock::default());
        let (server, ledger) = serve(&files, &exports, options, &clock);
        Rig { files, exports, clock, server, ledger, seeds: AtomicU64::new(1) }
    }

    /// Another node of the cluster over the same volumes.
    pub fn another_node(&self) -> Rig {
        let (files, exports) = (Arc::clone(&self.files), Arc::clone(&self.exports));
        let clock = Arc::clone(&self.clock);
        let (server, ledger) = serve(&files, &exports, NfsOptions::default(), &clock);
        Rig { files, exports, clock, server, ledger, seeds: AtomicU64::new(100) }
    }

    /// A raw stream to the server, as coming from `peer`.
    pub fn stream(&self, peer: &str) -> DuplexStream {
        let (near, far) = tokio::io::duplex(256 * 1024);
        let server = self.server.clone();
        let peer: SocketAddr = peer.parse().unwrap();
        tokio::spawn(async move { server.serve_stream(far, peer).await });
        near
    }

    pub fn client_from(&self, peer: &str, credential: RpcCredential) -> Client {
        let entropy = SeededEntropy::new(self.seeds.fetch_add(1, Ordering::Relaxed));
        Client::over(self.stream(peer), credential, &entropy)
    }

    pub fn client(&self, uid: u32, gid: u32) -> Client {
        self.client_from(PEER, RpcCredential::sys(uid, gid, &[]))
    }

    /// Root on the client and the root of `/demo`.
    pub async fn root(&self) -> (Client, FileHandle) {
        let client = self.client(0, 0);
        let root = client.mount("/demo").await.unwrap();
        (client, root)
    }
}

pub fn mode(mode: u32) -> SetAttr {
    SetAttr { mode: Some(mode), ..SetAttr::default() }
}

/// The NFS status a call failed with.
#[track_caller]
pub fn status<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Status {
    match result {
        Err(ClientError::Nfs(status)) => status,
        other => panic!("expected an NFS error, got {other:?}"),
    }
}

/// A connection whose records are put together by hand.
pub struct Raw(pub DuplexStream);

impl Raw {
    pub async fn send(&mut self, record: &[u8]) {
        let mark = 0x8000_0000 | record.len() as u32;
        self.0.write_all(&mark.to_be_bytes()).await.unwrap();
        self.0.write_all(record).await.unwrap();
    }

    /// The next reply, or `None` when the server has closed the connection.
    pub async fn receive(&mut self) -> Option<(u32, Result<Bytes, RpcError>)> {
        let mark = self.0.read_u32().await.ok()?;
        let mut record = vec![0; (mark & 0x7fff_ffff) as usize];
        self.0.read_exact(&mut record).await.ok()?;
        Some(rpc::decode_reply(record.into()).unwrap())
    }
}

/// A call as it travels.
pub fn record(xid: u32, target: (u32, u32, u32), credential: &RpcCredential, args: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new();
    rpc::encode_call(&mut out, xid, target, credential);
    let mut record = out.into_bytes().to_vec();
    record.extend_from_slice(args);
    record
}

/// An NFS call by root as it travels.
pub fn call<P: Procedure>(xid: u32, args: &P::Args) -> Vec<u8> {
    let mut encoded = Encoder::new();
    args.encode(&mut encoded);
    record(xid, (100_003, 3, P::NUMBER), &RpcCredential::sys(0, 0, &[]), &encoded.into_bytes())
}
