//! The cluster around a node: transport, authority and joining, the system's state, and placement.

pub mod authority;
pub mod identity;
pub mod join;
pub mod placement;
mod raft_wire;
mod rotation;
pub mod secrets;
pub mod system;
mod task;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod token;
pub mod transport;

pub use authority::{Authority, CurrentAuthority, NodeKey};
pub use identity::{Identity, IdentityError};
pub use join::{JoinDesk, JoinError, Joined, create_token, join};
pub use placement::plan_volume;
pub use raft_wire::{RaftWire, serve_raft};
pub use rotation::{fetch_authority, serve_authority};
pub use system::{
    ClusterId, NodeInfo, NodeState, System, SystemCommand, SystemError, SystemGroup, SystemMachine,
    SystemReply, SystemView, TokenInfo, VolumeInfo,
};
pub use tls::{NodeKeys, TlsNet};
pub use token::{BadToken, JoinToken};
pub use transport::{CallError, Handler, Refusal, Service, Transport};
