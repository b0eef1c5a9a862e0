//! The records of one segment: from its footer, or by reading it from end to end.

use crate::format::{
    HEAD_BYTES, Listed, RECORD_HEAD_BYTES, RECORD_MAGIC, Record, SegmentHead, TRAILER_BYTES, Trailer,
    is_right,
};
use bytes::Bytes;
use nasd_disk::{DiskFile, shortage};
use std::io;

/// Bytes read at once while a segment is scanned.
const WINDOW_BYTES: u64 = 4 << 20;
/// Bytes read from the end of a segment: the trailer, and the list of a segment of large chunks with it.
const TAIL_BYTES: u64 = 32 << 10;

/// What a scan has found.
#[derive(Default)]
pub(crate) struct Scan {
    pub intact: Vec<Listed>,
    /// Records before the last intact one whose payload is wrong.
    pub broken: Vec<Listed>,
    /// Where the last intact record ends.
    pub end: u64,
    /// Bytes before `end` that belong to no record.
    pub lost_bytes: u64,
    /// The disk could not read all of it.
    pub unreadable: bool,
    /// Because there was too little of something: nothing follows for the disk.
    pub short: Option<io::Error>,
}

/// The records of a sealed segment; `None` when it has no intact footer.
pub(crate) async fn read_footer(
    number: u32,
    file: &dyn DiskFile,
    len: u64,
) -> io::Result<Option<(SegmentHead, Vec<Listed>)>> {
    if len < HEAD_BYTES + TRAILER_BYTES {
        return Ok(None);
    }
    let tail_at = len.saturating_sub(TAIL_BYTES);
    let tail = file.read_at(tail_at, (len - tail_at) as usize).await?;
    let Some(trailer_at) = tail.len().checked_sub(TRAILER_BYTES as usize) else { return Ok(None) };
    let Some(trailer) = Trailer::decode(&tail[trailer_at..], number, len) else { return Ok(None) };
    let list = match trailer.at.checked_sub(tail_at) {
        Some(at) => tail.slice(at as usize..trailer_at),
        None => file.read_at(trailer.at, trailer.list_bytes).await?,
    };
    Ok(trailer.decode_list(&list).map(|records| (trailer.head, records)))
}

/// Reads a segment of `len` bytes from end to end. Damage costs the records that it hits, not those behind.
pub(crate) async fn scan(head: &SegmentHead, file: &dyn DiskFile, len: u64) -> Scan {
    let mut reader = Reader { file, window: Bytes::new(), at: 0, unreadable: false, short: None };
    let mut scan = Scan { end: HEAD_BYTES, ..Scan::default() };
    let mut broken = Vec::new();
    // Where the record before this one ended, intact or not.
    let mut covered = HEAD_BYTES;
    let mut lost_bytes = 0;
    let mut at = HEAD_BYTES;
    while let Some((found, record)) = next_record(head, &mut reader, at, len).await {
        lost_bytes += found - covered;
        at = found + record.bytes();
        let listed = (record, found as u32);
        if at <= len && payload_is_intact(&mut reader, found, &record).await {
            scan.broken.append(&mut broken);
            scan.lost_bytes += std::mem::take(&mut lost_bytes);
            scan.intact.push(listed);
            scan.end = at;
        } else {
            broken.push(listed);
            at = at.min(len);
        }
        covered = at;
    }
    scan.unreadable = reader.unreadable;
    scan.short = reader.short;
    scan
}

/// The first valid head of a record at or after `at`.
async fn next_record(
    head: &SegmentHead,
    reader: &mut Reader<'_>,
    mut at: u64,
    len: u64,
) -> Option<(u64, Record)> {
    while at + RECORD_HEAD_BYTES <= len {
        let bytes = reader.read(at, RECORD_HEAD_BYTES).await;
        if let Some(record) = head.decode_record(&bytes, at) {
            return Some((at, record));
        }
        at += 1;
        // What is in memory is searched at once.
        let window = reader.window_from(at);
        let found = window.windows(RECORD_MAGIC.len()).position(|bytes| bytes == RECORD_MAGIC);
        let skip = found.unwrap_or(window.len().saturating_sub(RECORD_MAGIC.len() - 1));
        at += skip as u64;
    }
    None
}

async fn payload_is_intact(reader: &mut Reader<'_>, at: u64, record: &Record) -> bool {
    let Record::Chunk { len, crc, .. } = *record else { return true };
    let (mut done, mut sum) = (0, 0);
    while done < u64::from(len) {
        let bytes = reader.read(at + RECORD_HEAD_BYTES + done, WINDOW_BYTES.min(u64::from(len) - done)).await;
        if bytes.is_empty() {
            return false;
        }
        sum = crc32c::crc32c_append(sum, &bytes);
        done += bytes.len() as u64;
    }
    is_right(crc, sum)
}

/// Reads ahead.
struct Reader<'a> {
    file: &'a dyn DiskFile,
    window: Bytes,
    /// Where the window starts.
    at: u64,
    unreadable: bool,
    short: Option<io::Error>,
}

