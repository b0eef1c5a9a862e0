//! Owns how a volume does, from what its replicas' nodes say.

use super::patience::CHOICE_TIME;
use nasd_api::{Health, Sentence, verdict};
use std::time::Duration;

/// A volume's replicas, counted.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Replicas that it is to have.
    pub wanted: usize,
    /// That lead or follow.
    pub have: usize,
    /// Whose nodes have a disk that takes data.
    pub keep: usize,
    pub is_led: bool,
    pub leaderless: Duration,
    /// A replica that has failed: the name of its node, and why.
    pub failed: Option<(String, String)>,
}

impl Standing {
    /// Whether the volume can be used, and the one sentence that says why not better.
    pub fn verdict(&self) -> (Health, Sentence) {
        let Standing { wanted, have, keep, .. } = *self;
        if have * 2 <= wanted {
            return (
                Health::Unavailable,
                self.failure().unwrap_or_else(|| verdict::replicas_lost(have, wanted)),
            );
        }
        if self.is_choosing() {
            return (Health::Degraded, verdict::choosing_leader(have, wanted));
        }
        if !self.is_led {
            return (Health::Unavailable, verdict::without_leader(have, wanted));
        }
        if have < wanted {
            return (
                Health::Degraded,
                self.failure().unwrap_or_else(|| verdict::replicas_missing(have, wanted)),
            );
        }
        if keep * 2 <= wanted {
            return (Health::Unavailable, verdict::disks_lost(keep, wanted));
        }
        if keep < wanted {
            return (Health::Degraded, verdict::disks_missing(keep, wanted));
        }
        match wanted {
            1 | 2 => (Health::Degraded, verdict::few_replicas(wanted)),
            _ => (Health::Healthy, verdict::replicas_answer(wanted)),
        }
    }

    /// It has lost its leader a moment ago, and a majority is there to choose another.
    pub fn is_choosing(&self) -> bool {
        self.have * 2 > self.wanted && !self.is_led && self.leaderless < CHOICE_TIME
    }

    fn failure(&self) -> Option<Sentence> {
        let (node, why) = self.failed.as_ref()?;
        Some(verdict::replica_stopped(self.have, self.wanted, node, why.trim_end_matches('.')))
    }
}
