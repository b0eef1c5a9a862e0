//! The bytes of a segment: a head, records, and a footer once it is full. See `docs/formats/segment.md`.
//!
//! Every checksum starts from the segment's number and salt, and that of a record from its offset too: a
//! record of another file or place, wherever a misdirected write or a copy in somebody's data puts it, never
//! passes as the one that should be there.

use crate::ChunkKey;
use nasd_base::{ChunkId, VolumeId};

const SEGMENT_MAGIC: &[u8; 8] = b"GTSEG01\0";
const FOOTER_MAGIC: &[u8; 8] = b"GTFOOT1\0";
/// The first bytes of a record, to look for after damage.
pub const RECORD_MAGIC: [u8; 4] = *b"RTEG";
/// Bytes of a segment's head.
pub const HEAD_BYTES: u64 = 32;
/// Bytes of a record's head.
pub const RECORD_HEAD_BYTES: u64 = 40;
/// Bytes of the trailer that ends a sealed segment.
pub const TRAILER_BYTES: u64 = 40;
const BODY_BYTES: usize = 32;
/// Bytes of a record's entry in the footer.
pub const FOOTER_ENTRY_BYTES: usize = BODY_BYTES + 4;
/// Most entries of one footer: a segment of 4 GiB full of tombstones has fewer.
const FOOTER_ENTRIES_MAX: usize = 1 << 27;

/// The identity of a segment, from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    pub number: u32,
    pub salt: u64,
}

/// A record and the offset of its head.
pub type Listed = (Record, u32);

/// Where the list of a sealed segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    pub head: SegmentHead,
    /// Offset of the list.
    pub at: u64,
    pub list_bytes: usize,
    list_crc: u32,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// `len` bytes of an encoded chunk follow, whose CRC is `crc`.
    Chunk { key: ChunkKey, len: u32, crc: u32 },
    /// The chunk that lies in segment `victim` is gone.
    Tombstone { key: ChunkKey, victim: u32 },
}

impl Record {
    /// Bytes that follow the record's head.
    pub fn payload_len(&self) -> u32 {
        match self {
            Record::Chunk { len, .. } => *len,
            Record::Tombstone { .. } => 0,
        }
    }

    /// Bytes of the head and what follows it.
    pub fn bytes(&self) -> u64 {
        RECORD_HEAD_BYTES + u64::from(self.payload_len())
    }
}

