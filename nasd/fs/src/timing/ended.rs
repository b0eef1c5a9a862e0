//! An operation that has ended, and what is told of it if it was slow.

use super::kind::OperationKind;
use super::stage::Stages;
use super::trace::{RequestId, Subject};
use nasd_base::{Ino, NodeId, VolumeId};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Origin {
    Nfs(IpAddr),
    /// A mount of the node itself.
    Mount,
    /// Another node, for its clients.
    Node(NodeId),
}

/// An operation that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    pub id: RequestId,
    pub origin: Origin,
    pub volume: VolumeId,
    pub subject: Subject,
    pub micros: u64,
    pub stages: Stages,
    /// When, after the ledger began.
    pub(super) at: Duration,
}

impl Ended {
    /// Whether the other is counted where this one is.
    pub(super) fn is_like(&self, other: &Ended) -> bool {
        let about =
            |one: &Ended| (one.origin, one.volume, one.subject.kind, one.subject.file, one.subject.directory);
        about(self) == about(other)
    }

    pub(super) fn slow(&self, now: u64) -> Slow {
        let Subject { kind, file, directory, bytes } = self.subject;
        let ago = now.saturating_sub(self.at.as_secs()) as u32;
        let Ended { id, origin, volume, micros, stages, .. } = *self;
        Slow { id, origin, volume, kind, file, directory, bytes, micros, stages, ago }
    }
}

/// One operation that was slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    pub id: RequestId,
    pub origin: Origin,
    pub volume: VolumeId,
    pub kind: OperationKind,
    pub file: Option<Ino>,
    pub directory: Option<Ino>,
    pub bytes: u64,
    pub micros: u64,
    pub stages: Stages,
    /// Seconds before the report.
    pub ago: u32,
}
