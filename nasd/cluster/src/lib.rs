//! The cluster around a node: transport, authority and joining, the system's state, and placement.

pub mod authority;
pub mod identity;
pub mod placement;
mod raft_wire;
pub mod secrets;
pub mod system;
pub mod transport;

pub use authority::{Authority, NodeKey};
pub use identity::{Identity, IdentityError};
pub use placement::plan_volume;
pub use raft_wire::{RaftWire, serve_raft};
pub use system::{
    ClusterId, NodeInfo, NodeState, System, SystemCommand, SystemError, SystemGroup, SystemMachine,
    SystemReply, SystemView, TokenInfo, VolumeInfo,
};
pub use transport::{CallError, Handler, Refusal, Service, Transport};
