//! The last minutes, in slots of ten seconds: bounded, whatever clients do.

use super::ended::{Ended, Slow};
use super::parents::Parents;
use super::sketch::{Measure, Ranked, Sketch};
use super::slot::{Place, ROWS_MAX, Row, SLOWEST_MAX, Slot, Work};
use nasd_base::{Ino, VolumeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) const SLOT_SECONDS: u64 = 10;
pub(super) const SLOTS: u64 = 30;
/// Files and directories that a report names, by each measure.
const REPORTED_MAX: usize = 32;

/// One node's last minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerReport {
    /// How long they are.
    pub seconds: u32,
    /// Whoever took most time first.
    pub rows: Vec<(Row, Work)>,
    /// All that is in no row. A row lacks at most this.
    pub others: Work,
    /// By each measure.
    pub files: Vec<Ranked<(VolumeId, Ino)>>,
    pub directories: Vec<Ranked<(VolumeId, Ino)>>,
    /// Where files of the report were found.
    pub parents: Vec<((VolumeId, Ino), Ino)>,
    /// The slowest first.
    pub slowest: Vec<Slow>,
}

#[derive(Default)]
pub(super) struct Books {
    slots: BTreeMap<u64, Arc<Slot>>,
    parents: Parents,
}

impl Books {
    /// Takes note of what has ended; of what ended before the last minutes only where its file is.
    pub fn add(&mut self, ended: &[Ended]) {
        // First, since what is added together may have ended in any order.
        for Ended { volume, subject, .. } in ended {
            if let (Some(file), Some(directory)) = (subject.file, subject.directory) {
                self.parents.learn(*volume, file, directory);
            }
        }
        // A connection does much the same again and again.
        let is_alike = |one: &Ended, next: &Ended| one.is_like(next) && number_of(one) == number_of(next);
        ended.chunk_by(is_alike).for_each(|alike| self.add_alike(alike));
    }

    fn add_alike(&mut self, alike: &[Ended]) {
        let Some(ended) = alike.first() else { return };
        let (volume, subject) = (ended.volume, &ended.subject);
        let found = |file| self.parents.of(volume, file);
        let directory = subject.directory.or_else(|| subject.file.and_then(found));
        let number = number_of(ended);
        let newest = self.slots.keys().next_back().map_or(number, |newest| number.max(*newest));
        let oldest = (newest + 1).saturating_sub(SLOTS);
        if number < oldest {
            return;
        }
        // Whoever reads a slot meanwhile keeps it as it was.
        Arc::make_mut(self.slots.entry(number).or_default()).add(alike, directory);
        while self.slots.first_key_value().is_some_and(|(first, _)| *first < oldest) {
            self.slots.pop_first();
        }
    }

    /// Those of the last `seconds` before `now`, and at most a slot more: the present one may have just begun.
    pub fn window(&self, seconds: u64, now: Duration) -> Window {
        let now = now.as_secs();
        let slots_wanted = (seconds.div_ceil(SLOT_SECONDS) + 1).min(SLOTS);
        let first = (now / SLOT_SECONDS + 1).saturating_sub(slots_wanted);
        let slots = self.slots.range(first..).map(|(_, slot)| slot.clone()).collect();
        Window { slots, seconds: (now + 1 - first * SLOT_SECONDS) as u32, now }
    }

    /// Adds where files of the report were found.
    pub fn tell_parents(&self, report: &mut LedgerReport) {
        let ranked = report.files.iter().chain(&report.directories);
        let named = ranked.flat_map(|ranked| ranked.entries.iter().map(|one| one.key));
        let slow = report.slowest.iter().filter_map(|slow| Some((slow.volume, slow.file?)));
        let parent = |place: Place| Some((place, self.parents.of(place.0, place.1)?));
        let parents: BTreeMap<Place, Ino> = named.chain(slow).filter_map(parent).collect();
        report.parents = parents.into_iter().collect();
    }
}

/// Of the slot that it belongs to.
fn number_of(ended: &Ended) -> u64 {
    ended.at.as_secs() / SLOT_SECONDS
}

/// Some slots as they were at one moment: to be added up while others go on.
pub(super) struct Window {
    slots: Vec<Arc<Slot>>,
    seconds: u32,
    now: u64,
}

impl Window {
    /// All but the parents of files.
    pub fn report(&self) -> LedgerReport {
        let slots: Vec<&Slot> = self.slots.iter().map(|slot| &**slot).collect();
        let (rows, others) = rows_of(&slots);
        let files = ranked(slots.iter().map(|slot| &slot.files));
        let directories = ranked(slots.iter().map(|slot| &slot.directories));
        let (seconds, slowest, parents) = (self.seconds, slowest_of(&slots, self.now), Vec::new());
        LedgerReport { seconds, rows, others, files, directories, parents, slowest }
    }
}

fn rows_of(slots: &[&Slot]) -> (Vec<(Row, Work)>, Work) {
    let (mut sums, mut others) = (BTreeMap::<Row, Work>::new(), Work::default());
    for slot in slots {
        others.add(&slot.others);
        slot.rows().for_each(|(row, work)| sums.entry(*row).or_default().add(work));
    }
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by_key(|(_, work)| std::cmp::Reverse(work.tally.micros));
    let cut = rows.split_off(ROWS_MAX.min(rows.len()));
    cut.iter().for_each(|(_, work)| others.add(work));
    (rows, others)
}

fn ranked<'a>(sketches: impl Iterator<Item = &'a [Sketch<Place>; 3]> + Clone) -> Vec<Ranked<Place>> {
    let of = |by: Measure| {
        let parts: Vec<_> = sketches.clone().map(|sketches| sketches[by as usize].ranked()).collect();
        Ranked::sum(by, &parts, REPORTED_MAX)
    };
    Measure::ALL.map(of).into()
}

fn slowest_of(slots: &[&Slot], now: u64) -> Vec<Slow> {
    let mut all: Vec<_> = slots.iter().flat_map(|slot| &slot.slowest).collect();
    all.sort_by_key(|ended| std::cmp::Reverse(ended.micros));
    all.truncate(2 * SLOWEST_MAX);
    all.into_iter().map(|ended| ended.slow(now)).collect()
}
