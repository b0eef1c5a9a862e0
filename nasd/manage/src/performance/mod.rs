//! How much the cluster does, and did: kept by every node for all of them, in a store that never grows.
//!
//! ```text
//!   reports of all nodes, every 10 s ─▶ record ─▶ History: hour 10 s, day 5 min, month 2 h, year 1 d
//! ```

mod history;
mod record;

pub use record::{Recorder, run};

use crate::Manager;
use nasd_api::{ApiError, Call, Performance, ReadPerformance, Serve};
use nasd_base::{Clock, SystemClock};

impl Serve<ReadPerformance> for Manager {
    async fn serve(&self, call: Call<ReadPerformance>) -> Result<Performance, ApiError> {
        Ok(self.member().await?.recorder.performance(call.at.range, SystemClock.now().secs))
    }
}
