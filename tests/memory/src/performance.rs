//! Performance.

use crate::Memory;
use nasd_api::{ApiError, Call, Forecast, Performance, PerformancePoint, ReadPerformance, Serve};

impl Serve<ReadPerformance> for Memory {
    async fn serve(&self, call: Call<ReadPerformance>) -> Result<Performance, ApiError> {
        let range = call.at.range;
        self.act(|_| {
            let point = |step: i64| PerformancePoint {
                at: 1_800_000_000 + step * 10,
                operations_per_second: 100.0 + step as f64,
                read_bytes_per_second: 1e6,
                written_bytes_per_second: 2e6 * step as f64,
                latency_micros: 800.0,
                used_bytes: 4096 * step as u64,
                total_bytes: 1 << 40,
            };
            let forecast = Some(Forecast { bytes_per_day: 1e9, full_at: Some(1_900_000_000) });
            Ok(Performance { range, step_seconds: 10, points: (0..30).map(point).collect(), forecast })
        })
    }
}
