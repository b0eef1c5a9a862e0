//! Which inodes the mounts of this node hold open: what keeps an orphan alive.

use nasd_base::{Ino, VolumeId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Counts of open handles by volume and inode.
#[derive(Debug, Default)]
pub(crate) struct OpenTable {
    counts: Mutex<HashMap<(VolumeId, Ino), u64>>,
}

impl OpenTable {
    pub(crate) fn track(&self, volume: VolumeId, ino: Ino) {
        *self.counts.lock().entry((volume, ino)).or_insert(0) += 1;
    }

    /// Takes one count back; an inode that is not open is left alone.
    pub(crate) fn untrack(&self, volume: VolumeId, ino: Ino) {
        if let Entry::Occupied(mut count) = self.counts.lock().entry((volume, ino)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// Those of `inos` that are open here.
    pub(crate) fn open_of(&self, volume: VolumeId, inos: &[Ino]) -> Vec<Ino> {
        let counts = self.counts.lock();
        inos.iter().copied().filter(|ino| counts.contains_key(&(volume, *ino))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inode_is_open_until_its_last_handle_is_closed() {
        let table = OpenTable::default();
        let (volume, ino) = (VolumeId(1), Ino(5));
        table.track(volume, ino);
        table.track(volume, ino);
        table.untrack(volume, ino);
        assert_eq!(table.open_of(volume, &[Ino(4), ino]), vec![ino]);
        assert!(table.open_of(VolumeId(2), &[ino]).is_empty());
        table.untrack(volume, ino);
        table.untrack(volume, ino);
        assert!(table.open_of(volume, &[ino]).is_empty());
    }
}
