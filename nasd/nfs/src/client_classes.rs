//! How long calls took, by the network whose rule let their client in: one class of clients for each.

use nasd_base::export::Network;
use nasd_base::{Latency, LatencyCounts};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::time::Duration;

/// Classes that are told apart; calls of more are counted together, so that many rules make no endless figures.
const CLASSES_MAX: usize = 64;

#[derive(Default)]
pub(crate) struct ClientClasses {
    known: RwLock<BTreeMap<Network, Latency>>,
    others: Latency,
}

impl ClientClasses {
    pub(crate) fn count(&self, class: Network, took: Duration) {
        if let Some(times) = self.known.read().get(&class) {
            return times.count(took);
        }
        let mut known = self.known.write();
        match known.len() < CLASSES_MAX {
            true => known.entry(class).or_default().count(took),
            false => known.get(&class).unwrap_or(&self.others).count(took),
        }
    }

    /// Of each class; `None`: all beyond those that are told apart.
    pub(crate) fn counts(&self) -> Vec<(Option<Network>, LatencyCounts)> {
        let known = self.known.read();
        let classes = known.iter().map(|(class, times)| (Some(*class), times.counts()));
        classes.chain([(None, self.others.counts())]).filter(|(_, counts)| counts.total() > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_that_came_first_are_told_apart_and_no_call_is_lost() {
        let classes = ClientClasses::default();
        let network = |number: usize| format!("10.0.{number}.0/24").parse().unwrap();
        for number in (0..CLASSES_MAX + 10).chain(0..3) {
            classes.count(network(number), Duration::from_millis(1));
        }
        let counts = classes.counts();
        let of = |class| counts.iter().find(|(known, _)| *known == class).map(|(_, counts)| counts.total());
        assert_eq!(
            (of(Some(network(0))), of(Some(network(3))), of(Some(network(CLASSES_MAX)))),
            (Some(2), Some(1), None)
        );
        assert_eq!(of(None), Some(10));
        assert_eq!(counts.len(), CLASSES_MAX + 1);
    }
}
