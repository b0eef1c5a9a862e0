//! Replicated groups: openraft behind one module, over the node's shared log and a SQLite state machine.
//!
//! A [`RaftNode`] holds all groups of a node; a [`Group`] takes commands ([`Group::propose`]) and says when
//! local reads are linearizable ([`Group::read_barrier`]). How messages travel is left to a [`Wire`], what a
//! command means to a [`nasd_state::Machine`].
//!
//! ```text
//!  propose ─▶ openraft ─▶ log adaptor ─▶ nasd_log (one flush for all groups)
//!                │  └──▶ network adaptor ─▶ Wire ─▶ the other node's receive
//!                └─────▶ machine adaptor ─▶ StateDb::apply (one transaction for what is ready)
//! ```
//!
//! Nothing outside this crate names an openraft type. Durability: a proposal resolves after a majority has
//! flushed it and this node has applied it; the log keeps every entry until a checkpoint has made the state
//! durable without it.

mod codec;
mod config;
mod counters;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod group;
mod log_store;
mod machine;
mod maintenance;
mod network;
mod node;
mod notices;
mod order;
mod read;
mod receive;
mod runtime;
mod standing;
mod takeover;
mod transfer;
mod types;

pub use config::{PlantedBug, RaftConfig};
pub use counters::RaftCounters;
pub use error::{ProposeError, RaftError, WireError};
pub use group::{Group, GroupStatus};
pub use network::Wire;
pub use node::RaftNode;
pub use read::ReadMode;
pub use runtime::seed_election_randomness;
pub use standing::Leadership;
pub use takeover::Takeover;
pub use types::Proposed;

/// Largest command a group takes, in bytes; less if the log's segments are smaller than 32 MiB.
pub const COMMAND_BYTES_MAX: usize = 8 << 20;

#[cfg(test)]
mod suite;