impl Reader<'_> {
    /// `bytes` bytes at `at`; none when the file ends before or the disk cannot read them.
    async fn read(&mut self, at: u64, bytes: u64) -> Bytes {
        if at < self.at || at + bytes > self.at + self.window.len() as u64 {
            self.at = at;
            self.window = self.fill(at, bytes).await;
        }
        let from = (at - self.at) as usize;
        if from + bytes as usize > self.window.len() {
            return Bytes::new();
        }
        self.window.slice(from..from + bytes as usize)
    }

    async fn fill(&mut self, at: u64, bytes: u64) -> Bytes {
        if let Ok(window) = self.file.read_at(at, WINDOW_BYTES.max(bytes) as usize).await {
            return window;
        }
        // A bad sector far behind is no reason to give up what is wanted now.
        match self.file.read_at(at, bytes as usize).await {
            Ok(window) => window,
            Err(error) => {
                if !self.unreadable {
                    tracing::warn!(%error, "part of a chunk segment cannot be read");
                }
                self.unreadable = true;
                if shortage(&error).is_some() {
                    self.short = Some(error);
                }
                Bytes::new()
            }
        }
    }

    /// What is in memory from `at` on.
    fn window_from(&self, at: u64) -> &[u8] {
        at.checked_sub(self.at).and_then(|from| self.window.get(from as usize..)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChunkKey;
    use nasd_base::{ChunkId, VolumeId};
    use nasd_disk::{Disk, OpenMode, SimDisk, SimDiskOptions};
    use proptest::prelude::*;

    const HEAD: SegmentHead = SegmentHead { number: 3, salt: 99 };

    /// A segment of chunk records with payloads of these lengths, without a footer.
    fn segment(lens: &[usize]) -> (Vec<u8>, Vec<Listed>) {
        let mut bytes = HEAD.encode().to_vec();
        let mut listed = Vec::new();
        for (number, len) in lens.iter().enumerate() {
            let payload = vec![number as u8; *len];
            let key = ChunkKey { volume: VolumeId(1), chunk: ChunkId(number as u64) };
            let record = Record::Chunk { key, len: *len as u32, crc: crc32c::crc32c(&payload) };
            listed.push((record, bytes.len() as u32));
            let head = HEAD.encode_record(&record, bytes.len() as u64);
            bytes.extend_from_slice(&head);
            bytes.extend_from_slice(&payload);
        }
        (bytes, listed)
    }

    fn scan_bytes(bytes: &[u8]) -> Scan {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let disk = SimDisk::new(1, SimDiskOptions::instant());
            let file = disk.open("segment", OpenMode::New).await.unwrap();
            file.write_at(0, vec![Bytes::copy_from_slice(bytes)]).await.unwrap();
            scan(&HEAD, &*file, bytes.len() as u64).await
        })
    }

    proptest! {
        #[test]
        fn one_flipped_bit_costs_one_record(
            lens in prop::collection::vec(0usize..2_000, 2..20), at: prop::sample::Index, bit in 0u8..8,
        ) {
            let (mut bytes, listed) = segment(&lens);
            let at = HEAD_BYTES as usize + at.index(bytes.len() - HEAD_BYTES as usize);
            bytes[at] ^= 1 << bit;
            let hit = listed.iter().rposition(|(_, offset)| *offset as usize <= at).unwrap();
            let found = scan_bytes(&bytes);
            let rest: Vec<Listed> = listed.iter().filter(|other| **other != listed[hit]).copied().collect();
            prop_assert_eq!(&found.intact, &rest);
            let in_head = at < listed[hit].1 as usize + RECORD_HEAD_BYTES as usize;
            let at_end = hit == listed.len() - 1;
            prop_assert_eq!(found.broken.len(), usize::from(!in_head && !at_end));
            prop_assert_eq!(found.lost_bytes > 0, in_head && !at_end);
        }

        #[test]
        fn a_torn_end_is_cut_and_nothing_else(
            lens in prop::collection::vec(0usize..2_000, 1..20), cut: prop::sample::Index, zeroes in 0usize..5_000,
        ) {
            let (mut bytes, listed) = segment(&lens);
            let cut = HEAD_BYTES as usize + cut.index(bytes.len() - HEAD_BYTES as usize);
            bytes.truncate(cut);
            bytes.resize(cut + zeroes, 0);
            let found = scan_bytes(&bytes);
            let whole = listed.iter().take_while(|(record, at)| u64::from(*at) + record.bytes() <= cut as u64);
            let whole: Vec<Listed> = whole.copied().collect();
            // A record of which only zeroes are missing is whole after all.
            prop_assert!(found.intact.starts_with(&whole) && found.intact.len() <= whole.len() + 1);
            prop_assert!(found.broken.is_empty() && found.lost_bytes == 0);
        }

        #[test]
        fn garbage_has_no_records(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
            let found = scan_bytes(&bytes);
            prop_assert!(found.intact.is_empty() && found.broken.is_empty());
        }
    }
}
