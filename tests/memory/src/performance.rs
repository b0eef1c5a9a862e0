//! Performance.

use crate::{Memory, State};
use nasd_api::{
    ApiError, Call, Forecast, Performance, PerformanceAt, PerformancePoint, ReadPerformance, Serve, refusal,
};

impl Serve<ReadPerformance> for Memory {
    async fn serve(&self, call: Call<ReadPerformance>) -> Result<Performance, ApiError> {
        self.act(|state| {
            let is_all = of_all(state, &call.at)?;
            let point = |step: i64| PerformancePoint {
                at: 1_800_000_000 + step * 10,
                operations_per_second: 100.0 + step as f64,
                read_bytes_per_second: 1e6,
                written_bytes_per_second: 2e6 * step as f64,
                latency_micros: 800.0,
                used_bytes: is_all.then_some(4096 * step as u64),
                total_bytes: is_all.then_some(1 << 40),
            };
            let forecast = Forecast { bytes_per_day: 1e9, full_at: Some(1_900_000_000) };
            Ok(Performance {
                range: call.at.range,
                step_seconds: 10,
                since: Some(1_800_000_000),
                points: (0..30).map(point).collect(),
                forecast: is_all.then_some(forecast),
            })
        })
    }
}

/// Whether it is about everything.
fn of_all(state: &State, at: &PerformanceAt) -> Result<bool, ApiError> {
    match at {
        PerformanceAt { volume: Some(name), .. } if !state.volumes.contains_key(name) => {
            Err(refusal::unknown_volume(name))
        }
        PerformanceAt { node: Some(name), .. } if *name != crate::node::node().name => {
            Err(refusal::no_node_named(name))
        }
        _ => Ok(at.volume.is_none() && at.node.is_none()),
    }
}
