//! Owns what a node counts.

use crate::access::Access;
use crate::operation::{Nothing, Shape, operations};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the answering node counted since it started. Figures only grow; ratios tell how well work is
/// batched (`log_records / log_flushes`, `changes / transactions`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Counters {
    /// Flushes of the log device, over all groups.
    pub log_flushes: u64,
    /// Records written to the log.
    pub log_records: u64,
    /// Bytes written to the log.
    pub log_bytes: u64,
    /// Raft entries applied.
    pub entries: u64,
    /// Metadata changes inside those entries.
    pub changes: u64,
    /// Database transactions that applied them.
    pub transactions: u64,
    /// Any other figures, by name.
    pub more: BTreeMap<String, u64>,
}

operations! {
    /// What the answering node counted.
    ReadCounters(Nothing) -> Counters =
        Shape::get("/counters", Access::Needs(Right::ReadStatus), "What the answering node counted").korean("응답하는 노드의 계수기");
}
