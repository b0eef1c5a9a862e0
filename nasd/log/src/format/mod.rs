//! The bytes of a segment file, version 1: nothing but parsing and encoding.
//!
//! A segment is a header block and then batches; a batch starts at a block boundary and holds records. The
//! page `docs/formats/log.md` has the fields. Every checksum is salted with the log's name and the segment's
//! number, so that what an earlier use left in a file is never taken for valid. All parsers accept any bytes.

mod batch;
mod header;
mod record;

pub(crate) use batch::BatchBuilder;
pub use batch::{BATCH_HEAD_BYTES, BadBatch, Batch, BatchHead, parse_batch};
pub use header::{BadHeader, SegmentHeader, VERSION};
pub use record::{BadRecord, Kind, RECORD_HEAD_BYTES, RecordView, parse_record};

use nasd_disk::BLOCK_BYTES;

/// A segment's first batch comes after its header block.
pub const FIRST_BATCH: u64 = BLOCK_BYTES as u64;

/// The start value of every CRC-32C in one use of one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(u32);

impl Salt {
    /// Two numbers whose difference is below 2^32 never give the same salt: CRC-32C tells any two inputs
    /// apart that differ in one burst of 32 bits.
    pub fn new(log: u128, segment: u64) -> Salt {
        Salt(crc32c::crc32c_append(crc32c::crc32c(&log.to_le_bytes()), &segment.to_le_bytes()))
    }

    fn crc(self, parts: [&[u8]; 2]) -> u32 {
        parts.iter().fold(self.0, |crc, part| crc32c::crc32c_append(crc, part))
    }
}

/// What is in the bytes of one segment.
#[derive(Debug)]
pub struct Scan<'a> {
    pub header: SegmentHeader,
    pub batches: Vec<(u64, Batch<'a>)>,
    /// Where the valid batches end.
    pub end: u64,
    /// Where, after `end`, a batch starts nevertheless: then `end` is damage, not the end of the log.
    pub later: Option<u64>,
}

/// Parses a whole segment. Recovery does the same from disk, a window at a time; this is the entry for tools
/// and for feeding it anything.
pub fn scan_segment(bytes: &[u8]) -> Result<Scan<'_>, BadHeader> {
    let header = SegmentHeader::parse(bytes)?;
    let (salt, mut end, mut batches) = (header.salt(), FIRST_BATCH, Vec::new());
    let from = |at: u64| bytes.get(at as usize..).unwrap_or_default();
    while let Ok(batch) = parse_batch(salt, from(end)) {
        let length = batch.head.padded_bytes();
        batches.push((end, batch));
        end += length;
    }
    let starts = (end..bytes.len() as u64).step_by(BLOCK_BYTES).skip(1);
    let later = starts.into_iter().find(|at| BatchHead::parse(salt, from(*at)).is_some());
    Ok(Scan { header, batches, end, later })
}

