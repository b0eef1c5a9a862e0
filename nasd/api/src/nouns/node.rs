//! Owns what is said about one node: the machine, and what the node is to the cluster.

use super::cluster::NodeInfo;
use super::disk::DiskInfo;
use crate::access::Access;
use crate::described::HostName;
use crate::operation::{Shape, operations};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which node: its name, or its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeAt {
    #[schemars(with = "HostName")]
    pub node: String,
}

impl NodeAt {
    pub fn new(node: &str) -> NodeAt {
        NodeAt { node: node.into() }
    }
}

/// What a node is to the system group, which decides about the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeRole {
    /// It decides in which order settings change.
    Leader,
    /// It votes on who leads.
    Voter,
    /// It gets what is decided and does not vote.
    Learner,
    #[serde(other)]
    Unknown,
}

/// One node of the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeDetail {
    #[serde(flatten)]
    pub info: NodeInfo,
    pub role: NodeRole,
    /// The volumes that it leads.
    pub leads: Vec<String>,
    /// The volumes that it holds a copy of.
    pub holds: Vec<String>,
    /// By so many milliseconds its clock is ahead of the cluster leader's, give or take how long news travels. Absent
    /// while either of them is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_millis: Option<i64>,
    /// Absent while it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineInfo>,
    pub disks: Vec<DiskInfo>,
}

/// A machine, in its own words; what it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineInfo {
    /// Its maker's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// So many programs run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// What programs could get without swapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_free_bytes: Option<u64>,
    /// How many programs ran or waited on average, in the last 1, 5 and 15 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<[f64; 3]>,
    /// The version of its Linux.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Since it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_seconds: Option<u64>,
    /// Since nasd was started.
    pub nasd_seconds: u64,
    /// All but those that are reached from itself or one cable only.
    pub addresses: Vec<String>,
    /// When its certificate for browsers expires, in seconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https_until: Option<i64>,
}

operations! {
    /// One node, by its name or its number, with its machine as it is now.
    ReadNode(NodeAt) -> NodeDetail =
        Shape::get("/nodes/{node}", Access::Needs(Right::ReadStatus), "One node").korean("노드 하나");
}

crate::refused::refusals! {
    node_named_unknown(name): NotFound,
        "there is no node {name}",
        "노드 {name}이(가) 없습니다",
        hint "`nasctl node list` shows the nodes",
        "`nasctl node list`로 노드를 확인하십시오";
}
