//! What a node's front ends asked for: the figures behind its charts.

use crate::service::{CallResult, Request};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Figures since the node started; they only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    pub operations: u64,
    /// Bytes of files that were read.
    pub read_bytes: u64,
    pub written_bytes: u64,
    /// What all operations took together, each from its arrival to its answer, in microseconds.
    pub busy_micros: u64,
}

/// The figures as they are counted.
#[derive(Default)]
pub(crate) struct LoadCounters {
    operations: AtomicU64,
    read_bytes: AtomicU64,
    written_bytes: AtomicU64,
    busy_micros: AtomicU64,
}

/// What an operation moves, known from its request.
#[derive(Clone, Copy)]
pub(crate) enum LoadMoves {
    Nothing,
    Reads,
    Writes(u64),
}

impl LoadMoves {
    pub fn of(request: &Request, body_bytes: usize) -> LoadMoves {
        match request {
            Request::Read { .. } => LoadMoves::Reads,
            Request::Write { .. } | Request::Append { .. } => LoadMoves::Writes(body_bytes as u64),
            _ => LoadMoves::Nothing,
        }
    }
}

impl LoadCounters {
    pub fn count(&self, moves: LoadMoves, result: &CallResult, took: Duration) {
        self.operations.fetch_add(1, Relaxed);
        self.busy_micros.fetch_add(took.as_micros() as u64, Relaxed);
        match (moves, result) {
            (LoadMoves::Reads, Ok((_, body))) => self.read_bytes.fetch_add(body.len() as u64, Relaxed),
            (LoadMoves::Writes(bytes), Ok(_)) => self.written_bytes.fetch_add(bytes, Relaxed),
            _ => 0,
        };
    }

    pub fn snapshot(&self) -> Load {
        Load {
            operations: self.operations.load(Relaxed),
            read_bytes: self.read_bytes.load(Relaxed),
            written_bytes: self.written_bytes.load(Relaxed),
            busy_micros: self.busy_micros.load(Relaxed),
        }
    }
}