impl SegmentHead {
    pub fn encode(&self) -> [u8; HEAD_BYTES as usize] {
        let mut bytes = [0; HEAD_BYTES as usize];
        bytes[..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..16].copy_from_slice(&u64::from(self.number).to_le_bytes());
        bytes[16..24].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..24]);
        bytes[24..28].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` when the bytes are no segment's head.
    pub fn decode(bytes: &[u8]) -> Option<SegmentHead> {
        let bytes = bytes.get(..HEAD_BYTES as usize)?;
        let intact =
            &bytes[..8] == SEGMENT_MAGIC && is_right(u32_at(bytes, 24), crc32c::crc32c(&bytes[..24]));
        let number = u32::try_from(u64_at(bytes, 8)).ok().filter(|_| intact)?;
        Some(SegmentHead { number, salt: u64_at(bytes, 16) })
    }

    /// Encodes the head of a record at offset `at` of this segment.
    pub fn encode_record(&self, record: &Record, at: u64) -> [u8; RECORD_HEAD_BYTES as usize] {
        let mut bytes = [0; RECORD_HEAD_BYTES as usize];
        bytes[..4].copy_from_slice(&RECORD_MAGIC);
        encode_body(record, &mut bytes[4..36]);
        let crc = self.crc(at, &bytes[..36]);
        bytes[36..40].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Decodes the head of a record at offset `at`; `None` when it is not one of this segment and place.
    pub fn decode_record(&self, bytes: &[u8], at: u64) -> Option<Record> {
        let bytes = bytes.get(..RECORD_HEAD_BYTES as usize)?;
        if bytes[..4] != RECORD_MAGIC || !is_right(u32_at(bytes, 36), self.crc(at, &bytes[..36])) {
            return None;
        }
        decode_body(&bytes[4..36])
    }

    /// Encodes the list of a full segment's records with the trailer that ends the file. `at` is where the
    /// list starts.
    pub fn encode_footer(&self, at: u64, records: &[Listed]) -> Vec<u8> {
        let mut bytes = vec![0; records.len() * FOOTER_ENTRY_BYTES];
        for (slot, (record, offset)) in bytes.chunks_exact_mut(FOOTER_ENTRY_BYTES).zip(records) {
            encode_body(record, &mut slot[..BODY_BYTES]);
            slot[BODY_BYTES..].copy_from_slice(&offset.to_le_bytes());
        }
        let list_crc = self.crc(at, &bytes);
        let mut trailer = [0; TRAILER_BYTES as usize];
        trailer[..8].copy_from_slice(FOOTER_MAGIC);
        trailer[8..16].copy_from_slice(&at.to_le_bytes());
        trailer[16..24].copy_from_slice(&self.salt.to_le_bytes());
        trailer[24..28].copy_from_slice(&(records.len() as u32).to_le_bytes());
        trailer[28..32].copy_from_slice(&list_crc.to_le_bytes());
        let crc = self.crc(at, &trailer[..32]);
        trailer[32..36].copy_from_slice(&crc.to_le_bytes());
        bytes.extend_from_slice(&trailer);
        bytes
    }

    fn crc(&self, at: u64, bytes: &[u8]) -> u32 {
        let mut salt = [0; 24];
        salt[..8].copy_from_slice(&self.salt.to_le_bytes());
        salt[8..16].copy_from_slice(&u64::from(self.number).to_le_bytes());
        salt[16..].copy_from_slice(&at.to_le_bytes());
        crc32c::crc32c_append(crc32c::crc32c(&salt), bytes)
    }
}

impl Trailer {
    /// Decodes the last [`TRAILER_BYTES`] of a segment's file; `None` when it was not sealed. The trailer
    /// repeats the salt, so that a sealed segment can be read without its head.
    pub fn decode(bytes: &[u8], number: u32, file_len: u64) -> Option<Trailer> {
        let bytes = bytes.get(..TRAILER_BYTES as usize)?;
        let (at, count) = (u64_at(bytes, 8), u32_at(bytes, 24) as usize);
        let head = SegmentHead { number, salt: u64_at(bytes, 16) };
        if &bytes[..8] != FOOTER_MAGIC || !is_right(u32_at(bytes, 32), head.crc(at, &bytes[..32])) {
            return None;
        }
        if count > FOOTER_ENTRIES_MAX {
            return None;
        }
        let list_bytes = count * FOOTER_ENTRY_BYTES;
        let fits = at.checked_add(list_bytes as u64 + TRAILER_BYTES) == Some(file_len);
        fits.then(|| Trailer { head, at, list_bytes, list_crc: u32_at(bytes, 28) })
    }

    /// Decodes the list; `None` when it is damaged.
    pub fn decode_list(&self, list: &[u8]) -> Option<Vec<Listed>> {
        if list.len() != self.list_bytes || !is_right(self.list_crc, self.head.crc(self.at, list)) {
            return None;
        }
        let entries = list.chunks_exact(FOOTER_ENTRY_BYTES);
        entries.map(|slot| Some((decode_body(slot)?, u32_at(slot, BODY_BYTES)))).collect()
    }
}

fn encode_body(record: &Record, to: &mut [u8]) {
    let (kind, key, first, second) = match *record {
        Record::Chunk { key, len, crc } => (1u64, key, len, crc),
        Record::Tombstone { key, victim } => (2, key, victim, 0),
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
        2 if second == 0 => Some(Record::Tombstone { key, victim: first }),
        _ => None,
    }
}

/// Whether a checksum is what it should be. A fuzzer gets any past: what lies behind would never be reached.
pub(crate) fn is_right(found: u32, computed: u32) -> bool {
    found == computed || cfg!(fuzzing)
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
            any::<(u64, u64, u32)>()
                .prop_map(move |(v, c, victim)| Record::Tombstone { key: key(v, c), victim }),
        ]
    }

    proptest! {
        #[test]
        fn records_and_footers_survive(number: u32, salt: u64, at in 0u64..1 << 40,
                                       records in prop::collection::vec((record(), any::<u32>()), 0..20)) {
            let head = SegmentHead { number, salt };
            prop_assert_eq!(SegmentHead::decode(&head.encode()), Some(head));
            for (record, _) in &records {
                prop_assert_eq!(head.decode_record(&head.encode_record(record, at), at), Some(*record));
            }
            let footer = head.encode_footer(at, &records);
            let (list, trailer) = footer.split_at(footer.len() - TRAILER_BYTES as usize);
            let trailer = Trailer::decode(trailer, number, at + footer.len() as u64).unwrap();
            prop_assert_eq!((trailer.head, trailer.at, trailer.list_bytes), (head, at, list.len()));
            prop_assert_eq!(trailer.decode_list(list), Some(records));
        }

        #[test]
        fn a_record_of_another_segment_or_place_is_refused(
            record in record(), number: u32, salt: u64, at: u64, other: u64,
        ) {
            let bytes = SegmentHead { number, salt }.encode_record(&record, at);
            prop_assume!(salt != other && at != other);
            prop_assert_eq!(SegmentHead { number, salt: other }.decode_record(&bytes, at), None);
            prop_assert_eq!(SegmentHead { number, salt }.decode_record(&bytes, other), None);
        }

        #[test]
        fn a_flipped_bit_in_a_footer_is_found(
            records in prop::collection::vec((record(), any::<u32>()), 0..20),
            at: prop::sample::Index, bit in 0u8..8,
        ) {
            let mut footer = SegmentHead { number: 1, salt: 2 }.encode_footer(100, &records);
            let len = footer.len();
            let at = at.index(len);
            prop_assume!(at < len - 4); // the last four bytes mean nothing
            footer[at] ^= 1 << bit;
            let (list, trailer) = footer.split_at(len - TRAILER_BYTES as usize);
            let trailer = Trailer::decode(trailer, 1, 100 + len as u64);
            prop_assert_eq!(trailer.and_then(|trailer| trailer.decode_list(list)), None);
        }

        #[test]
        fn garbage_is_no_record(bytes in prop::collection::vec(any::<u8>(), 0..80), len: u64) {
            let head = SegmentHead { number: 1, salt: 2 };
            prop_assert_eq!(SegmentHead::decode(&bytes), None);
            prop_assert_eq!(head.decode_record(&bytes, len), None);
            prop_assert_eq!(Trailer::decode(&bytes, 1, len), None);
        }
    }
}
