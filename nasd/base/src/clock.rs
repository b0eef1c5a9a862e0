//! Wall-clock time as an argument.
//!
//! Wall time only stamps files and expires tokens. Nothing that must be safe compares the clocks of two
//! nodes; timeouts use `tokio::time`, which the simulation owns already.

use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment: seconds since 1970-01-01 UTC (may be negative) and nanoseconds in `[0, 1e9)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp {
    pub secs: i64,
    pub nanos: u32,
}

impl Timestamp {
    /// The moment `duration` after this one; saturates at the ends of the range.
    pub fn plus(self, duration: Duration) -> Timestamp {
        let nanos = self.nanos + duration.subsec_nanos();
        let carry = i64::from(nanos >= 1_000_000_000);
        let secs = self.secs.saturating_add_unsigned(duration.as_secs()).saturating_add(carry);
        Timestamp { secs, nanos: nanos % 1_000_000_000 }
    }

    /// Nanoseconds since 1970, for compact storage; saturates beyond the year 2262.
    pub fn as_nanos(self) -> i64 {
        self.secs.saturating_mul(1_000_000_000).saturating_add(i64::from(self.nanos))
    }

    /// The inverse of [`Timestamp::as_nanos`].
    pub fn from_nanos(nanos: i64) -> Timestamp {
        let secs = nanos.div_euclid(1_000_000_000);
        Timestamp { secs, nanos: nanos.rem_euclid(1_000_000_000) as u32 }
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp { secs: since.as_secs() as i64, nanos: since.subsec_nanos() },
            Err(before) => {
                let before = before.duration();
                let borrow = i64::from(before.subsec_nanos() > 0);
                let nanos = (1_000_000_000 - before.subsec_nanos()) % 1_000_000_000;
                let secs = 0i64.saturating_sub_unsigned(before.as_secs()).saturating_sub(borrow);
                Timestamp { secs, nanos }
            }
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(stamp: Timestamp) -> Self {
        let nanos = Duration::from_nanos(u64::from(stamp.nanos));
        match u64::try_from(stamp.secs) {
            Ok(secs) => UNIX_EPOCH + Duration::from_secs(secs) + nanos,
            Err(_) => UNIX_EPOCH - Duration::from_secs(stamp.secs.unsigned_abs()) + nanos,
        }
    }
}

/// Where wall time comes from. A leader stamps it into the log entry; apply never asks.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn timestamps_survive_system_time(secs in -4_000_000_000i64..4_000_000_000, nanos in 0u32..1_000_000_000) {
            let stamp = Timestamp { secs, nanos };
            prop_assert_eq!(Timestamp::from(SystemTime::from(stamp)), stamp);
            prop_assert_eq!(Timestamp::from_nanos(stamp.as_nanos()), stamp);
        }
    }

    #[test]
    fn adding_carries_into_seconds() {
        let stamp = Timestamp { secs: -1, nanos: 999_999_999 };
        assert_eq!(stamp.plus(Duration::from_nanos(1)), Timestamp { secs: 0, nanos: 0 });
    }
}
