//! Owns how long honest operations took.

use std::collections::BTreeMap;
use std::time::Duration;

/// Times of operations, by what they are.
#[derive(Clone, Debug, Default)]
pub struct Latencies(BTreeMap<&'static str, Vec<Duration>>);

/// The median, and what one operation in a hundred exceeds.
#[derive(Clone, Copy, Debug)]
pub struct Percentiles {
    pub p50: Duration,
    pub p99: Duration,
}

impl Latencies {
    pub fn add(&mut self, what: &'static str, took: Duration) {
        self.0.entry(what).or_default().push(took);
    }

    /// The same operations in two runs. Fails the test when one of them has not happened in both.
    pub fn beside(
        &self,
        other: &Latencies,
    ) -> impl Iterator<Item = (&'static str, Percentiles, Percentiles)> {
        assert!(
            self.0.keys().eq(other.0.keys()),
            "other operations: {:?} and {:?}",
            self.0.keys(),
            other.0.keys()
        );
        let pairs: Vec<_> = self
            .0
            .iter()
            .map(|(what, times)| (*what, percentiles(times), percentiles(&other.0[what])))
            .collect();
        pairs.into_iter()
    }
}

fn percentiles(times: &[Duration]) -> Percentiles {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
    Percentiles { p50: at(50), p99: at(99) }
}
