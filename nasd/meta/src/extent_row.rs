//! The bytes of one row of `extent`: which chunks hold the data of 8 MiB of a file.
//!
//! ```text
//!   version (1)  count  then per extent:  gap  len  chunk  start  stamp
//! ```
//! All numbers but the version are LEB128. `gap` is from the end of the extent before (of the block's
//! start); `chunk` and `stamp` are zigzag differences to the extent before (to 0). `docs/formats/metadata.md`
//! has an example.

use nasd_base::ChunkId;
use std::ops::Range;

/// File bytes that one row describes.
pub(crate) const BLOCK_BYTES: u64 = 8 << 20;
const BLOCK_END: u32 = BLOCK_BYTES as u32;

const VERSION: u8 = 1;
/// The shortest encoding of an extent: five numbers below 128.
const EXTENT_BYTES_MIN: usize = 5;

/// A run of a block's bytes in a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// First byte, from the block's start.
    pub offset: u32,
    /// Bytes; at least 1, and the run ends in the block.
    pub len: u32,
    pub chunk: ChunkId,
    /// First byte in the chunk's uncompressed data.
    pub start: u32,
    /// The change that wrote the bytes.
    pub stamp: u64,
}

impl Extent {
    pub fn end(&self) -> u32 {
        self.offset + self.len
    }

    /// The part of the run in `range`, which must overlap it.
    pub fn clipped(&self, range: &Range<u32>) -> Extent {
        let offset = self.offset.max(range.start);
        let end = self.end().min(range.end);
        Extent { offset, len: end - offset, start: self.start + (offset - self.offset), ..*self }
    }

    /// Whether `next` goes on where this run ends, in the file and in the chunk.
    fn continued_by(&self, next: &Extent) -> bool {
        self.chunk == next.chunk
            && self.stamp == next.stamp
            && self.end() == next.offset
            && self.start.checked_add(self.len) == Some(next.start)
    }
}

/// Sorted extents that do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExtentRow(pub Vec<Extent>);

impl ExtentRow {
    /// The extents that overlap `range`.
    pub fn overlapping(&self, range: &Range<u32>) -> &[Extent] {
        let first = self.0.partition_point(|extent| extent.end() <= range.start);
        let count = self.0[first..].partition_point(|extent| extent.offset < range.end);
        &self.0[first..first + count]
    }

    /// Makes `range` a hole and returns what was in it.
    pub fn cut(&mut self, range: &Range<u32>) -> Vec<Extent> {
        let first = self.0.partition_point(|extent| extent.end() <= range.start);
        let count = self.overlapping(range).len();
        let mut kept = Vec::new();
        let mut removed = Vec::with_capacity(count);
        for extent in &self.0[first..first + count] {
            removed.push(extent.clipped(range));
            if extent.offset < range.start {
                kept.push(extent.clipped(&(0..range.start)));
            }
            if extent.end() > range.end {
                kept.push(extent.clipped(&(range.end..BLOCK_END)));
            }
        }
        self.0.splice(first..first + count, kept);
        removed
    }

    /// Adds an extent where a hole is, joined with its neighbours when it continues them.
    pub fn put(&mut self, extent: Extent) {
        let mut at = self.0.partition_point(|other| other.end() <= extent.offset);
        if at > 0 && self.0[at - 1].continued_by(&extent) {
            at -= 1;
            self.0[at].len += extent.len;
        } else {
            self.0.insert(at, extent);
        }
        if at + 1 < self.0.len() && self.0[at].continued_by(&self.0[at + 1]) {
            self.0[at].len += self.0[at + 1].len;
            self.0.remove(at + 1);
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + 12 * self.0.len());
        bytes.push(VERSION);
        push(&mut bytes, self.0.len() as u64);
        let (mut end, mut chunk, mut stamp) = (0, 0, 0);
        for extent in &self.0 {
            push(&mut bytes, u64::from(extent.offset - end));
            push(&mut bytes, u64::from(extent.len));
            push(&mut bytes, zigzag(extent.chunk.0.wrapping_sub(chunk)));
            push(&mut bytes, u64::from(extent.start));
            push(&mut bytes, zigzag(extent.stamp.wrapping_sub(stamp)));
            (end, chunk, stamp) = (extent.end(), extent.chunk.0, extent.stamp);
        }
        bytes
    }

    /// The row of the bytes, or `None` when they are none.
    pub fn decode(bytes: &[u8]) -> Option<ExtentRow> {
        let mut rest = bytes.strip_prefix(&[VERSION])?;
        let count = usize::try_from(take(&mut rest)?).ok()?;
        if count > rest.len() / EXTENT_BYTES_MIN {
            return None;
        }
        let mut extents = Vec::with_capacity(count);
        let (mut end, mut chunk, mut stamp) = (0u32, 0u64, 0u64);
        for _ in 0..count {
            let offset = end.checked_add(take_u32(&mut rest)?)?;
            let len = take_u32(&mut rest)?;
            end = offset.checked_add(len).filter(|end| len > 0 && *end <= BLOCK_END)?;
            chunk = chunk.wrapping_add(unzigzag(take(&mut rest)?));
            let start = take_u32(&mut rest)?;
            start.checked_add(len)?;
            stamp = stamp.wrapping_add(unzigzag(take(&mut rest)?));
            extents.push(Extent { offset, len, chunk: ChunkId(chunk), start, stamp });
        }
        rest.is_empty().then_some(ExtentRow(extents))
    }
}

