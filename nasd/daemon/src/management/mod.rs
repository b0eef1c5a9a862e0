//! Carries out what the management interface asks of this node.

mod accounts;
pub(crate) mod activity;
mod attempts;
mod caller;
mod certificate;
mod contract;
mod exports;
mod groups;
mod health;
mod limits;
mod mounts;
mod opens;
mod proof;
mod refusal;
mod rights;
mod served;
mod settings;
mod setup;
mod word;

use crate::bootstrap::{self, Bootstrap, FoundingFile};
use crate::config::Config;
use crate::report::Report;
use crate::service::{Running, Shares};
use health::{Observed, Verdict};
use mounts::Mounts;
use nasd_api::{
    Answer, ApiError, ClusterCreate, ClusterJoin, ClusterStatus, Counters, CreateExport, CreateToken,
    CreateVolume, Events, Export, Health, Management, NodeCertificate, Secret, Token, VolumeInfo,
};
use nasd_base::{Clock, NodeId, OsEntropy, SystemClock};
use nasd_cluster::identity::load_or_create_key;
use nasd_cluster::{Authority, Identity, JoinToken};
use nasd_files::Folder;
use nasd_system::{
    By, ExportCommand, VolumeCommand, check_address, check_cluster_name, check_export_path, check_node_name,
};
use nasd_system::{System, SystemCommand};
use refusal::of_system;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::sync::{Mutex, RwLock};
use tokio::time::{Instant, sleep};

/// How long a join token lets a node in, unless told otherwise.
const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// The id of the node that founds a cluster; all others come from the log, whose first entries are older.
const FIRST_NODE: NodeId = NodeId(1);
/// How long a new volume may take to have a leader before the caller is told so.
const VOLUME_TIME: Duration = Duration::from_secs(30);
/// How long the replicas of a new volume may take to be there before it is shown without them.
const SETTLE_TIME: Duration = Duration::from_secs(3);
/// How long a member that was just made may take to see itself in the cluster.
const MEMBER_TIME: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// This node as the management interface sees it.
pub struct Manager {
    /// For the HTTPS server, which serves as long as the node is a member.
    myself: Weak<Manager>,
    config: Config,
    shares: Shares,
    /// `None`: a member of no cluster.
    running: RwLock<Option<Running>>,
    /// Held while the node becomes a member, and while it makes a next authority.
    changing: Mutex<()>,
    mounts: Mutex<Mounts>,
    watches_mounts: AtomicBool,
    attempts: attempts::Attempts,
    offered_setup: setup::OfferedSetup,
    word: word::Word,
    /// Once somebody needed it.
    certificate: OnceLock<Arc<NodeCertificate>>,
    /// What nodes said when they last answered: some of it is worth showing when they do not.
    last_reports: parking_lot::Mutex<BTreeMap<NodeId, Report>>,
}

impl Manager {
    pub fn new(config: Config, shares: Shares) -> Arc<Manager> {
        Arc::new_cyclic(|myself| Manager {
            myself: myself.clone(),
            config,
            shares,
            running: RwLock::default(),
            changing: Mutex::default(),
            mounts: Mutex::default(),
            watches_mounts: AtomicBool::new(false),
            attempts: attempts::Attempts::default(),
            offered_setup: setup::OfferedSetup::default(),
            word: word::Word::default(),
            certificate: OnceLock::new(),
            last_reports: parking_lot::Mutex::default(),
        })
    }

    fn me(&self) -> Result<Arc<Manager>, String> {
        self.myself.upgrade().ok_or_else(|| "the node is stopping".to_owned())
    }

