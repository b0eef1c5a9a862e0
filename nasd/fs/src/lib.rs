//! What a file operation means: at the leader, at the other replicas, and on the way to the leader.
//!
//! ```text
//!  NFS, FUSE ─▶ Router ──(this node leads)──▶ Volume ─▶ Committer ─▶ VolumeGroup (Raft) ─▶ metadata
//!                 │                             │ └─▶ unsaved data ─▶ chunks ─▶ replicas' stores
//!                 └──(another leads)──▶ Peers ──┘
//! ```
//!
//! Front ends see [`FileService`] only. A [`Router`] on every node finds the leader and asks again until it
//! has an answer. A [`Volume`] is one replica: while it leads, it executes operations; it keeps chunks always.
//!
//! ```text
//!  the door    service: what may be asked   router: to the leader   serve: from other nodes   volume: a replica
//!  core        what the methods below share
//!  leader/     what a replica does while it leads: operations, unsaved data, what it remembers for a term
//!  replica/    what it does whoever leads: chunks in the replicas' stores
//!  upkeep/     what it does unasked: fetch what is missing, free what is gone, tidy what is scattered
//! ```
//!
//! What is acknowledged: a change, a stable write and a COMMIT are on a majority's disks; an UNSTABLE write
//! is in the leader's memory, and its loss changes the write verifier.

mod alarms;
mod arrival;
mod core;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod leader;
mod load;
mod message;
mod noted;
mod opens;
mod peers;
mod refusal;
mod replica;
mod router;
mod serve;
mod service;
mod sessions;
mod stats;
mod timing;
mod tuning;
mod upkeep;
mod volume;
mod volume_group;

pub use core::VolumeParts;
pub use leader::budget::DirtyBudget;
pub use load::{FrontEnd, Load};
pub use nasd_meta::{
    CAPABILITIES, Change, CreateMode, HeldLock, LockOwner, LockRange, LockSession, Outcome, RenameMode,
    Reshape, XattrMode,
};
pub use peers::{PeerError, Peers};
pub use refusal::ExecuteError;
pub use replica::effects::EffectsFeed;
pub use router::{CALL_DEADLINE, Router};
pub use service::*;
pub use sessions::CacheHolder;
pub use stats::VolumeStats;
pub use timing::{
    Ledger, LedgerReport, Measure, OperationKind, Origin, Ranked, RankedEntry, RequestId, Row, Slow, Stage,
    Stages, Subject, Tab, Tally, Trace, WINDOW_SECONDS_MAX, Work, WorkClass,
};
pub use tuning::Tuning;
pub use volume::Volume;
pub use volume_group::{Proposed, VolumeGroup};
