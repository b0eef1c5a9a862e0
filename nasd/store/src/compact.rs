//! Gives space back: segments of which little is needed are rewritten, empty ones removed.
//!
//! Order is everything: copies and tombstones that still matter are durable before the old file goes, and the
//! file's removal is durable before anybody may conclude from it that a tombstone no longer matters.

use crate::disks::Segment;
use crate::format::Record;
use crate::recover::chunks_in;
use crate::store::{ChunkStore, Place};
use crate::{ChunkKey, StoreError};
use std::sync::atomic::Ordering;

/// A sealed segment is worth rewriting when less than this many percent of it are needed.
const LIVE_PERCENT_MIN: u64 = 60;
/// Bytes copied by one call: a tenth of a second of a slow disk.
const STEP_BYTES: u64 = 16 << 20;

/// What one step of compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compaction {
    /// Chunks were moved or a segment went: call again when the disks have time.
    More,
    /// No segment is worth it.
    Finished,
}

impl ChunkStore {
    /// Does a bounded piece of compaction: moves up to 16 MiB out of the emptiest segment, or removes it.
    ///
    /// # Errors
    /// `NoSpace` when not even the reserve holds the copies; `Failed`, `Disk`. Nothing is lost then.
    pub async fn compact_once(&self) -> Result<Compaction, StoreError> {
        let Some((disk_number, number)) = self.emptiest_segment() else { return Ok(Compaction::Finished) };
        let disk = &self.inner.disks[disk_number];
        let found = disk.segments.lock().get(&number).map(|segment| (segment.head, segment.file.clone()));
        let Some((head, file)) = found else { return Ok(Compaction::More) };
        let mut moved = 0;
        for (key, offset) in chunks_in(&head, &file).await? {
            let here = self.place(key).filter(|place| {
                usize::from(place.disk) == disk_number && place.segment == number && place.offset == offset
            });
            let Some(place) = here else { continue };
            if moved >= STEP_BYTES {
                return Ok(Compaction::More);
            }
            self.move_chunk(key, place).await?;
            moved += place.record_bytes();
        }
        self.retire(disk_number, number).await?;
        Ok(Compaction::More)
    }

    /// Removes a sealed segment in which no chunk is needed.
    pub(crate) async fn retire(&self, disk_number: usize, number: u64) -> Result<(), StoreError> {
        let disk = &self.inner.disks[disk_number];
        let needed: Vec<(ChunkKey, u64)> = {
            let segments = disk.segments.lock();
            let Some(segment) = segments.get(&number) else { return Ok(()) };
            if !segment.sealed || segment.live_bytes > 0 {
                return Ok(());
            }
            let matters = |(_, victim): &&(ChunkKey, u64)| *victim != number && segments.contains_key(victim);
            segment.tombstones.iter().filter(matters).copied().collect()
        };
        for (key, victim) in needed {
            disk.append(Record::Tombstone { key, victim }, None).await?;
        }
        disk.sync().await?;
        disk.remove_segment(number).await
    }

    async fn move_chunk(&self, key: ChunkKey, place: Place) -> Result<(), StoreError> {
        let chunk = match self.encoded(key).await {
            Ok(chunk) => chunk,
            // Deleted meanwhile, or damaged and now forgotten: nothing to move.
            Err(StoreError::NotFound | StoreError::Checksum { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let disk = &self.inner.disks[usize::from(place.disk)];
        let crc = crc32c::crc32c(chunk.bytes());
        let record = Record::Chunk { key, len: chunk.stored_len(), crc };
        let appended = disk.append(record, Some(chunk.bytes().clone())).await?;
        let copy = Place { segment: appended.segment, offset: appended.offset, ..place };
        let taken = {
            let mut index = self.inner.index.lock();
            let ours = index.get(&key) == Some(&place);
            if ours {
                index.insert(key, copy);
            }
            ours
        };
        if taken {
            self.release(place);
        } else {
            // Deleted or put again while it was copied: the copy must not outlive that.
            self.release(copy);
            disk.append(Record::Tombstone { key, victim: copy.segment }, None).await?;
        }
        self.inner.counts.compacted_bytes.fetch_add(copy.record_bytes(), Ordering::Relaxed);
        Ok(())
    }

    fn emptiest_segment(&self) -> Option<(usize, u64)> {
        let worth =
            |segment: &Segment| segment.sealed && segment.live_bytes * 100 < segment.bytes * LIVE_PERCENT_MIN;
        let mut best: Option<(u64, usize, u64)> = None;
        for (number, disk) in self.inner.disks.iter().enumerate().filter(|(_, disk)| disk.failure().is_none())
        {
            for (segment_number, segment) in disk.segments.lock().iter().filter(|(_, segment)| worth(segment))
            {
                let percent = segment.live_bytes * 100 / segment.bytes.max(1);
                if best.is_none_or(|(least, _, _)| percent < least) {
                    best = Some((percent, number, *segment_number));
                }
            }
        }
        best.map(|(_, disk, segment)| (disk, segment))
    }
}
