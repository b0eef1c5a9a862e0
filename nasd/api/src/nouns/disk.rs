//! Owns what is said about the disks that hold chunks.

use crate::List;
use crate::access::Access;
use crate::operation::{Shape, operations};
use crate::paging::{Listed, Page, number};
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
    pub problem: Option<String>,
    /// Bytes that chunks may use at most.
    pub total_bytes: u64,
    /// Bytes that files take here: compressed, with the copies that belong here, in chunk segments, those of deleted files that are not given back yet among them.
    pub occupied_bytes: u64,
    /// Bytes that new chunks may take; a reserve is not counted.
    pub available_bytes: u64,
}

operations! {
    /// The disks of all nodes that the answering one knows of.
    ListDisks(Page) -> List<DiskInfo> =
        Shape::get("/disks", Access::Needs(Right::ReadStatus), "The disks of all nodes");
}

impl Listed for DiskInfo {
    fn place(&self) -> String {
        format!("{} {}", number(self.node), self.path)
    }
}
