//! The storage daemon: configuration, wiring, supervision and shutdown of everything a node runs.

pub mod bootstrap;
pub mod config;
pub mod demo;
mod dispatch;
pub mod environment;
mod happenings;
mod management;
mod membership;
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
