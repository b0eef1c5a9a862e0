//! The cluster around a node: transport, authority and joining, the system's state, and placement.

pub mod transport;

pub use transport::{CallError, Handler, Refusal, Service, Transport};
