//! The metadata of one volume: inodes, names, extents and their history, as a state machine in SQLite.
mod change;
pub use change::*;
