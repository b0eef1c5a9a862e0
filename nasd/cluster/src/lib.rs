//! The cluster around a node: transport, authority and joining, the system's state, and placement.

pub mod system;
pub mod transport;

pub use system::{
    ClusterId, NodeInfo, NodeState, SystemCommand, SystemError, SystemMachine, SystemReply, SystemView,
    TokenInfo, VolumeInfo,
};
pub use transport::{CallError, Handler, Refusal, Service, Transport};
