//! Owns what is said about how much the cluster does, and did.

use crate::access::Access;
use crate::operation::{Shape, operations};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far back, and with it how fine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// Every 10 seconds.
    #[default]
    Hour,
    /// Every 5 minutes.
    Day,
    /// Every 2 hours.
    Month,
    /// Every day.
    Year,
}

impl Range {
    pub const ALL: [Range; 4] = [Range::Hour, Range::Day, Range::Month, Range::Year];

    pub fn name(self) -> &'static str {
        match self {
            Range::Hour => "hour",
            Range::Day => "day",
            Range::Month => "month",
            Range::Year => "year",
        }
    }
}

/// All nodes together, over one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PerformancePoint {
    /// When the step began, in seconds since 1970-01-01 UTC.
    pub at: i64,
    pub operations_per_second: f64,
    pub read_bytes_per_second: f64,
    pub written_bytes_per_second: f64,
    /// Mean time of an operation at the node that its client asked, in microseconds; 0 without operations.
    pub latency_micros: f64,
    /// Of all disks at the end of the step.
    pub used_bytes: u64,
    pub total_bytes: u64,
}

/// The steps of a range that were recorded, oldest first; there are gaps where the answering node was off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Performance {
    pub range: Range,
    pub step_seconds: u32,
    pub points: Vec<PerformancePoint>,
    /// Absent while there is too little to go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
}

/// What happens to the space if it goes on as it did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    pub bytes_per_day: f64,
    /// When the disks are full, in seconds since 1970-01-01 UTC; absent when they are not filling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_at: Option<i64>,
}

/// How far back is asked for; an hour unless told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerformanceAt {
    #[serde(default)]
    pub range: Range,
}

operations! {
    /// How much the cluster does, and did.
    ReadPerformance(PerformanceAt) -> Performance =
        Shape::get("/performance", Access::Needs(Right::ReadStatus), "How much the cluster does and did");
}
