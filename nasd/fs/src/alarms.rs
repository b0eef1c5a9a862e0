//! Owns how often a replica says the same: each of these lines comes with every request that meets the trouble.

use nasd_base::rarely::Rarely;
use std::time::Duration;
use tokio::time::Instant;

const TIMES: u32 = 5;
const PERIOD: Duration = Duration::from_secs(60);

/// Lines with a count, of one volume or router.
pub(crate) struct Alarms {
    /// Unsaved data was lost, as at a limit.
    pub(crate) lost: Alarm,
    /// A chunk could not be written here.
    pub(crate) put: Alarm,
    /// The store could not be flushed.
    pub(crate) flush: Alarm,
    /// A chunk is repaired, or cannot be.
    pub(crate) repair: Alarm,
    /// A peer's answer makes no sense.
    pub(crate) answer: Alarm,
}

/// One line.
pub(crate) struct Alarm(Rarely);

impl Alarm {
    pub(crate) fn new() -> Alarm {
        Alarm(Rarely::new(TIMES, PERIOD))
    }

    /// Whether to say it now: then how often it happened since it was last said.
    pub(crate) fn say(&self) -> Option<u64> {
        self.0.say(Instant::now())
    }
}

impl Default for Alarms {
    fn default() -> Self {
        let [lost, put, flush, repair, answer] = std::array::from_fn(|_| Alarm::new());
        Alarms { lost, put, flush, repair, answer }
    }
}
