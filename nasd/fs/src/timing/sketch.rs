//! Who has most, of more than can be told apart: the space-saving algorithm (Metwally, Agrawal, El Abbadi 2005), whose
//! answers say how far off they may be.
//!
//! Of a stream of weight `W`, a sketch of `n` places has everything that weighs more than `W / n`; what it says of one is
//! too little by at most its `missing`, and what it does not name weighs at most its `floor`. Sketches of several times or
//! nodes are added up, and the bounds with them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is counted of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub operations: u64,
    pub bytes: u64,
    pub micros: u64,
}

impl Tally {
    pub fn add(&mut self, more: &Tally) {
        self.operations = self.operations.saturating_add(more.operations);
        self.bytes = self.bytes.saturating_add(more.bytes);
        self.micros = self.micros.saturating_add(more.micros);
    }

    pub fn of(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Operations => self.operations,
            Measure::Bytes => self.bytes,
            Measure::Time => self.micros,
        }
    }
}

/// By what things are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    Operations,
    Bytes,
    Time,
}

impl Measure {
    pub const ALL: [Measure; 3] = [Measure::Operations, Measure::Bytes, Measure::Time];
}

/// One of those that have most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedEntry<K> {
    pub key: K,
    /// What surely is its own.
    pub tally: Tally,
    /// How much more of what the ranking is by may be.
    pub missing: u64,
}

impl<K> RankedEntry<K> {
    fn most(&self, by: Measure) -> u64 {
        self.tally.of(by).saturating_add(self.missing)
    }
}

/// Those that have most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranked<K> {
    pub by: Measure,
    pub entries: Vec<RankedEntry<K>>,
    /// What is not among them has at most this.
    pub floor: u64,
}

/// Counts what comes, in few places.
#[derive(Clone)]
pub(super) struct Sketch<K> {
    by: Measure,
    places: usize,
    entries: Vec<RankedEntry<K>>,
}

impl<K: Copy + Eq> Sketch<K> {
    pub fn new(by: Measure, places: usize) -> Sketch<K> {
        Sketch { by, places, entries: Vec::new() }
    }

    pub fn add(&mut self, key: K, did: &Tally) {
        if did.of(self.by) == 0 {
            return;
        }
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
            return entry.tally.add(did);
        }
        let fresh = RankedEntry { key, tally: *did, missing: 0 };
        if self.entries.len() < self.places {
            return self.entries.push(fresh);
        }
        let by = self.by;
        if let Some(least) = self.entries.iter_mut().min_by_key(|entry| entry.most(by)) {
            *least = RankedEntry { missing: least.most(by), ..fresh };
        }
    }

    pub fn ranked(&self) -> Ranked<K> {
        let is_full = self.entries.len() >= self.places;
        let least = self.entries.iter().map(|entry| entry.most(self.by)).min();
        let floor = least.filter(|_| is_full).unwrap_or(0);
        Ranked { by: self.by, entries: self.entries.clone(), floor }
    }
}

impl<K: Copy + Ord> Ranked<K> {
    /// All together: the first `most` of them, by what is surely theirs.
    pub fn sum<'a>(by: Measure, parts: impl IntoIterator<Item = &'a Ranked<K>>, most: usize) -> Ranked<K>
    where
        K: 'a,
    {
        let (mut sums, mut floor) = (BTreeMap::<K, (Tally, u64)>::new(), 0_u64);
        for part in parts.into_iter().filter(|part| part.by == by) {
            for entry in &part.entries {
                let (tally, excess) = sums.entry(entry.key).or_default();
                tally.add(&entry.tally);
                // Where it is not named it may have the floor; that is added for all and taken back here.
                *excess = excess.saturating_add(part.floor.saturating_sub(entry.missing));
            }
            floor = floor.saturating_add(part.floor);
        }
        let entry = |(key, (tally, excess)): (K, (Tally, u64))| RankedEntry {
            key,
            tally,
            missing: floor.saturating_sub(excess),
        };
        let mut entries: Vec<_> = sums.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.tally.of(by)));
        let cut = entries.split_off(most.min(entries.len()));
        let floor = cut.iter().map(|entry| entry.most(by)).fold(floor, u64::max);
        Ranked { by, entries, floor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn did(bytes: u64) -> Tally {
        Tally { operations: 1, bytes, micros: 3 * bytes }
    }

    proptest! {
        /// Against an exact count of the same: several sketches, as of times and nodes, added up in two steps.
        #[test]
        fn what_is_said_is_within_its_bounds_and_nothing_heavy_is_missing(
            streams in prop::collection::vec(prop::collection::vec((0u32..60, 0u64..100), 0..300), 1..5),
            places in 2usize..20,
            most in 1usize..30,
        ) {
            for by in Measure::ALL {
                let mut exact = BTreeMap::<u32, Tally>::new();
                let mut parts = Vec::new();
                for stream in &streams {
                    let mut sketch = Sketch::new(by, places);
                    for (key, bytes) in stream {
                        exact.entry(*key).or_default().add(&did(*bytes));
                        sketch.add(*key, &did(*bytes));
                    }
                    let total: u64 = stream.iter().map(|(_, bytes)| did(*bytes).of(by)).sum();
                    let ranked = sketch.ranked();
                    prop_assert!(ranked.floor <= total / places as u64, "the floor is below the share of a place");
                    parts.push(ranked);
                }
                let half = parts.len() / 2;
                let halves = [Ranked::sum(by, &parts[..half], most), Ranked::sum(by, &parts[half..], most)];
                for ranked in [Ranked::sum(by, &parts, most), Ranked::sum(by, &halves, most)] {
                    prop_assert!(ranked.entries.len() <= most);
                    for entry in &ranked.entries {
                        let truth = exact[&entry.key].of(by);
                        prop_assert!(entry.tally.of(by) <= truth && truth <= entry.most(by), "{entry:?} of {truth}");
                    }
                    for (key, truth) in &exact {
                        let is_named = ranked.entries.iter().any(|entry| entry.key == *key);
                        prop_assert!(is_named || truth.of(by) <= ranked.floor, "{key} with {truth:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn one_that_floods_is_first_among_a_million_others() {
        let mut sketch = Sketch::new(Measure::Operations, 64);
        for n in 0..1_000_000_u64 {
            sketch.add(if n % 10 == 0 { 7 } else { 1_000 + n }, &did(1));
        }
        let ranked = Ranked::sum(Measure::Operations, [&sketch.ranked()], 10);
        assert_eq!(ranked.entries[0].key, 7);
        assert!(ranked.entries[0].tally.operations > 99_000, "{:?}", ranked.entries[0]);
        assert_eq!(sketch.entries.len(), 64);
    }
}
