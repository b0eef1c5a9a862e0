//! The system's state in memory: what decisions are made on, and what the tables in SQLite hold.

use super::accounts::{AccountEffect, Accounts};
use super::audit::{AuditHead, AuditRecord};
use super::audit_repeats::{Repeat, RepeatKey, Repeats};
use super::command::{SystemError, TokenHash};
use super::rules::shown;
use super::tasks::{Task, TaskId, Tasks};
use super::view::{ClusterId, NodeInfo, NodeState, SystemView, TokenInfo, VolumeInfo};
use nasd_base::export::Export;
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, Timestamp, VolumeId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A join token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub hash: TokenHash,
    pub expires: Timestamp,
    pub used_by: Option<NodeId>,
}

/// All rows, by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    pub cluster: Option<ClusterId>,
    pub cluster_name: String,
    /// BLAKE3 of the authority's certificate, once it was another than the founder's.
    pub authority: Option<[u8; 32]>,
    /// The index of the last entry that changed anything.
    pub version: u64,
    pub last_volume: VolumeId,
    pub nodes: BTreeMap<NodeId, NodeInfo>,
    pub volumes: BTreeMap<VolumeId, VolumeInfo>,
    /// Of volumes that have any.
    pub limits: BTreeMap<VolumeId, VolumeLimits>,
    pub exports: BTreeMap<String, Export>,
    pub tokens: BTreeMap<TokenHash, Token>,
    /// Shared with the views that were shown.
    pub accounts: Arc<Accounts>,
    pub audit: AuditHead,
    pub repeats: Repeats,
    pub tasks: Arc<Tasks>,
}

/// One row's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Cluster(ClusterId),
    ClusterName(String),
    Authority([u8; 32]),
    Version(u64),
    LastVolume(VolumeId),
    Node(NodeInfo),
    Volume(VolumeInfo),
    NoVolume(VolumeId),
    /// None at all take the row away.
    Limits(VolumeId, VolumeLimits),
    Export(Export),
    NoExport(String),
    Token(Token),
    NoToken(TokenHash),
    Account(AccountEffect),
    /// And whether it was done by a stranger.
    Audit(AuditRecord, bool),
    Repeat(Repeat),
    NoRepeat(RepeatKey),
    Task(Task),
    NoTask(TaskId),
}

impl Tables {
    pub fn take(&mut self, effect: Effect) {
        match effect {
            Effect::Cluster(id) => self.cluster = Some(id),
            Effect::ClusterName(name) => self.cluster_name = name,
            Effect::Authority(fingerprint) => self.authority = Some(fingerprint),
            Effect::Version(index) => self.version = index,
            Effect::LastVolume(id) => self.last_volume = id,
            Effect::Node(node) => drop(self.nodes.insert(node.id, node)),
            Effect::Volume(volume) => drop(self.volumes.insert(volume.id, volume)),
            Effect::NoVolume(id) => drop(self.volumes.remove(&id)),
            Effect::Limits(id, limits) if limits == VolumeLimits::default() => drop(self.limits.remove(&id)),
            Effect::Limits(id, limits) => drop(self.limits.insert(id, limits)),
            Effect::Export(export) => drop(self.exports.insert(export.path.clone(), export)),
            Effect::NoExport(path) => drop(self.exports.remove(&path)),
            Effect::Token(token) => drop(self.tokens.insert(token.hash, token)),
            Effect::NoToken(hash) => drop(self.tokens.remove(&hash)),
            Effect::Account(effect) => Arc::make_mut(&mut self.accounts).take(effect),
            Effect::Audit(record, _) => self.audit = record.head(),
            Effect::Repeat(repeat) => drop(self.repeats.insert(repeat.key, repeat)),
            Effect::NoRepeat(key) => drop(self.repeats.remove(&key)),
            Effect::Task(task) => drop(Arc::make_mut(&mut self.tasks).insert(task.id, task)),
            Effect::NoTask(id) => drop(Arc::make_mut(&mut self.tasks).remove(&id)),
        }
    }

    /// The node, unless it is unknown or removed.
    pub fn member(&self, id: NodeId) -> Result<&NodeInfo, SystemError> {
        match self.nodes.get(&id) {
            None => Err(SystemError::UnknownNode(id)),
            Some(node) if node.state == NodeState::Removed => Err(SystemError::NodeRemoved(id)),
            Some(node) => Ok(node),
        }
    }

    /// Nodes that were not removed.
    pub fn members(&self) -> impl Iterator<Item = &NodeInfo> {
        self.nodes.values().filter(|node| node.state != NodeState::Removed)
    }

    pub fn active_nodes(&self) -> usize {
        self.nodes.values().filter(|node| node.state == NodeState::Active).count()
    }

    /// The volume that has the name now.
    pub fn volume_named(&self, name: &str) -> Result<&VolumeInfo, SystemError> {
        let mut volumes = self.volumes.values();
        let found = volumes.find(|volume| volume.name == name);
        found.ok_or_else(|| SystemError::UnknownVolume(shown(name)))
    }

    /// All nodes, each with how many volumes have a replica on it.
    pub fn loaded_nodes(&self) -> Vec<NodeInfo> {
        let volumes_on =
            |id| self.volumes.values().filter(|volume| volume.replicas.contains(&id)).count() as u32;
        let nodes = self.nodes.values();
        nodes.map(|node| NodeInfo { volumes: volumes_on(node.id), ..node.clone() }).collect()
    }

    pub fn view(&self) -> SystemView {
        SystemView {
            cluster_id: self.cluster.unwrap_or_default(),
            cluster_name: self.cluster_name.clone(),
            authority: self.authority,
            version: self.version,
            nodes: self.loaded_nodes(),
            volumes: self.volumes.values().cloned().collect(),
            limits: self.limits.clone(),
            exports: self.exports.values().cloned().collect(),
            tokens: self.tokens.values().map(token_info).collect(),
            last_volume: self.last_volume,
            accounts: self.accounts.clone(),
            audit: self.audit,
            tasks: self.tasks.clone(),
        }
    }
}

fn token_info(token: &Token) -> TokenInfo {
    TokenInfo { id: token_id(&token.hash), expires: token.expires, used_by: token.used_by }
}

/// How a token is named in lists and messages.
pub fn token_id(hash: &TokenHash) -> String {
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
