//! Rebuilds the index when a store is opened.
//!
//! A sealed segment lists its records in its footer. One without a footer was being filled when the node
//! stopped: it is read record by record up to the first that is torn, cut there, and sealed.

use crate::disks::{DiskState, Segment, segment_name, segment_number};
use crate::format::{HEAD_BYTES, RECORD_HEAD_BYTES, Record, SegmentHead, TRAILER_BYTES};
use crate::store::{ChunkStore, Place};
use crate::{ChunkKey, StoreError};
use nasd_disk::{DiskFile, OpenMode};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Bytes read at once while a segment is scanned.
const WINDOW_BYTES: usize = 4 << 20;

/// A record and where it starts.
type Listed = (Record, u32);

impl ChunkStore {
    /// Reads all disks and returns the highest segment number there is.
    pub(crate) async fn recover(&self) -> Result<u64, StoreError> {
        let mut newest = 0;
        for (number, disk) in self.inner.disks.iter().enumerate() {
            for name in disk.disk().list().await? {
                let Some(segment) = segment_number(&name) else { continue };
                newest = newest.max(segment);
                self.recover_segment(number, disk, segment).await?;
            }
            disk.refresh_space().await?;
        }
        self.forget_dead_tombstones();
        Ok(newest)
    }

    async fn recover_segment(
        &self,
        disk_number: usize,
        disk: &DiskState,
        number: u64,
    ) -> Result<(), StoreError> {
        let name = segment_name(number);
        let file = disk.disk().open(&name, OpenMode::Existing).await?;
        let len = file.len().await?;
        let head = SegmentHead::decode(&file.read_at(0, HEAD_BYTES as usize).await?);
        let Some(head) = head.filter(|head| head.number == number) else {
            // Its head is the first thing written and is durable with the first flush: nothing in it was
            // ever acknowledged, or its disk is damaged beyond what one file says.
            tracing::warn!(segment = %name, bytes = len, "a chunk segment has no valid head; it is set aside");
            disk.disk().rename(&name, &format!("damaged-{number:016x}")).await?;
            return Ok(());
        };
        let (records, bytes) = match read_footer(&head, &file, len).await? {
            Some(records) => (records, len),
            None => seal_torn(&head, &file, len).await?,
        };
        let segment = Segment { head, file, bytes, live_bytes: 0, sealed: true, tombstones: Vec::new() };
        disk.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        disk.segments.lock().insert(number, segment);
        for (record, offset) in records {
            self.replay(disk_number, disk, number, record, offset);
        }
        Ok(())
    }

    fn replay(&self, disk_number: usize, disk: &DiskState, segment: u64, record: Record, offset: u32) {
        let mut index = self.inner.index.lock();
        match record {
            Record::Chunk { key, len, .. } => {
                let offset = offset + RECORD_HEAD_BYTES as u32;
                let place = Place { segment, offset, len, disk: disk_number as u16 };
                let old = index.get(&key).copied();
                if old.is_some_and(|old| old.disk != place.disk) {
                    // Two disks hold it: the first one's copy serves, the other's is dead weight.
                    return;
                }
                index.insert(key, place);
                drop(index);
                if let Some(old) = old {
                    self.release(old);
                }
                if let Some(segment) = disk.segments.lock().get_mut(&segment) {
                    segment.live_bytes += place.record_bytes();
                }
            }
            Record::Tombstone { key, victim } => {
                let dead = index.get(&key).copied();
                let dead =
                    dead.filter(|place| usize::from(place.disk) == disk_number && place.segment == victim);
                if let Some(place) = dead {
                    index.remove(&key);
                    drop(index);
                    self.release(place);
                }
                if let Some(segment) = disk.segments.lock().get_mut(&segment) {
                    segment.tombstones.push((key, victim));
                }
            }
        }
    }

