//! Owns how often something is said that a stranger can cause any number of times.

use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// Lets through a few in each period and counts the rest, so that a log tells how many there were and no caller
/// writes the disk full.
pub struct Rarely {
    times_max: u32,
    period: Duration,
    spoken: Mutex<Spoken>,
}

#[derive(Default)]
struct Spoken {
    period_began: Option<Instant>,
    times: u32,
    silent: u64,
}

impl Rarely {
    pub fn new(times_max: u32, period: Duration) -> Rarely {
        Rarely { times_max, period, spoken: Mutex::default() }
    }

    /// Whether it is to be said at this time of `now`: then how many times it happened since it was last said, this
    /// one included. `None` when it was said often enough.
    pub fn say(&self, now: Instant) -> Option<u64> {
        let mut spoken = self.spoken.lock();
        spoken.silent += 1;
        if spoken.period_began.is_none_or(|began| now.duration_since(began) >= self.period) {
            spoken.period_began = Some(now);
            spoken.times = 0;
        }
        if spoken.times >= self.times_max {
            return None;
        }
        spoken.times += 1;
        Some(std::mem::take(&mut spoken.silent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_not_said_is_counted_with_the_next() {
        let (rarely, minute) = (Rarely::new(2, Duration::from_secs(60)), Duration::from_secs(60));
        let now = Instant::now();
        let said: Vec<Option<u64>> = (0..1000).map(|_| rarely.say(now)).collect();
        assert_eq!((said[0], said[1], said[2], said[999]), (Some(1), Some(1), None, None));
        assert_eq!(rarely.say(now + minute), Some(999));
        assert_eq!(rarely.say(now + minute), Some(1));
        assert_eq!(rarely.say(now + minute), None);
    }
}
