//! The server: what its connections share, who may connect, and the listening socket.

use crate::budget::Budget;
use crate::connection;
use crate::drc::{Cache, Limits};
use crate::handle::HandleKey;
use crate::mount::MountTable;
use crate::options::NfsOptions;
use crate::portmap;
use crate::stats::{ClientInfo, ConnectionStats, Counters, Totals};
use crate::v3::{Generations, Volumes};
use nasd_base::export::Export;
use nasd_fs::FileService;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Where the export rules come from. Asked for every call: it should be a pointer to what is known.
pub trait Exports: Send + Sync + 'static {
    fn current(&self) -> Arc<Vec<Export>>;
}

/// An NFSv3 and MOUNT server over a file service. Clones are the same server.
#[derive(Clone)]
pub struct NfsServer {
    shared: Arc<Shared>,
}

/// What the connections of a server share.
pub(crate) struct Shared {
    pub(crate) volumes: Arc<Volumes>,
    pub(crate) exports: Arc<dyn Exports>,
    pub(crate) replies: Cache,
    pub(crate) mounts: MountTable,
    pub(crate) key_salt: [u8; 32],
    pub(crate) options: NfsOptions,
    memory: Arc<Semaphore>,
    connections: Mutex<Connections>,
    next_connection: AtomicU64,
}

#[derive(Default)]
struct Connections {
    open: BTreeMap<u64, Arc<ConnectionStats>>,
    clients: HashMap<IpAddr, ClientSlot>,
}

/// The connections of one address and the memory they share. Calls that outlive their connection still count:
/// connecting again must not buy a second share.
struct ClientSlot {
    connections: usize,
    budget: Budget,
}

impl ClientSlot {
    fn is_idle(&self) -> bool {
        self.connections == 0 && self.budget.is_unused()
    }
}

impl Connections {
    /// Clears away slots whose last call ended after their last connection, when they have become many.
    fn forget_idle_clients(&mut self) {
        if self.clients.len() > 2 * self.open.len() + 16 {
            self.clients.retain(|_, slot| !slot.is_idle());
        }
    }
}

const SALT_CONTEXT: &str = "gotgan 2026-11 nfs call key salt";

impl NfsServer {
    /// `handle_key` is the cluster's secret for file handles and `cluster_id` its number; both are the same
    /// on all nodes, so that handles, file system ids and the names of repeated calls are too.
    pub fn new(
        files: Arc<dyn FileService>,
        exports: Arc<dyn Exports>,
        handle_key: [u8; 32],
        cluster_id: u64,
        options: NfsOptions,
    ) -> NfsServer {
        let options = options.made_workable();
        let volumes = Volumes {
            files,
            handles: HandleKey::new(&handle_key),
            generations: Generations::new(options.generations_max),
            cluster: cluster_id,
            totals: Totals::default(),
        };
        let replies = Cache::new(Limits {
            entries_max: options.remembered_replies_max,
            bytes_max: options.remembered_bytes_max,
            age_max: options.remembered_age_max,
        });
        let shared = Shared {
            volumes: Arc::new(volumes),
            exports,
            replies,
            mounts: MountTable::default(),
            key_salt: blake3::derive_key(SALT_CONTEXT, &handle_key),
            options,
            memory: Arc::new(Semaphore::new(options.memory_bytes_max)),
            connections: Mutex::default(),
            next_connection: AtomicU64::new(1),
        };
        NfsServer { shared: Arc::new(shared) }
    }

    /// Serves NFS and MOUNT on one port until `shutdown` is ready; then no call is begun, and those that
    /// were are given `drain_timeout` to finish.
    ///
    /// # Errors
    /// Only if the socket itself fails; a failed connection is not an error.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let port = listener.local_addr()?.port();
        if self.shared.options.register_with_rpcbind {
            portmap::register(port).await;
        }
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = tasks.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.start(&mut tasks, stream, peer, stopped.clone()),
                    Err(error) => out_of_resources(&error).await,
                }
            }
        }
        drop(listener);
        if self.shared.options.register_with_rpcbind {
            portmap::unregister().await;
        }
        let _ = stop.send(true);
        let drained = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(self.shared.options.drain_timeout, drained).await;
        Ok(())
    }

    fn start(
        &self,
        tasks: &mut JoinSet<()>,
        stream: TcpStream,
        peer: SocketAddr,
        stop: watch::Receiver<bool>,
    ) {
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&self.shared);
        tasks.spawn(async move {
            if let Some(entry) = ConnectionEntry::admit(&shared, peer) {
                let (read, write) = stream.into_split();
                connection::run(&entry, read, write, stop).await;
            }
        });
    }

    /// Serves one client over any stream until it ends. `peer` is who export rules are applied to.
    pub async fn serve_stream<S>(&self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send,
    {
        let Some(entry) = ConnectionEntry::admit(&self.shared, peer) else { return };
        let (_stop, stopped) = watch::channel(false);
        let (read, write) = tokio::io::split(stream);
        connection::run(&entry, read, write, stopped).await;
    }

    /// The connections that are open, oldest first.
    pub fn clients(&self) -> Vec<ClientInfo> {
        self.shared.connections.lock().open.values().map(|stats| stats.info()).collect()
    }

    pub fn counters(&self) -> Counters {
        let shared = &self.shared;
        let used = shared.options.memory_bytes_max - shared.memory.available_permits();
        Counters {
            connections: shared.connections.lock().open.len() as u64,
            memory_bytes: used as u64,
            remembered: shared.replies.len() as u64,
            ..shared.volumes.totals.snapshot()
        }
    }
}

/// Accepting fails when file descriptors or memory run out: wait for some to come back.
async fn out_of_resources(error: &io::Error) {
    tracing::warn!("NFS cannot accept a connection: {error}. Clients will try again.");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// A connection's place among the open ones; given back on drop.
pub(crate) struct ConnectionEntry {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) stats: Arc<ConnectionStats>,
    pub(crate) budget: Budget,
}

impl ConnectionEntry {
    /// `None` when there are too many connections, of all clients or of this one.
    fn admit(shared: &Arc<Shared>, peer: SocketAddr) -> Option<ConnectionEntry> {
        let options = &shared.options;
        let client = peer.ip().to_canonical();
        let totals = &shared.volumes.totals;
        let mut connections = shared.connections.lock();
        let of_client = connections.clients.get(&client).map_or(0, |slot| slot.connections);
        if connections.open.len() >= options.connections_max
            || of_client >= options.connections_per_client_max
        {
            totals.connections_refused.add(1);
            return None;
        }
        totals.connections_accepted.add(1);
        let id = shared.next_connection.fetch_add(1, Ordering::Relaxed);
        let stats = Arc::new(ConnectionStats::new(peer));
        connections.open.insert(id, Arc::clone(&stats));
        connections.forget_idle_clients();
        let slot = connections.clients.entry(client).or_insert_with(|| ClientSlot {
            connections: 0,
            budget: Budget::new(options.memory_per_client_bytes_max, Arc::clone(&shared.memory)),
        });
        slot.connections += 1;
        let budget = slot.budget.clone();
        drop(connections);
        Some(ConnectionEntry { shared: Arc::clone(shared), id, peer, stats, budget })
    }
}

impl Drop for ConnectionEntry {
    fn drop(&mut self) {
        let client = self.peer.ip().to_canonical();
        let mut connections = self.shared.connections.lock();
        connections.open.remove(&self.id);
        if let Some(slot) = connections.clients.get_mut(&client) {
            slot.connections -= 1;
            if slot.is_idle() {
                connections.clients.remove(&client);
            }
        }
    }
}
