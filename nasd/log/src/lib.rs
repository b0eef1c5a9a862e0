//! The segment log that all Raft groups of a node share.
//!
//! Votes, entries, truncations and purge marks of every group go through one writer into one sequence of
//! pre-written segment files, so that one flush serves all groups that wait for one. What a group's log
//! means is left to its owner: payloads, votes and log ids are opaque bytes here.
//!
//! The invariant: operations reach the disk in the order of their submission, batch by batch, with one write
//! in flight. After a crash the log is therefore the result of a prefix of the submitted operations that
//! holds every acknowledged one. The bytes are described in `docs/formats/log.md`.

mod clean;
mod entry;
mod error;
pub mod format;
mod group;
mod handle;
mod log;
mod options;
mod read;
mod recover;
mod replay;
mod segment;
mod shared;
mod spares;
mod state;
mod writer;

pub use entry::{Done, GroupState, LogEntry};
pub use error::LogError;
pub use group::GroupLog;
pub use log::Log;
pub use options::{LogCounters, LogOptions};
pub use recover::Recovery;
