//! What a node does when it is asked through the management interface: a file or folder for each noun, which holds the
//! functions that carry its operations out.
//!
//! ```text
//!   nasd-api: Call<Operation> ─▶ NOUN: impl Serve<Operation> for Manager ─▶ nasd-system: propose ─▶ view
//! ```
//!
//! [`Manager`] is what they share: the machine, and the member of a cluster that it is or is not.

mod alert;
mod api_token;
mod audit;
pub mod bootstrap;
mod by;
mod certificate;
mod channel;
mod client;
mod cluster;
mod contract;
mod counters;
mod delivery;
mod diagnosis;
mod disk;
mod doors;
mod event;
mod export;
mod factor;
mod group;
mod health;
mod login;
mod machine;
mod manager;
mod metrics;
mod mount;
mod node;
mod performance;
mod refusal;
mod refused_mount;
mod session;
mod settings;
mod setup;
mod snmp;
mod snmp_community;
mod snmp_user;
mod snmp_view;
mod support_bundle;
mod tag;
mod task;
mod token;
mod top;
mod user;
mod volume;

pub use machine::Machine;
pub use manager::{Manager, Started, Starts};
pub use mount::make_private;
