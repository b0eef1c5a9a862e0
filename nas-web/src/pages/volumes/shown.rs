//! Owns how a volume is shown, on whichever page: its address, how full it is, sizes.

use crate::figures::{Percent, bytes, percent};
use nasd_api::{VolumeInfo, percent_encoded};

/// The address of a volume's page.
pub fn address(name: &str) -> String {
    format!("/volumes/{}", percent_encoded(name))
}

/// How full it is, in percent of what it may hold: its limit, or what the disks have room for.
pub fn fullness(volume: &VolumeInfo) -> Option<Percent> {
    volume.part_used().map(|(used, whole)| percent(used, whole))
}

pub fn size(count: &Option<u64>) -> String {
    count.map(bytes).unwrap_or_else(|| "–".to_owned())
}
