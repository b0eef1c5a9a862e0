//! Which failovers are worth a note: one for what happens at once, and none for a lead that was handed over.

use nasd_base::{GroupId, NodeId};
use nasd_node::Failover;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// An election takes longer, and a hand-over does not take so long.
const MILLIS_MIN: u32 = 500;
/// A node that falls silent loses all that it leads within so long.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);

/// One of them, whatever clock it is told by.
type Which = (GroupId, NodeId, NodeId, u32);

/// What of it was seen, and what is still to be noted.
#[derive(Debug, Default)]
pub struct Failovers {
    /// None before the first look: what was before that is no news.
    seen: Option<BTreeSet<Which>>,
    /// The longest since the first of these that is not noted yet.
    longest: Option<(Instant, Failover)>,
}

impl Failovers {
    /// The one to note now, if there is one.
    pub fn look(&mut self, known: &[Failover], now: Instant) -> Option<Failover> {
        let which = |it: &Failover| (it.group, it.from, it.to, it.millis);
        let before = self.seen.replace(known.iter().map(which).collect());
        let news =
            known.iter().filter(|it| before.as_ref().is_some_and(|before| !before.contains(&which(it))));
        for failover in news.filter(|it| it.millis >= MILLIS_MIN) {
            let (first, longest) = self.longest.unwrap_or((now, *failover));
            let longer = if failover.millis > longest.millis { *failover } else { longest };
            self.longest = Some((first, longer));
        }
        let (first, longest) = self.longest?;
        if now.duration_since(first) < SETTLES_WITHIN {
            return None;
        }
        self.longest = None;
        Some(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failover(group: u64, millis: u32) -> Failover {
        Failover { at: 70, millis, group: GroupId(group), from: NodeId(1), to: NodeId(2) }
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_at_once_is_one_note_of_the_longest() {
        let (mut failovers, start) = (Failovers::default(), Instant::now());
        let mut look =
            |known: &[Failover], second| failovers.look(known, start + Duration::from_secs(second));
        let old = failover(9, 4_000);
        assert_eq!(look(&[old], 0), None, "it was before this node looked");
        assert_eq!(look(&[old], 20), None);
        assert_eq!(look(&[old, failover(1, 1_700)], 22), None, "others may follow");
        assert_eq!(look(&[old, failover(2, 2_300)], 24), None);
        // The clock of a node that tells of it again differs by a second.
        let again = Failover { at: 71, ..failover(2, 2_300) };
        assert_eq!(look(&[old, again], 34), Some(failover(2, 2_300)));
        assert_eq!(look(&[old, again], 60), None, "it is noted");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lead_that_was_handed_over_is_no_failover() {
        let (mut failovers, start) = (Failovers::default(), Instant::now());
        assert_eq!(failovers.look(&[], start), None);
        assert_eq!(failovers.look(&[failover(1, 80)], start), None);
        assert_eq!(failovers.look(&[failover(1, 80)], start + SETTLES_WITHIN), None);
    }
}
