//! Owns a cluster in memory that keeps what it is told: a real implementation of the management trait.
#![allow(dead_code, reason = "each test uses the part it needs")]

mod accounts;

use nasd_api::{
    Answer, ApiError, ClusterCreate, ClusterJoin, ClusterStatus, Counters, CreateExport, CreateToken,
    CreateVolume, ErrorCode, Export, Health, Limits, Management, MountInfo, MountRequest, NodeInfo,
    NodeState, ReplicaInfo, ReplicaState, Secret, Token, User, VolumeInfo,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

/// The token that lets a node join.
pub const TOKEN: &str = "gotgan-join-8d1f4c";

#[derive(Default)]
struct State {
    cluster: Option<String>,
    volumes: BTreeMap<String, VolumeInfo>,
    exports: BTreeMap<String, Export>,
    mounts: BTreeMap<PathBuf, MountInfo>,
    tokens: u32,
    users: BTreeMap<String, User>,
    /// Who acted, and what was recorded: action and outcome.
    audit: Vec<(String, String)>,
    last_op: Option<[u8; 16]>,
    stale: bool,
}

/// One node, in a cluster or not.
#[derive(Default)]
pub struct Memory {
    state: Mutex<State>,
}

impl Memory {
    /// A node that is in a cluster already.
    pub fn in_cluster() -> Memory {
        let memory = Memory::default();
        memory.state.lock().unwrap().cluster = Some("home".into());
        memory
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

impl State {
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

    fn create_token(&self, request: CreateToken) -> Answer<'_, Token> {
        self.with(|state| {
            state.tokens += 1;
            let expires = 1_800_000_000 + i64::from(request.ttl_seconds.unwrap_or(900));
            Ok(Token { token: Secret::new(TOKEN), expires })
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
            let matched = Some(12);
            let info = VolumeInfo {
                id: state.volumes.len() as u64 + 1,
                name: request.name.clone(),
                health: Health::Healthy,
                verdict: "healthy".into(),
                replicas: vec![ReplicaInfo { node: 1, state: ReplicaState::Leader, matched }],
                leader: Some(1),
                term: 2,
                commit_index: 12,
                total_bytes: Some(1 << 40),
                free_bytes: Some((1 << 40) - 4096),
                used_bytes: Some(4096),
                limits: request.limits,
                etag: "1".into(),
            };
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

    fn exports(&self) -> Answer<'_, Vec<Export>> {
        self.with(|state| Ok(state.exports.values().cloned().collect()))
    }

    fn create_export(&self, request: CreateExport) -> Answer<'_, Export> {
        self.with(|state| {
            if !state.volumes.contains_key(&request.volume) {
                return Err(ApiError::not_found(format!("there is no volume {}", request.volume)));
            }
            if state.exports.contains_key(&request.path) {
                return Err(exists("export", &request.path));
            }
            let CreateExport { path, volume, clients } = request;
            let export = Export { path: path.clone(), volume, clients };
            state.exports.insert(path, export.clone());
            Ok(export)
        })
    }

    fn delete_export(&self, path: String) -> Answer<'_, ()> {
        self.with(|state| match state.exports.remove(&path) {
            Some(_) => Ok(()),
            None => Err(ApiError::not_found(format!("there is no export {path}"))),
        })
    }

    fn mounts(&self) -> Answer<'_, Vec<MountInfo>> {
        self.with(|state| Ok(state.mounts.values().cloned().collect()))
    }

    fn mount(&self, request: MountRequest) -> Answer<'_, MountInfo> {
        self.with(|state| {
            let MountRequest { volume, at, read_only } = request;
            let info = MountInfo { volume, at: at.clone(), read_only };
            state.mounts.insert(at, info.clone());
            Ok(info)
        })
    }

    fn unmount(&self, at: PathBuf) -> Answer<'_, ()> {
        self.with(|state| match state.mounts.remove(&at) {
            Some(_) => Ok(()),
            None => Err(ApiError::not_found(format!("nothing is mounted at {}", at.display()))),
        })
    }

    fn counters(&self) -> Answer<'_, Counters> {
        let more = BTreeMap::from([("fuse_requests".to_owned(), 7)]);
        self.with(|_| Ok(Counters { log_flushes: 10, log_records: 50, more, ..Counters::default() }))
    }
}
