//! Owns what a connection counts of each volume: no lock, and no look at more than a few words for a call.

use crate::counter::Counter;
use nasd_base::VolumeId;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Volumes that one connection tells apart. What it does with more is only in its sums.
pub(crate) const VOLUMES_PER_CONNECTION_MAX: usize = 8;

/// Calls and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub calls: u64,
    /// From the client.
    pub bytes_in: u64,
    /// To the client.
    pub bytes_out: u64,
}

impl Tally {
    pub fn add(&mut self, more: Tally) {
        self.calls = self.calls.saturating_add(more.calls);
        self.bytes_in = self.bytes_in.saturating_add(more.bytes_in);
        self.bytes_out = self.bytes_out.saturating_add(more.bytes_out);
    }

    pub fn bytes(&self) -> u64 {
        self.bytes_in.saturating_add(self.bytes_out)
    }
}

/// One connection's figures, by volume.
#[derive(Default)]
pub(crate) struct VolumeTallies([Slot; VOLUMES_PER_CONNECTION_MAX]);

#[derive(Default)]
struct Slot {
    /// 0: free. No volume has that number.
    volume: AtomicU64,
    calls: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
}

impl VolumeTallies {
    pub(crate) fn count(&self, volume: VolumeId, bytes_in: usize, bytes_out: usize) {
        if let Some(slot) = self.0.iter().find(|slot| slot.is_of(volume)) {
            slot.calls.add(1);
            slot.bytes_in.add(bytes_in as u64);
            slot.bytes_out.add(bytes_out as u64);
        }
    }

    /// Of each volume that was used.
    pub(crate) fn all(&self) -> impl Iterator<Item = (VolumeId, Tally)> {
        let used = self.0.iter().map(|slot| (slot.volume.load(Relaxed), slot)).take_while(|(id, _)| *id != 0);
        used.map(|(id, slot)| {
            let (calls, bytes_in, bytes_out) = (slot.calls.get(), slot.bytes_in.get(), slot.bytes_out.get());
            (VolumeId(id), Tally { calls, bytes_in, bytes_out })
        })
    }
}

impl Slot {
    /// Takes a free slot for the volume.
    fn is_of(&self, volume: VolumeId) -> bool {
        match self.volume.load(Relaxed) {
            0 => match self.volume.compare_exchange(0, volume.0, Relaxed, Relaxed) {
                Ok(_) => true,
                Err(other) => other == volume.0,
            },
            taken => taken == volume.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn the_first_volumes_are_counted_apart(calls in prop::collection::vec((1u64..12, 0usize..100), 0..200)) {
            let (tallies, mut model) = (VolumeTallies::default(), BTreeMap::<VolumeId, Tally>::new());
            for (volume, bytes) in calls {
                let volume = VolumeId(volume);
                tallies.count(volume, bytes, 2 * bytes);
                if model.len() < VOLUMES_PER_CONNECTION_MAX || model.contains_key(&volume) {
                    let more = Tally { calls: 1, bytes_in: bytes as u64, bytes_out: 2 * bytes as u64 };
                    model.entry(volume).or_default().add(more);
                }
            }
            prop_assert_eq!(tallies.all().collect::<BTreeMap<_, _>>(), model);
        }
    }

    #[test]
    fn calls_at_once_take_one_slot() {
        let tallies = VolumeTallies::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|n| tallies.count(VolumeId(1 + n % 3), 1, 1)));
            }
        });
        let all: BTreeMap<_, _> = tallies.all().collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all.values().map(|tally| tally.calls).sum::<u64>(), 4000);
    }
}
