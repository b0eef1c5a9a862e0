//! The server: what its connections share, who may connect, and the listening socket.

use crate::access::Exports;
use crate::client_classes::ClientClasses;
use crate::clients::{ClientTable, NfsClientRecord};
use crate::complaints::Complaints;
use crate::connection;
use crate::drc::{ReplyCache, ReplyCacheLimits};
use crate::handle::HandleKey;
use crate::memory::CallMemory;
use crate::mount::MountTable;
use crate::options::NfsOptions;
use crate::portmap;
use crate::refused::{Refusals, Refused};
use crate::standing::{Standing, Standings};
use crate::stats::{CallTotals, ClientInfo, ConnectionStats, NfsCounters};
use crate::v3::{Generations, Volumes};
use nasd_base::door::{self, Door, Place};
use nasd_base::export::Network;
use nasd_base::{Clock, LatencyCounts};
use nasd_fs::{FileService, Ledger, Tab};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// An NFSv3 and MOUNT server over a file service. Clones are the same server.
#[derive(Clone)]
pub struct NfsServer {
    shared: Arc<Shared>,
}

/// What the connections of a server share.
pub(crate) struct Shared {
    pub(crate) volumes: Arc<Volumes>,
    pub(crate) exports: Arc<dyn Exports>,
    pub(crate) replies: ReplyCache,
    pub(crate) mounts: MountTable,
    pub(crate) key_salt: [u8; 32],
    pub(crate) options: NfsOptions,
    pub(crate) memory: CallMemory,
    door: Door,
    standings: Standings,
    /// Locked before `clients`.
    open: Mutex<BTreeMap<u64, Arc<ConnectionStats>>>,
    clients: ClientTable,
    clock: Arc<dyn Clock>,
    pub(crate) ledger: Arc<Ledger>,
    next_connection: AtomicU64,
}

const SALT_CONTEXT: &str = "gotgan 2026-11 nfs call key salt";

