//! The store itself: buckets of time in four rings, each coarser and longer than the one before. A sample is counted
//! in all four; the oldest bucket of a ring makes room for the newest. No I/O.

use nasd_api::{Forecast, Range};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Of each ring, seconds of a bucket and how many are kept.
pub type Sizes<const RINGS: usize> = [(u32, usize); RINGS];

/// In the order of [`Range::ALL`].
const RINGS: Sizes<4> = [(10, 360), (300, 288), (7_200, 372), (86_400, 366)];
/// How far a straight line is believed, in spans of what it was drawn through.
const FORECAST_SPANS_MAX: f64 = 30.0;
const MAGIC: &[u8; 4] = b"GPF2";
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
    /// At the end: what files take, one copy, and that with what is free; 0 and 0 where nobody knew.
    pub used_bytes: u64,
    pub total_bytes: u64,
}

impl Bucket {
    pub fn absorb(&mut self, more: &Bucket) {
        self.seconds = self.seconds.saturating_add(more.seconds);
        self.operations = self.operations.saturating_add(more.operations);
        self.read_bytes = self.read_bytes.saturating_add(more.read_bytes);
        self.written_bytes = self.written_bytes.saturating_add(more.written_bytes);
        self.busy_micros = self.busy_micros.saturating_add(more.busy_micros);
        if more.total_bytes > 0 {
            (self.used_bytes, self.total_bytes) = (more.used_bytes, more.total_bytes);
        }
    }
}

/// Counts a sample in one ring.
pub fn count(ring: &mut VecDeque<Bucket>, (step, kept): (u32, usize), sample: &Bucket) {
    let at = sample.at - sample.at.rem_euclid(i64::from(step));
    match ring.back_mut() {
        Some(newest) if newest.at >= at => newest.absorb(sample),
        _ => ring.push_back(Bucket { at, ..*sample }),
    }
    while ring.len() > kept {
        ring.pop_front();
    }
}

/// The buckets that are not older than the ring is long, oldest first.
pub fn recent(
    ring: &VecDeque<Bucket>,
    (step, kept): (u32, usize),
    now: i64,
) -> impl Iterator<Item = &Bucket> {
    let oldest = now - i64::from(step) * kept as i64;
    ring.iter().filter(move |bucket| bucket.at >= oldest)
}

/// All rings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When the first sample was counted.
    pub begun: Option<i64>,
    rings: [VecDeque<Bucket>; RINGS.len()],
}

fn ring_of(range: Range) -> usize {
    Range::ALL.iter().position(|known| *known == range).expect("all are listed")
}

impl History {
    /// Counts a sample, which began at `sample.at`. One from before the newest bucket (the clock was set back) is
    /// counted in that.
    pub fn add(&mut self, sample: &Bucket) {
        self.begun.get_or_insert(sample.at);
        self.rings.iter_mut().zip(RINGS).for_each(|(ring, size)| count(ring, size, sample));
    }

    /// Seconds of a bucket, and the buckets of the range that are not older than it, oldest first.
    pub fn range(&self, range: Range, now: i64) -> (u32, impl Iterator<Item = &Bucket>) {
        let number = ring_of(range);
        (RINGS[number].0, recent(&self.rings[number], RINGS[number], now))
    }

    /// For a file: magic, what is kept, the first half of BLAKE3 over both. See `docs/formats/performance.md`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_extend(self, MAGIC.to_vec()).expect("rings always encode");
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
        let history: History = postcard::from_bytes(content.strip_prefix(MAGIC)?).ok()?;
        let fits = history.rings.iter().zip(RINGS).all(|(ring, (_, kept))| ring.len() <= kept);
        fits.then_some(history)
    }
}

/// How the used space goes on, by a straight line through the month's buckets (least squares). `None` while there is
/// less than a day to go by; no date that is too far away for what there is.
pub fn forecast(history: &History, now: i64) -> Option<Forecast> {
    let known: Vec<&Bucket> =
        history.range(Range::Month, now).1.filter(|bucket| bucket.total_bytes > 0).collect();
    let points: Vec<(f64, f64)> =
        known.iter().map(|bucket| ((bucket.at - now) as f64, bucket.used_bytes as f64)).collect();
    if points.len() < FORECAST_BUCKETS_MIN {
        return None;
    }
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(xs, ys), (x, y)| (xs + x, ys + y));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let above: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let slope = if below > 0.0 { above / below } else { 0.0 };
    let (oldest, newest) = (known.first()?, known.last()?);
    let ahead = ((newest.at - oldest.at) as f64 * FORECAST_SPANS_MAX).min(FORECAST_SECONDS_MAX);
    let room = newest.total_bytes.saturating_sub(newest.used_bytes) as f64;
    let seconds = room / slope;
    let full_at = (slope > 0.0 && seconds < ahead).then(|| now + seconds as i64);
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

    /// After a start nobody knows for a while what the volumes hold: a chart fell to nothing, and a forecast with it.
    #[test]
    fn what_nobody_knew_is_not_nothing() {
        let mut history = History::default();
        for step in 0..24 {
            let known = Bucket { at: step * 7_200, used_bytes: 500, total_bytes: 1_000, ..Bucket::default() };
            history.add(&known);
            history.add(&Bucket { at: step * 7_200 + 10, ..Bucket::default() });
        }
        let now = 24 * 7_200;
        assert!(history.range(Range::Month, now).1.all(|bucket| bucket.used_bytes == 500));
        history.add(&Bucket { at: now, ..Bucket::default() });
        assert_eq!(forecast(&history, now).unwrap().bytes_per_day, 0.0);
        assert_eq!(history.begun, Some(0));
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
        let mut slow = History::default();
        for hour in 0..48 {
            let (at, used_bytes) = (hour as i64 * 3_600, 1_000_000 + hour);
            slow.add(&Bucket { at, used_bytes, total_bytes: 2_000_000, ..Bucket::default() });
        }
        let seen = forecast(&slow, now).unwrap();
        assert!(
            seen.bytes_per_day > 0.0 && seen.full_at.is_none(),
            "two days say nothing of years: {seen:?}"
        );
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
