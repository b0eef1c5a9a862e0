//! `nasd run`: one server's node, from nothing or as a member, until it is told to stop.
//!
//! The management socket answers from the first moment; a node that belongs to no cluster waits there for
//! `create` or `join`.

use crate::authority::Follower;
use crate::bootstrap;
use crate::config::Config;
use crate::environment::Environment;
use crate::happenings::Happenings;
use crate::management::{Manager, activity};
use crate::node::{Founding, Node, Settings};
use crate::performance::{self, Recorder};
use crate::places;
use crate::{descriptors, memory};
use nasd_api::SocketRules;
use nasd_base::door::Door;
use nasd_base::{Entropy, NodeId, OsEntropy, SystemClock};
use nasd_cluster::{CurrentAuthority, Identity, NodeKeys, TlsNet};
use nasd_disk::{Disk, RealDisk};
use nasd_files::{Folder, make_dir};
use nasd_fs::Tuning;
use nasd_log::LogOptions;
use nasd_nfs::NfsOptions;
use nasd_raft::RaftConfig;
use nasd_state::PageCaches;
use nasd_store::{StoreOptions, UpkeepLimits};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long a predecessor that was killed may take to be torn down.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(50);

/// Who in the process may have how much.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    pub descriptors: descriptors::Plan,
    pub memory: memory::Plan,
}

impl Shares {
    /// Takes all the file descriptors that the system gives, and the memory that the operator or the machine gives, and
    /// says once how they are divided.
    fn of(config: &Config) -> Result<Shares, String> {
        let descriptors = descriptors::plan(descriptors::raise()?, config.chunk_dirs.len() as u64)?;
        let total = config.memory_bytes.unwrap_or_else(|| memory::default_total(memory::of_machine()));
        let memory = memory::plan(total)?;
        tracing::info!(reserve = descriptors.reserve(), plan = ?descriptors, "file descriptors");
        tracing::info!(rest = memory.rest(), plan = ?memory, "memory");
        Ok(Shares { descriptors, memory })
    }

    fn nfs(&self) -> NfsOptions {
        let Shares { descriptors, memory } = self;
        let places = descriptors::places(descriptors.doors.nfs.min(memory.nfs_connections()));
        NfsOptions {
            connections_max: places.known_max,
            strangers_max: places.strangers_max,
            memory_bytes_max: memory.nfs_calls as usize,
            memory_per_client_bytes_max: (memory.nfs_calls / 4) as usize,
            remembered_bytes_max: memory.nfs_replies as usize,
            ..NfsOptions::default()
        }
    }
}

/// A member that serves clients.
pub struct Running {
    pub node: Arc<Node>,
    pub authority: Arc<CurrentAuthority>,
    pub happenings: Arc<Happenings>,
    pub recorder: Arc<Recorder>,
    watching: Vec<JoinHandle<()>>,
    stop_servers: watch::Sender<bool>,
    nfs: JoinHandle<()>,
    https: JoinHandle<()>,
}

impl Running {
    /// Starts a member on its directory.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn start(
        config: &Config,
        shares: &Shares,
        identity: Identity,
        manager: Arc<Manager>,
    ) -> Result<Running, String> {
        let address = config.nfs_listen;
        // Bound first: a port in use is said before anything has been started.
        let listener = TcpListener::bind(address).await.map_err(|error| {
            format!("cannot listen for NFS at {address}: {error}; is another server there?")
        })?;
        let https = listen_https(config).await?;
        let certificate = manager.node_certificate()?;
        let tls = certificate.server_config()?;
        let fingerprint = certificate.info().fingerprint;
        tracing::info!(address = %config.https_listen, fingerprint, "HTTPS");
        let authority = CurrentAuthority::new(identity.authority.clone());
        let node = start_node(config, shares, &identity, authority.clone()).await?;
        let (stop_servers, stopping) = watch::channel(false);
        let server = node.nfs.clone();
        let nfs = tokio::spawn(async move {
            let mut stopping = stopping;
            let stopped = async move {
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            if let Err(error) = server.serve(listener, stopped).await {
                tracing::error!(%error, "the NFS server ended; restart nasd");
            }
        });
        let mut stopping = stop_servers.subscribe();
        let places = descriptors::places(shares.descriptors.doors.https);
        let routes = nasd_api::network_router(manager);
        let https = tokio::spawn(async move {
            let stopped = async move {
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            let door = Door::new("HTTPS", places);
            nasd_api::serve_https(https, tls, routes, door, stopped).await;
        });
        let (happenings, recorder) =
            (Arc::new(Happenings::new(node.clock.clone())), Arc::new(Recorder::open(&config.dir)));
        let samples = performance::run(
            recorder.clone(),
            node.system.clone(),
            node.reporter.clone(),
            node.clock.clone(),
        );
        let looks = activity::watch(Arc::downgrade(&node), happenings.clone());
        let watching = vec![tokio::spawn(samples), tokio::spawn(looks)];
        Ok(Running { node, authority, happenings, recorder, watching, stop_servers, nfs, https })
    }

    /// Lets calls in progress finish, then stops the node.
    pub async fn stop(self) {
        self.stop_servers.send_replace(true);
        let _ = self.nfs.await;
        // A request in progress may wait for the state that is about to be taken away: it is cut off.
        self.https.abort();
        self.watching.iter().for_each(JoinHandle::abort);
        self.recorder.save();
        self.node.stop().await;
    }
}

async fn listen_https(config: &Config) -> Result<TcpListener, String> {
    let address = config.https_listen;
    TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen for HTTPS at {address}: {error}; give another address with --https-listen")
    })
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// A sentence for the operator: the directory is in use, damaged or not writable, a port is taken, or the system gives
/// too few file descriptors.
pub async fn run(config: Config) -> Result<(), String> {
    let dir = &config.dir;
    let shares = Shares::of(&config)?;
    make_dir(dir).map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
    let _lock = lock(dir).await?;
    places::make_private(&config);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let manager = Manager::new(config.clone(), shares);
    if let Some(identity) = Identity::load(dir).map_err(|error| error.to_string())? {
        tracing::info!(node = %identity.node, "starting as a member");
        manager.start_member(identity).await?;
    } else {
        tracing::info!("this machine belongs to no cluster: tell it with nasctl cluster create or join");
    }
    let (stop_api, stopping) = watch::channel(false);
    let mut api = tokio::spawn(serve_sockets(config.clone(), shares, manager.clone(), stopping));
    let outcome = tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        ended = &mut api => ended.map_err(|error| error.to_string()).and_then(|served| served),
    };
    tracing::info!("stopping");
    stop_api.send_replace(true);
    manager.stop().await;
    if !api.is_finished() {
        let _ = api.await;
    }
    outcome
}

