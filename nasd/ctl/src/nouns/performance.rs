//! Owns `nasctl performance`: how much the cluster does, and did.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::reach::Node;
use crate::table::{bytes, columns, or_dash};
use crate::{output, when};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use nasd_api::{Forecast, Performance, PerformanceAt, Range, ReadPerformance};

/// Show how much the cluster does, and did: operations, latency, bytes, and the space they take
#[derive(Debug, Args)]
pub struct PerformanceArgs {
    /// How far back: every 10 seconds of an hour, 5 minutes of a day, 2 hours of a month, day of a year
    #[arg(long, default_value = "hour", value_parser = range())]
    range: Range,
    /// Of one volume; the last hour or day is kept
    #[arg(long, value_name = "NAME", conflicts_with = "node")]
    volume: Option<String>,
    /// Of one node, as far as its clients ask it; the last hour or day is kept
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// The newest so many lines; with --json all are given
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    last: usize,
}

fn range() -> impl TypedValueParser<Value = Range> {
    PossibleValuesParser::new(Range::ALL.map(Range::name))
        .map(|name| Range::ALL.into_iter().find(|range| range.name() == name).unwrap_or_default())
}

impl Asked for PerformanceArgs {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let PerformanceArgs { range, volume, node: of, last } = self;
        let at_what = PerformanceAt { range, volume, node: of };
        let node = &at.client().await?;
        output::reply(json, &node.ask::<ReadPerformance>(at_what).await?, |told| text(told, last))
    }
}

fn text(told: &Performance, last: usize) -> String {
    let heading = ["FROM", "OPERATIONS", "LATENCY", "READ", "WRITTEN", "USED"];
    let points = &told.points[told.points.len().saturating_sub(last)..];
    let nothing = "Nothing is recorded yet: the first figures come after a step of the range.";
    let table = columns(&heading, points, nothing, |point| {
        let idle = point.operations_per_second <= 0.0;
        [
            when::utc(point.at),
            format!("{:.1}/s", point.operations_per_second),
            if idle { "-".to_owned() } else { format!("{:.1} ms", point.latency_micros / 1000.0) },
            format!("{}/s", bytes(point.read_bytes_per_second as u64)),
            format!("{}/s", bytes(point.written_bytes_per_second as u64)),
            or_dash(point.used_bytes.map(bytes)),
        ]
    });
    match told.forecast.and_then(|Forecast { full_at, .. }| full_at) {
        Some(full_at) => {
            format!("{table}If it goes on so, the space is used up at {}.\n", when::utc(full_at))
        }
        None => table,
    }
}
