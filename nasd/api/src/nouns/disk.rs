//! Owns what is said about the disks that hold chunks.

use crate::access::Access;
use crate::described::HostName;
use crate::operation::{Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, number};
use crate::{List, Sentence};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a disk does its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiskState {
    Working,
    /// It works, but writes to it wait: its node has too few file descriptors or too little memory. It goes on by
    /// itself.
    Waiting,
    /// Nothing more is written to it; its chunks are on other nodes.
    Failed,
    /// Its node does not answer: what is said of it is what was heard last.
    Unreachable,
    #[serde(other)]
    Unknown,
}

/// One disk of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskInfo {
    pub node: u64,
    pub node_name: String,
    /// Where its chunks are, on its node.
    pub path: String,
    pub state: DiskState,
    /// Why it failed or waits, and what to do, for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Sentence>,
    /// Bytes that chunks may use at most.
    pub total_bytes: u64,
    /// Bytes that files take here: compressed, with the copies that belong here, in chunk segments, those of deleted files that are not given back yet among them.
    pub occupied_bytes: u64,
    /// Bytes that new chunks may take; a reserve is not counted.
    pub available_bytes: u64,
}

/// Which disk of which node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiskAt {
    /// The node's name, or its number.
    #[schemars(with = "HostName")]
    pub node: String,
    pub path: String,
}

impl DiskAt {
    pub fn new(node: &str, path: &str) -> DiskAt {
        DiskAt { node: node.into(), path: path.into() }
    }
}

/// One disk, and the device under it; what nobody knows is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskDetail {
    #[serde(flatten)]
    pub disk: DiskInfo,
    /// What is mounted, for instance `/dev/sda1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotational: Option<bool>,
    /// Bytes of the whole device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_system: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounted_at: Option<String>,
    /// Commands to the device that failed since the machine started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_commands: Option<u64>,
    /// What the device says of its own health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smart: Option<SmartInfo>,
    /// Why nothing is known of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smart_missing: Option<Sentence>,
    /// The volumes with a copy on the node. Their chunks are spread over all of its disks.
    pub volumes: Vec<String>,
}

/// SMART: what a disk counts and thinks of itself. What it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SmartInfo {
    /// Its own verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_on_hours: Option<u64>,
    /// Sectors that were replaced by spare ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reallocated: Option<u64>,
    /// Sectors that could not be read and wait for a write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<u64>,
    /// Sectors, or errors of the medium, that nothing mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncorrectable: Option<u64>,
    /// Of the writes that it is built for, in percent; may be more than 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn_percent: Option<u64>,
}

operations! {
    /// One disk, by its node and its path, with its device as it is now.
    ReadDisk(DiskAt) -> DiskDetail =
        Shape::get("/nodes/{node}/disks/{path}", Access::Needs(Right::ReadStatus), "One disk").korean("디스크 하나");

    /// The disks of all nodes that the answering one knows of.
    ListDisks(Page<DiskInfo>) -> List<DiskInfo> =
        Shape::get("/disks", Access::Needs(Right::ReadStatus), "The disks of all nodes").korean("모든 노드의 디스크 목록");
}

impl Listed for DiskInfo {
    const COLUMNS: &'static [Column<DiskInfo>] = &[
        ("node", |disk| Cell::text(&disk.node_name)),
        ("path", |disk| Cell::text(&disk.path)),
        ("state", |disk| Cell::word(disk.state, disk.state as u64)),
        ("full", |disk| Cell::part(disk.total_bytes.saturating_sub(disk.available_bytes), disk.total_bytes)),
        ("occupied", |disk| Cell::number(disk.occupied_bytes)),
        ("free", |disk| Cell::number(disk.available_bytes)),
        ("size", |disk| Cell::number(disk.total_bytes)),
    ];

    fn place(&self) -> String {
        format!("{} {}", number(self.node), self.path)
    }
}

crate::refused::refusals! {
    disk_unknown(node, path): NotFound,
        "{node} has no disk {path}",
        "{node} 노드에 디스크 {path}이(가) 없습니다",
        hint "`nasctl disk list` shows the disks",
        "`nasctl disk list`로 디스크를 확인하십시오";
}
