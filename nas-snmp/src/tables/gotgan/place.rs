//! Owns where the objects of GOTGAN-MIB stand, and how their rows are told apart.

use crate::tables::ENTERPRISE;

/// Groups below `gotganObjects`.
pub const CLUSTER: [u32; 2] = [2, 1];
pub const AGENT: [u32; 2] = [2, 2];
pub const NODE_ENTRY: [u32; 4] = [2, 3, 1, 1];
pub const VOLUME_ENTRY: [u32; 4] = [2, 4, 1, 1];
pub const REPLICA_ENTRY: [u32; 4] = [2, 5, 1, 1];
pub const DISK_ENTRY: [u32; 4] = [2, 6, 1, 1];
pub const EXPORT_ENTRY: [u32; 4] = [2, 7, 1, 1];
pub const ALERT_ENTRY: [u32; 4] = [2, 12, 1, 1];

/// A name below our number.
pub fn ours(below: &[u32]) -> Vec<u32> {
    [&ENTERPRISE[..], below].concat()
}

/// A number of ours as part of an index. None that is so great is given in a lifetime.
pub fn index(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number > 0)
}

/// A text as the last part of an index (IMPLIED). Longer ones have no row.
pub fn implied(text: &str) -> Option<Vec<u32>> {
    (1..=TEXT_INDEX_BYTES_MAX).contains(&text.len()).then(|| text.bytes().map(u32::from).collect())
}

/// As GOTGAN-MIB says: an OID has 128 numbers at most.
const TEXT_INDEX_BYTES_MAX: usize = 100;
