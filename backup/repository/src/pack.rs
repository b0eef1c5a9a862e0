//! Owns packs: many blobs in one file, with what they are behind them.
//!
//! ```text
//! sealed blob … sealed blob │ sealed header: an entry for each │ length of the sealed header (u32, little-endian)
//! entry: kind (u8), length of the sealed blob (u32), if compressed: its length before (u32), id (32 bytes)
//! ```

use crate::blob::BlobKind;
use crate::crypto::{SEAL_BYTES, SealKey};
use crate::id::Id;
use nasd_base::Entropy;

/// A pack that is longer is closed.
pub(crate) const PACK_BYTES: usize = 16 << 20;
/// Entries of the longest header that is read: a pack of the smallest blobs is a tenth.
const ENTRIES_MAX: usize = 1 << 20;
const LENGTH_BYTES: usize = 4;

/// Where in its pack a blob is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: BlobKind,
    pub id: Id,
    pub offset: u32,
    /// As it is stored.
    pub length: u32,
    /// Of what was compressed.
    pub uncompressed: Option<u32>,
}

/// A pack that is being filled.
#[derive(Default)]
pub(crate) struct PackBuilder {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl PackBuilder {
    pub fn add(&mut self, kind: BlobKind, id: Id, sealed: &[u8], uncompressed: Option<u32>) {
        let (offset, length) = (self.bytes.len() as u32, sealed.len() as u32);
        self.bytes.extend_from_slice(sealed);
        self.entries.push(Entry { kind, id, offset, length, uncompressed });
    }

    pub fn is_full(&self) -> bool {
        self.bytes.len() >= PACK_BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The whole file, and what is in it.
    pub fn finish(self, key: &SealKey, entropy: &dyn Entropy) -> (Vec<u8>, Vec<Entry>) {
        let PackBuilder { mut bytes, entries } = self;
        let mut header = Vec::new();
        for entry in &entries {
            header.push(kind_byte(entry.kind, entry.uncompressed.is_some()));
            header.extend_from_slice(&entry.length.to_le_bytes());
            header.extend(entry.uncompressed.iter().flat_map(|length| length.to_le_bytes()));
            header.extend_from_slice(&entry.id.0);
        }
        let begin = bytes.len();
        key.seal(&header, entropy, &mut bytes);
        let length = (bytes.len() - begin) as u32;
        bytes.extend_from_slice(&length.to_le_bytes());
        (bytes, entries)
    }
}

fn kind_byte(kind: BlobKind, is_compressed: bool) -> u8 {
    match (kind, is_compressed) {
        (BlobKind::Data, false) => 0,
        (BlobKind::Tree, false) => 1,
        (BlobKind::Data, true) => 2,
        (BlobKind::Tree, true) => 3,
    }
}

/// What is in a pack, from the whole file.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn entries(pack: &[u8], key: &SealKey) -> Result<Vec<Entry>, &'static str> {
    let (rest, length) = pack.split_last_chunk::<LENGTH_BYTES>().ok_or("it is too short")?;
    let length = u32::from_le_bytes(*length) as usize;
    let begin = rest.len().checked_sub(length).ok_or("its header is longer than it is")?;
    let header = key.open(&rest[begin..]).ok_or("its header does not open with the repository's key")?;
    let entries = header_entries(&header)?;
    let end = entries.last().map_or(0, |last| last.offset as usize + last.length as usize);
    if end == begin { Ok(entries) } else { Err("its blobs do not fill it") }
}

/// What a pack's header, opened, says of its blobs.
///
/// # Errors
/// What is wrong with it.
pub fn header_entries(mut header: &[u8]) -> Result<Vec<Entry>, &'static str> {
    let mut entries = Vec::new();
    let mut offset = 0_u32;
    while let Some((&kind, rest)) = header.split_first() {
        let (kind, is_compressed) = match kind {
            0 => (BlobKind::Data, false),
            1 => (BlobKind::Tree, false),
            2 => (BlobKind::Data, true),
            3 => (BlobKind::Tree, true),
            _ => return Err("its header has a kind of blob that there is not"),
        };
        let cut = "its header is cut";
        let (length, mut rest) = rest.split_first_chunk::<4>().ok_or(cut)?;
        let length = u32::from_le_bytes(*length);
        let mut uncompressed = None;
        if is_compressed {
            let (bytes, behind) = rest.split_first_chunk::<4>().ok_or(cut)?;
            (uncompressed, rest) = (Some(u32::from_le_bytes(*bytes)), behind);
        }
        let (id, behind) = rest.split_first_chunk::<32>().ok_or(cut)?;
        if (length as usize) < SEAL_BYTES || entries.len() == ENTRIES_MAX {
            return Err("its header has a blob that cannot be");
        }
        entries.push(Entry { kind, id: Id(*id), offset, length, uncompressed });
        offset = offset.checked_add(length).ok_or("its blobs are longer than a pack can be")?;
        header = behind;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::SeededEntropy;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pack_tells_what_is_in_it(blobs in prop::collection::vec((any::<bool>(), any::<Option<u32>>(), 0..99_usize), 0..20)) {
            let entropy = SeededEntropy::new(1);
            let key = SealKey::random(&entropy);
            let mut pack = PackBuilder::default();
            for (number, (is_tree, uncompressed, length)) in blobs.into_iter().enumerate() {
                let kind = if is_tree { BlobKind::Tree } else { BlobKind::Data };
                pack.add(kind, Id::of(&[number as u8]), &vec![7; SEAL_BYTES + length], uncompressed);
            }
            let (bytes, written) = pack.finish(&key, &entropy);
            prop_assert_eq!(entries(&bytes, &key), Ok(written));
        }

        #[test]
        fn no_header_takes_more_than_it_is(header: Vec<u8>) {
            let _ = header_entries(&header);
        }
    }
}
