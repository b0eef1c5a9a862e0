//! Which chunks there are and where their copies lie, in memory.
//!
//! Sixteen bytes and a little for each chunk: ids come from a counter, so neighbours share a group of 64, in
//! which an entry names its chunk by six bits.

use crate::ChunkKey;
use crate::format::RECORD_HEAD_BYTES;
use nasd_base::{ChunkId, VolumeId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Chunks in a group, a power of two.
const GROUP_CHUNKS: u64 = 64;

/// Where a copy of a chunk lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub disk: u8,
    pub segment: u32,
    /// Of the record's head in the segment's file.
    pub offset: u32,
    /// Bytes of the encoded chunk.
    pub len: u32,
}

impl Place {
    pub fn record_bytes(&self) -> u64 {
        RECORD_HEAD_BYTES + u64::from(self.len)
    }

    pub fn is_in(&self, disk: u8, segment: u32) -> bool {
        (self.disk, self.segment) == (disk, segment)
    }
}

/// A copy that reads do not use.
#[derive(Clone, Copy, Debug)]
struct Spare {
    place: Place,
    damaged: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    segment: u32,
    offset: u32,
    len: u32,
    disk: u8,
    low: u8,
}

#[derive(Default)]
struct Volume {
    /// Sorted by `low` within a group; no group is empty.
    groups: BTreeMap<u64, Vec<Entry>>,
}

/// The index of a store.
#[derive(Default)]
pub(crate) struct Catalog {
    volumes: BTreeMap<VolumeId, Volume>,
    /// Other copies on the disks: those that compaction has copied elsewhere while their segment is still
    /// there, damaged ones, doubles after a crash. A delete must bury them too, or a later start would take
    /// one of them for the chunk.
    spares: BTreeMap<ChunkKey, Vec<Spare>>,
    /// Chunks of which there is no good copy here, found by reading.
    damaged: BTreeSet<ChunkKey>,
}

impl Catalog {
    pub fn get(&self, key: ChunkKey) -> Option<Place> {
        let group = self.volumes.get(&key.volume)?.groups.get(&(key.chunk.0 / GROUP_CHUNKS))?;
        let at = find(group, key.chunk).ok()?;
        Some(group[at].place())
    }

    /// Makes `place` the copy that serves; returns the one that did.
    pub fn insert(&mut self, key: ChunkKey, place: Place) -> Option<Place> {
        let volume = self.volumes.entry(key.volume).or_default();
        let group = volume.groups.entry(key.chunk.0 / GROUP_CHUNKS).or_default();
        let entry = Entry {
            segment: place.segment,
            offset: place.offset,
            len: place.len,
            disk: place.disk,
            low: low_bits(key.chunk),
        };
        match find(group, key.chunk) {
            Ok(at) => Some(std::mem::replace(&mut group[at], entry).place()),
            Err(at) => {
                group.insert(at, entry);
                None
            }
        }
    }

    pub fn remove(&mut self, key: ChunkKey) -> Option<Place> {
        let volume = self.volumes.get_mut(&key.volume)?;
        let number = key.chunk.0 / GROUP_CHUNKS;
        let group = volume.groups.get_mut(&number)?;
        let place = group.remove(find(group, key.chunk).ok()?).place();
        if group.is_empty() {
            volume.groups.remove(&number);
        }
        if volume.groups.is_empty() {
            self.volumes.remove(&key.volume);
        }
        Some(place)
    }

    /// The chunks of a volume with ids from `from`, in order.
    pub fn volume_from(&self, volume: VolumeId, from: ChunkId) -> impl Iterator<Item = (ChunkKey, Place)> {
        let groups = self.volumes.get(&volume).into_iter();
        let groups = groups.flat_map(move |found| found.groups.range(from.0 / GROUP_CHUNKS..));
        groups
            .flat_map(move |(number, group)| {
                group.iter().map(move |entry| {
                    let chunk = ChunkId(number * GROUP_CHUNKS + u64::from(entry.low));
                    (ChunkKey { volume, chunk }, entry.place())
                })
            })
            .skip_while(move |(key, _)| key.chunk < from)
    }

