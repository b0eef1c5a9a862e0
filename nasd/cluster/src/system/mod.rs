//! The cluster's own state: nodes, volumes, exports and join tokens, replicated by the system group.

mod command;
mod decide;
mod machine;
mod rules;
mod store;
mod tables;
mod view;

pub use command::{KeyFingerprint, SystemCommand, SystemError, SystemReply, TokenHash};
pub use decide::{REPLICAS, REPLICAS_MAX};
pub use machine::SystemMachine;
pub use view::{ClusterId, NodeInfo, NodeState, SystemView, TokenInfo, VolumeInfo};
