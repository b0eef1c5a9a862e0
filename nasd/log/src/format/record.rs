//! A record: one thing that was said about one group.

use super::{Salt, is_right, u32_at, u64_at};
use nasd_base::GroupId;

/// Bytes of a record before its payload.
pub const RECORD_HEAD_BYTES: usize = 32;

/// What a record says. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// First in a segment. `index`: the oldest segment that is still needed.
    Start = 1,
    /// The entry at `index`, which follows the group's last one. Payload: the entry.
    Entry = 2,
    /// Payload: the group's vote.
    Vote = 3,
    /// The entries after `index` are gone.
    TruncateAfter = 4,
    /// All entries are gone.
    TruncateAll = 5,
    /// The entries up to `index` are gone for good. Payload: the log id of that index.
    Purge = 6,
    /// The group is forgotten.
    RemoveGroup = 7,
    /// The entry at `index`, unchanged, from an older segment that is to go. Payload: the entry.
    Moved = 8,
}

impl Kind {
    fn parse(number: u32) -> Option<Kind> {
        use Kind::*;
        [Start, Entry, Vote, TruncateAfter, TruncateAll, Purge, RemoveGroup, Moved]
            .into_iter()
            .find(|kind| *kind as u32 == number)
    }
}

/// A record whose checksum matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordView<'a> {
    pub kind: Kind,
    pub group: GroupId,
    pub index: u64,
    pub payload: &'a [u8],
    pub checksum: u32,
}

impl RecordView<'_> {
    /// Length of the record, head and payload.
    pub fn bytes(&self) -> usize {
        RECORD_HEAD_BYTES + self.payload.len()
    }
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    #[error("a record is cut off")]
    Short,
    #[error("a record's checksum does not match")]
    Checksum,
    #[error("a record has the unknown kind {0}")]
    Kind(u32),
}

/// Reads the record at the start of `bytes`.
pub fn parse_record(salt: Salt, bytes: &[u8]) -> Result<RecordView<'_>, BadRecord> {
    let head = bytes.get(..RECORD_HEAD_BYTES).ok_or(BadRecord::Short)?;
    let length = u32_at(head, 4) as usize;
    let payload = bytes[RECORD_HEAD_BYTES..].get(..length).ok_or(BadRecord::Short)?;
    let checksum = salt.crc([&head[4..], payload]);
    if !is_right(u32_at(head, 0), checksum) {
        return Err(BadRecord::Checksum);
    }
    let kind = u32_at(head, 8);
    let kind = Kind::parse(kind).ok_or(BadRecord::Kind(kind))?;
    Ok(RecordView { kind, group: GroupId(u64_at(head, 16)), index: u64_at(head, 24), payload, checksum })
}

/// The head of a record, and its checksum.
pub(super) fn encode_head(
    salt: Salt,
    kind: Kind,
    group: GroupId,
    index: u64,
    payload: &[u8],
) -> ([u8; 32], u32) {
    let mut head = [0; RECORD_HEAD_BYTES];
    head[4..8].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    head[8..12].copy_from_slice(&(kind as u32).to_le_bytes());
    head[16..24].copy_from_slice(&group.0.to_le_bytes());
    head[24..32].copy_from_slice(&index.to_le_bytes());
    let crc = salt.crc([&head[4..], payload]);
    head[..4].copy_from_slice(&crc.to_le_bytes());
    (head, crc)
}