    /// Starts serving as the member that the identity names.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn start_member(&self, identity: Identity) -> Result<(), String> {
        let running = Running::start(&self.config, &self.shares, identity, self.me()?).await?;
        *self.running.write().await = Some(running);
        Ok(())
    }

    /// Unmounts, lets clients' calls finish, and stops.
    pub async fn stop(&self) {
        self.stop_mounts().await;
        if let Some(running) = self.running.write().await.take() {
            running.stop().await;
        }
    }

    async fn observe(&self) -> Result<Observed, ApiError> {
        let running = self.running.read().await;
        let running = running.as_ref().ok_or_else(refusal::no_cluster)?;
        Ok(Observed::by(&running.node, Instant::now()))
    }

    async fn system(&self) -> Result<System, ApiError> {
        let running = self.running.read().await;
        Ok(running.as_ref().ok_or_else(refusal::no_cluster)?.node.system.clone())
    }

    async fn status(&self) -> Result<ClusterStatus, ApiError> {
        let observed = self.observe().await?;
        let Verdict { health, verdict } = observed.verdict();
        Ok(ClusterStatus {
            id: observed.view.cluster_id.to_string(),
            name: observed.view.cluster_name.clone(),
            node: observed.me.0,
            health,
            verdict,
            quorum: observed.has_quorum(),
            leader: observed.system.leader.map(|node| node.0),
            term: observed.system.term,
            nodes: observed.nodes(),
            volumes: observed.volumes(),
        })
    }

    /// The address that others reach this node at.
    fn advertised(&self, asked: Option<String>) -> Result<String, ApiError> {
        asked.or_else(|| self.config.advertise.clone()).ok_or_else(refusal::address_not_known)
    }

    /// The configured name, or the machine's.
    fn node_name(&self) -> String {
        let host = || rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase();
        self.config.name.clone().unwrap_or_else(host)
    }

    async fn create_cluster(&self, request: ClusterCreate) -> Result<ClusterStatus, ApiError> {
        let _changing = self.changing.lock().await;
        self.refuse_members().await?;
        let address = self.advertised(request.advertise)?;
        let name = self.node_name();
        check_node_name(&name).map_err(|e| of_system(&e))?;
        check_address(&address).map_err(|e| of_system(&e))?;
        check_cluster_name(&request.name).map_err(|e| of_system(&e))?;
        let dir = Folder::new(&self.config.dir);
        let identity = new_authority_identity(&dir).map_err(refusal::internal)?;
        let founding = FoundingFile { node_name: name, address, cluster_name: request.name };
        let bootstrap = Bootstrap { founding: Some(founding), ..Bootstrap::default() };
        bootstrap::become_member(&dir, &bootstrap, &identity).map_err(refusal::internal)?;
        self.become_member(identity).await
    }

    async fn join_cluster(&self, request: ClusterJoin) -> Result<ClusterStatus, ApiError> {
        let _changing = self.changing.lock().await;
        self.refuse_members().await?;
        let token = JoinToken::parse(request.token.reveal()).map_err(refusal::join_token_unreadable)?;
        let address = self.advertised(request.advertise)?;
        let (dir, clock) = (Folder::new(&self.config.dir), Arc::new(SystemClock));
        let joined = nasd_cluster::join(&dir, &token, &self.node_name(), &address, clock)
            .await
            .map_err(|error| refusal::of_join(&error))?;
        let members = joined.members.iter().map(|(id, address)| (id.0, address.clone())).collect();
        let keys = joined.member_keys.iter().map(|(id, key)| (id.0, *key)).collect();
        let bootstrap = Bootstrap { founding: None, members, keys };
        bootstrap::become_member(&dir, &bootstrap, &joined.identity).map_err(refusal::internal)?;
        self.become_member(joined.identity).await
    }

    async fn refuse_members(&self) -> Result<(), ApiError> {
        if self.running.read().await.is_some() {
            return Err(refusal::in_a_cluster());
        }
        // A member that could not start: a new identity would take the place of the one that others know.
        match Identity::load(&self.config.dir) {
            Ok(None) => Ok(()),
            Ok(Some(identity)) => Err(refusal::member_not_started(identity.node)),
            Err(error) => Err(refusal::identity_unusable(error)),
        }
    }

    async fn become_member(&self, identity: Identity) -> Result<ClusterStatus, ApiError> {
        let me = identity.node;
        self.start_member(identity).await.map_err(refusal::internal)?;
        let deadline = Instant::now() + MEMBER_TIME;
        loop {
            let observed = self.observe().await?;
            if observed.view.node(me).is_some() {
                return self.status().await;
            }
            if Instant::now() > deadline {
                return Err(refusal::member_not_heard());
            }
            sleep(POLL_EVERY).await;
        }
    }

    async fn create_volume(&self, by: &By, request: CreateVolume) -> Result<VolumeInfo, ApiError> {
        let system = self.system().await?;
        let (replicas, limits) = (request.replicas.map(u32::from), request.limits.into());
        let volume = system.create_volume(by, &request.name, replicas, limits).await;
        let volume = volume.map_err(|e| of_system(&e))?;
        let deadline = Instant::now() + VOLUME_TIME;
        let settled = Instant::now() + SETTLE_TIME;
        let expected = if volume.replicas.len() < 3 { Health::Degraded } else { Health::Healthy };
        loop {
            let info = self.observe().await?.volume(volume.id);
            match info {
                // Its other replicas are up within a moment; an absent node is not waited for.
                Some(info)
                    if info.leader.is_some() && (info.health == expected || Instant::now() > settled) =>
                {
                    self.await_limits(volume.id).await?;
                    return Ok(info);
                }
                Some(info) if Instant::now() > deadline => return Ok(info),
                // An idempotency key can find one that somebody has deleted since.
                None if Instant::now() > settled => {
                    return Err(refusal::volume_made_and_gone(volume.name));
                }
                _ => sleep(POLL_EVERY).await,
            }
        }
    }

    async fn delete_volume(&self, by: &By, name: String) -> Result<(), ApiError> {
        let system = self.system().await?;
        let mounted = self.list_mounts().await.into_iter().filter(|mount| mount.volume == name);
        let mounted: Vec<String> = mounted.map(|mount| mount.at.display().to_string()).collect();
        if !mounted.is_empty() {
            return Err(refusal::volume_mounted_here(name, mounted.join(", ")));
        }
        let command = SystemCommand::Volume(VolumeCommand::Delete { name });
        system.propose(by, command).await.map(drop).map_err(|e| of_system(&e))
    }

    async fn create_export(&self, by: &By, request: CreateExport) -> Result<Export, ApiError> {
        // As with users: the state would remember the refusal for the idempotency key.
        check_export_path(&request.path).map_err(|e| of_system(&e))?;
        let system = self.system().await?;
        let CreateExport { path, volume, clients } = request;
        let clients = clients.into_iter().map(Into::into).collect();
        let command = SystemCommand::Export(ExportCommand::Create { path: path.clone(), volume, clients });
        system.propose(by, command).await.map_err(|e| of_system(&e))?;
        let made = self.observe().await?.exports().into_iter().find(|export| export.path == path);
        made.ok_or_else(refusal::export_made_behind)
    }

    async fn delete_export(&self, by: &By, path: String) -> Result<(), ApiError> {
        let system = self.system().await?;
        system
            .propose(by, SystemCommand::Export(ExportCommand::Delete { path }))
            .await
            .map(drop)
            .map_err(|e| of_system(&e))
    }

    /// `until`: when what asks for it ends itself, in seconds since 1970.
    async fn create_token(
        &self,
        by: &By,
        request: CreateToken,
        until: Option<i64>,
    ) -> Result<Token, ApiError> {
        let lifetime =
            request.ttl_seconds.map_or(TOKEN_LIFETIME, |seconds| Duration::from_secs(u64::from(seconds)));
        let left = until.map(|until| u64::try_from(until - SystemClock.now().secs).unwrap_or(0).max(1));
        let lifetime = left.map_or(lifetime, |left| lifetime.min(Duration::from_secs(left)));
        let (system, authority) = {
            let running = self.running.read().await;
            let running = running.as_ref().ok_or_else(refusal::no_cluster)?;
            (running.node.system.clone(), running.authority.get())
        };
        let view = system.view();
        let me = view.node(system.me()).ok_or_else(refusal::own_address_behind)?;
        let token =
            nasd_system::create_token(&system, by, &authority, me.address.clone(), lifetime, &OsEntropy)
                .await
                .map_err(|e| of_system(&e))?;
        Ok(Token { token: Secret::new(token.reveal()), expires: SystemClock.now().plus(lifetime).secs })
    }

    async fn count(&self) -> Result<Counters, ApiError> {
        let running = self.running.read().await;
        let node = &running.as_ref().ok_or_else(refusal::no_cluster)?.node;
        let log = node.log.counters();
        let store = node.store.counters();
        let space = node.store.space();
        let raft = node.raft.counters();
        let (entries, transactions) = node.volumes.state_counts();
        let volumes: Vec<_> = node.volumes.all().iter().map(|volume| volume.stats()).collect();
        let sum = |pick: fn(&nasd_fs::VolumeStats) -> u64| volumes.iter().map(pick).sum();
        let more: [(&str, u64); 21] = [
            ("log_segments", log.segments),
            ("chunk_puts", store.puts),
            ("chunk_bytes", store.put_bytes),
            ("chunk_reads", store.reads),
            ("chunk_flushes", store.syncs),
            ("chunk_checksum_errors", store.checksum_errors),
            ("chunk_used_bytes", space.used_bytes),
            ("chunk_live_bytes", space.live_bytes),
            ("chunks_damaged", node.store.damaged().len() as u64),
            ("compacted_bytes", store.compacted_bytes),
            ("segments_removed", store.segments_removed),
            ("scrubbed_bytes", store.scrubbed_bytes),
            ("scrub_rounds", store.scrub_rounds),
            ("proposals", raft.proposals()),
            ("lease_reads", raft.lease_reads()),
            ("quorum_reads", raft.quorum_reads()),
            ("commits", sum(|stats| stats.commits)),
            ("repairs", sum(|stats| stats.repairs)),
            ("healed_chunks", sum(|stats| stats.healed)),
            ("coalesced_bytes", sum(|stats| stats.coalesced_bytes)),
            ("recalls_given_up", sum(|stats| stats.recalls_given_up)),
        ];
        Ok(Counters {
            log_flushes: log.flushes,
            log_records: log.records,
            log_bytes: log.entry_bytes,
            entries,
            changes: sum(|stats| stats.changes),
            transactions,
            more: more.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        })
    }
}

/// A new cluster's authority and the identity of its first node, not saved yet.
fn new_authority_identity(dir: &Folder) -> Result<Identity, String> {
    let now = SystemClock.now();
    let authority = Authority::create(now, &OsEntropy).map_err(|error| error.to_string())?;
    let key = load_or_create_key(dir).map_err(|error| error.to_string())?;
    let certificate =
        authority.issue(FIRST_NODE, &key.public_key(), now).map_err(|error| error.to_string())?;
    Identity::new(Arc::new(authority), certificate, key).map_err(|error| error.to_string())
}

impl Management for Manager {
    fn events(&self) -> Answer<'_, Events> {
        Box::pin(async { Ok(self.happenings().await?.listen()) })
    }
}
