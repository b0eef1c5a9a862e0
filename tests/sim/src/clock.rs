//! Wall time inside the simulation; each node's may be wrong in its own way.

use nasd_base::{Clock, Timestamp};
use parking_lot::Mutex;
use std::time::Duration;

/// Simulated time plus a fixed error.
pub struct SimClock {
    ahead: Duration,
    /// The simulation takes a node apart outside of simulated time: there the clock stands still.
    last: Mutex<Duration>,
}

impl SimClock {
    pub fn new(ahead: Duration) -> SimClock {
        SimClock { ahead, last: Mutex::default() }
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let mut last = self.last.lock();
        *last = turmoil::since_epoch().unwrap_or(*last);
        Timestamp::default().plus(*last + self.ahead)
    }
}