/// Whether a checksum is what it should be. A fuzzer gets any past: what lies behind would never be reached.
fn is_right(found: u32, computed: u32) -> bool {
    found == computed || cfg!(fuzzing)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use nasd_base::GroupId;
    use proptest::prelude::*;

    const HEADER: SegmentHeader = SegmentHeader { log: 77, segment: 3, segment_bytes: 1 << 20 };

    type Batches = Vec<Vec<(u64, u64, Vec<u8>)>>;

    fn segment(batches: &Batches) -> Vec<u8> {
        let mut bytes = HEADER.encode().to_vec();
        for (number, records) in batches.iter().enumerate() {
            let mut builder = BatchBuilder::new(HEADER.salt());
            for (group, index, payload) in records {
                builder.push(Kind::Entry, GroupId(*group), *index, Bytes::copy_from_slice(payload));
            }
            bytes.extend(builder.finish(number as u64).0.concat());
        }
        bytes
    }

    fn batches() -> impl Strategy<Value = Batches> {
        let payload = proptest::collection::vec(any::<u8>(), 0..3000);
        proptest::collection::vec(
            proptest::collection::vec((any::<u64>(), any::<u64>(), payload), 0..5),
            0..5,
        )
    }

    fn entries(scan: &Scan<'_>) -> Batches {
        let record = |record: &RecordView<'_>| (record.group.0, record.index, record.payload.to_vec());
        scan.batches.iter().map(|(_, batch)| batch.records.iter().map(record).collect()).collect()
    }

    proptest! {
        #[test]
        fn what_was_built_is_parsed(batches in batches()) {
            let bytes = segment(&batches);
            prop_assert!(bytes.len().is_multiple_of(BLOCK_BYTES));
            let scan = scan_segment(&bytes).unwrap();
            prop_assert_eq!(scan.end, bytes.len() as u64);
            prop_assert_eq!(scan.later, None);
            prop_assert_eq!(entries(&scan), batches);
        }

        #[test]
        fn a_flipped_bit_ends_the_valid_batches_there(batches in batches(), at: prop::sample::Index, bit in 0..8) {
            let mut bytes = segment(&batches);
            let clean = segment(&batches);
            let clean = scan_segment(&clean).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            match scan_segment(&bytes) {
                Err(_) => prop_assert!(at < 64),
                Ok(scan) => {
                    let hit = clean.batches.iter().position(|(start, batch)| {
                        let used = BATCH_HEAD_BYTES as u64 + u64::from(batch.head.bytes);
                        (*start..start + used).contains(&(at as u64))
                    });
                    let valid = hit.unwrap_or(batches.len());
                    prop_assert_eq!(entries(&scan), &batches[..valid]);
                    let more_follow = hit.is_some_and(|hit| hit + 1 < batches.len());
                    prop_assert_eq!(scan.later.is_some(), more_follow);
                }
            }
        }

        #[test]
        fn a_cut_segment_keeps_its_whole_batches(batches in batches(), at: prop::sample::Index) {
            let bytes = segment(&batches);
            let cut = at.index(bytes.len());
            if let Ok(scan) = scan_segment(&bytes[..cut]) {
                prop_assert!(scan.end <= cut as u64);
                prop_assert_eq!(entries(&scan), &batches[..scan.batches.len()]);
            } else {
                prop_assert!(cut < BLOCK_BYTES);
            }
        }

        #[test]
        fn garbage_is_not_a_segment(bytes in proptest::collection::vec(any::<u8>(), 0..20_000)) {
            prop_assert!(scan_segment(&bytes).is_err());
            prop_assert!(parse_batch(HEADER.salt(), &bytes).is_err());
            prop_assert!(parse_record(HEADER.salt(), &bytes).is_err());
        }

        #[test]
        fn garbage_after_a_header_is_no_batch(bytes in proptest::collection::vec(any::<u8>(), 0..20_000)) {
            let bytes = [&HEADER.encode()[..], &bytes].concat();
            let scan = scan_segment(&bytes).unwrap();
            prop_assert!(scan.batches.is_empty() && scan.later.is_none());
        }

        #[test]
        fn another_use_of_the_file_is_never_valid(batches in batches(), log: u128, segment_number: u64) {
            prop_assume!((log, segment_number) != (HEADER.log, HEADER.segment));
            let other = SegmentHeader { log, segment: segment_number, ..HEADER };
            let mut bytes = segment(&batches);
            bytes[..BLOCK_BYTES].copy_from_slice(&other.encode());
            let scan = scan_segment(&bytes).unwrap();
            prop_assert!(scan.batches.is_empty() && scan.later.is_none());
        }
    }

    /// A torn write over the remains of an earlier torn one: every record is intact, but they are not those
    /// of one write.
    #[test]
    fn records_of_two_writes_do_not_make_a_batch() {
        let batch = |second: &'static [u8]| {
            let mut builder = BatchBuilder::new(HEADER.salt());
            builder.push(Kind::Entry, GroupId(1), 1, Bytes::from(vec![1; 2 * BLOCK_BYTES - 64]));
            builder.push(Kind::Entry, GroupId(1), 2, Bytes::from_static(second));
            builder.finish(9).0.concat()
        };
        let (old, new) = (batch(b"old"), batch(b"new"));
        let torn = [&new[..2 * BLOCK_BYTES], &old[2 * BLOCK_BYTES..]].concat();
        assert_eq!(parse_batch(HEADER.salt(), &new).unwrap().records[1].payload, b"new");
        assert!(parse_record(HEADER.salt(), &torn[2 * BLOCK_BYTES..]).is_ok());
        assert_eq!(parse_batch(HEADER.salt(), &torn).unwrap_err(), BadBatch::Digest);
    }

    #[test]
    fn neighbouring_segments_have_different_salts() {
        let salts: std::collections::BTreeSet<u32> =
            (0..10_000).map(|number| Salt::new(5, number).0).collect();
        assert_eq!(salts.len(), 10_000);
    }
}
