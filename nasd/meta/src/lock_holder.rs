//! Who holds which bytes of a file: the words in which locks are asked for and told.

use nasd_base::{Errno, NodeId};
use serde::{Deserialize, Serialize};

/// One mount's life on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LockSession {
    pub node: NodeId,
    /// Drawn when the mount starts, and never again.
    pub id: u64,
}

/// Who holds a lock: within a session, a process or an open file, as the kernel numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LockOwner {
    pub session: LockSession,
    pub owner: u64,
}

/// The bytes from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LockRange {
    pub first: u64,
    pub last: u64,
}

impl LockRange {
    /// All bytes that a file can have (`OFFSET_MAX`).
    pub const WHOLE: LockRange = LockRange { first: 0, last: i64::MAX as u64 };

    pub(crate) fn check(&self) -> Result<(), Errno> {
        if self.first <= self.last && self.last <= LockRange::WHOLE.last { Ok(()) } else { Err(Errno::Inval) }
    }
}

/// A lock that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLock {
    pub owner: LockOwner,
    pub range: LockRange,
    pub exclusive: bool,
    /// The process, as its own node numbers it.
    pub pid: u32,
}
