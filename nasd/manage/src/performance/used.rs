//! How much all volumes hold, also while one of them has no leader that says so.

use nasd_base::VolumeId;
use std::collections::BTreeMap;

/// What each volume said last.
#[derive(Default)]
pub struct Used(BTreeMap<VolumeId, u64>);

impl Used {
    /// Takes what is said now of all that there are; nothing while one has never been heard of.
    pub fn look(&mut self, said: impl Iterator<Item = (VolumeId, Option<u64>)>) -> Option<u64> {
        let last = std::mem::take(&mut self.0);
        let mut is_known = true;
        for (volume, now) in said {
            match now.or_else(|| last.get(&volume).copied()) {
                Some(used) => drop(self.0.insert(volume, used)),
                None => is_known = false,
            }
        }
        is_known.then(|| self.0.values().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_without_a_leader_holds_what_it_held() {
        let mut used = Used::default();
        let mut look = |said: &[(u64, Option<u64>)]| {
            used.look(said.iter().map(|(volume, bytes)| (VolumeId(*volume), *bytes)))
        };
        assert_eq!(look(&[(1, Some(10)), (2, None)]), None, "nobody knows what the second holds");
        assert_eq!(look(&[(1, Some(10)), (2, Some(20))]), Some(30));
        assert_eq!(look(&[(1, None), (2, Some(25))]), Some(35));
        assert_eq!(look(&[(2, Some(25))]), Some(25), "the first is gone");
        assert_eq!(look(&[]), Some(0));
    }
}