    /// A tombstone matters only as long as the segment of its victim exists.
    fn forget_dead_tombstones(&self) {
        for disk in &self.inner.disks {
            let mut segments = disk.segments.lock();
            let numbers: Vec<u64> = segments.keys().copied().collect();
            for segment in segments.values_mut() {
                segment.tombstones.retain(|(_, victim)| numbers.binary_search(victim).is_ok());
            }
        }
    }
}

/// The records of a sealed segment; `None` when it has no intact footer.
async fn read_footer(
    head: &SegmentHead,
    file: &Arc<dyn DiskFile>,
    len: u64,
) -> Result<Option<Vec<Listed>>, StoreError> {
    if len < HEAD_BYTES + TRAILER_BYTES {
        return Ok(None);
    }
    let trailer = file.read_at(len - TRAILER_BYTES, TRAILER_BYTES as usize).await?;
    let Some((at, list_bytes, crc)) = head.decode_trailer(&trailer, len) else { return Ok(None) };
    Ok(head.decode_footer(&file.read_at(at, list_bytes).await?, crc))
}

/// Finds the records of a segment that was not sealed, cuts what is torn, and seals it.
async fn seal_torn(
    head: &SegmentHead,
    file: &Arc<dyn DiskFile>,
    len: u64,
) -> Result<(Vec<Listed>, u64), StoreError> {
    let (records, end) = scan(head, file).await?;
    if end < len {
        tracing::info!(
            segment = head.number,
            kept = end,
            cut = len - end,
            "cut the torn end of a chunk segment"
        );
        file.set_len(end).await?;
    }
    let footer = head.encode_footer(end, &records);
    let footer_bytes = footer.len() as u64;
    match file.write_at(end, vec![footer.into()]).await {
        Ok(()) => {
            file.sync().await?;
            Ok((records, end + footer_bytes))
        }
        // A full disk: it is scanned again next time.
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Ok((records, end)),
        Err(error) => Err(error.into()),
    }
}

/// The intact records from the start, and where they end.
async fn scan(head: &SegmentHead, file: &Arc<dyn DiskFile>) -> Result<(Vec<Listed>, u64), StoreError> {
    let mut records = Vec::new();
    let mut at = HEAD_BYTES;
    loop {
        let bytes = file.read_at(at, RECORD_HEAD_BYTES as usize).await?;
        let Some(record) = head.decode_record(&bytes) else { return Ok((records, at)) };
        let payload = at + RECORD_HEAD_BYTES;
        if let Record::Chunk { key, len, crc } = record
            && !payload_is_intact(file, payload, len, crc).await?
        {
            tracing::info!(segment = head.number, %key, "a chunk was not completely written");
            return Ok((records, at));
        }
        records.push((record, at as u32));
        at = payload + u64::from(record.payload_len());
    }
}

async fn payload_is_intact(
    file: &Arc<dyn DiskFile>,
    at: u64,
    len: u32,
    crc: u32,
) -> Result<bool, StoreError> {
    let (mut done, mut sum) = (0usize, 0u32);
    while done < len as usize {
        let bytes = file.read_at(at + done as u64, WINDOW_BYTES.min(len as usize - done)).await?;
        if bytes.is_empty() {
            return Ok(false);
        }
        sum = crc32c::crc32c_append(sum, &bytes);
        done += bytes.len();
    }
    Ok(sum == crc)
}

/// The chunks that a sealed segment's footer names, or that a scan of it finds.
pub(crate) async fn chunks_in(
    head: &SegmentHead,
    file: &Arc<dyn DiskFile>,
) -> Result<Vec<(ChunkKey, u32)>, StoreError> {
    let records = match read_footer(head, file, file.len().await?).await? {
        Some(records) => records,
        None => scan(head, file).await?.0,
    };
    let chunks = records.into_iter().filter_map(|(record, offset)| match record {
        Record::Chunk { key, .. } => Some((key, offset + RECORD_HEAD_BYTES as u32)),
        Record::Tombstone { .. } => None,
    });
    Ok(chunks.collect())
}
