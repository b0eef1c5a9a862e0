//! The SQLite database under a replicated state machine: one transaction per batch, the applied mark in it.
mod machine;
pub use machine::{Machine, StateError};
