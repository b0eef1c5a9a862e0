//! What the cluster consists of, as one node has applied it.

use super::accounts::Accounts;
use super::audit::AuditHead;
use super::cluster::ClusterId;
use super::node::{KeyFingerprint, NodeInfo, NodeState};
use super::task::Tasks;
use super::token::TokenInfo;
use super::volume::VolumeInfo;
use nasd_base::export::Export;
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, VolumeId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The whole state at one moment. Lists are in the order of their ids or paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemView {
    pub cluster_id: ClusterId,
    /// Empty until it was named.
    pub cluster_name: String,
    /// BLAKE3 of the authority's certificate; `None`: it is the founder's.
    pub authority: Option<[u8; 32]>,
    /// The index of the last log entry that changed anything: a later state has a greater one.
    pub version: u64,
    /// Removed nodes stay in the list.
    pub nodes: Vec<NodeInfo>,
    pub volumes: Vec<VolumeInfo>,
    /// Of volumes that have any; see [`SystemView::limits`].
    pub limits: BTreeMap<VolumeId, VolumeLimits>,
    pub exports: Vec<Export>,
    pub tokens: Vec<TokenInfo>,
    /// The newest volume id given out. One up to here that is not in `volumes` was deleted.
    pub last_volume: VolumeId,
    pub accounts: Arc<Accounts>,
    /// The newest record of the audit log.
    pub audit: AuditHead,
    pub tasks: Arc<Tasks>,
}

impl SystemView {
    pub fn node(&self, id: NodeId) -> Option<&NodeInfo> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The nodes that were not removed, each with its registered key.
    pub fn member_keys(&self) -> Vec<(NodeId, KeyFingerprint)> {
        let members = self.nodes.iter().filter(|node| node.state != NodeState::Removed);
        members.map(|node| (node.id, node.key)).collect()
    }

    /// All nodes, each with its registered key, or none if it was removed.
    pub fn node_keys(&self) -> impl Iterator<Item = (NodeId, Option<KeyFingerprint>)> {
        let key = |node: &NodeInfo| (node.state != NodeState::Removed).then_some(node.key);
        self.nodes.iter().map(move |node| (node.id, key(node)))
    }

    pub fn volume(&self, id: VolumeId) -> Option<&VolumeInfo> {
        self.volumes.iter().find(|volume| volume.id == id)
    }

    pub fn volume_named(&self, name: &str) -> Option<&VolumeInfo> {
        self.volumes.iter().find(|volume| volume.name == name)
    }

    /// How much a volume may hold.
    pub fn limits(&self, volume: VolumeId) -> VolumeLimits {
        self.limits.get(&volume).copied().unwrap_or_default()
    }

    pub fn export(&self, path: &str) -> Option<&Export> {
        self.exports.iter().find(|export| export.path == path)
    }

    /// Nodes that may hold replicas.
    pub fn active_nodes(&self) -> impl Iterator<Item = &NodeInfo> {
        self.nodes.iter().filter(|node| node.state == NodeState::Active)
    }

    /// Whether the volume was created and is deleted since: its data may go.
    pub fn was_deleted(&self, volume: VolumeId) -> bool {
        volume.0 >= 1 && volume <= self.last_volume && self.volume(volume).is_none()
    }
}
