//! The cluster around a node: transport, authority and joining. What the cluster consists of is `nasd-system`'s.

pub mod authority;
pub mod identity;
pub mod join;
mod raft_wire;
mod rotation;
pub mod secrets;
mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tls;
pub mod token;
pub mod transport;
mod wire;

pub use authority::{Authority, CurrentAuthority, KeyFingerprint, NodeKey};
pub use identity::{Identity, IdentityError};
pub use join::{JoinError, Joined, join};
pub use raft_wire::{RaftWire, serve_raft};
pub use rotation::{fetch_authority, serve_authority};
pub use tls::{NodeKeys, TlsNet};
pub use token::{BadToken, JoinToken};
pub use transport::{CallError, Handler, Refusal, Service, Transport};
pub use wire::{ClusterId, decode_all};