/// A difference, small in either direction, as a small number.
fn zigzag(difference: u64) -> u64 {
    let signed = difference as i64;
    ((signed << 1) ^ (signed >> 63)) as u64
}

fn unzigzag(number: u64) -> u64 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    u32::try_from(take(rest)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extent(offset: u32, len: u32, chunk: u64, start: u32) -> Extent {
        Extent { offset, len, chunk: ChunkId(chunk), start, stamp: 7 }
    }

    #[test]
    fn cutting_the_middle_leaves_both_ends() {
        let mut row = ExtentRow(vec![extent(100, 100, 1, 1000)]);
        let removed = row.cut(&(120..150));
        assert_eq!(removed, vec![extent(120, 30, 1, 1020)]);
        assert_eq!(row.0, vec![extent(100, 20, 1, 1000), extent(150, 50, 1, 1050)]);
    }

    #[test]
    fn what_continues_its_neighbours_is_joined_with_them() {
        let mut row = ExtentRow(vec![extent(0, 10, 1, 0), extent(20, 10, 1, 20)]);
        row.put(extent(10, 10, 1, 10));
        assert_eq!(row.0, vec![extent(0, 30, 1, 0)]);
        row.put(extent(30, 10, 2, 30));
        assert_eq!(row.0.len(), 2);
    }

    #[test]
    fn the_documented_example_holds() {
        let row = ExtentRow(vec![
            Extent { offset: 0, len: 1 << 20, chunk: ChunkId(300), start: 0, stamp: 1000 },
            Extent { offset: 1 << 20, len: 4096, chunk: ChunkId(299), start: 0, stamp: 1002 },
        ]);
        let bytes: &[u8] = &[
            1, 2, // version, count
            0, 0x80, 0x80, 0x40, 0xd8, 0x04, 0, 0xd0,
            0x0f, // gap 0, len 2^20, chunk 300, start 0, stamp 1000
            0, 0x80, 0x20, 0x01, 0, 0x04, // gap 0, len 4096, chunk -1, start 0, stamp +2
        ];
        assert_eq!(row.encode(), bytes);
        assert_eq!(ExtentRow::decode(bytes), Some(row));
    }

    fn any_row() -> impl Strategy<Value = ExtentRow> {
        let part = (0u32..5000, 1u32..100_000, any::<u64>(), 0u32..1 << 24, any::<u64>());
        proptest::collection::vec(part, 0..60).prop_map(|parts| {
            let mut end = 0;
            let extents = parts.into_iter().map(|(gap, len, chunk, start, stamp)| {
                let offset = end + gap;
                end = offset + len;
                Extent { offset, len, chunk: ChunkId(chunk), start, stamp }
            });
            ExtentRow(extents.collect())
        })
    }

    proptest! {
        #[test]
        fn rows_round_trip(row in any_row()) {
            prop_assert_eq!(ExtentRow::decode(&row.encode()), Some(row));
        }

        #[test]
        fn truncated_rows_are_refused(row in any_row(), cut in any::<proptest::sample::Index>()) {
            let bytes = row.encode();
            let cut = cut.index(bytes.len());
            prop_assert_eq!(ExtentRow::decode(&bytes[..cut]), None);
        }

        #[test]
        fn garbage_never_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = ExtentRow::decode(&bytes);
            bytes.insert(0, VERSION);
            if let Some(row) = ExtentRow::decode(&bytes) {
                prop_assert!(row.0.windows(2).all(|pair| pair[0].end() <= pair[1].offset));
                prop_assert!(row.0.iter().all(|extent| extent.end() <= BLOCK_END));
            }
        }

        #[test]
        fn cut_and_put_agree_with_a_map_of_bytes(
            ops in proptest::collection::vec((0u32..300, 1u32..80, 0u64..3, 0u32..4), 1..40)
        ) {
            let mut row = ExtentRow::default();
            let mut model = vec![None; 400];
            for (offset, len, chunk, start) in ops {
                let range = offset..offset + len;
                let removed: u32 = row.cut(&range).iter().map(|extent| extent.len).sum();
                let there = model[offset as usize..(offset + len) as usize].iter().flatten().count();
                prop_assert_eq!(removed as usize, there);
                for at in range {
                    model[at as usize] = (chunk > 0).then_some((chunk, start + at - offset));
                }
                if chunk > 0 {
                    row.put(extent(offset, len, chunk, start));
                }
            }
            let mut seen = vec![None; 400];
            for extent in &row.0 {
                for i in 0..extent.len {
                    prop_assert!(seen[(extent.offset + i) as usize].is_none());
                    seen[(extent.offset + i) as usize] = Some((extent.chunk.0, extent.start + i));
                }
            }
            prop_assert_eq!(seen, model);
        }
    }
}