/// The local socket and the console's, until one of them fails or both are told to stop.
async fn serve_sockets(
    config: Config,
    shares: Shares,
    manager: Arc<Manager>,
    stopping: watch::Receiver<bool>,
) -> Result<(), String> {
    let stopped = || {
        let mut stopping = stopping.clone();
        async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        }
    };
    let doors = shares.descriptors.doors;
    let roots = SocketRules { owner: None, connections_max: doors.local as usize };
    let consoles = SocketRules { owner: config.console_uid, connections_max: doors.console as usize };
    let (socket, routes) = (config.socket(), nasd_api::router(manager.clone()));
    let root = nasd_api::serve_unix_by(&socket, roots, routes, stopped());
    let routes = nasd_api::console_router(manager);
    let console = nasd_api::serve_unix_by(&config.console_socket, consoles, routes, stopped());
    tokio::try_join!(root, console).map(drop).map_err(|error| error.to_string())
}

async fn start_node(
    config: &Config,
    shares: &Shares,
    identity: &Identity,
    current: Arc<CurrentAuthority>,
) -> Result<Arc<Node>, String> {
    let Shares { descriptors, memory } = shares;
    let bootstrap = bootstrap::load(&Folder::new(&config.dir))?;
    let clock = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let keys = NodeKeys::told(bootstrap.keys.iter().map(|(id, key)| (NodeId(*id), *key)));
    let keys = Arc::new(keys);
    let net = TlsNet::new(identity, keys.clone()).map_err(|error| format!("TLS: {error}"))?;
    let net = net.with_door(descriptors::places(descriptors.doors.nodes));
    let (net, directory) = (Arc::new(net), config.dir.clone());
    let follower = Follower { directory, net: net.clone(), current, clock: clock.clone() };
    let open = |path: &Path| -> Result<Arc<dyn Disk>, String> {
        make_dir(path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        let disk = RealDisk::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Arc::new(disk))
    };
    let environment = Environment {
        clock,
        entropy: entropy.clone(),
        net,
        log_disk: open(&config.dir.join("log"))?,
        chunk_disks: config.chunk_dirs.iter().map(|path| open(path)).collect::<Result<_, _>>()?,
        state_dir: config.dir.join("state"),
    };
    let key = identity.key_fingerprint();
    let settings = Settings {
        node: identity.node,
        cluster: identity.authority.cluster_id(),
        handle_key: identity.authority.handle_key(),
        listen: config.node_listen.to_string(),
        members: bootstrap.members.iter().map(|(id, address)| (NodeId(*id), address.clone())).collect(),
        founding: bootstrap.founding.map(|founding| Founding {
            name: founding.node_name,
            address: founding.address,
            key,
            cluster_name: founding.cluster_name,
        }),
        authority: Some(follower),
        keys: Some(keys),
        nfs_address: Some(config.nfs_advertise()),
        disk_paths: config.chunk_dirs.iter().map(|path| path.display().to_string()).collect(),
        raft: RaftConfig::new(identity.node, entropy),
        log: LogOptions { cache_bytes: memory.log_cache as usize, ..LogOptions::default() },
        store: StoreOptions {
            capacity_bytes: config.capacity_bytes,
            cache_bytes: memory.chunk_cache as usize,
            files_open_max: descriptors.chunk_files_of_disk as usize,
            ..StoreOptions::default()
        },
        upkeep: UpkeepLimits::default(),
        tuning: Tuning::default(),
        page_caches: PageCaches::new(memory.page_caches),
        unsaved_bytes_max: memory.unsaved,
        nfs: shares.nfs(),
    };
    Node::start(environment, settings).await
}

/// Two daemons on one directory would destroy it. One that was killed a moment ago lets go of its lock when the
/// kernel has torn it down.
async fn lock(dir: &Path) -> Result<std::fs::File, String> {
    let path = dir.join("lock");
    let file =
        std::fs::File::create(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    while file.try_lock().is_err() {
        if Instant::now() > deadline {
            return Err(format!("another nasd runs on {}; stop it first", dir.display()));
        }
        tokio::time::sleep(LOCK_POLL).await;
    }
    Ok(file)
}
