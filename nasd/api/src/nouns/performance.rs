//! Owns what is said about how much the cluster does, and did.

use crate::access::{Access, Caller};
use crate::operation::{Nothing, Operation, Shape};
use crate::{ApiError, ErrorCode};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far back, and with it how fine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// Every 10 seconds; of one volume or node every minute.
    #[default]
    Hour,
    /// Every 5 minutes; of one volume or node every half hour.
    Day,
    /// Every 2 hours.
    Month,
    /// Every day.
    Year,
}

impl Range {
    pub const ALL: [Range; 4] = [Range::Hour, Range::Day, Range::Month, Range::Year];

    /// Whether it is kept of single volumes and nodes, too.
    pub fn is_kept_of_parts(self) -> bool {
        matches!(self, Range::Hour | Range::Day)
    }

    pub fn name(self) -> &'static str {
        match self {
            Range::Hour => "hour",
            Range::Day => "day",
            Range::Month => "month",
            Range::Year => "year",
        }
    }
}

/// All nodes together, or one volume or node, over one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PerformancePoint {
    /// When the step began, in seconds since 1970-01-01 UTC.
    pub at: i64,
    pub operations_per_second: f64,
    pub read_bytes_per_second: f64,
    pub written_bytes_per_second: f64,
    /// Mean time of an operation at the node that its client asked, in microseconds; 0 without operations.
    pub latency_micros: f64,
    /// At the end of the step: what [`crate::Space`] calls used, and that with what is free. Absent where nobody knew
    /// it, and of one volume or node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
}

/// The steps of a range that were recorded, oldest first; there are gaps where the answering node was off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Performance {
    pub range: Range,
    pub step_seconds: u32,
    /// When the record begins, in seconds since 1970-01-01 UTC; absent while nothing is recorded. Of one volume or node
    /// it begins with the answering node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    pub points: Vec<PerformancePoint>,
    /// Absent while there is too little to go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
}

/// What happens to the space if it goes on as it did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    pub bytes_per_day: f64,
    /// When the space is used up, in seconds since 1970-01-01 UTC; absent when it does not fill, or too little is
    /// known to look so far ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_at: Option<i64>,
}

/// How far back is asked for; an hour unless told otherwise. Of everything, or of one volume or node by its name: of
/// those the last day is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerformanceAt {
    #[serde(default)]
    pub range: Range,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl PerformanceAt {
    pub fn of_all(range: Range) -> PerformanceAt {
        PerformanceAt { range, ..PerformanceAt::default() }
    }

    pub fn of_volume(range: Range, name: &str) -> PerformanceAt {
        PerformanceAt { volume: Some(name.to_owned()), ..PerformanceAt::of_all(range) }
    }

    pub fn of_node(range: Range, name: &str) -> PerformanceAt {
        PerformanceAt { node: Some(name.to_owned()), ..PerformanceAt::of_all(range) }
    }
}

/// How much the cluster does, and did; or one of its volumes or nodes.
pub struct ReadPerformance;

impl Operation for ReadPerformance {
    type At = PerformanceAt;
    type Body = Nothing;
    type Reply = Performance;

    const SHAPE: Shape =
        Shape::get("/performance", Access::Needs(Right::ReadStatus), "How much the cluster does and did")
            .korean("클러스터의 현재와 과거 성능")
            .refuses(&[ErrorCode::NotFound]);

    fn check(_: &Caller, at: &PerformanceAt, _: &Nothing) -> Result<(), ApiError> {
        match (&at.volume, &at.node) {
            (Some(_), Some(_)) => Err(refusals::performance_of_two()),
            (None, None) => Ok(()),
            _ if at.range.is_kept_of_parts() => Ok(()),
            _ => Err(refusals::performance_not_so_long()),
        }
    }
}

crate::refused::refusals! {
    performance_of_two(): NotFound,
        "no record is kept of one volume on one node: name either",
        "노드별 볼륨의 기록은 없습니다. 볼륨과 노드 중 하나만 지정하십시오";
    performance_not_so_long(): NotFound,
        "of one volume or node the last day is kept",
        "볼륨이나 노드 하나의 기록은 최근 하루 동안만 보관됩니다",
        hint "ask for the range hour or day", "범위로 hour 또는 day를 지정하십시오";
    no_node_named(name): NotFound,
        "there is no node {name}",
        "노드 {name}이(가) 없습니다";
}
