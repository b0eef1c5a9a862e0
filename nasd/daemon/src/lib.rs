//! The storage daemon: configuration, wiring, supervision and shutdown of everything a node runs.

pub mod config;
pub mod demo;
pub mod descriptors;
mod dispatch;
pub mod environment;
mod happenings;
mod management;
mod membership;
pub mod memory;
pub mod node;
mod peers;
mod performance;
mod pulse;
mod report;
pub mod service;
mod tasks;
mod upkeep;
mod volumes;
