//! Owns the tables that are shown, a file for each MIB or part of one.

pub mod snmp;
pub mod system;
pub mod usm_stats;

/// Below what everything of ours stands: a placeholder until there is a number of our own. IANA keeps it for examples
/// (RFC 5612).
pub const ENTERPRISE: [u32; 7] = [1, 3, 6, 1, 4, 1, 32473];
