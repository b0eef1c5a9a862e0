//! The first block of a segment file.

use super::{Salt, is_right, u32_at, u64_at};
use nasd_disk::BLOCK_BYTES;

/// The version that is written, and the newest that is read.
pub const VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"gotganlg";
const USED_BYTES: usize = 48;

/// Says whose bytes follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Names the log; drawn at random when it was made.
    pub log: u128,
    /// Counts the segments of the log from 1; never used again.
    pub segment: u64,
    /// Length of the file.
    pub segment_bytes: u64,
}

/// Why a block is not a segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    #[error("the segment is shorter than its header")]
    Short,
    #[error("the segment's header does not start with the mark of a log segment")]
    Magic,
    #[error("the segment's header has version {0}")]
    Version(u32),
    #[error("the checksum of the segment's header does not match")]
    Checksum,
}

impl SegmentHeader {
    pub fn salt(&self) -> Salt {
        Salt::new(self.log, self.segment)
    }

    pub fn encode(&self) -> [u8; BLOCK_BYTES] {
        let mut block = [0; BLOCK_BYTES];
        block[..8].copy_from_slice(&MAGIC);
        block[8..12].copy_from_slice(&VERSION.to_le_bytes());
        block[16..32].copy_from_slice(&self.log.to_le_bytes());
        block[32..40].copy_from_slice(&self.segment.to_le_bytes());
        block[40..48].copy_from_slice(&self.segment_bytes.to_le_bytes());
        let crc = checksum(&block);
        block[12..16].copy_from_slice(&crc.to_le_bytes());
        block
    }

    /// Reads the first block of `bytes`.
    pub fn parse(bytes: &[u8]) -> Result<SegmentHeader, BadHeader> {
        let block = bytes.get(..BLOCK_BYTES).ok_or(BadHeader::Short)?;
        if block[..8] != MAGIC {
            return Err(BadHeader::Magic);
        }
        if !is_right(u32_at(block, 12), checksum(block)) {
            return Err(BadHeader::Checksum);
        }
        match u32_at(block, 8) {
            VERSION => Ok(SegmentHeader {
                log: u128::from(u64_at(block, 16)) | u128::from(u64_at(block, 24)) << 64,
                segment: u64_at(block, 32),
                segment_bytes: u64_at(block, 40),
            }),
            version => Err(BadHeader::Version(version)),
        }
    }
}

/// Covers the fields but itself.
fn checksum(block: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&block[..12]), &block[16..USED_BYTES])
}
