//! Owns how long something has been missing, as far as this node looked: a group that has just lost its leader chooses
//! another one, and nobody has to do anything.

use nasd_base::GroupId;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a choice of a leader is nothing to worry about. It takes one to three seconds.
pub const CHOICE_TIME: Duration = Duration::from_secs(10);
/// How long a node that has started may look for the others.
pub const START_TIME: Duration = Duration::from_secs(5);

/// When each group was last seen with a leader.
#[derive(Default)]
pub struct Patience {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    first_look: Option<Instant>,
    led: BTreeMap<GroupId, Instant>,
}

/// What is missing, and for how long; of a group that is led, nothing.
#[derive(Clone, Debug, Default)]
pub struct Missing {
    /// Since the first look at anything.
    pub looking: Duration,
    leaderless: BTreeMap<GroupId, Duration>,
}

impl Patience {
    /// Takes note of all groups that there are, and whether each has a leader.
    pub fn look(&self, groups: impl IntoIterator<Item = (GroupId, bool)>, now: Instant) -> Missing {
        let mut seen = self.seen.lock();
        let (mut led, mut leaderless) = (BTreeMap::new(), BTreeMap::new());
        for (group, is_led) in groups {
            let last = if is_led { now } else { seen.led.get(&group).copied().unwrap_or(now) };
            led.insert(group, last);
            if !is_led {
                leaderless.insert(group, now.duration_since(last));
            }
        }
        seen.led = led;
        let first_look = *seen.first_look.get_or_insert(now);
        Missing { looking: now.duration_since(first_look), leaderless }
    }
}

impl Missing {
    pub fn leaderless(&self, group: GroupId) -> Duration {
        self.leaderless.get(&group).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_counts_from_the_last_leader() {
        let patience = Patience::default();
        let (group, second, start) = (GroupId(7), Duration::from_secs(1), Instant::now());
        let leaderless = |is_led, at| patience.look([(group, is_led)], start + at * second).leaderless(group);
        assert_eq!(leaderless(false, 0), Duration::ZERO, "nobody looked before");
        assert_eq!(leaderless(false, 4), 4 * second);
        assert_eq!(leaderless(true, 5), Duration::ZERO);
        assert_eq!(leaderless(false, 7), 2 * second);
        assert_eq!(patience.look([], start + 9 * second).looking, 9 * second);
        assert_eq!(leaderless(false, 20), Duration::ZERO, "a group of that name is new");
    }
}
