//! What a node's front ends asked for, and how long it took: the figures behind its charts and metrics.

use crate::service::{CallResult, Context, Request};
use crate::timing::OperationKind;
use nasd_base::{Latency, LatencyCounts};
use nasd_meta::Change;
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

/// Which of a node's doors an operation came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrontEnd {
    Nfs,
    Fuse,
}

impl FrontEnd {
    pub const ALL: [FrontEnd; 2] = [FrontEnd::Nfs, FrontEnd::Fuse];

    fn of(context: &Context) -> FrontEnd {
        if context.holds_open { FrontEnd::Fuse } else { FrontEnd::Nfs }
    }

    pub fn name(self) -> &'static str {
        match self {
            FrontEnd::Nfs => "nfs",
            FrontEnd::Fuse => "fuse",
        }
    }
}

impl OperationKind {
    /// `None`: it waits for somebody, so that its time says nothing.
    pub fn of(request: &Request) -> Option<OperationKind> {
        Some(match request {
            Request::Read { .. } => OperationKind::Read,
            Request::Write { .. } | Request::Append { .. } => OperationKind::Write,
            Request::Commit { .. } => OperationKind::Commit,
            Request::ReadDir { .. } => OperationKind::List,
            Request::TestLock { .. } | Request::Change(Change::Lock { .. } | Change::Unlock { .. }) => {
                OperationKind::Lock
            }
            Request::Change(_) => OperationKind::Change,
            Request::AwaitLock { .. } => return None,
            Request::Lookup { .. }
            | Request::GetAttr { .. }
            | Request::ReadLink { .. }
            | Request::StatVolume
            | Request::GetXattr { .. }
            | Request::ListXattrs { .. }
            | Request::Seek { .. } => OperationKind::Lookup,
        })
    }
}

/// The figures as they are counted.
#[derive(Default)]
pub(crate) struct LoadCounters {
    operations: AtomicU64,
    read_bytes: AtomicU64,
    written_bytes: AtomicU64,
    busy_micros: AtomicU64,
}

/// How long operations took, by door and kind.
#[derive(Default)]
pub(crate) struct OperationTimes([[Latency; OperationKind::ALL.len()]; FrontEnd::ALL.len()]);

impl OperationTimes {
    pub fn count(&self, asked: Asked, took: Duration) {
        if let Some(kind) = asked.kind {
            self.0[asked.front_end as usize][kind as usize].count(took);
        }
    }

    /// Those of which there were any.
    pub fn counts(&self) -> Vec<(FrontEnd, OperationKind, LatencyCounts)> {
        let pairs = FrontEnd::ALL.into_iter().flat_map(|end| OperationKind::ALL.map(|kind| (end, kind)));
        let counts = pairs.map(|(end, kind)| (end, kind, self.0[end as usize][kind as usize].counts()));
        counts.filter(|(_, _, counts)| counts.total() > 0).collect()
    }
}

/// How long the operations on one volume took, by door.
#[derive(Default)]
pub(crate) struct VolumeTimes([Latency; FrontEnd::ALL.len()]);

impl VolumeTimes {
    pub fn count(&self, asked: Asked, took: Duration) {
        if asked.kind.is_some() {
            self.0[asked.front_end as usize].count(took);
        }
    }

    pub fn counts(&self) -> [(FrontEnd, LatencyCounts); FrontEnd::ALL.len()] {
        FrontEnd::ALL.map(|end| (end, self.0[end as usize].counts()))
    }
}

/// What is known of an operation from its request.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub front_end: FrontEnd,
    pub kind: Option<OperationKind>,
    pub body_bytes: u64,
}

impl Asked {
    pub fn of(context: &Context, request: &Request, body_bytes: usize) -> Asked {
        let (front_end, kind) = (FrontEnd::of(context), OperationKind::of(request));
        Asked { front_end, kind, body_bytes: body_bytes as u64 }
    }
}

impl LoadCounters {
    pub fn count(&self, asked: Asked, result: &CallResult, took: Duration) {
        self.operations.fetch_add(1, Relaxed);
        self.busy_micros.fetch_add(took.as_micros() as u64, Relaxed);
        match (asked.kind, result) {
            (Some(OperationKind::Read), Ok((_, body))) => {
                self.read_bytes.fetch_add(body.len() as u64, Relaxed);
            }
            (Some(OperationKind::Write), Ok(_)) => {
                self.written_bytes.fetch_add(asked.body_bytes, Relaxed);
            }
            _ => {}
        }
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
