//! How long things took, counted by how long: histograms that any thread adds to without waiting.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the buckets, in microseconds; longer times are counted behind the last.
///
/// From what a cache answers to what a failover takes, each about twice the one before.
pub const LATENCY_BOUNDS_MICROS: [u64; 17] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

const BUCKETS: usize = LATENCY_BOUNDS_MICROS.len() + 1;

/// Times as they are counted.
#[derive(Debug, Default)]
pub struct Latency {
    buckets: [AtomicU64; BUCKETS],
    sum_micros: AtomicU64,
}

/// What was counted so far. Figures only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyCounts {
    /// How many were within each bound and beyond the one before; the last: beyond all.
    pub buckets: [u64; BUCKETS],
    pub sum_micros: u64,
}

impl Latency {
    /// Three atomic additions at most; may be called by many at once.
    pub fn count(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = LATENCY_BOUNDS_MICROS.partition_point(|bound| *bound < micros);
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.sum_micros.fetch_add(micros, Relaxed);
    }

    /// The figures while others count on: the sum may be that of a few more or fewer.
    pub fn counts(&self) -> LatencyCounts {
        let buckets = std::array::from_fn(|number| self.buckets[number].load(Relaxed));
        LatencyCounts { buckets, sum_micros: self.sum_micros.load(Relaxed) }
    }
}

impl LatencyCounts {
    /// How many times were counted.
    pub fn total(&self) -> u64 {
        self.buckets.iter().sum()
    }

    pub fn add(&mut self, more: &LatencyCounts) {
        self.buckets.iter_mut().zip(more.buckets).for_each(|(bucket, more)| *bucket += more);
        self.sum_micros += more.sum_micros;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_of_a_bound_is_within_it() {
        let latency = Latency::default();
        for micros in [0, 50, 51, 10_000_000, 10_000_001] {
            latency.count(Duration::from_micros(micros));
        }
        let LatencyCounts { buckets, sum_micros } = latency.counts();
        assert_eq!((buckets[0], buckets[1], buckets[16], buckets[17]), (2, 1, 1, 1));
        assert_eq!(sum_micros, 20_000_102);
    }

    proptest! {
        #[test]
        fn every_time_is_in_the_first_bucket_that_holds_it(times in prop::collection::vec(0..20_000_000_u64, 0..200)) {
            let latency = Latency::default();
            times.iter().for_each(|micros| latency.count(Duration::from_micros(*micros)));
            let counts = latency.counts();
            let mut within = 0;
            for (bound, count) in LATENCY_BOUNDS_MICROS.iter().zip(counts.buckets) {
                within += count;
                prop_assert_eq!(within, times.iter().filter(|micros| *micros <= bound).count() as u64);
            }
            prop_assert_eq!(counts.total(), times.len() as u64);
            prop_assert_eq!(counts.sum_micros, times.iter().sum::<u64>());
        }
    }
}
