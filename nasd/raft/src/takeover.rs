//! Owns how long a group had no leader when this node took it over from another one.

use nasd_base::{GroupId, NodeId};
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// This node has begun to lead a group that another one led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeover {
    pub group: GroupId,
    pub from: NodeId,
    /// From the last word of the leader before until this one was ready.
    pub took: Duration,
    pub at: Instant,
}

/// When a replica last followed somebody else, and whom. It stays until the replica leads.
#[derive(Default)]
pub(crate) struct LastHeard(Mutex<Option<(NodeId, Instant)>>);

impl LastHeard {
    pub fn hear(&self, leader: NodeId) {
        *self.0.lock() = Some((leader, Instant::now()));
    }

    /// What this replica has taken over by being ready to lead. Nothing where nobody led before, as after a start, or
    /// where it led before.
    pub fn take_over(&self, group: GroupId) -> Option<Takeover> {
        let (from, last) = self.0.lock().take()?;
        let at = Instant::now();
        Some(Takeover { group, from, took: at.duration_since(last), at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_counts_from_the_last_word_of_the_leader_before() {
        let (heard, group, other) = (LastHeard::default(), GroupId(7), NodeId(2));
        assert_eq!(heard.take_over(group), None, "nobody led before");
        heard.hear(NodeId(3));
        heard.hear(other);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let taken = heard.take_over(group).unwrap();
        assert_eq!((taken.from, taken.took), (other, Duration::from_millis(1500)));
        assert_eq!(heard.take_over(group), None, "it leads already");
    }
}
