//! The vocabulary that every crate shares: ids, time, chance, and what a file is. No I/O, no async.
//!
//! Anything here may be named by any crate, so it holds only what at least two layers must agree on.

pub mod acl;
pub mod address;
pub mod clock;
pub mod description;
pub mod door;
pub mod eager;
pub mod errno;
mod every_variant;
pub mod export;
pub mod file;
pub mod id;
pub mod latency;
pub mod net;
pub mod random;
pub mod rarely;
pub mod role;
mod size;
pub mod snmp;

pub use clock::{Clock, SystemClock, Timestamp};
pub use errno::Errno;
pub use id::{ChunkId, GroupId, Ino, NodeId, OpId, Txg, VolumeId};
pub use latency::{LATENCY_BOUNDS_MICROS, Latency, LatencyCounts};
pub use random::{Entropy, OsEntropy, SeededEntropy};
pub use size::{read_size, write_size};
