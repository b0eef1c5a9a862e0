//! The storage daemon: configuration, wiring, supervision and shutdown of everything a node runs.

mod authority;
pub mod bootstrap;
pub mod config;
pub mod demo;
pub mod descriptors;
mod dispatch;
pub mod environment;
mod happenings;
mod keys;
mod management;
mod membership;
pub mod memory;
pub mod node;
mod peers;
mod performance;
mod places;
mod pulse;
mod report;
pub mod service;
mod tasks;
mod upkeep;
mod volumes;
