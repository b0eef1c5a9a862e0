//! The storage daemon: configuration, wiring, supervision and shutdown of everything a node runs.

mod authority;
pub mod config;
pub mod demo;
mod dispatch;
pub mod environment;
mod happenings;
mod keys;
mod management;
mod membership;
pub mod node;
mod peers;
mod performance;
mod pulse;
mod report;
pub mod service;
mod tasks;
mod upkeep;
mod volumes;
