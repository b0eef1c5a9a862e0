//! The cluster's own state: nodes, volumes, exports, join tokens, accounts and the audit log, replicated by the
//! system group.
//!
//! ```text
//!   System::propose ─▶ leader ─▶ system group ─▶ SystemMachine ─▶ decide ─▶ rows (memory and SQLite)
//!   System::view    ◀──────────────────────────── committed ◀──────┘
//! ```
//!
//! Each noun has a folder in `nouns` with its commands and their words in the audit log (`command`), what they do
//! (`decide`, pure), its rows in memory and SQLite (`rows`), and its rules; and a line in the list there that everything
//! shared is made from.

mod audit;
mod by;
mod command;
mod control;
mod decide;
mod group;
mod machine;
mod named;
mod noun;
mod nouns;
mod rules;
mod service;
mod sqlite;
mod store;

pub use audit::{
    Actor, AuditAsked, AuditHead, AuditReader, AuditRecord, AuditSeal, AuditVerdict, Ending, NO_PROOF,
    PAGE_MAX,
};
pub use by::By;
pub use group::SystemGroup;
pub use machine::SystemMachine;
pub use noun::{Described, Refusal, RefusalKind, Tag};
pub use nouns::*;
pub use service::{System, route};

#[cfg(test)]
mod bench;
#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod raft_tests;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
