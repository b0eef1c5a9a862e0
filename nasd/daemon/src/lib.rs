//! The storage daemon: configuration, wiring and shutdown of everything a node runs. It owns nothing: what a member does
//! is `nasd-node`'s, what it does when it is asked is `nasd-manage`'s.

pub mod config;
pub mod descriptors;
pub mod memory;
mod own_address;
pub mod service;
