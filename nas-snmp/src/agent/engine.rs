//! Owns the engine of a node: its id, how often it was started, and its clock (RFC 3414 2.2).

use tokio::time::Instant;

/// How far a message's clock may be off, in seconds.
const WINDOW_SECONDS: u32 = 150;
/// The greatest number of starts: nobody is answered by version 3 once it is reached.
pub const BOOTS_MAX: u32 = i32::MAX as u32;

/// The engine that this agent is since it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    pub id: Vec<u8>,
    pub boots: u32,
    pub began: Instant,
}

impl Engine {
    /// Seconds since it started.
    pub fn time(&self, now: Instant) -> u32 {
        let seconds = now.saturating_duration_since(self.began).as_secs();
        u32::try_from(seconds).unwrap_or(u32::MAX).min(BOOTS_MAX)
    }

    /// Whether a message is of now.
    pub(super) fn is_timely(&self, now: Instant, boots: u32, time: u32) -> bool {
        self.boots < BOOTS_MAX && boots == self.boots && time.abs_diff(self.time(now)) <= WINDOW_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn messages_of_another_start_or_hour_are_not_timely() {
        let began = Instant::now();
        let engine = Engine { id: vec![1; 5], boots: 7, began };
        let now = began + Duration::from_secs(1000);
        assert!(
            engine.is_timely(now, 7, 1000) && engine.is_timely(now, 7, 850) && engine.is_timely(now, 7, 1150)
        );
        assert!(!engine.is_timely(now, 6, 1000) && !engine.is_timely(now, 8, 1000));
        assert!(!engine.is_timely(now, 7, 849) && !engine.is_timely(now, 7, 1151));
        let latched = Engine { boots: BOOTS_MAX, ..engine };
        assert!(!latched.is_timely(now, BOOTS_MAX, 1000));
    }
}
