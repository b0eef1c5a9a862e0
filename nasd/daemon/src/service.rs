//! `nasd run`: one server's node, from nothing or as a member, until it is told to stop.
//!
//! The management socket answers from the first moment; a node that belongs to no cluster waits there for
//! `create` or `join`.

use crate::config::Config;
use crate::{descriptors, memory};
use nasd_api::SocketRules;
use nasd_base::door::Door;
use nasd_base::net::BoxFuture;
use nasd_base::{Entropy, NodeId, OsEntropy, SystemClock};
use nasd_cluster::{CurrentAuthority, Identity, NodeKeys, TlsNet};
use nasd_disk::{Disk, RealDisk};
use nasd_files::{Folder, make_dir};
use nasd_fs::Tuning;
use nasd_log::LogOptions;
use nasd_manage::{Manager, Started, Starts, bootstrap};
use nasd_nfs::NfsOptions;
use nasd_node::{Environment, Follower, Founding, Node, Settings};
use nasd_raft::RaftConfig;
use nasd_state::PageCaches;
use nasd_store::{StoreOptions, UpkeepLimits};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a predecessor that was killed may take to be torn down.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(50);

/// Who in the process may have how much.
#[derive(Clone, Copy, Debug)]
struct Shares {
    descriptors: descriptors::Plan,
    memory: memory::Plan,
}

impl Shares {
    /// Takes all the file descriptors that the system gives, and the memory that the operator or the machine gives, and
    /// says once how they are divided.
    fn of(config: &Config) -> Result<Shares, String> {
        let descriptors = descriptors::plan(descriptors::raise()?, config.machine.chunk_dirs.len() as u64)?;
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

/// What a machine does to serve as a member.
struct Wiring {
    config: Config,
    shares: Shares,
}

impl Starts for Wiring {
    fn start(&self, identity: Identity, manager: Arc<Manager>) -> BoxFuture<'_, Result<Started, String>> {
        Box::pin(start(&self.config, &self.shares, identity, manager))
    }
}

async fn start(
    config: &Config,
    shares: &Shares,
    identity: Identity,
    manager: Arc<Manager>,
) -> Result<Started, String> {
    let address = config.nfs_listen;
    // Bound first: a port in use is said before anything has been started.
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen for NFS at {address}: {error}; is another server there?"))?;
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
        if let Err(error) = server.serve(listener, told(stopping)).await {
            tracing::error!(name: "nfs_ended", %error, "the NFS server ended; restart nasd");
        }
    });
    let stopping = stop_servers.subscribe();
    let door = Door::new("HTTPS", descriptors::places(shares.descriptors.doors.https));
    let routes = manager.network_routes();
    let https = tokio::spawn(nasd_api::serve_https(https, tls, routes, door, told(stopping)));
    let close = Box::pin(async move {
        stop_servers.send_replace(true);
        let _ = nfs.await;
        // A request in progress may wait for the state that is about to be taken away: it is cut off.
        https.abort();
    });
    Ok(Started { node, authority, close })
}

/// Done when it is said, or nobody is left to say it.
async fn told(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn listen_https(config: &Config) -> Result<TcpListener, String> {
    let address = config.https_listen;
    TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen for HTTPS at {address}: {error}; give another address with --https-listen")
    })
}

/// Runs until SIGTERM or SIGINT, on threads of its own: a caller that polled this would have all of it compiled again.
///
/// # Errors
/// A sentence for the operator: the directory is in use, damaged or not writable, a port is taken, or the system gives
/// too few file descriptors.
pub fn run(config: Config) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(serve_until_told(config))
}

