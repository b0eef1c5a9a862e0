//! Owns what a restore has done, while it runs and at its end.

use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most faults that are kept with their words; all are counted.
const FAULTS_MAX: usize = 1000;

/// What could not be restored, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Below the directory that was restored into.
    pub path: Vec<u8>,
    pub what: String,
}

/// How far a restore is. May be read at any time.
#[derive(Default)]
pub struct Progress {
    pub(crate) directories: AtomicU64,
    pub(crate) files: AtomicU64,
    pub(crate) others: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) faults: Mutex<(u64, Vec<Fault>)>,
}

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub directories: u64,
    /// Hard links are files of their own here.
    pub files: u64,
    /// Symbolic links, devices, pipes and sockets.
    pub others: u64,
    /// Of files' content.
    pub bytes: u64,
    /// What was there already and stays.
    pub skipped: u64,
    pub fault_count: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
}

impl Progress {
    pub fn so_far(&self) -> Outcome {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (fault_count, faults) = self.faults.lock().clone();
        Outcome {
            directories: read(&self.directories),
            files: read(&self.files),
            others: read(&self.others),
            bytes: read(&self.bytes),
            skipped: read(&self.skipped),
            fault_count,
            faults,
        }
    }

    pub(crate) fn fault(&self, path: &[u8], what: impl ToString) {
        let mut faults = self.faults.lock();
        faults.0 += 1;
        if faults.1.len() < FAULTS_MAX {
            faults.1.push(Fault { path: path.to_vec(), what: what.to_string() });
        }
    }
}

pub(crate) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}
