//! A client that knows what it was promised: it changes files in a directory of its own through a hard NFS
//! mount, keeps a model of what was acknowledged, and compares.

use crate::faults::name;
use crate::host::{EXPORT, NFS_PORT};
use crate::world::{NODES, World};
use bytes::Bytes;
use nasd_base::file::SetAttr;
use nasd_base::net::{BoxFuture, Stream};
use nasd_base::{Entropy, SeededEntropy};
use nasd_fs::Stability;
use nasd_nfs::FileHandle;
use nasd_nfs::Status;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nfs_client::{Client, ClientError, ClientResult, Connector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use turmoil::net::TcpStream;

const NAMES: u32 = 6;
const FILE_BYTES_MAX: usize = 150_000;
/// A call without an answer for this long is sent again, to another node.
const PATIENCE: Duration = Duration::from_secs(3);

/// Goes to the next node with every connection, as a client behind a moving address would.
struct AnyNode(AtomicUsize);

impl Connector for AnyNode {
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async {
            let number = self.0.fetch_add(1, Ordering::Relaxed) % NODES + 1;
            let stream = TcpStream::connect((name(number), NFS_PORT)).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// What a file should hold, by name.
type Model = BTreeMap<String, Bytes>;

struct Worker {
    number: usize,
    nfs: Client,
    dir: FileHandle,
    model: Model,
    rng: ChaCha8Rng,
    world: Arc<World>,
}

/// Runs client `number` (from 1) until faults are over, then compares everything.
pub async fn client(number: usize, seed: u64, world: Arc<World>) -> turmoil::Result {
    while !*world.serving.lock() {
        sleep(Duration::from_millis(100)).await;
    }
    let entropy = SeededEntropy::new(seed ^ 0xc11e_0000 ^ number as u64);
    let rng = ChaCha8Rng::seed_from_u64(entropy.next_u64());
    let nfs =
        Client::hard(AnyNode(AtomicUsize::new(number)), RpcCredential::sys(0, 0, &[]), PATIENCE, &entropy);
    let root = mount(&nfs).await?;
    let dir = nfs.mkdir(&root, format!("c{number}"), SetAttr::default()).await?;
    let dir = dir.handle.ok_or("MKDIR gave no handle")?;
    let mut worker = Worker { number, nfs, dir, model: Model::new(), rng, world };
    while !*worker.world.winding_up.lock() {
        if let Err(error) = worker.step().await {
            worker.world.violated(format!("client {number}: {error}"));
            return Ok(());
        }
        let pause = worker.rng.random_range(0..40);
        sleep(Duration::from_millis(pause)).await;
    }
    if let Err(error) = worker.compare().await {
        worker.world.violated(format!("client {number}: {error}"));
    }
    *worker.world.clients_done.lock() += 1;
    Ok(())
}

/// The export may not have reached the node that answers.
async fn mount(nfs: &Client) -> Result<FileHandle, ClientError> {
    loop {
        match nfs.mount(EXPORT).await {
            Err(ClientError::Mount(_)) => sleep(Duration::from_millis(200)).await,
            other => return other,
        }
    }
}

/// Asks again while the server says that it has no leader just now.
macro_rules! again {
    ($call:expr) => {
        loop {
            match $call.await {
                Err(ClientError::Nfs(Status::Jukebox)) => sleep(Duration::from_millis(300)).await,
                other => break other,
            }
        }
    };
}

impl Worker {
    async fn step(&mut self) -> Result<(), String> {
        let name = format!("f{}", self.rng.random_range(0..NAMES));
        let what = self.rng.random_range(0..10);
        let said = match (what, self.model.contains_key(&name)) {
            (0..=4, _) => self.write(&name).await?,
            (5, true) => {
                self.done("REMOVE", again!(self.nfs.remove(&self.dir, &name)))?;
                self.model.remove(&name);
                format!("removed {name}")
            }
            (6 | 7, true) => {
                let to = format!("f{}", self.rng.random_range(0..NAMES));
                self.done("RENAME", again!(self.nfs.rename(&self.dir, &name, &self.dir, &to)))?;
                let data = self.model.remove(&name).expect("just seen");
                self.model.insert(to.clone(), data);
                format!("renamed {name} to {to}")
            }
            (8, false) => {
                // A repetition of a creation that happened must not be told that the file exists.
                let how = || How::Guarded(SetAttr::default());
                self.done("CREATE", again!(self.nfs.create(&self.dir, &name, how())))?;
                self.model.insert(name.clone(), Bytes::new());
                format!("created {name}")
            }
            (9, true) => {
                self.check(&name).await?;
                format!("read {name}")
            }
            _ => return Ok(()),
        };
        *self.world.acknowledged.lock() += 1;
        self.world.note(&format!("client {} {said}", self.number));
        Ok(())
    }

    /// Replaces a file's content: small and stable at once, or large, unstable and committed.
    async fn write(&mut self, name: &str) -> Result<String, String> {
        let largest = if self.rng.random_bool(0.5) { 5_000 } else { FILE_BYTES_MAX };
        let len = self.rng.random_range(1..largest);
        let mut data = vec![0; len];
        self.rng.fill(&mut data[..]);
        let data = Bytes::from(data);
        let how = || How::Unchecked(SetAttr { size: Some(0), ..SetAttr::default() });
        let made = self.done("CREATE", again!(self.nfs.create(&self.dir, name, how())))?;
        let file = match made.handle {
            Some(file) => file,
            None => self.done("LOOKUP", again!(self.nfs.lookup(&self.dir, name)))?.file,
        };
        let stable = self.rng.random_bool(0.5);
        if stable {
            self.done("WRITE", again!(self.nfs.write_all(&file, 0, Stability::FileSync, data.clone())))?;
        } else {
            self.write_and_commit(&file, &data).await?;
        }
        self.model.insert(name.to_owned(), data);
        Ok(format!("wrote {len} bytes to {name}{}", if stable { "" } else { " and committed" }))
    }

    /// As RFC 1813 has it: what was written under another verifier than COMMIT's is written again.
    async fn write_and_commit(&mut self, file: &FileHandle, data: &Bytes) -> Result<(), String> {
        loop {
            let mut verifiers = Vec::new();
            let mut offset = 0;
            while offset < data.len() {
                let part = data.slice(offset..data.len().min(offset + 60_000));
                offset += part.len();
                let start = (offset - part.len()) as u64;
                let written = again!(self.nfs.write_all(file, start, Stability::Unstable, part.clone()));
                verifiers.extend(self.done("WRITE", written)?);
            }
            let committed = self.done("COMMIT", again!(self.nfs.commit(file)))?;
            if verifiers.iter().all(|verifier| *verifier == committed.verifier) {
                return Ok(());
            }
        }
    }

    async fn check(&mut self, name: &str) -> Result<(), String> {
        let found = self.done("LOOKUP", again!(self.nfs.lookup(&self.dir, name)))?;
        let data = self.done("READ", again!(self.nfs.read_all(&found.file)))?;
        let expected = &self.model[name];
        if data == expected[..] {
            return Ok(());
        }
        let first = data.iter().zip(expected.iter()).position(|(a, b)| a != b);
        Err(format!(
            "{name} has {} bytes, {} were acknowledged; the first difference is at {first:?}",
            data.len(),
            expected.len()
        ))
    }

    /// Everything that was acknowledged is there, and nothing else.
    async fn compare(&mut self) -> Result<(), String> {
        let entries = self.done("READDIRPLUS", again!(self.nfs.list(&self.dir)))?;
        let names: Vec<String> =
            entries.iter().map(|e| String::from_utf8_lossy(&e.name).into_owned()).collect();
        let mut found: Vec<String> = names.into_iter().filter(|name| name != "." && name != "..").collect();
        found.sort();
        let expected: Vec<String> = self.model.keys().cloned().collect();
        if found != expected {
            return Err(format!("the directory holds {found:?}, acknowledged was {expected:?}"));
        }
        for name in expected {
            self.check(&name).await?;
        }
        Ok(())
    }

    fn done<T>(&self, call: &str, result: ClientResult<T>) -> Result<T, String> {
        result.map_err(|error| format!("{call}: {error}"))
    }
}