async fn serve_until_told(config: Config) -> Result<(), String> {
    let config = config.with_own_address();
    let dir = &config.machine.dir;
    let shares = Shares::of(&config)?;
    make_dir(dir).map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
    let _lock = lock(dir).await?;
    let of_others = [&config.console, &config.agent].into_iter().filter(|socket| socket.uid.is_some());
    let of_others: Vec<&Path> = of_others.map(|socket| socket.path.as_path()).collect();
    nasd_manage::make_private(&config.machine, &of_others);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let manager = Manager::new(config.machine.clone(), Wiring { config: config.clone(), shares });
    if let Some(identity) = Identity::load(dir).map_err(|error| error.to_string())? {
        tracing::info!(name: "node_started", node = %identity.node, "starting as a member");
        manager.start_member(identity).await?;
    } else {
        tracing::info!(name: "node_alone", "this machine belongs to no cluster: tell it with nasctl cluster create or join");
    }
    let (stop_api, stopping) = watch::channel(false);
    let mut api = tokio::spawn(serve_sockets(config.clone(), shares, manager.clone(), stopping));
    let outcome = tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        ended = &mut api => ended.map_err(|error| error.to_string()).and_then(|served| served),
    };
    tracing::info!(name: "node_stopping", "stopping");
    stop_api.send_replace(true);
    manager.stop().await;
    if !api.is_finished() {
        let _ = api.await;
    }
    outcome
}

/// The local socket, the console's and the agents', until one of them fails or all are told to stop.
async fn serve_sockets(
    config: Config,
    shares: Shares,
    manager: Arc<Manager>,
    stopping: watch::Receiver<bool>,
) -> Result<(), String> {
    let doors = shares.descriptors.doors;
    let roots = SocketRules { owner: None, connections_max: doors.local as usize };
    let consoles = SocketRules { owner: config.console.uid, connections_max: doors.console as usize };
    let agents = SocketRules { owner: config.agent.uid, connections_max: doors.agents as usize };
    let (socket, routes) = (config.socket(), manager.local_routes());
    let root = nasd_api::serve_unix_by(&socket, roots, routes, told(stopping.clone()));
    let routes = manager.console_routes();
    let console = nasd_api::serve_unix_by(&config.console.path, consoles, routes, told(stopping.clone()));
    let routes = manager.agent_routes();
    let agent = nasd_api::serve_unix_by(&config.agent.path, agents, routes, told(stopping));
    tokio::try_join!(root, console, agent).map(drop).map_err(|error| error.to_string())
}

async fn start_node(
    config: &Config,
    shares: &Shares,
    identity: &Identity,
    current: Arc<CurrentAuthority>,
) -> Result<Arc<Node>, String> {
    let Shares { descriptors, memory } = shares;
    let bootstrap = bootstrap::load(&Folder::new(&config.machine.dir))?;
    let clock = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let keys = NodeKeys::told(bootstrap.keys.iter().map(|(id, key)| (NodeId(*id), *key)));
    let keys = Arc::new(keys);
    let net = TlsNet::new(identity, keys.clone()).map_err(|error| format!("TLS: {error}"))?;
    let net = net.with_door(descriptors::places(descriptors.doors.nodes));
    let (net, directory) = (Arc::new(net), config.machine.dir.clone());
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
        log_disk: open(&config.machine.dir.join("log"))?,
        chunk_disks: config.machine.chunk_dirs.iter().map(|path| open(path)).collect::<Result<_, _>>()?,
        state_dir: config.machine.dir.join("state"),
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
        disk_paths: config.machine.chunk_dirs.iter().map(|path| path.display().to_string()).collect(),
        raft: RaftConfig::new(identity.node, entropy),
        log: LogOptions { cache_bytes: memory.log_cache as usize, ..LogOptions::default() },
        store: StoreOptions {
            capacity_bytes: config.capacity_bytes,
            cache_bytes: memory.chunk_cache as usize,
            files_open_max: descriptors.chunk_files_of_disk as usize,
            ..StoreOptions::default()
        },
        smartctl: config.smartctl.clone(),
        upkeep: UpkeepLimits::default(),
        tuning: Tuning::default(),
        page_caches: PageCaches::new(memory.page_caches),
        unsaved_bytes_max: memory.unsaved,
        nfs: shares.nfs(),
    };
    let node = Node::start(environment, settings).await?;
    if let Some(limit) = config.slow_operation_ms {
        node.router.ledger().set_slow(Duration::from_millis(limit));
    }
    Ok(node)
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
