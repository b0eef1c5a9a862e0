//! The bytes of a segment: a head, records, and a footer once it is full. See `docs/formats/segment.md`.
//!
//! Every checksum is salted with the segment's number and random salt, so that a record of another file, or
//! of an earlier file in the same place, never passes as one of this.

use crate::ChunkKey;
use nasd_base::{ChunkId, VolumeId};

const SEGMENT_MAGIC: &[u8; 8] = b"GTSEG01\0";
const FOOTER_MAGIC: &[u8; 8] = b"GTFOOT1\0";
const RECORD_MAGIC: u32 = 0x4745_5452;
/// Bytes of a segment's head.
pub const HEAD_BYTES: u64 = 32;
/// Bytes of a record's head.
pub const RECORD_HEAD_BYTES: u64 = 40;
/// Bytes of the trailer that ends a sealed segment.
pub const TRAILER_BYTES: u64 = 32;
const FOOTER_ENTRY_BYTES: usize = 32;
/// Most entries of one footer: a segment of 4 GiB full of tombstones has fewer.
const FOOTER_ENTRIES_MAX: usize = 1 << 27;

/// The identity of a segment, from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    pub number: u64,
    pub salt: u64,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// `len` bytes of an encoded chunk follow, whose CRC is `crc`.
    Chunk { key: ChunkKey, len: u32, crc: u32 },
    /// The chunk that lies in segment `victim` is gone.
    Tombstone { key: ChunkKey, victim: u64 },
}

impl Record {
    /// Bytes that follow the record's head.
    pub fn payload_len(&self) -> u32 {
        match self {
            Record::Chunk { len, .. } => *len,
            Record::Tombstone { .. } => 0,
        }
    }
}

