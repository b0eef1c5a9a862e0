//! The stages that an operation's time is split into, and a sum of each.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What an operation may wait for. The rest of its time is the work itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its client and the way to it: from the first byte of a request to the last, and from a reply's readiness to the
    /// socket's having taken it.
    Network,
    /// Others: for a slot, memory, a file's turn, a place in a proposal, or what another mount's kernel keeps.
    Queue,
    /// The leader on another node: the way there and back, and until somebody leads.
    Hop,
    /// The replicated log: until a majority has the change on its disks, or confirmed who leads.
    Flush,
    /// The volume's state: the transaction that the change was applied in.
    Apply,
    /// Chunks that are read.
    ChunkRead,
    /// Chunks that must be on a majority's disks first.
    ChunkWrite,
}

impl Stage {
    pub const ALL: [Stage; STAGES] = [
        Stage::Network,
        Stage::Queue,
        Stage::Hop,
        Stage::Flush,
        Stage::Apply,
        Stage::ChunkRead,
        Stage::ChunkWrite,
    ];
}

pub(super) const STAGES: usize = 7;

/// Microseconds by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages(pub(super) [u64; STAGES]);

impl Stages {
    pub fn of(&self, stage: Stage) -> u64 {
        self.0[stage as usize]
    }

    pub fn count(&mut self, stage: Stage, took: Duration) {
        self.0[stage as usize] += took.as_micros() as u64;
    }

    pub fn add(&mut self, more: &Stages) {
        self.0.iter_mut().zip(more.0).for_each(|(sum, more)| *sum = sum.saturating_add(more));
    }

    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, stage| sum.saturating_add(*stage))
    }
}
