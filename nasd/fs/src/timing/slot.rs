//! What happened in ten seconds: sums by client and volume, the busiest files and directories, the slowest operations.

use super::ended::{Ended, Origin};
use super::kind::OperationKind;
use super::sketch::{Measure, Sketch, Tally};
use super::stage::Stages;
use nasd_base::{Ino, VolumeId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Rows that are told apart; the least busy makes room and is counted with the others.
pub(super) const ROWS_MAX: usize = 512;
/// Files, and directories, by each measure.
const PLACES: usize = 64;
/// The slowest operations.
pub(super) const SLOWEST_MAX: usize = 16;

/// What is done to files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WorkClass {
    Read,
    /// And what makes writes durable.
    Write,
    Metadata,
}

impl From<OperationKind> for WorkClass {
    fn from(kind: OperationKind) -> WorkClass {
        match kind {
            OperationKind::Read => WorkClass::Read,
            OperationKind::Write | OperationKind::Commit => WorkClass::Write,
            OperationKind::Lookup | OperationKind::List | OperationKind::Change | OperationKind::Lock => {
                WorkClass::Metadata
            }
        }
    }
}

/// Operations together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub tally: Tally,
    pub stages: Stages,
}

impl Work {
    pub fn add(&mut self, more: &Work) {
        self.tally.add(&more.tally);
        self.stages.add(&more.stages);
    }
}

/// Who did what to which volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Row {
    pub origin: Origin,
    pub volume: VolumeId,
    pub class: WorkClass,
}

impl Row {
    fn of(ended: &Ended) -> Row {
        Row { origin: ended.origin, volume: ended.volume, class: ended.subject.kind.into() }
    }
}

pub(super) type Place = (VolumeId, Ino);

#[derive(Clone)]
pub(super) struct Slot {
    rows: HashMap<Row, Work>,
    pub others: Work,
    pub files: [Sketch<Place>; 3],
    pub directories: [Sketch<Place>; 3],
    pub slowest: Vec<Ended>,
    /// What one must take longer than to be among them.
    slowest_floor: u64,
}

impl Default for Slot {
    fn default() -> Slot {
        let sketches = || Measure::ALL.map(|by| Sketch::new(by, PLACES));
        let (rows, others, slowest, slowest_floor) = Default::default();
        Slot { rows, others, files: sketches(), directories: sketches(), slowest, slowest_floor }
    }
}

impl Slot {
    /// Adds some that are alike, and were in this directory if that is known.
    pub fn add(&mut self, alike: &[Ended], directory: Option<Ino>) {
        let Some(ended) = alike.first() else { return };
        let mut work = Work::default();
        for Ended { subject, micros, stages, .. } in alike {
            let tally = Tally { operations: 1, bytes: subject.bytes, micros: *micros };
            work.add(&Work { tally, stages: *stages });
        }
        let (row, tally) = (Row::of(ended), work.tally);
        self.add_row(row, &work);
        if let Some(file) = ended.subject.file {
            self.files.iter_mut().for_each(|sketch| sketch.add((ended.volume, file), &tally));
        }
        if let Some(directory) = directory {
            self.directories.iter_mut().for_each(|sketch| sketch.add((ended.volume, directory), &tally));
        }
        alike.iter().for_each(|ended| self.add_slow(ended));
    }

    /// Nothing is lost: who makes room is counted with the others, so that a row lacks at most what they have.
    fn add_row(&mut self, row: Row, work: &Work) {
        if self.rows.len() >= ROWS_MAX && !self.rows.contains_key(&row) {
            let least = self.rows.iter().min_by_key(|(_, work)| work.tally.operations).map(|(row, _)| *row);
            if let Some(least) = least.and_then(|least| self.rows.remove(&least)) {
                self.others.add(&least);
            }
        }
        self.rows.entry(row).or_default().add(work);
    }

    fn add_slow(&mut self, ended: &Ended) {
        if self.slowest.len() < SLOWEST_MAX {
            self.slowest.push(*ended);
        } else if ended.micros > self.slowest_floor
            && let Some(least) = self.slowest.iter_mut().min_by_key(|slow| slow.micros)
        {
            *least = *ended;
        } else {
            return;
        }
        let least = self.slowest.iter().map(|slow| slow.micros).min();
        self.slowest_floor = least.filter(|_| self.slowest.len() == SLOWEST_MAX).unwrap_or(0);
    }

    pub fn rows(&self) -> impl Iterator<Item = (&Row, &Work)> {
        self.rows.iter()
    }
}
