//! The cluster's own state: nodes, volumes, exports, join tokens, accounts and the audit log, replicated by the
//! system group.
//!
//! ```text
//!   System::propose ─▶ leader ─▶ system group ─▶ SystemMachine ─▶ decide ─▶ rows (memory and SQLite)
//!   System::view    ◀──────────────────────────── committed ◀──────┘
//! ```
//!
//! Each noun has a folder with its commands and their words in the audit log (`command`), what they do (`decide`, pure),
//! its rows in memory and SQLite (`rows`), and its rules; and a line in the list that everything shared is made from
//! (`nouns`).

mod accounts;
mod audit;
mod by;
mod cluster;
mod command;
mod control;
mod decide;
mod export;
mod group;
mod machine;
mod node;
mod noun;
mod nouns;
mod rules;
mod service;
mod settings;
mod sqlite;
mod store;
mod task;
mod token;
mod volume;

pub use accounts::{
    API_TOKEN_SECONDS_MAX, AccountCommand, AccountError, Accounts, ApiToken, CODE_DIGITS, Factor, Group,
    OWNED_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordHash, Proving, SECONDS_MIN,
    SESSION_MINUTES_MAX, SESSION_MINUTES_MIN, STEP_SECONDS, SealKey, SecretHash, Session, SessionLimits,
    SetupToken, TotpKey, USERS_MAX, User, WantedGroup, check_group_name, check_label, check_password,
    check_user_name, group_tag, guessing_place, hash_secret, secret_id, user_tag,
};
pub use audit::{Actor, AuditHead, AuditReader, AuditRecord, AuditSeal, AuditVerdict, NO_PROOF, PAGE_MAX};
pub use by::By;
pub use cluster::{ClusterCommand, ClusterError, ClusterId};
pub use export::{CLIENTS_MAX, ExportCommand, ExportError, PATH_BYTES_MAX, check_export_path, export_tag};
pub use group::SystemGroup;
pub use machine::SystemMachine;
pub use node::{
    ADDRESS_BYTES_MAX, KeyFingerprint, NodeCommand, NodeError, NodeInfo, NodeState, check_address,
    check_node_name,
};
pub use noun::{Refusal, RefusalKind, Tag};
pub use nouns::{SystemCommand, SystemError, SystemReply, SystemView};
pub use service::{System, route};
pub use settings::{SettingsCommand, SettingsError, check_cluster_name, settings_tag};
pub use task::{Task, TaskCommand, TaskError, TaskId, TaskKind, TaskPart, TaskState, Tasks};
pub use token::{
    JoinDesk, TOKEN_LIFETIME, TOKEN_SECONDS_MAX, Token, TokenCommand, TokenError, TokenHash, create_token,
};
pub use volume::{
    REPLICAS, REPLICAS_MAX, VolumeCommand, VolumeError, VolumeInfo, Volumes, check_volume_name, shortfall,
    volume_tag,
};

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
