//! What a file operation means: at the leader, at the other replicas, and on the way to the leader.
//!
//! ```text
//!  NFS, FUSE ─▶ Router ──(this node leads)──▶ Volume ─▶ Committer ─▶ Journal (Raft) ─▶ metadata
//!                 │                             │ └─▶ unsaved data ─▶ chunks ─▶ replicas' stores
//!                 └──(another leads)──▶ Peers ──┘
//! ```
//!
//! Front ends see [`FileService`] only. A [`Router`] on every node finds the leader and asks again until it
//! has an answer. A [`Volume`] is one replica: while it leads, it executes operations; it keeps chunks always.
//!
//! What is acknowledged: a change, a stable write and a COMMIT are on a majority's disks; an UNSTABLE write
//! is in the leader's memory, and its loss changes the write verifier.

mod access;
mod alarms;
mod append;
mod budget;
mod caches;
mod coalesce;
mod commit;
mod committer;
mod destage;
mod effects;
mod execute;
mod files;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod heal;
mod journal;
mod late;
mod lease;
mod limits;
mod load;
mod lock;
mod message;
mod mutate;
mod names;
mod opens;
mod orphans;
mod overlay;
mod peers;
mod quota;
mod read;
mod read_ahead;
mod reconcile;
mod refusal;
mod replica;
mod router;
mod seek;
mod serve;
mod service;
mod sessions;
mod stage;
mod stats;
mod tenure;
mod volume;
mod write;
mod writeback;

pub use budget::DirtyBudget;
pub use caches::Cached;
pub use effects::EffectsFeed;
pub use journal::Journal;
pub use limits::Limits;
pub use load::Load;
pub use nasd_meta::{
    CAPABILITIES, Change, CreateMode, HeldLock, LockOwner, LockRange, LockSession, Outcome, RenameMode,
    Reshape, XattrMode,
};
pub use peers::{PeerError, Peers};
pub use refusal::ExecuteError;
pub use router::{CALL_DEADLINE, Router};
pub use service::*;
pub use sessions::CacheHolder;
pub use stats::VolumeStats;
pub use volume::{Volume, VolumeParts};