    /// The first chunk of the store after `after`.
    pub fn next(&self, after: Option<ChunkKey>) -> Option<(ChunkKey, Place)> {
        let mut volumes = match after {
            None => self.volumes.range(..),
            Some(key) => {
                let beyond = key.chunk.0.checked_add(1);
                let rest = beyond.and_then(|from| self.volume_from(key.volume, ChunkId(from)).next());
                if rest.is_some() {
                    return rest;
                }
                self.volumes.range((Bound::Excluded(key.volume), Bound::Unbounded))
            }
        };
        let (volume, _) = volumes.next()?;
        self.volume_from(*volume, ChunkId(0)).next()
    }

    /// Some chunk, as `chance` decides; `None` when there is none. Every chunk has its turn.
    pub fn somewhere(&self, chance: u64) -> Option<ChunkKey> {
        let groups = self.volumes.values().map(|found| found.groups.len() as u64).sum::<u64>();
        let mut skip = chance.checked_rem(groups)?;
        for (volume, found) in &self.volumes {
            let here = found.groups.len() as u64;
            if skip < here {
                let (number, group) = found.groups.iter().nth(skip as usize)?;
                let chunk = ChunkId(number * GROUP_CHUNKS + u64::from(group.first()?.low));
                return Some(ChunkKey { volume: *volume, chunk });
            }
            skip -= here;
        }
        None
    }

    /// The volumes with chunks, in order.
    pub fn volumes(&self) -> Vec<VolumeId> {
        self.volumes.keys().copied().collect()
    }

    /// Every chunk and the copy that serves.
    pub fn iter(&self) -> impl Iterator<Item = (ChunkKey, Place)> {
        self.volumes.keys().flat_map(|volume| self.volume_from(*volume, ChunkId(0)))
    }

    pub fn add_spare(&mut self, key: ChunkKey, place: Place, damaged: bool) {
        self.spares.entry(key).or_default().push(Spare { place, damaged });
    }

    /// Forgets the spare copies of a chunk in one segment.
    pub fn remove_spares(&mut self, key: ChunkKey, disk: u8, segment: u32) {
        if let Some(spares) = self.spares.get_mut(&key) {
            spares.retain(|spare| !spare.place.is_in(disk, segment));
            if spares.is_empty() {
                self.spares.remove(&key);
            }
        }
    }

    /// Forgets all spare copies in a segment that is gone.
    pub fn forget_segment(&mut self, disk: u8, segment: u32) {
        self.spares.retain(|_, spares| {
            spares.retain(|spare| !spare.place.is_in(disk, segment));
            !spares.is_empty()
        });
    }

    /// All copies of a chunk, the one that serves first.
    pub fn copies(&self, key: ChunkKey) -> impl Iterator<Item = Place> {
        let spares = self.spares.get(&key).into_iter().flatten();
        self.get(key).into_iter().chain(spares.map(|spare| spare.place))
    }

    /// The chunks of a volume that only have spare copies.
    pub fn only_spare(&self, volume: VolumeId) -> Vec<ChunkKey> {
        let first = ChunkKey { volume, chunk: ChunkId(0) };
        let last = ChunkKey { volume, chunk: ChunkId(u64::MAX) };
        let keys = self.spares.range(first..=last).map(|(key, _)| *key);
        keys.filter(|key| self.get(*key).is_none()).collect()
    }

    /// The damaged copy of a chunk that has no good one: its other frames may still be whole.
    pub fn damaged_copy(&self, key: ChunkKey) -> Option<Place> {
        self.spares.get(&key)?.iter().find(|spare| spare.damaged).map(|spare| spare.place)
    }

    /// Takes the copy at `place` out of service, and puts another good one in its place if there is one.
    /// `None`: it was not in service any more. Else that other one.
    pub fn condemn(&mut self, key: ChunkKey, place: Place) -> Option<Option<Place>> {
        if self.get(key) != Some(place) {
            return None;
        }
        self.remove(key);
        let spares = self.spares.entry(key).or_default();
        let good = spares.iter().position(|spare| !spare.damaged).map(|at| spares.remove(at).place);
        spares.push(Spare { place, damaged: true });
        match good {
            Some(good) => {
                self.insert(key, good);
            }
            None => {
                self.damaged.insert(key);
            }
        }
        Some(good)
    }

