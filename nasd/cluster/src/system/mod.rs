//! The cluster's own state: nodes, volumes, exports, join tokens, accounts and the audit log, replicated by the
//! system group.
//!
//! ```text
//!   System::propose ─▶ leader ─▶ system group ─▶ SystemMachine ─▶ decide ─▶ rows (memory and SQLite)
//!   System::view    ◀──────────────────────────── committed ◀──────┘
//! ```

mod accounts;
mod audit;
mod audit_gaps;
mod audit_repeats;
mod by;
mod command;
mod control;
mod decide;
mod group;
mod machine;
mod rules;
mod service;
mod store;
mod tables;
mod tag;
mod tasks;
mod view;

pub use accounts::{
    API_TOKEN_SECONDS_MAX, AccountCommand, AccountError, Accounts, ApiToken, CODE_DIGITS, Factor, Group,
    OWNED_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordHash, Proving, SECONDS_MIN,
    SESSION_MINUTES_MAX, SESSION_MINUTES_MIN, STEP_SECONDS, SealKey, SecretHash, Session, SessionLimits,
    SetupToken, TotpKey, USERS_MAX, User, WantedGroup, check_group_name, check_label, check_password,
    check_user_name, guessing_place, hash_secret, secret_id,
};
pub use audit::{Actor, AuditHead, AuditReader, AuditRecord, AuditVerdict, NO_PROOF, PAGE_MAX};
pub use audit_gaps::AuditSeal;
pub use by::By;
pub(crate) use command::decode_all;
pub use command::{KeyFingerprint, SystemCommand, SystemError, SystemReply, TokenHash};
pub use decide::{REPLICAS, REPLICAS_MAX, TOKEN_SECONDS_MAX};
pub use group::SystemGroup;
pub use machine::SystemMachine;
pub use rules::{
    ADDRESS_BYTES_MAX, CLIENTS_MAX, PATH_BYTES_MAX, check_address, check_cluster_name, check_export_path,
    check_node_name, check_volume_name,
};
pub use service::{System, route};
pub use tables::token_id;
pub use tag::{Condition, Resource, Tag, export_tag, group_tag, settings_tag, user_tag, volume_tag};
pub use tasks::{Task, TaskCommand, TaskError, TaskId, TaskKind, TaskPart, TaskState, Tasks};
pub use view::{ClusterId, NodeInfo, NodeState, SystemView, TokenInfo, VolumeInfo};

#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod raft_tests;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod tests;
