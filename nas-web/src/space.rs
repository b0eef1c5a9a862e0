//! Owns how full something is, on whichever page: used and free mean the same everywhere ([`nasd_api::Space`]).

use crate::figures::{Percent, bytes, percent};
use nasd_api::{Space, VolumeInfo};

/// Used of what there could be, used and free together.
pub fn fullness(Space { used_bytes, free_bytes }: Space) -> Percent {
    percent(used_bytes, used_bytes.saturating_add(free_bytes))
}

/// How full a volume is of what it may hold: its limit, or what the disks have room for, whichever is less.
pub fn fullness_of(volume: &VolumeInfo) -> Option<Percent> {
    volume.space().map(fullness)
}

pub fn size(count: &Option<u64>) -> String {
    count.map(bytes).unwrap_or_else(|| "–".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_is_when_nothing_more_goes_in() {
        let full = |used_bytes, free_bytes| fullness(Space { used_bytes, free_bytes }).0;
        assert_eq!([full(0, 0), full(0, 10), full(3, 1), full(20, 0)], [0, 0, 75, 100]);
        assert_eq!(full(u64::MAX, u64::MAX), 100, "and it does not overflow");
    }
}
