//! What the cluster consists of, as one node has applied it.

use super::accounts::Accounts;
use super::audit::AuditHead;
use super::command::KeyFingerprint;
use super::tasks::Tasks;
use nasd_base::export::Export;
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, Timestamp, VolumeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Names a cluster. All zero before its first node is registered.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterId(pub [u8; 16]);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterId({self})")
    }
}

/// How far a node is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// Registered; holds no data yet.
    Joining,
    Active,
    /// Out for good: its certificate is refused, its id is never used again.
    Removed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    pub id: NodeId,
    pub name: String,
    /// `host:port` of the node-to-node listener.
    pub address: String,
    pub state: NodeState,
    pub key: KeyFingerprint,
    pub joined: Timestamp,
    /// Volumes with a replica on the node.
    pub volumes: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeInfo {
    pub id: VolumeId,
    pub name: String,
    pub replicas: Vec<NodeId>,
    pub created: Timestamp,
}

/// A join token, without anything that would let somebody use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The first eight bytes of its hash, in hexadecimal.
    pub id: String,
    pub expires: Timestamp,
    pub used_by: Option<NodeId>,
}

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
