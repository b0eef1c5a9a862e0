//! Owns a cluster in memory that keeps what it is told: a real implementation of the management trait.

mod accounts;
mod certificate;
mod exports;
mod setup;

use certificate::Certificate;

pub use accounts::{CAREFUL, CODE, CSRF, LOCKED, NOW, PASSWORD};

use futures::StreamExt;
use nasd_api::{
    Answer, ApiError, ApiTokenInfo, AuditRecord, CertificateInfo, ChangeSettings, ClusterCreate, ClusterJoin,
    ClusterStatus, ConnectedClient, Counters, CreateToken, CreateVolume, DiskInfo, DiskState, ErrorCode,
    Event, EventKind, Events, Export, Forecast, Group, Health, Limits, Management, MountInfo, MountReach,
    MountRequest, NewCertificate, NodeInfo, NodeState, Performance, PerformancePoint, Protocol, Range,
    ReplicaInfo, ReplicaState, Secret, SessionInfo, Settings, StartTask, Task, TaskLine, TaskPart, TaskState,
    Token, User, VolumeInfo,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The token that lets a node join.
pub const TOKEN: &str = "gotgan-join-8d1f4c";

#[derive(Default)]
struct State {
    cluster: Option<String>,
    /// Of the link that sets the node up.
    setup: Option<Secret>,
    volumes: BTreeMap<String, VolumeInfo>,
    exports: BTreeMap<String, Export>,
    mounts: BTreeMap<PathBuf, MountInfo>,
    tokens: u32,
    tasks: Vec<Task>,
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, Group>,
    /// The name is the cluster's.
    sessions_end: SessionsEnd,
    passwords: BTreeMap<String, Secret>,
    /// By their secrets.
    sessions: BTreeMap<String, SessionInfo>,
    api_tokens: BTreeMap<String, ApiTokenInfo>,
    /// Who acted, and what was recorded: action and outcome.
    audit: Vec<(String, String)>,
    last_op: Option<[u8; 16]>,
    stale: bool,
    sessions_ended: bool,
    /// How often a credential was used by somebody.
    used: u64,
    /// Streams of events go on.
    endless: bool,
    /// A session of a role was used.
    role_logged_in: bool,
    records: Vec<AuditRecord>,
}

/// Minutes, and how often they were changed.
struct SessionsEnd {
    idle: u32,
    total: u32,
    changes: u32,
}

impl Default for SessionsEnd {
    fn default() -> SessionsEnd {
        SessionsEnd { idle: 30, total: 720, changes: 0 }
    }
}

/// One node, in a cluster or not.
#[derive(Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
    certificate: Certificate,
}

impl Memory {
    /// A node that is in a cluster already.
    pub fn in_cluster() -> Memory {
        let memory = Memory::default();
        memory.state.lock().unwrap().cluster = Some("home".into());
        memory
    }

    /// Streams of events have no end of their own from now on.
    pub fn go_on(&self) {
        self.state.lock().unwrap().endless = true;
    }

    /// Adds a volume that no rule about names was asked about.
    pub fn add_volume(&self, name: &str) {
        let mut state = self.state.lock().unwrap();
        let info = volume(state.volumes.len() as u64 + 1, name, Limits::default());
        state.volumes.insert(name.to_owned(), info);
    }

    /// Adds an export that no rule about paths was asked about.
    pub fn add_export(&self, path: &str, volume: &str) {
        let (path_text, volume) = (path.to_owned(), volume.to_owned());
        let export = Export { path: path_text, volume, clients: Vec::new(), etag: "1".into() };
        self.state.lock().unwrap().exports.insert(path.to_owned(), export);
    }

    /// The names of the volumes that there are.
    pub fn volume_names(&self) -> Vec<String> {
        self.state.lock().unwrap().volumes.keys().cloned().collect()
    }

    fn with<'a, T: Send + 'a>(&self, act: impl FnOnce(&mut State) -> Result<T, ApiError>) -> Answer<'a, T> {
        let answer = act(&mut self.state.lock().unwrap());
        Box::pin(async move { answer })
    }
}

fn exists(what: &str, name: &str) -> ApiError {
    ApiError::new(ErrorCode::AlreadyExists, format!("there is a {what} {name} already"))
}

fn node() -> NodeInfo {
    NodeInfo {
        id: 1,
        name: "stor-a".into(),
        address: "192.0.2.1:7400".into(),
        state: NodeState::Member,
        reachable: true,
        nfs_address: Some("192.0.2.1:2049".into()),
        version: Some("0.1.0".into()),
    }
}

fn volume(id: u64, name: &str, limits: Limits) -> VolumeInfo {
    VolumeInfo {
        id,
        name: name.to_owned(),
        health: Health::Healthy,
        verdict: "healthy".into(),
        replicas: vec![ReplicaInfo { node: 1, state: ReplicaState::Leader, matched: Some(12) }],
        leader: Some(1),
        term: 2,
        commit_index: 12,
        total_bytes: Some(1 << 40),
        free_bytes: Some((1 << 40) - 4096),
        used_bytes: Some(4096),
        files: Some(1),
        limits,
        etag: "1".into(),
    }
}

