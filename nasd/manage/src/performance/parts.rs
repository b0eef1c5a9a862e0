//! What single volumes and nodes did in the last day: coarser than all together, and in memory only.
//!
//! A volume costs nothing while nothing is asked of it, and 7 KiB at most: 28 MiB if all 4,096 are busy.

use super::history::{Bucket, Sizes, count, recent};
use nasd_api::Range;
use nasd_base::{NodeId, VolumeId};
use std::collections::{BTreeMap, VecDeque};

/// Seconds of a bucket and buckets of a ring: an hour by minutes, a day by half hours.
const RINGS: Sizes<2> = [(60, 60), (1_800, 48)];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Volume(VolumeId),
    Node(NodeId),
}

type Rings = [VecDeque<Bucket>; RINGS.len()];

#[derive(Default)]
pub struct Parts {
    pub begun: Option<i64>,
    /// All samples there were: a volume without a bucket in one of these did nothing then.
    seen: Rings,
    of: BTreeMap<Part, Rings>,
}

impl Parts {
    /// Counts what all of them did in one step. A node that said nothing is missing; so is a volume that did nothing.
    pub fn add(&mut self, seen: &Bucket, parts: impl IntoIterator<Item = (Part, Bucket)>) {
        self.begun.get_or_insert(seen.at);
        add(&mut self.seen, seen);
        for (part, sample) in parts {
            add(self.of.entry(part).or_default(), &sample);
        }
        let (step, kept) = RINGS[RINGS.len() - 1];
        let oldest = seen.at - i64::from(step) * kept as i64;
        self.of.retain(|_, rings| rings[RINGS.len() - 1].back().is_some_and(|newest| newest.at >= oldest));
    }

    /// Seconds of a bucket, and the buckets of the range, oldest first; none of a range that is not kept.
    pub fn range(&self, part: Part, range: Range, now: i64) -> (u32, Vec<Bucket>) {
        let number = match range {
            Range::Hour => 0,
            Range::Day => 1,
            Range::Month | Range::Year => return (0, Vec::new()),
        };
        let size = RINGS[number];
        let of = |rings: &Rings| recent(&rings[number], size, now).copied().collect::<Vec<Bucket>>();
        let did = self.of.get(&part).map(of).unwrap_or_default();
        let buckets = match part {
            Part::Node(_) => did,
            Part::Volume(_) => of(&self.seen).into_iter().map(|seen| filled(seen, &did)).collect(),
        };
        (size.0, buckets)
    }
}

fn add(rings: &mut Rings, sample: &Bucket) {
    rings.iter_mut().zip(RINGS).for_each(|(ring, size)| count(ring, size, sample));
}

/// What was done in a step that was seen.
fn filled(seen: Bucket, did: &[Bucket]) -> Bucket {
    let nothing = Bucket { at: seen.at, ..Bucket::default() };
    let found = did.iter().find(|bucket| bucket.at == seen.at).copied().unwrap_or(nothing);
    Bucket { seconds: seen.seconds, ..found }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOLUME: Part = Part::Volume(VolumeId(7));
    const NODE: Part = Part::Node(NodeId(1));

    fn sample(at: i64, operations: u64) -> Bucket {
        Bucket { at, seconds: 10, operations, ..Bucket::default() }
    }

    fn told(parts: &Parts, part: Part, range: Range, now: i64) -> Vec<(i64, u32, u64)> {
        let buckets = parts.range(part, range, now).1.into_iter();
        buckets.map(|bucket| (bucket.at, bucket.seconds, bucket.operations)).collect()
    }

    #[test]
    fn a_volume_that_rests_did_nothing_and_a_node_that_is_silent_is_unknown() {
        let mut parts = Parts::default();
        parts.add(&sample(0, 0), [(VOLUME, sample(0, 5)), (NODE, sample(0, 5))]);
        parts.add(&sample(60, 0), []);
        parts.add(&sample(120, 0), [(VOLUME, sample(120, 7)), (NODE, sample(120, 7))]);
        assert_eq!(told(&parts, VOLUME, Range::Hour, 130), [(0, 10, 5), (60, 10, 0), (120, 10, 7)]);
        assert_eq!(told(&parts, NODE, Range::Hour, 130), [(0, 10, 5), (120, 10, 7)]);
        let other = Part::Volume(VolumeId(8));
        assert_eq!(told(&parts, other, Range::Hour, 130), [(0, 10, 0), (60, 10, 0), (120, 10, 0)]);
        assert_eq!(told(&parts, VOLUME, Range::Day, 130), [(0, 30, 12)]);
        assert_eq!(told(&parts, VOLUME, Range::Year, 130), []);
        assert_eq!(parts.begun, Some(0));
    }

    #[test]
    fn what_rests_for_a_day_is_forgotten() {
        let mut parts = Parts::default();
        parts.add(&sample(0, 0), [(VOLUME, sample(0, 5))]);
        for step in 1..=200_000 / 10 {
            parts.add(&sample(step * 10, 0), [(NODE, sample(step * 10, 1))]);
        }
        assert_eq!(parts.of.keys().copied().collect::<Vec<_>>(), [NODE]);
        let kept = |ring: &VecDeque<Bucket>| ring.len();
        assert_eq!(parts.of[&NODE].each_ref().map(kept), RINGS.map(|(_, kept)| kept));
    }
}
