//! What checks go by: gathered apart, so that what is concluded from it is pure.

use nasd_api::Sentence;
use nasd_node::{NoSmart, Smart};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct DiskFacts {
    pub path: String,
    /// Why nothing more is written to it.
    pub failed: Option<String>,
    pub total_bytes: u64,
    pub available_bytes: u64,
    pub smart: Result<Smart, NoSmart>,
    pub rotational: Option<bool>,
    /// Whether its cache forgets in a power cut.
    pub has_volatile_cache: Option<bool>,
    pub mount_options: String,
    /// How long small writes took until they were on the disk; empty where nobody tried.
    pub flushes: Result<Vec<Duration>, String>,
}

/// Of reads and writes of chunks since nasd was started: those beyond a second, and all.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlowReads {
    pub slow: u64,
    pub all: u64,
}

#[derive(Clone, Debug)]
pub struct PeerFacts {
    pub name: String,
    /// Of the small calls that were answered.
    pub trips: Vec<Duration>,
    pub sent: u32,
    /// Bytes and time of the large ones, if all were answered.
    pub large: Option<(u64, Duration)>,
    /// The interface that leads there, and the bytes of its packets.
    pub route: Option<(String, u64)>,
}

#[derive(Clone, Copy, Debug)]
pub struct ClockFacts {
    /// Against most nodes.
    pub ahead_millis: Option<i64>,
    pub is_kept: Option<bool>,
}

#[derive(Clone, Debug)]
pub struct GroupFacts {
    /// `volume demo`, for instance.
    pub name: String,
    pub stopped: Option<String>,
    pub has_leader: bool,
    /// Entries that this replica is behind.
    pub behind: u64,
    /// Entries of the log that are not released.
    pub log: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct ScrubFacts {
    pub damaged: u64,
    pub mended: u64,
    /// When all data was verified last.
    pub verified: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct CertificateFacts {
    pub until: i64,
    pub problem: Option<Sentence>,
}

/// How the node is called, and an address of it.
#[derive(Clone, Debug)]
pub enum NameFacts {
    /// What other nodes call it leads to no address.
    Unknown(String),
    Address {
        address: IpAddr,
        name: Option<String>,
        /// Where the name leads.
        back: Vec<IpAddr>,
    },
}

#[derive(Clone, Debug)]
pub struct NfsFacts {
    pub address: String,
    pub port: Result<Duration, String>,
    pub volumes: Vec<(String, Result<Duration, String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leftover {
    Socket(PathBuf),
    File(PathBuf),
    Core(PathBuf),
    Mount(PathBuf),
}
