//! Owns the names of SNMP-USER-BASED-SM-MIB's counters, which reports carry (RFC 3414).

pub const GROUP: &[u32] = &[1, 3, 6, 1, 6, 3, 15, 1, 1];
pub const NOT_IN_TIME_WINDOWS: &[u32] = &[1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0];
pub const UNKNOWN_ENGINE_IDS: &[u32] = &[1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0];
