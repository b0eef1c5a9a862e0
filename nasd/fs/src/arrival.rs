//! When a write arrived at the node that serves its client, said so that another node can compare it.
//!
//! A leader's answers carry its own time since its tenure began; a gateway counts from the last such answer, so the
//! moment it names for an arrival is never later than the true one, but for the drift of two clocks in [`KNOWN_FOR`].
//! What a leader does with it: `leader::late`, and docs/decisions/0022-late-writes.md.

use nasd_base::{NodeId, VolumeId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a gateway counts on from one answer. Clocks drift by 6 ms in it, at 100 millionths.
const KNOWN_FOR: Duration = Duration::from_secs(60);

/// A moment in a leader's tenure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaderTime {
    /// Tells the tenures of a volume apart.
    pub tenure: u64,
    /// Since its beginning, which is 1.
    pub ms: u64,
}

/// When a write arrived at the node that serves its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// On this node.
    Here(Instant),
    /// On another, in this leader's time; `None` when that node does not know it.
    There(Option<LeaderTime>),
}

/// What a gateway knows of the time of the leaders that it forwards to.
#[derive(Default)]
pub(crate) struct LeaderTimes(Mutex<HashMap<VolumeId, Known>>);

#[derive(Clone, Copy)]
struct Known {
    leader: NodeId,
    time: LeaderTime,
    /// When it was told: a moment after.
    at: Instant,
}

impl LeaderTimes {
    /// Takes note of what a leader said. Of two sayings the one that was told faster says more.
    pub(crate) fn learn(&self, volume: VolumeId, leader: NodeId, time: LeaderTime) {
        let said = Known { leader, time, at: Instant::now() };
        let mut known = self.0.lock();
        let keep = known.get(&volume).is_some_and(|known| {
            let same = known.leader == leader && known.time.tenure == time.tenure;
            same && known.at.elapsed() < KNOWN_FOR / 2 && known.ms_at(said.at) > Some(time.ms)
        });
        if !keep {
            known.insert(volume, said);
        }
    }

    /// The earliest that an arrival here can have been, in the time of `leader`.
    pub(crate) fn arrival(&self, volume: VolumeId, leader: NodeId, arrived: Instant) -> Option<LeaderTime> {
        let known = self.0.lock().get(&volume).copied().filter(|known| known.leader == leader)?;
        if known.at.elapsed() > KNOWN_FOR {
            return None;
        }
        // 0 is before the tenure began.
        Some(LeaderTime { ms: known.ms_at(arrived).unwrap_or(0), ..known.time })
    }

    pub(crate) fn forget(&self, volume: VolumeId) {
        self.0.lock().remove(&volume);
    }
}

impl Known {
    fn ms_at(&self, moment: Instant) -> Option<u64> {
        let later = moment.saturating_duration_since(self.at).as_millis() as u64;
        // Rounded up: an arrival must not be named later than it was.
        let earlier = self.at.saturating_duration_since(moment).as_micros().div_ceil(1000) as u64;
        (self.time.ms + later).checked_sub(earlier)
    }
}
