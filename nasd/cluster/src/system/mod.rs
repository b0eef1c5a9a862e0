//! The cluster's own state: nodes, volumes, exports and join tokens, replicated by the system group.
//!
//! ```text
//!   System::propose ─▶ leader ─▶ system group ─▶ SystemMachine ─▶ decide ─▶ rows (memory and SQLite)
//!   System::view    ◀──────────────────────────── committed ◀──────┘
//! ```

mod command;
mod control;
mod decide;
mod group;
mod machine;
mod rules;
mod service;
mod store;
mod tables;
mod view;

pub(crate) use command::decode_all;
pub use command::{KeyFingerprint, SystemCommand, SystemError, SystemReply, TokenHash};
pub use decide::{REPLICAS, REPLICAS_MAX};
pub use group::SystemGroup;
pub use machine::SystemMachine;
pub use rules::{check_address, check_cluster_name, check_node_name};
pub use service::{System, route};
pub use tables::token_id;
pub use view::{ClusterId, NodeInfo, NodeState, SystemView, TokenInfo, VolumeInfo};

#[cfg(test)]
mod raft_tests;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod tests;
