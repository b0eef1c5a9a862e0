//! How much the cluster does, and did: kept by every node for all of them, in a store that never grows.
//!
//! ```text
//!   reports of all nodes, every 10 s ─▶ record ─▶ History: hour 10 s, day 5 min, month 2 h, year 1 d
//! ```

mod history;
mod record;

pub use record::{Recorder, run};
