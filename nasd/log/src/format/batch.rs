//! A batch: the records of one durable write.
//!
//! The head's checksum covers the count, length and digest of the records, and the digest covers every
//! record's checksum: a batch is valid as a whole or not at all, whatever mixture of two writes a torn one
//! has left.

use super::record::{BadRecord, Kind, RECORD_HEAD_BYTES, RecordView, encode_head, parse_record};
use super::{Salt, is_right, u32_at, u64_at};
use bytes::{Bytes, BytesMut};
use nasd_base::GroupId;
use nasd_disk::BLOCK_BYTES;

/// Bytes of a batch before its records.
pub const BATCH_HEAD_BYTES: usize = 32;
const MAGIC: u32 = u32::from_le_bytes(*b"gbat");
static PADDING: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// Announces the records of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHead {
    /// Counts the batches of the whole log, across segments.
    pub sequence: u64,
    /// Length of the records, without head and padding.
    pub bytes: u32,
    pub records: u32,
    /// CRC-32C of the records' checksums.
    pub digest: u32,
}

impl BatchHead {
    /// Reads a head; `None` if there is none of this use of the segment.
    pub fn parse(salt: Salt, bytes: &[u8]) -> Option<BatchHead> {
        let head = bytes.get(..BATCH_HEAD_BYTES)?;
        let valid = u32_at(head, 4) == MAGIC && is_right(u32_at(head, 0), salt.crc([&head[4..], &[]]));
        valid.then(|| BatchHead {
            sequence: u64_at(head, 8),
            bytes: u32_at(head, 16),
            records: u32_at(head, 20),
            digest: u32_at(head, 24),
        })
    }

    fn encode(&self, salt: Salt) -> [u8; BATCH_HEAD_BYTES] {
        let mut head = [0; BATCH_HEAD_BYTES];
        head[4..8].copy_from_slice(&MAGIC.to_le_bytes());
        head[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        head[16..20].copy_from_slice(&self.bytes.to_le_bytes());
        head[20..24].copy_from_slice(&self.records.to_le_bytes());
        head[24..28].copy_from_slice(&self.digest.to_le_bytes());
        let crc = salt.crc([&head[4..], &[]]);
        head[..4].copy_from_slice(&crc.to_le_bytes());
        head
    }

    /// Bytes on the disk: head, records and padding.
    pub fn padded_bytes(&self) -> u64 {
        (BATCH_HEAD_BYTES as u64 + u64::from(self.bytes)).next_multiple_of(BLOCK_BYTES as u64)
    }
}

/// A valid batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    pub head: BatchHead,
    pub records: Vec<RecordView<'a>>,
}

/// Why bytes are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBatch {
    #[error("no batch starts here")]
    NoHead,
    #[error("the batch is longer than what is left of the segment")]
    Short,
    #[error(transparent)]
    Record(#[from] BadRecord),
    #[error("the batch's records are not those it was written with")]
    Digest,
}

/// Reads the batch at the start of `bytes`, which may go on after it.
pub fn parse_batch(salt: Salt, bytes: &[u8]) -> Result<Batch<'_>, BadBatch> {
    let head = BatchHead::parse(salt, bytes).ok_or(BadBatch::NoHead)?;
    let padded = usize::try_from(head.padded_bytes()).map_err(|_| BadBatch::Short)?;
    let body = bytes.get(BATCH_HEAD_BYTES..padded).ok_or(BadBatch::Short)?;
    let mut rest = &body[..head.bytes as usize];
    let (mut records, mut digest) = (Vec::new(), 0);
    while !rest.is_empty() {
        let record = parse_record(salt, rest)?;
        digest = crc32c::crc32c_append(digest, &record.checksum.to_le_bytes());
        rest = &rest[record.bytes()..];
        records.push(record);
    }
    if !is_right(head.digest, digest) || records.len() != head.records as usize {
        return Err(BadBatch::Digest);
    }
    Ok(Batch { head, records })
}

/// Gathers the pieces of a batch without copying payloads.
pub(crate) struct BatchBuilder {
    salt: Salt,
    pieces: Vec<Bytes>,
    heads: BytesMut,
    bytes: usize,
    records: u32,
    digest: u32,
}

impl BatchBuilder {
    pub(crate) fn new(salt: Salt) -> BatchBuilder {
        // The batch's own head comes last: its place is kept.
        BatchBuilder {
            salt,
            pieces: vec![Bytes::new()],
            heads: BytesMut::new(),
            bytes: 0,
            records: 0,
            digest: 0,
        }
    }

    /// Adds a record; returns where its head lies, in bytes from the start of the batch.
    pub(crate) fn push(&mut self, kind: Kind, group: GroupId, index: u64, payload: Bytes) -> u32 {
        let (head, crc) = encode_head(self.salt, kind, group, index, &payload);
        let at = BATCH_HEAD_BYTES + self.bytes;
        self.heads.extend_from_slice(&head);
        self.bytes += RECORD_HEAD_BYTES + payload.len();
        self.records += 1;
        self.digest = crc32c::crc32c_append(self.digest, &crc.to_le_bytes());
        if !payload.is_empty() {
            self.pieces.push(self.heads.split().freeze());
            self.pieces.push(payload);
        }
        at as u32
    }

    /// Bytes so far, without padding.
    pub(crate) fn bytes(&self) -> u64 {
        (BATCH_HEAD_BYTES + self.bytes) as u64
    }

    pub(crate) fn records(&self) -> u32 {
        self.records
    }

    /// The pieces to write at a block boundary, and their length.
    pub(crate) fn finish(mut self, sequence: u64) -> (Vec<Bytes>, u64) {
        let padded = self.bytes().next_multiple_of(BLOCK_BYTES as u64);
        let padding = padded as usize - BATCH_HEAD_BYTES - self.bytes;
        let head =
            BatchHead { sequence, bytes: self.bytes as u32, records: self.records, digest: self.digest };
        self.pieces[0] = Bytes::copy_from_slice(&head.encode(self.salt));
        self.pieces.push(self.heads.freeze());
        self.pieces.push(Bytes::from_static(&PADDING[..padding]));
        (self.pieces, padded)
    }
}
