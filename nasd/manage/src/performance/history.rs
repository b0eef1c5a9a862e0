//! The store itself: buckets of time in four rings, each coarser and longer than the one before. A sample is counted
//! in all four; the oldest bucket of a ring makes room for the newest. No I/O.

use nasd_api::{Forecast, Range};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Seconds of a bucket and buckets of a ring, in the order of [`Range::ALL`].
const RINGS: [(u32, usize); 4] = [(10, 360), (300, 288), (7_200, 372), (86_400, 366)];
const MAGIC: &[u8; 4] = b"GPF1";
const CHECK_BYTES: usize = 16;
/// Largest file that is read: all rings full.
pub const FILE_BYTES_MAX: usize = 256 << 10;
/// A forecast needs a day of 2-hour buckets.
const FORECAST_BUCKETS_MIN: usize = 12;
/// Fuller than that in ten years is not worth a date.
const FORECAST_SECONDS_MAX: f64 = 10.0 * 365.0 * 86_400.0;

/// What happened in one stretch of time, all nodes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// When it begins, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// How much of it was seen.
    pub seconds: u32,
    pub operations: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
    pub busy_micros: u64,
    /// Of all disks, at the end.
    pub used_bytes: u64,
    pub total_bytes: u64,
}

impl Bucket {
    fn absorb(&mut self, more: &Bucket) {
        self.seconds = self.seconds.saturating_add(more.seconds);
        self.operations = self.operations.saturating_add(more.operations);
        self.read_bytes = self.read_bytes.saturating_add(more.read_bytes);
        self.written_bytes = self.written_bytes.saturating_add(more.written_bytes);
        self.busy_micros = self.busy_micros.saturating_add(more.busy_micros);
        (self.used_bytes, self.total_bytes) = (more.used_bytes, more.total_bytes);
    }
}

/// All rings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    rings: [VecDeque<Bucket>; RINGS.len()],
}

fn ring_of(range: Range) -> usize {
    Range::ALL.iter().position(|known| *known == range).expect("all are listed")
}

impl History {
    /// Counts a sample, which began at `sample.at`. One from before the newest bucket (the clock was set back) is
    /// counted in that.
    pub fn add(&mut self, sample: &Bucket) {
        for (ring, (step, kept)) in self.rings.iter_mut().zip(RINGS) {
            let at = sample.at - sample.at.rem_euclid(i64::from(step));
            match ring.back_mut() {
                Some(newest) if newest.at >= at => newest.absorb(sample),
                _ => ring.push_back(Bucket { at, ..*sample }),
            }
            while ring.len() > kept {
                ring.pop_front();
            }
        }
    }

    /// Seconds of a bucket, and the buckets of the range that are not older than it, oldest first.
    pub fn range(&self, range: Range, now: i64) -> (u32, impl Iterator<Item = &Bucket>) {
        let number = ring_of(range);
        let (step, kept) = RINGS[number];
        let oldest = now - i64::from(step) * kept as i64;
        (step, self.rings[number].iter().filter(move |bucket| bucket.at >= oldest))
    }

    /// For a file: magic, rings, the first half of BLAKE3 over both. See `docs/formats/performance.md`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_extend(&self.rings, MAGIC.to_vec()).expect("rings always encode");
        let check = blake3::hash(&bytes);
        bytes.extend_from_slice(&check.as_bytes()[..CHECK_BYTES]);
        bytes
    }

    /// `None` for what `encode` did not write.
    pub fn decode(bytes: &[u8]) -> Option<History> {
        let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
        if bytes.len() > FILE_BYTES_MAX || blake3::hash(content).as_bytes()[..CHECK_BYTES] != *check {
            return None;
        }
        let rings: [VecDeque<Bucket>; RINGS.len()] =
            postcard::from_bytes(content.strip_prefix(MAGIC)?).ok()?;
        let fits = rings.iter().zip(RINGS).all(|(ring, (_, kept))| ring.len() <= kept);
        fits.then_some(History { rings })
    }
}

