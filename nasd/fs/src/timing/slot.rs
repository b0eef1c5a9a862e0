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

pub(super) type Place = (VolumeId, Ino);

pub(super) struct Slot {
    rows: HashMap<Row, Work>,
    pub others: Work,
    pub files: [Sketch<Place>; 3],
    pub directories: [Sketch<Place>; 3],
    pub slowest: Vec<Ended>,
}

impl Default for Slot {
    fn default() -> Slot {
        let sketches = || Measure::ALL.map(|by| Sketch::new(by, PLACES));
        let (rows, others, slowest) = Default::default();
        Slot { rows, others, files: sketches(), directories: sketches(), slowest }
    }
}

impl Slot {
    pub fn add(&mut self, ended: &Ended, directory: Option<Ino>) {
        let tally = Tally { operations: 1, bytes: ended.subject.bytes, micros: ended.micros };
        let row = Row { origin: ended.origin, volume: ended.volume, class: ended.subject.kind.into() };
        self.add_row(row, &Work { tally, stages: ended.stages });
        if let Some(file) = ended.subject.file {
            self.files.iter_mut().for_each(|sketch| sketch.add((ended.volume, file), &tally));
        }
        if let Some(directory) = directory {
            self.directories.iter_mut().for_each(|sketch| sketch.add((ended.volume, directory), &tally));
        }
        self.add_slow(ended);
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
            return self.slowest.push(*ended);
        }
        if let Some(least) = self.slowest.iter_mut().min_by_key(|slow| slow.micros)
            && least.micros < ended.micros
        {
            *least = *ended;
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = (&Row, &Work)> {
        self.rows.iter()
    }
}
