//! Owns the tables that are shown, a file for each MIB or part of one.

pub mod gotgan;
pub mod history;
pub mod host;
pub mod interfaces;
pub mod sensors;
pub mod snmp;
pub mod system;
pub mod ucd;
pub mod usm_stats;
pub mod values;

/// Below what everything of ours stands.
pub const ENTERPRISE: [u32; 7] = [1, 3, 6, 1, 4, 1, nasd_base::snmp::ENTERPRISE];