impl State {
    fn settings(&self) -> Result<Settings, ApiError> {
        Ok(Settings {
            name: self.cluster.clone().ok_or_else(ApiError::no_cluster)?,
            session_idle_minutes: self.sessions_end.idle,
            session_minutes: self.sessions_end.total,
            etag: format!("{}", self.sessions_end.changes),
        })
    }

    fn status(&self) -> Result<ClusterStatus, ApiError> {
        let name = self.cluster.clone().ok_or_else(ApiError::no_cluster)?;
        Ok(ClusterStatus {
            id: "0123456789abcdef".into(),
            name,
            node: 1,
            health: Health::Degraded,
            verdict: "degraded: one node only; its loss stops everything".into(),
            quorum: true,
            leader: Some(1),
            term: 3,
            nodes: vec![node()],
            volumes: self.volumes.values().cloned().collect(),
        })
    }
}

impl Management for Memory {
    fn cluster_status(&self) -> Answer<'_, ClusterStatus> {
        self.with(|state| state.status())
    }

    fn create_cluster(&self, request: ClusterCreate) -> Answer<'_, ClusterStatus> {
        self.with(|state| {
            if let Some(name) = &state.cluster {
                return Err(ApiError::conflict(format!("this node is in the cluster {name} already")));
            }
            state.cluster = Some(request.name);
            state.status()
        })
    }

    fn join_cluster(&self, request: ClusterJoin) -> Answer<'_, ClusterStatus> {
        self.with(|state| {
            if request.token.reveal() != TOKEN {
                let refused = ApiError::new(ErrorCode::Denied, "the token is wrong, spent or expired");
                return Err(refused.hint("make a new one with `nasctl cluster token`"));
            }
            state.cluster = Some("joined".into());
            state.status()
        })
    }

    fn create_token(&self, request: CreateToken, until: Option<i64>) -> Answer<'_, Token> {
        self.with(|state| {
            state.tokens += 1;
            let expires = NOW + i64::from(request.ttl_seconds.unwrap_or(900));
            let expires = until.map_or(expires, |until| expires.min(until));
            Ok(Token { token: Secret::new(TOKEN), expires })
        })
    }

    fn settings(&self) -> Answer<'_, Settings> {
        self.with(|state| state.settings())
    }

    fn change_settings(&self, request: ChangeSettings, etag: Option<String>) -> Answer<'_, Settings> {
        self.with(|state| {
            if etag.is_some_and(|etag| state.settings().is_ok_and(|settings| settings.etag != etag)) {
                return Err(ApiError::new(ErrorCode::PreconditionFailed, "somebody else has changed it"));
            }
            let ChangeSettings { name, session_idle_minutes: idle, session_minutes: total } = request;
            state.cluster = Some(name);
            state.sessions_end = SessionsEnd { idle, total, changes: state.sessions_end.changes + 1 };
            state.settings()
        })
    }

    fn nodes(&self) -> Answer<'_, Vec<NodeInfo>> {
        self.with(|state| state.status().map(|status| status.nodes))
    }

    fn volumes(&self) -> Answer<'_, Vec<VolumeInfo>> {
        self.with(|state| state.status().map(|status| status.volumes))
    }

    fn create_volume(&self, request: CreateVolume) -> Answer<'_, VolumeInfo> {
        self.with(|state| {
            if state.volumes.contains_key(&request.name) {
                return Err(exists("volume", &request.name));
            }
            let info = volume(state.volumes.len() as u64 + 1, &request.name, request.limits);
            state.volumes.insert(request.name, info.clone());
            Ok(info)
        })
    }

    fn set_limits(&self, name: String, limits: Limits, etag: Option<String>) -> Answer<'_, VolumeInfo> {
        self.with(|state| {
            let volume = state.volumes.get_mut(&name);
            let volume = volume.ok_or_else(|| ApiError::not_found(format!("there is no volume {name}")))?;
            if etag.is_some_and(|etag| etag != volume.etag) {
                return Err(ApiError::new(ErrorCode::PreconditionFailed, "somebody else has changed it"));
            }
            volume.limits = limits;
            volume.etag += "1";
            Ok(volume.clone())
        })
    }

    fn delete_volume(&self, name: String) -> Answer<'_, ()> {
        self.with(|state| {
            let user = state.exports.values().find(|export| export.volume == name);
            if let Some(export) = user {
                return Err(ApiError::conflict(format!("export {} uses volume {name}", export.path)));
            }
            match state.volumes.remove(&name) {
                Some(_) => Ok(()),
                None => Err(ApiError::not_found(format!("there is no volume {name}"))),
            }
        })
    }

    fn mounts(&self) -> Answer<'_, Vec<MountInfo>> {
        self.with(|state| Ok(state.mounts.values().cloned().collect()))
    }

    fn mount(&self, request: MountRequest, _: MountReach) -> Answer<'_, MountInfo> {
        self.with(|state| {
            let MountRequest { volume, at, read_only, suid, dev } = request;
            let info = MountInfo { volume, at: at.clone(), read_only, suid, dev };
            state.mounts.insert(at, info.clone());
            Ok(info)
        })
    }

    fn unmount(&self, at: PathBuf, _: MountReach) -> Answer<'_, ()> {
        self.with(|state| match state.mounts.remove(&at) {
            Some(_) => Ok(()),
            None => Err(ApiError::not_found(format!("nothing is mounted at {}", at.display()))),
        })
    }

    fn counters(&self) -> Answer<'_, Counters> {
        let more = BTreeMap::from([("fuse_requests".to_owned(), 7)]);
        self.with(|_| Ok(Counters { log_flushes: 10, log_records: 50, more, ..Counters::default() }))
    }

    fn disks(&self) -> Answer<'_, Vec<DiskInfo>> {
        self.with(|_| {
            Ok(vec![DiskInfo {
                node: 1,
                node_name: "stor-a".into(),
                path: "/var/lib/gotgan/chunks".into(),
                state: DiskState::Working,
                problem: None,
                total_bytes: 1 << 40,
                used_bytes: 4096,
                available_bytes: (1 << 40) - 4096,
            }])
        })
    }

    fn clients(&self) -> Answer<'_, Vec<ConnectedClient>> {
        self.with(|state| {
            let mounts = state.mounts.values().map(|mount| ConnectedClient {
                node: 1,
                node_name: "node1".to_owned(),
                protocol: Protocol::Fuse,
                address: mount.at.display().to_string(),
                volume: Some(mount.volume.clone()),
                calls: None,
                bytes_in: None,
                bytes_out: None,
                connected_seconds: None,
            });
            Ok(mounts.collect())
        })
    }

    fn tasks(&self) -> Answer<'_, Vec<Task>> {
        self.with(|state| Ok(state.tasks.iter().rev().cloned().collect()))
    }

    fn rotate_authority(&self) -> Answer<'_, Task> {
        self.start_task(StartTask { kind: nasd_api::TaskKind::RotateAuthority })
    }

    fn start_task(&self, request: StartTask) -> Answer<'_, Task> {
        self.with(|state| {
            if state.tasks.iter().any(|task| task.state == TaskState::Running) {
                return Err(ApiError::conflict("a task of this kind is running"));
            }
            let task = Task {
                id: state.tasks.len() as u64 + 1,
                kind: request.kind,
                state: TaskState::Running,
                started_by: "root".into(),
                started: 1_800_000_000,
                ended: None,
                done_bytes: 1024,
                total_bytes: 4096,
                parts: vec![TaskPart {
                    node: 1,
                    state: TaskState::Running,
                    done_bytes: 1024,
                    total_bytes: 4096,
                }],
                log: vec![TaskLine { at: 1_800_000_000, text: "node 1 has begun".into() }],
                result: None,
            };
            state.tasks.push(task.clone());
            Ok(task)
        })
    }

    fn cancel_task(&self, id: u64) -> Answer<'_, ()> {
        self.with(|state| {
            let task = state.tasks.iter_mut().find(|task| task.id == id);
            let task = task.ok_or_else(|| ApiError::not_found(format!("there is no task {id}")))?;
            task.state = TaskState::Cancelled;
            task.ended = Some(1_800_000_001);
            Ok(())
        })
    }

    fn recent_events(&self) -> Answer<'_, Vec<Event>> {
        self.with(|_| Ok(vec![event(2), event(1)]))
    }

    fn events(&self) -> Answer<'_, Events> {
        self.with(|state| {
            let begun = futures::stream::iter([event(3), event(4)]);
            let endless: Events = Box::pin(begun.clone().chain(futures::stream::pending()));
            Ok(if state.endless { endless } else { Box::pin(begun) })
        })
    }

    fn performance(&self, range: Range) -> Answer<'_, Performance> {
        self.with(|_| {
            let point = |step: i64| PerformancePoint {
                at: 1_800_000_000 + step * 10,
                operations_per_second: 100.0 + step as f64,
                read_bytes_per_second: 1e6,
                written_bytes_per_second: 2e6 * step as f64,
                latency_micros: 800.0,
                used_bytes: 4096 * step as u64,
                total_bytes: 1 << 40,
            };
            let forecast = Some(Forecast { bytes_per_day: 1e9, full_at: Some(1_900_000_000) });
            Ok(Performance { range, step_seconds: 10, points: (0..30).map(point).collect(), forecast })
        })
    }

    fn certificate(&self) -> Answer<'_, CertificateInfo> {
        self.with(|_| Ok(self.certificate.get().info()))
    }

    fn set_certificate(&self, new: NewCertificate) -> Answer<'_, CertificateInfo> {
        self.with(|_| self.certificate.get().replace(&new, NOW))
    }

    fn reset_certificate(&self) -> Answer<'_, CertificateInfo> {
        self.with(|_| self.certificate.get().reset())
    }
}

fn event(seq: u64) -> Event {
    Event {
        seq,
        at: 1_800_000_000,
        kind: EventKind::NodeReachable,
        subject: Some("stor-a".into()),
        text: "Node 1 (stor-a) answers again.".into(),
    }
}
