//! Those who have a right to be there: two NFS clients, a program on a mount, an administrator at the console and a
//! program that asks the management interface. Each operation is timed; none may fail.

use crate::latency::Latencies;
use crate::tls::connect_tls;
use bytes::Bytes;
use harness::cluster::Cluster;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use nasd_api::{Client as ApiClient, CreateUser, ExportAt, Health, Nothing, ReadCluster, Secret, SetClients};
use nasd_base::{Entropy, OsEntropy};
use nasd_fs::Stability;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nfs_client::Client as NfsClient;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep, timeout};

const ADMIN: &str = "admin";
const PASSWORD: &str = "correct horse battery staple";
/// Longer than this for one operation is a failure: a person has given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pauses between operations: the machine is to be busy, not full.
const FILE_PAUSE: Duration = Duration::from_millis(20);
const PAGE_PAUSE: Duration = Duration::from_millis(150);
/// Of the failures; the first ones tell most.
const FAILURES_TOLD: usize = 20;
const BLOCK: usize = 4096;
/// Blocks of the file that is written and read over and over.
const BLOCKS: u64 = 64;

/// The honest, with all that they need.
pub struct Honest {
    runtime: Runtime,
    root: ApiClient,
    nfs: Vec<SocketAddr>,
    mount: PathBuf,
    https: SocketAddr,
    console: SocketAddr,
    cookie: String,
    pids: Vec<i32>,
}

/// How it went.
#[derive(Default)]
pub struct Outcome {
    pub latencies: Latencies,
    pub failures: Vec<String>,
}

type Done = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What is written down while they work.
#[derive(Clone, Default)]
struct Notes {
    outcome: Arc<Mutex<Outcome>>,
    stop: Arc<AtomicBool>,
}

impl Notes {
    fn go_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Carries one operation out and writes down how long it took, or why it failed.
    async fn time(&self, what: &'static str, operation: impl Future<Output = Done>) {
        let began = Instant::now();
        let done = timeout(PATIENCE, operation).await;
        self.write_down(what, began.elapsed(), done.unwrap_or_else(|_| Err("nothing for 20 s".into())));
    }

    fn write_down(&self, what: &'static str, took: Duration, done: Done) {
        let mut outcome = self.outcome.lock().expect("nobody panics with it");
        match done {
            Ok(()) => outcome.latencies.add(what, took),
            Err(error) if outcome.failures.len() < FAILURES_TOLD => {
                outcome.failures.push(format!("{what} after {took:?}: {error}"));
            }
            Err(_) => {}
        }
    }
}

impl Honest {
    /// Makes an administrator, lets 127.0.0.1 and nobody else mount, and logs in.
    pub fn settle(cluster: &Cluster) -> Honest {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let node = cluster.node(cluster.followers()[0].id);
        let root = ApiClient::local(&node.api);
        let address = |text: &str| -> SocketAddr { text.parse().expect("an address") };
        let https = address(node.https.trim_start_matches("https://"));
        let console = node.console.as_deref().expect("nas-web is built").trim_start_matches("https://");
        let cookie = runtime.block_on(async {
            let user = CreateUser {
                name: ADMIN.to_owned(),
                password: Secret::new(PASSWORD),
                role: "administrator".parse().expect("a role"),
                owned: Vec::new(),
            };
            root.call::<CreateUser>(Nothing, &user).await.expect("an administrator");
            let clients = vec![RULE.parse().expect("a rule")];
            root.call::<SetClients>(ExportAt::new(&cluster.ready.export), &SetClients { clients })
                .await
                .expect("only 127.0.0.1 may mount");
            log_in(https).await.expect("the administrator logs in")
        });
        Honest {
            runtime,
            root,
            nfs: cluster.ready.nodes.iter().take(2).map(|node| address(&node.nfs)).collect(),
            mount: cluster.fuse(node.id).to_owned(),
            https,
            console: address(console),
            cookie,
            pids: cluster.ready.nodes.iter().map(|node| node.pid).collect(),
        }
    }

    /// All of them work beside each other for so long.
    pub fn work_for(&self, time: Duration) -> Outcome {
        let notes = Notes::default();
        let on_mount = std::thread::spawn({
            let (notes, mount) = (notes.clone(), self.mount.clone());
            move || use_mount(&notes, &mount)
        });
        self.runtime.block_on(async {
            let mut working = tokio::task::JoinSet::new();
            for (number, address) in self.nfs.iter().enumerate() {
                working.spawn(use_nfs(notes.clone(), *address, number));
            }
            working.spawn(ask(
                notes.clone(),
                "GET /cluster by HTTPS",
                self.https,
                "/api/v1/cluster",
                self.cookie.clone(),
            ));
            working.spawn(ask(notes.clone(), "the dashboard", self.console, "/", self.cookie.clone()));
            sleep(time).await;
            notes.stop.store(true, Ordering::Relaxed);
            while let Some(ended) = working.join_next().await {
                ended.expect("an honest caller panicked");
            }
        });
        on_mount.join().expect("the program on the mount panicked");
        std::mem::take(&mut *notes.outcome.lock().expect("nobody panics with it"))
    }