impl SegmentHead {
    pub fn encode(&self) -> [u8; HEAD_BYTES as usize] {
        let mut bytes = [0; HEAD_BYTES as usize];
        bytes[..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..16].copy_from_slice(&self.number.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..24]);
        bytes[24..28].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` when the bytes are no segment's head.
    pub fn decode(bytes: &[u8]) -> Option<SegmentHead> {
        let bytes = bytes.get(..HEAD_BYTES as usize)?;
        let intact = &bytes[..8] == SEGMENT_MAGIC && crc32c::crc32c(&bytes[..24]) == u32_at(bytes, 24);
        intact.then(|| SegmentHead { number: u64_at(bytes, 8), salt: u64_at(bytes, 16) })
    }

    /// Encodes the head of a record of this segment.
    pub fn encode_record(&self, record: &Record) -> [u8; RECORD_HEAD_BYTES as usize] {
        let mut bytes = [0; RECORD_HEAD_BYTES as usize];
        bytes[..4].copy_from_slice(&RECORD_MAGIC.to_le_bytes());
        encode_body(record, &mut bytes[4..36]);
        let crc = self.crc(&bytes[..36]);
        bytes[36..40].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Decodes the head of a record; `None` when it is not one of this segment.
    pub fn decode_record(&self, bytes: &[u8]) -> Option<Record> {
        let bytes = bytes.get(..RECORD_HEAD_BYTES as usize)?;
        if u32_at(bytes, 0) != RECORD_MAGIC || self.crc(&bytes[..36]) != u32_at(bytes, 36) {
            return None;
        }
        decode_body(&bytes[4..36])
    }

    /// Encodes the list of a sealed segment's records with the trailer that ends the file. `at` is where the
    /// footer starts.
    pub fn encode_footer(&self, at: u64, records: &[(Record, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; records.len() * (FOOTER_ENTRY_BYTES + 4)];
        for (slot, (record, offset)) in bytes.chunks_exact_mut(FOOTER_ENTRY_BYTES + 4).zip(records) {
            encode_body(record, &mut slot[..FOOTER_ENTRY_BYTES]);
            slot[FOOTER_ENTRY_BYTES..].copy_from_slice(&offset.to_le_bytes());
        }
        let list_crc = self.crc(&bytes);
        let mut trailer = [0; TRAILER_BYTES as usize];
        trailer[..8].copy_from_slice(FOOTER_MAGIC);
        trailer[8..16].copy_from_slice(&at.to_le_bytes());
        trailer[16..20].copy_from_slice(&(records.len() as u32).to_le_bytes());
        trailer[20..24].copy_from_slice(&list_crc.to_le_bytes());
        let crc = self.crc(&trailer[..24]);
        trailer[24..28].copy_from_slice(&crc.to_le_bytes());
        bytes.extend_from_slice(&trailer);
        bytes
    }

    /// Where the footer of a sealed segment starts and how many bytes its list has, from the file's last
    /// [`TRAILER_BYTES`]; `None` when the segment was not sealed.
    pub fn decode_trailer(&self, bytes: &[u8], file_len: u64) -> Option<(u64, usize, u32)> {
        let bytes = bytes.get(..TRAILER_BYTES as usize)?;
        if &bytes[..8] != FOOTER_MAGIC || self.crc(&bytes[..24]) != u32_at(bytes, 24) {
            return None;
        }
        let (at, count) = (u64_at(bytes, 8), u32_at(bytes, 16) as usize);
        if count > FOOTER_ENTRIES_MAX {
            return None;
        }
        let list = count * (FOOTER_ENTRY_BYTES + 4);
        let fits = at.checked_add(list as u64 + TRAILER_BYTES) == Some(file_len);
        fits.then(|| (at, list, u32_at(bytes, 20)))
    }

    /// Decodes a footer's list; `None` when it is damaged.
    pub fn decode_footer(&self, list: &[u8], crc: u32) -> Option<Vec<(Record, u32)>> {
        if self.crc(list) != crc {
            return None;
        }
        let entries = list.chunks_exact(FOOTER_ENTRY_BYTES + 4);
        entries.map(|slot| Some((decode_body(&slot[..32])?, u32_at(slot, 32)))).collect()
    }

    fn crc(&self, bytes: &[u8]) -> u32 {
        let salted = crc32c::crc32c_append(self.salt as u32, &self.number.to_le_bytes());
        crc32c::crc32c_append(salted ^ (self.salt >> 32) as u32, bytes)
    }
}

fn encode_body(record: &Record, to: &mut [u8]) {
    let (kind, key, first, second) = match *record {
        Record::Chunk { key, len, crc } => (1u64, key, len, crc),
        Record::Tombstone { key, victim } => (2, key, victim as u32, (victim >> 32) as u32),
    };
    to[..8].copy_from_slice(&kind.to_le_bytes());
    to[8..16].copy_from_slice(&key.volume.0.to_le_bytes());
    to[16..24].copy_from_slice(&key.chunk.0.to_le_bytes());
    to[24..28].copy_from_slice(&first.to_le_bytes());
    to[28..32].copy_from_slice(&second.to_le_bytes());
}

fn decode_body(bytes: &[u8]) -> Option<Record> {
    let key = ChunkKey { volume: VolumeId(u64_at(bytes, 8)), chunk: ChunkId(u64_at(bytes, 16)) };
    let (first, second) = (u32_at(bytes, 24), u32_at(bytes, 28));
    match u64_at(bytes, 0) {
        1 => Some(Record::Chunk { key, len: first, crc: second }),
        2 => Some(Record::Tombstone { key, victim: u64::from(first) | u64::from(second) << 32 }),
        _ => None,
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> impl Strategy<Value = Record> {
        let key = |volume, chunk| ChunkKey { volume: VolumeId(volume), chunk: ChunkId(chunk) };
        prop_oneof![
            any::<(u64, u64, u32, u32)>().prop_map(move |(v, c, len, crc)| Record::Chunk {
                key: key(v, c),
                len,
                crc
            }),
            any::<(u64, u64, u64)>()
                .prop_map(move |(v, c, victim)| Record::Tombstone { key: key(v, c), victim }),
        ]
    }

    proptest! {
        #[test]
        fn records_and_footers_survive(number: u64, salt: u64, at in 0u64..1 << 40,
                                       records in prop::collection::vec((record(), any::<u32>()), 0..20)) {
            let head = SegmentHead { number, salt };
            prop_assert_eq!(SegmentHead::decode(&head.encode()), Some(head));
            for (record, _) in &records {
                prop_assert_eq!(head.decode_record(&head.encode_record(record)), Some(*record));
            }
            let footer = head.encode_footer(at, &records);
            let trailer = &footer[footer.len() - TRAILER_BYTES as usize..];
            let (start, list, crc) = head.decode_trailer(trailer, at + footer.len() as u64).unwrap();
            prop_assert_eq!((start, list + TRAILER_BYTES as usize), (at, footer.len()));
            prop_assert_eq!(head.decode_footer(&footer[..list], crc), Some(records));
        }

        #[test]
        fn a_record_of_another_segment_is_refused(record in record(), number: u64, salt: u64, other: u64) {
            prop_assume!(salt != other);
            let bytes = SegmentHead { number, salt }.encode_record(&record);
            prop_assert_eq!(SegmentHead { number, salt: other }.decode_record(&bytes), None);
        }

        #[test]
        fn garbage_is_no_record(bytes in prop::collection::vec(any::<u8>(), 0..80), len: u64) {
            let head = SegmentHead { number: 1, salt: 2 };
            prop_assert_eq!(SegmentHead::decode(&bytes), None);
            prop_assert_eq!(head.decode_record(&bytes), None);
            prop_assert_eq!(head.decode_trailer(&bytes, len), None);
        }
    }
}
