//! The SQLite database under a replicated state machine: one transaction per batch, the applied mark in it.
//!
//! The Raft log is the durable truth. The database may lose its newest transactions in a power cut
//! (WAL with `synchronous=NORMAL`); what it must never do is to lose a part of one, or to claim more than it
//! holds. So the mark (how far the log was applied) is written in the same transaction as its effects, and
//! the log is purged only below a mark that [`Checkpointer::run`] has returned.
//!
//! ```text
//!   StateDb ── apply ──▶ state.db-wal ── Checkpointer ──▶ state.db     Readers: many, read-only
//!      └── install ◀── a file from a peer        Exporter ──▶ snapshot-N.db for a peer
//! ```
//!
//! Everything here blocks; async callers wrap longer calls in [`blocking`].

mod blocking;
mod checkpoint;
mod checksum;
mod connection;
mod counters;
mod db;
mod export;
mod install;
mod machine;
mod page_caches;
mod readers;

pub use blocking::blocking;
pub use checkpoint::Checkpointer;
pub use checksum::Checksum;
pub use counters::StateCounters;
pub use db::StateDb;
pub use export::{Export, Exporter};
pub use machine::{Machine, StateError};
pub use page_caches::PageCaches;
pub use readers::Readers;
