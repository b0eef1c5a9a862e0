//! The storage daemon: configuration, wiring, supervision and shutdown of everything a node runs.

pub mod config;