/// How the used space goes on, by a straight line through the month's buckets (least squares). `None` while there is
/// less than a day to go by.
pub fn forecast(history: &History, now: i64) -> Option<Forecast> {
    let (_, month) = history.range(Range::Month, now);
    let points: Vec<(f64, f64)> =
        month.map(|bucket| ((bucket.at - now) as f64, bucket.used_bytes as f64)).collect();
    if points.len() < FORECAST_BUCKETS_MIN {
        return None;
    }
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(xs, ys), (x, y)| (xs + x, ys + y));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let above: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let slope = if below > 0.0 { above / below } else { 0.0 };
    let newest = history.rings[ring_of(Range::Month)].back()?;
    let room = newest.total_bytes.saturating_sub(newest.used_bytes) as f64;
    let seconds = room / slope;
    let full_at = (slope > 0.0 && seconds < FORECAST_SECONDS_MAX).then(|| now + seconds as i64);
    Some(Forecast { bytes_per_day: slope * 86_400.0, full_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(at: i64, operations: u64) -> Bucket {
        Bucket { at, seconds: 10, operations, used_bytes: 5, total_bytes: 100, ..Bucket::default() }
    }

    #[test]
    fn samples_are_in_every_ring_and_the_finest_forgets_first() {
        let mut history = History::default();
        for step in 0..1_000 {
            history.add(&sample(step * 10, 1));
        }
        let now = 10_000;
        let counted = |range| {
            let (step, buckets) = history.range(range, now);
            let (count, sum) =
                buckets.fold((0, 0), |(count, sum), bucket| (count + 1, sum + bucket.operations));
            (step, count, sum)
        };
        assert_eq!(counted(Range::Hour), (10, 360, 360));
        assert_eq!(counted(Range::Day), (300, 34, 1_000));
        assert_eq!(counted(Range::Month), (7_200, 2, 1_000));
        assert_eq!(counted(Range::Year), (86_400, 1, 1_000));
    }

    #[test]
    fn what_is_too_old_is_not_shown() {
        let mut history = History::default();
        history.add(&sample(0, 1));
        assert_eq!(history.range(Range::Hour, 3_601).1.count(), 0);
        assert_eq!(history.range(Range::Year, 3_601).1.count(), 1);
    }

    #[test]
    fn a_steady_growth_is_seen_ahead() {
        let mut history = History::default();
        for hour in 0..48 {
            let used_bytes = 1_000_000 + hour * 1_000;
            history.add(&Bucket {
                at: hour as i64 * 3_600,
                used_bytes,
                total_bytes: 2_000_000,
                ..Bucket::default()
            });
        }
        let now = 48 * 3_600;
        let seen = forecast(&history, now).unwrap();
        assert!((seen.bytes_per_day - 24_000.0).abs() < 100.0, "{seen:?}");
        let full_at = seen.full_at.unwrap();
        assert!((full_at - now - 953 * 3_600).abs() < 5 * 3_600, "{full_at}");
        let mut still = History::default();
        (0..48).for_each(|hour| still.add(&sample(hour * 3_600, 1)));
        assert_eq!(forecast(&still, now).unwrap().full_at, None);
        assert_eq!(forecast(&History::default(), now), None);
    }

    proptest! {
        #[test]
        fn it_never_grows_and_survives_its_file(steps in prop::collection::vec((-100i64..100_000, 0u64..u64::MAX), 0..2_000)) {
            let (mut history, mut at) = (History::default(), 0);
            for (step, operations) in steps {
                at += step;
                history.add(&sample(at, operations));
            }
            let bytes = history.encode();
            prop_assert!(bytes.len() <= FILE_BYTES_MAX);
            for (ring, (_, kept)) in history.rings.iter().zip(RINGS) {
                prop_assert!(ring.len() <= kept);
                prop_assert!(ring.iter().zip(ring.iter().skip(1)).all(|(one, next)| one.at < next.at));
            }
            prop_assert_eq!(History::decode(&bytes), Some(history));
        }

        #[test]
        fn a_damaged_file_is_refused(at in 0usize..10_000, change in 1u8..) {
            let mut history = History::default();
            (0..50).for_each(|step| history.add(&sample(step * 10, 7)));
            let mut bytes = history.encode();
            let at = at % bytes.len();
            bytes[at] ^= change;
            prop_assert_eq!(History::decode(&bytes), None);
            prop_assert_eq!(History::decode(&bytes[..at]), None);
        }
    }
}
