//! The system's state in memory: what decisions are made on, and what the tables in SQLite hold.

use super::accounts::{AccountEffect, Accounts};
use super::audit::{self, AuditEffect, AuditHead, Repeats};
use super::cluster::{self, ClusterEffect, ClusterId};
use super::command::SystemError;
use super::export::{self, ExportEffect};
use super::node::{self, NodeInfo, NodeState};
use super::rules::shown;
use super::settings::{self, SettingsEffect};
use super::task::{self, TaskEffect, Tasks};
use super::token::{self, Token, TokenEffect, TokenHash};
use super::view::SystemView;
use super::volume::{self, VolumeEffect, VolumeInfo};
use nasd_base::export::Export;
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, VolumeId};
use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// The index of the entry that changes something.
    Version(u64),
    Cluster(ClusterEffect),
    Settings(SettingsEffect),
    Node(NodeInfo),
    Volume(VolumeEffect),
    Export(ExportEffect),
    Token(TokenEffect),
    Account(AccountEffect),
    Audit(AuditEffect),
    Task(TaskEffect),
}

impl Tables {
    pub fn take(&mut self, effect: Effect) {
        match effect {
            Effect::Version(index) => self.version = index,
            Effect::Cluster(effect) => cluster::take(self, effect),
            Effect::Settings(effect) => settings::take(self, effect),
            Effect::Node(node) => node::take(self, node),
            Effect::Volume(effect) => volume::take(self, effect),
            Effect::Export(effect) => export::take(self, effect),
            Effect::Token(effect) => token::take(self, effect),
            Effect::Account(effect) => Arc::make_mut(&mut self.accounts).take(effect),
            Effect::Audit(effect) => audit::take(self, effect),
            Effect::Task(effect) => task::take(self, effect),
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
            tokens: self.tokens.values().map(Token::info).collect(),
            last_volume: self.last_volume,
            accounts: self.accounts.clone(),
            audit: self.audit,
            tasks: self.tasks.clone(),
        }
    }
}
