//! The storage daemon: configuration, wiring, supervision and shutdown of everything a node runs.

pub mod config;
pub mod demo;
mod dispatch;
pub mod environment;
mod management;
mod membership;
pub mod node;
mod peers;
mod pulse;
pub mod service;
mod upkeep;
mod volumes;