impl NfsServer {
    /// What calls took goes into `ledger`. `handle_key` is the cluster's secret for file handles and `cluster_id` its
    /// number; both are the same on all nodes, so that handles, file system ids and the names of repeated calls are too.
    pub fn new(
        files: Arc<dyn FileService>,
        exports: Arc<dyn Exports>,
        handle_key: [u8; 32],
        cluster_id: u64,
        options: NfsOptions,
        clock: Arc<dyn Clock>,
        ledger: Arc<Ledger>,
    ) -> NfsServer {
        let options = options.made_workable();
        let volumes = Volumes {
            files,
            handles: HandleKey::new(&handle_key),
            generations: Generations::new(options.generations_max),
            cluster: cluster_id,
            totals: CallTotals::default(),
            complaints: Complaints::default(),
            refusals: Refusals::new(clock.clone()),
            classes: ClientClasses::default(),
        };
        let replies = ReplyCache::new(ReplyCacheLimits {
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
            memory: CallMemory::new(&options),
            door: Door::new("NFS", options.door()),
            standings: Standings::default(),
            open: Mutex::default(),
            clients: ClientTable::default(),
            clock,
            ledger,
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
                    Err(error) => self.out_of_resources(&error).await,
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
        // Who is refused gives its descriptor back at once.
        let Some(entry) = ConnectionEntry::admit(&self.shared, peer) else { return };
        let _ = stream.set_nodelay(true);
        tasks.spawn(async move {
            let (read, write) = stream.into_split();
            connection::run(&entry, read, write, stop).await;
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
        self.shared.open.lock().values().map(|stats| stats.info()).collect()
    }

    /// Who is connected, and who was within a day.
    pub fn client_records(&self) -> Vec<NfsClientRecord> {
        let open = self.shared.open.lock();
        self.shared.clients.list(open.values().map(|stats| &**stats), self.shared.clock.now())
    }

    /// How long calls took since the server started, by the network whose rule let the client in; `None`: those of all
    /// networks beyond a bound.
    pub fn class_times(&self) -> Vec<(Option<Network>, LatencyCounts)> {
        self.shared.volumes.classes.counts()
    }

    /// The paths that a client has mounted, as far as it told this server.
    pub fn mounted_by(&self, client: IpAddr) -> Vec<String> {
        self.shared.mounts.paths_of(client)
    }

    /// Looks at how much every client has done. To be called every [`crate::MARK_EVERY`].
    pub fn mark(&self) {
        let open = self.shared.open.lock();
        self.shared.clients.mark(open.values().map(|stats| &**stats), self.shared.clock.now());
    }

    /// Whom the export rules refused within a day, the latest first.
    pub fn refused(&self) -> Vec<Refused> {
        self.shared.volumes.refusals.list()
    }

    pub fn counters(&self) -> NfsCounters {
        let shared = &self.shared;
        NfsCounters {
            connections: shared.open.lock().len() as u64,
            strangers: shared.door.counts().strangers as u64,
            memory_bytes: shared.memory.used() as u64,
            remembered: shared.replies.len() as u64,
            ..shared.volumes.totals.snapshot()
        }
    }

    /// Accepting fails when file descriptors or memory run out: wait for some to come back.
    async fn out_of_resources(&self, error: &io::Error) {
        if let Some(times) = self.shared.volumes.complaints.accepts.say(Instant::now()) {
            tracing::warn!(
                "NFS cannot accept a connection: {error} ({times} since the last line). Clients will try again; if it stays, raise \
                 the limit of open files (LimitNOFILE) or look who has so many connections: nasctl client list."
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A connection's place at the door and among the open ones; given back on drop.
pub(crate) struct ConnectionEntry {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    /// Whom its memory is charged to.
    pub(crate) host: IpAddr,
    pub(crate) stats: Arc<ConnectionStats>,
    pub(crate) tab: Arc<Tab>,
    place: Mutex<Place>,
    standing: Mutex<Standing>,
}

impl ConnectionEntry {
    /// `None` when there are too many connections, of all clients or of this one.
    fn admit(shared: &Arc<Shared>, peer: SocketAddr) -> Option<ConnectionEntry> {
        let totals = &shared.volumes.totals;
        let Some(place) = shared.door.enter(peer.ip()) else {
            totals.connections_refused.add(1);
            return None;
        };
        let id = shared.next_connection.fetch_add(1, Ordering::Relaxed);
        let stats = Arc::new(ConnectionStats::new(id, peer, shared.clock.now()));
        shared.open.lock().insert(id, Arc::clone(&stats));
        let (host, tab, shared) = (door::host(peer.ip()), shared.ledger.open_tab(), Arc::clone(shared));
        let (place, standing) = (Mutex::new(place), Mutex::default());
        let entry = ConnectionEntry { shared, id, peer, host, stats, tab, place, standing };
        if entry.is_known() && !entry.become_known() {
            return None;
        }
        entry.shared.volumes.totals.connections_accepted.add(1);
        Some(entry)
    }

    /// Whether an export rule names the client now.
    pub(crate) fn is_known(&self) -> bool {
        let exports = self.shared.exports.current();
        self.shared.standings.is_known(&mut self.standing.lock(), &exports, self.peer.ip())
    }

    /// Moves to a place that no stranger can take. False when there is none: the connection is to be closed.
    pub(crate) fn become_known(&self) -> bool {
        let found = self.place.lock().become_known();
        if !found {
            self.shared.volumes.totals.connections_refused.add(1);
        }
        found
    }

    /// Gives the place of a known client up for a stranger's.
    pub(crate) fn become_stranger(&self) -> bool {
        let entered = self.shared.door.enter(self.peer.ip());
        entered.map(|place| *self.place.lock() = place).is_some()
    }

    /// Completes when another stranger has taken this one's place.
    pub(crate) fn displaced(&self) -> impl Future<Output = ()> + Send + use<> {
        self.place.lock().displaced()
    }
}

impl Drop for ConnectionEntry {
    fn drop(&mut self) {
        let mut open = self.shared.open.lock();
        open.remove(&self.id);
        // Nobody sees it in both places or in none.
        self.shared.clients.close(&self.stats, self.shared.clock.now());
    }
}
