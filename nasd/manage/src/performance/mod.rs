//! How much the cluster does, and did: kept by every node for all of them, in a store that never grows.
//!
//! ```text
//!   reports of all nodes, every 10 s ─▶ record ─┬▶ History: hour 10 s, day 5 min, month 2 h, year 1 d; in a file
//!                                               └▶ Parts: of each volume and node hour 1 min, day 30 min
//! ```

mod history;
mod parts;
mod record;
mod used;

pub use record::{Recorder, run};

use crate::Manager;
use nasd_api::{ApiError, Call, Performance, PerformanceAt, ReadPerformance, Serve, refusal};
use nasd_base::{Clock, SystemClock};
use nasd_system::SystemView;
use parts::Part;

impl Serve<ReadPerformance> for Manager {
    async fn serve(&self, call: Call<ReadPerformance>) -> Result<Performance, ApiError> {
        let part = part(&call.at, &self.system().await?.view())?;
        Ok(self.member().await?.recorder.performance(call.at.range, part, SystemClock.now().secs))
    }
}

/// Of what is asked, if not of everything.
fn part(at: &PerformanceAt, view: &SystemView) -> Result<Option<Part>, ApiError> {
    if let Some(name) = &at.volume {
        let volume = view.volume_named(name).ok_or_else(|| refusal::unknown_volume(name))?;
        return Ok(Some(Part::Volume(volume.id)));
    }
    let Some(name) = &at.node else { return Ok(None) };
    let node = view.members().find(|node| node.name == *name);
    Ok(Some(Part::Node(node.ok_or_else(|| refusal::no_node_named(name))?.id)))
}
