//! Owns what is said of a machine and of a device. Append, never reorder: nodes of other versions read it.

use super::smart::{NoSmart, Smart};
use serde::{Deserialize, Serialize};

/// What a machine is and does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineReport {
    pub cpu: Option<String>,
    /// As many run at once; 0 when that is not known.
    pub cores: u32,
    /// Its maker's name for it.
    pub model: Option<String>,
    pub kernel: Option<String>,
    pub memory_bytes: Option<u64>,
    /// What programs could get without swapping.
    pub memory_free_bytes: Option<u64>,
    /// Of 1, 5 and 15 minutes, in hundredths.
    pub load: Option<[u32; 3]>,
    pub uptime_seconds: Option<u64>,
    /// Since nasd started.
    pub nasd_seconds: u64,
    /// But those of the loopback interface and those that hold for a cable only.
    pub addresses: Vec<String>,
    /// When the certificate for browsers expires, in seconds since 1970-01-01 UTC.
    pub https_until: Option<i64>,
    /// Chunks that are damaged and not mended, and those that were mended since nasd started.
    pub chunks_damaged: Option<u64>,
    pub chunks_mended: Option<u64>,
}

/// What is under a disk of chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// `/dev/sda1`, or what else is mounted.
    pub device: Option<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub rotational: Option<bool>,
    /// Of the whole disk, in bytes.
    pub size_bytes: Option<u64>,
    pub file_system: Option<String>,
    pub mounted_at: Option<String>,
    /// Commands that failed since the machine started, where the kernel counts them.
    pub failed_commands: Option<u64>,
    pub smart: Result<Smart, NoSmart>,
    /// What the disk says of its cache: `write back` where that is volatile.
    pub write_cache: Option<String>,
    /// How it is mounted.
    pub mount_options: Option<String>,
}