    pub fn says_healthy(&self) -> bool {
        let status = self.runtime.block_on(self.root.ask::<ReadCluster>(Nothing));
        status.is_ok_and(|status| status.health == Health::Healthy)
    }

    pub fn assert_no_node_was_restarted(&self, cluster: &Cluster) {
        let said = cluster.stderr();
        for pid in &self.pids {
            assert!(Path::new(&format!("/proc/{pid}")).exists(), "a node has ended: {said}");
        }
    }
}

/// Who may mount while the attacks run. The clients are programs without root's ports.
const RULE: &str = "127.0.0.1:rw:no_root_squash:insecure";

async fn use_nfs(notes: Notes, address: SocketAddr, number: usize) {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let client =
        NfsClient::connect(address, RpcCredential::sys(0, 0, &[]), &*entropy).await.expect("connect");
    let root = client.mount("/demo").await.expect("mount");
    let how = How::Unchecked(Default::default());
    let file = client.create(&root, format!("honest-{number}"), how).await.expect("create");
    let file = file.handle.expect("a handle");
    let mut place = 0;
    while notes.go_on() {
        let block = Bytes::from(vec![place as u8; BLOCK]);
        let offset = place % BLOCKS * BLOCK as u64;
        let write = async {
            client.write(&file, offset, Stability::FileSync, block.clone()).await?;
            Ok(())
        };
        notes.time("NFS stable WRITE of 4 KiB", write).await;
        let read = async {
            let read = client.read(&file, offset, BLOCK as u32).await?;
            if read.data == block { Ok(()) } else { Err("other bytes than were written".into()) }
        };
        notes.time("NFS READ of 4 KiB", read).await;
        notes.time("NFS GETATTR", async { client.getattr(&root).await.map(drop).map_err(Into::into) }).await;
        notes.time("NFS mount on a new connection", mount_anew(address, &*entropy)).await;
        place += 1;
        sleep(FILE_PAUSE).await;
    }
}

async fn mount_anew(address: SocketAddr, entropy: &dyn Entropy) -> Done {
    let client = NfsClient::connect(address, RpcCredential::sys(0, 0, &[]), entropy).await?;
    let root = client.mount("/demo").await?;
    client.getattr(&root).await?;
    Ok(())
}

/// A program that saves its file as programs do: beside the old one, flushed, renamed.
fn use_mount(notes: &Notes, mount: &Path) {
    let (new, saved) = (mount.join("document.new"), mount.join("document"));
    let mut round = 0_u32;
    while notes.go_on() {
        let save = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&new)?;
            std::io::Write::write_all(&mut file, &round.to_le_bytes().repeat(1000))?;
            file.sync_all()?;
            std::fs::rename(&new, &saved)?;
            let read = std::fs::read(&saved)?;
            if read.starts_with(&round.to_le_bytes()) {
                Ok(())
            } else {
                Err(std::io::Error::other("an old document"))
            }
        };
        let began = Instant::now();
        let done = save();
        notes.write_down("a document saved on a mount", began.elapsed(), done.map_err(Into::into));
        round += 1;
        harness::cluster::pause(FILE_PAUSE);
    }
}

/// Each time on a connection of its own, as `curl` and monitoring do.
async fn ask(notes: Notes, what: &'static str, address: SocketAddr, path: &'static str, cookie: String) {
    while notes.go_on() {
        let page = async {
            let request =
                Request::get(path).header(header::HOST, address.to_string()).header(header::COOKIE, &cookie);
            let (status, _, _) = exchange(address, request.body(Full::default())?).await?;
            if status == StatusCode::OK { Ok(()) } else { Err(format!("status {status}").into()) }
        };
        notes.time(what, page).await;
        sleep(PAGE_PAUSE).await;
    }
}

/// The session's cookie.
async fn log_in(https: SocketAddr) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let body = serde_json::json!({ "user": ADMIN, "password": PASSWORD }).to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/login")
        .header(header::HOST, https.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(body))?;
    let (status, headers, body) = exchange(https, request).await?;
    let cookie = headers.get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok()?.split(';').next());
    cookie.map(str::to_owned).ok_or_else(|| format!("{status}: {}", String::from_utf8_lossy(&body)).into())
}

type Answer = (StatusCode, hyper::HeaderMap, Bytes);

async fn exchange(
    to: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let stream = connect_tls(Ipv4Addr::LOCALHOST, to, &[b"http/1.1"]).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    connection.abort();
    Ok((head.status, head.headers, body))
}
