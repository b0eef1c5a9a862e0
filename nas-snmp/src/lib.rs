//! Owns the SNMP agent of a node: what monitoring may ask of it, and what it is told.
//!
//! ```text
//!   nasd ──┐ every second
//!   /proc ─┼─▶ tables ─▶ tree ─▶ agent ◀─▶ datagrams
//!   /sys ──┘                      ▲
//!                              allowed
//! ```
//!
//! Everything that can be asked for is in a picture that is made beforehand ([`Tree`]); [`Agent`] answers from it and
//! waits for nobody. See docs/decisions/0039.

mod agent;
mod allowed;
mod boots;
mod cluster;
mod deliveries;
pub mod machine;
pub mod notify;
mod picture;
mod server;
mod settings;
mod socket;
mod tables;
mod tree;
mod wire;

pub use agent::{ANSWER_BYTES_MAX, Agent, Counts, Engine};
pub use allowed::{Access, Allowed, Community, User};
pub use boots::Boots;
pub use picture::Painter;
pub use server::{Options, answer_all, serve};
pub use socket::Datagrams;
pub use tables::ENTERPRISE;
pub use tree::{Subtrees, Tree, TreeBuilder};
pub use wire::{AuthKey, AuthProtocol, BadKey, Oid, PrivKey, PrivProtocol, Value};
