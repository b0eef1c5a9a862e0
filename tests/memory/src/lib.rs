//! Owns a cluster in memory that keeps what it is told: every operation is served, a file for each noun.

mod api_token;
mod audit;
mod certificate;
mod cluster;
mod connected;
mod counters;
mod disk;
mod event;
mod export;
mod factor;
mod group;
mod known;
mod login;
mod mount;
mod node;
mod performance;
mod proof;
mod session;
mod settings;
mod setup;
mod task;
mod token;
mod user;
mod volume;

use certificate::Certificate;

pub use known::{CAREFUL, CODE, CSRF, LOCKED, NOW, PASSWORD};

use nasd_api::{
    Answer, ApiError, ApiTokenInfo, AuditRecord, Call, Export, Group, MountInfo, Operation, Secret,
    SessionInfo, Settings, Task, User, VolumeInfo, refusal,
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
        let answer = self.act(act);
        Box::pin(async move { answer })
    }

    /// Somebody makes something: for whoever looks at who did, and under which id.
    fn acts<O: Operation>(&self, call: &Call<O>) {
        let mut state = self.state.lock().unwrap();
        state.last_op = call.op.or(state.last_op);
        state.audit.push((call.caller.user.clone(), "acts".into()));
    }

    fn act<T>(&self, act: impl FnOnce(&mut State) -> Result<T, ApiError>) -> Result<T, ApiError> {
        act(&mut self.state.lock().unwrap())
    }
}

impl State {
    fn settings(&self) -> Result<Settings, ApiError> {
        Ok(Settings {
            name: self.cluster.clone().ok_or_else(refusal::no_cluster)?,
            session_idle_minutes: self.sessions_end.idle,
            session_minutes: self.sessions_end.total,
            etag: format!("{}", self.sessions_end.changes),
        })
    }
}