    /// Lists the chunks of which there are only damaged copies; returns how many there are.
    pub fn note_lost_chunks(&mut self) -> u64 {
        let bad = |spares: &[Spare]| spares.iter().any(|spare| spare.damaged);
        let keys = self.spares.iter().filter(|(_, spares)| bad(spares)).map(|(key, _)| *key);
        let lost: BTreeSet<ChunkKey> = keys.filter(|key| self.get(*key).is_none()).collect();
        self.damaged.extend(&lost);
        lost.len() as u64
    }

    pub fn forget_damage(&mut self, key: ChunkKey) {
        self.damaged.remove(&key);
    }

    pub fn damaged(&self) -> &BTreeSet<ChunkKey> {
        &self.damaged
    }
}

impl Entry {
    fn place(&self) -> Place {
        Place { disk: self.disk, segment: self.segment, offset: self.offset, len: self.len }
    }
}

fn low_bits(chunk: ChunkId) -> u8 {
    (chunk.0 % GROUP_CHUNKS) as u8
}

fn find(group: &[Entry], chunk: ChunkId) -> Result<usize, usize> {
    group.binary_search_by_key(&low_bits(chunk), |entry| entry.low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(volume: u64, chunk: u64) -> ChunkKey {
        ChunkKey { volume: VolumeId(volume), chunk: ChunkId(chunk) }
    }

    fn place(offset: u32) -> Place {
        Place { disk: 1, segment: 2, offset, len: 3 }
    }

    #[test]
    fn an_entry_takes_sixteen_bytes() {
        assert_eq!(std::mem::size_of::<Entry>(), 16);
    }

    #[test]
    fn a_damaged_copy_gives_way_to_a_good_one_and_then_to_none() {
        let mut catalog = Catalog::default();
        catalog.insert(key(1, 1), place(1));
        catalog.add_spare(key(1, 1), place(2), false);
        assert_eq!(catalog.condemn(key(1, 1), place(1)), Some(Some(place(2))));
        assert!(catalog.damaged().is_empty());
        assert_eq!(catalog.condemn(key(1, 1), place(1)), None, "it is out of service already");
        assert_eq!(catalog.condemn(key(1, 1), place(2)), Some(None));
        assert_eq!((catalog.get(key(1, 1)), catalog.damaged().len()), (None, 1));
        assert_eq!(catalog.copies(key(1, 1)).count(), 2);
        assert_eq!(catalog.only_spare(VolumeId(1)), [key(1, 1)]);
    }

    proptest! {
        /// Against an ordinary map.
        #[test]
        fn it_behaves_like_a_sorted_map(
            steps in prop::collection::vec((0u8..3, 1u64..4, prop_oneof![0u64..300, Just(u64::MAX)], any::<u32>()), 0..400),
        ) {
            let (mut catalog, mut model) = (Catalog::default(), BTreeMap::new());
            for (what, volume, chunk, offset) in steps {
                let key = key(volume, chunk);
                match what {
                    0 => prop_assert_eq!(catalog.insert(key, place(offset)), model.insert(key, place(offset))),
                    1 => prop_assert_eq!(catalog.remove(key), model.remove(&key)),
                    _ => {
                        prop_assert_eq!(catalog.get(key), model.get(&key).copied());
                        let next = model.range((Bound::Excluded(key), Bound::Unbounded)).next();
                        prop_assert_eq!(catalog.next(Some(key)), next.map(|(key, place)| (*key, *place)));
                        let rest: Vec<_> = catalog.volume_from(key.volume, key.chunk).map(|(key, _)| key).collect();
                        let in_volume = |other: &&ChunkKey| other.volume == key.volume;
                        let expected: Vec<_> = model.range(key..).map(|(key, _)| key).take_while(in_volume).copied().collect();
                        prop_assert_eq!(rest, expected);
                    }
                }
            }
            let all: Vec<_> = catalog.iter().collect();
            prop_assert_eq!(all, model.into_iter().collect::<Vec<_>>());
        }
    }
}
