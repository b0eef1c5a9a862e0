//! In which directories files were found, of as many as were looked up last: a volume's state does not know.

use nasd_base::{Ino, VolumeId};
use std::collections::HashMap;

/// Files that are remembered, at least the half of them that came last.
const FILES_MAX: usize = 65_536;

#[derive(Default)]
pub(super) struct Parents {
    young: HashMap<(VolumeId, Ino), Ino>,
    old: HashMap<(VolumeId, Ino), Ino>,
}

impl Parents {
    pub fn learn(&mut self, volume: VolumeId, file: Ino, directory: Ino) {
        self.young.insert((volume, file), directory);
        if self.young.len() >= FILES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
    }

    pub fn of(&self, volume: VolumeId, file: Ino) -> Option<Ino> {
        self.young.get(&(volume, file)).or_else(|| self.old.get(&(volume, file))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_up_last_is_known_of_any_number() {
        let (mut parents, volume) = (Parents::default(), VolumeId(1));
        (0..1_000_000).for_each(|ino| parents.learn(volume, Ino(ino), Ino(ino + 1)));
        assert_eq!(parents.of(volume, Ino(999_999)), Some(Ino(1_000_000)));
        assert_eq!(parents.of(volume, Ino(1_000_000 - FILES_MAX as u64 / 2)), Some(Ino(967_233)));
        assert_eq!((parents.of(volume, Ino(1)), parents.of(VolumeId(2), Ino(999_999))), (None, None));
        assert!(parents.young.len() + parents.old.len() <= FILES_MAX);
    }
}
