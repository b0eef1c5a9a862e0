//! Gives space back: segments of which little is needed are rewritten, empty ones removed.
//!
//! Order is everything: copies and tombstones that still matter are durable before the old file goes, and the
//! file's removal is durable before anybody may conclude from it that a tombstone no longer matters.
//!
//! Needed is what the catalog names, whoever else does or does not: a chunk that was uploaded and that no commit
//! names yet is moved like any other. Only [`ChunkStore::delete`] takes a chunk away, and its caller knows what
//! may still be named. A flush that runs meanwhile covers the copy too: the old one goes only after a sync.

use crate::catalog::Place;
use crate::disks::DiskState;
use crate::format::{Listed, Record};
use crate::scan::{read_footer, scan};
use crate::segments::ChunkSegment;
use crate::store::ChunkStore;
use crate::writer::{self, TOMBSTONES_MAX, Work, WriteOutcome};
use crate::{ChunkKey, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A sealed segment is worth rewriting when less than this many percent of it are needed.
const NEEDED_PERCENT_MIN: u64 = 60;
/// A segment being filled is ended early for that only when it is one part in so many of a full one: a smaller
/// file is not worth a footer and a removal.
const FILLED_PART_MIN: u64 = 8;
/// Bytes copied by one call: a tenth of a second of a slow disk.
const STEP_BYTES: u64 = 16 << 20;
/// Room for the head, footer and rounding of a segment that compaction starts.
const ROOM_BYTES: u64 = 64 << 10;

/// What one step of compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compaction {
    /// Chunks were moved or a segment went: call again when the disks have time.
    More,
    /// There is something to do, but not even the reserve has room for the copies. Deletes help.
    Waiting,
    /// No segment is worth it.
    Finished,
}

/// The segment to rewrite.
enum Choice {
    ChunkSegment(Arc<DiskState>, u32),
    NoRoom,
    Nothing,
}

impl ChunkStore {
    /// Does a bounded piece of compaction: moves up to 16 MiB out of the emptiest segment, or removes it. May
    /// be given up at any point. A segment that the disk cannot read is left alone from then on.
    ///
    /// # Errors
    /// `NoSpace` when not even the reserve holds the copies; `Failed`, `Disk`. Nothing is lost then.
    pub async fn compact_once(&self) -> Result<Compaction, StoreError> {
        let _alone = self.inner.compacting.lock().await;
        self.end_wasteful_segments().await?;
        let (disk, number) = match self.choose() {
            Choice::ChunkSegment(disk, number) => (disk, number),
            Choice::NoRoom => return Ok(Compaction::Waiting),
            Choice::Nothing => return Ok(Compaction::Finished),
        };
        match self.rewrite(&disk, number).await {
            Err(StoreError::Disk(error)) if disk.failure().is_none() => {
                // One bad file is not the end of compaction.
                tracing::error!(disk = disk.number, segment = number, %error,
                    "a chunk segment cannot be rewritten; its space does not come back before the next start");
                self.inner.shunned.lock().insert((disk.number, number));
                Ok(Compaction::More)
            }
            outcome => outcome.map(|()| Compaction::More),
        }
    }

    /// Ends segments being filled of which little is needed: what was deleted from them would stay otherwise
    /// until they are full.
    async fn end_wasteful_segments(&self) -> Result<(), StoreError> {
        for disk in self.inner.disks.iter().filter(|disk| disk.failure().is_none()) {
            disk.seal_full().await?;
            let least = disk.segment_bytes() / FILLED_PART_MIN;
            let wasteful = |segment: &ChunkSegment| {
                !segment.sealed && segment.bytes >= least && is_mostly_unneeded(segment)
            };
            if disk.segments.lock().iter().any(|(_, segment)| wasteful(segment)) {
                writer::ask(&self.queues[usize::from(disk.number)], Work::Close).await?;
                disk.seal_full().await?;
            }
        }
        Ok(())
    }

    /// One step of moving what is needed out of a segment; at the end it is removed.
    async fn rewrite(&self, disk: &Arc<DiskState>, number: u32) -> Result<(), StoreError> {
        let records = records_of(disk, number).await?;
        let chunks = records.iter().filter_map(|(record, offset)| match *record {
            Record::Chunk { key, len, .. } => {
                Some((key, Place { disk: disk.number, segment: number, offset: *offset, len }))
            }
            Record::Tombstone { .. } => None,
        });
        if !self.move_chunks(chunks).await? {
            return Ok(());
        }
        let left = disk.segments.lock().get(number).is_some_and(|segment| segment.live_bytes > 0);
        if left && !self.move_chunks(self.unlisted(disk, number).into_iter()).await? {
            return Ok(());
        }
        self.retire(disk, number, &records).await
    }

    /// Removes segments that deletes have emptied. What goes wrong is left to compaction.
    pub(crate) async fn remove_empty_segments(&self) {
        let Ok(_alone) = self.inner.compacting.try_lock() else { return };
        for disk in self.inner.disks.iter().filter(|disk| disk.failure().is_none()) {
            let emptied = disk.segments.lock().take_emptied();
            for number in emptied {
                if let Err(error) = self.retire(disk, number, &[]).await {
                    tracing::warn!(segment = number, %error, "an empty chunk segment could not be removed");
                }
            }
        }
    }

    /// Moves what is still needed of these copies; `false` when there is more than one step may do.
    async fn move_chunks(&self, chunks: impl Iterator<Item = (ChunkKey, Place)>) -> Result<bool, StoreError> {
        let mut moved = 0;
        for (key, place) in chunks {
            if self.inner.catalog.lock().get(key) != Some(place) {
                continue;
            }
            if moved >= STEP_BYTES {
                return Ok(false);
            }
            self.move_chunk(key, place).await?;
            moved += place.record_bytes();
        }
        Ok(true)
    }

    async fn move_chunk(&self, key: ChunkKey, place: Place) -> Result<(), StoreError> {
        let chunk = match self.encoded(key).await {
            Ok(chunk) => chunk,
            // Deleted meanwhile, or damaged and now out of service: nothing to move.
            Err(StoreError::NotFound | StoreError::Checksum { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let work = Work::Move { key, from: place, chunk };
        if writer::ask(&self.queues[usize::from(place.disk)], work).await? == WriteOutcome::Done {
            self.inner.counts.compacted_bytes.fetch_add(place.record_bytes(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Chunks in a segment that its records, as far as they can be read, do not list.
    fn unlisted(&self, disk: &DiskState, number: u32) -> Vec<(ChunkKey, Place)> {
        let catalog = self.inner.catalog.lock();
        catalog.iter().filter(|(_, place)| place.is_in(disk.number, number)).collect()
    }

    /// Removes a sealed segment with these records, if no chunk in it is needed. Needs `compacting`.
    async fn retire(&self, disk: &DiskState, number: u32, records: &[Listed]) -> Result<(), StoreError> {
        if self.pinned().contains(&(disk.number, number)) {
            return Ok(());
        }
        let needed: Vec<(ChunkKey, u32)> = {
            let segments = disk.segments.lock();
            let Some(segment) = segments.get(number) else { return Ok(()) };
            if !segment.sealed || segment.live_bytes > 0 {
                return Ok(());
            }
            let tombstones = records.iter().filter_map(|(record, _)| match *record {
                Record::Tombstone { key, victim } if victim != number => Some((key, victim)),
                _ => None,
            });
            tombstones.filter(|(_, victim)| segments.contains(*victim)).collect()
        };
        for tombstones in needed.chunks(TOMBSTONES_MAX) {
            let work = Work::Rebury { tombstones: tombstones.to_vec() };
            writer::ask(&self.queues[usize::from(disk.number)], work).await?;
        }
        disk.sync().await?;
        disk.remove_segment(number).await?;
        self.inner.counts.segments_removed.fetch_add(1, Ordering::Relaxed);
        self.inner.catalog.lock().forget_segment(disk.number, number);
        Ok(())
    }

    /// Segments that hold the last, damaged copy of a chunk, some of whose frames may yet be needed, and those
    /// that could not be rewritten.
    fn pinned(&self) -> BTreeSet<(u8, u32)> {
        let catalog = self.inner.catalog.lock();
        let copies = catalog.damaged().iter().flat_map(|key| catalog.copies(*key));
        let damaged = copies.map(|place| (place.disk, place.segment));
        damaged.chain(self.inner.shunned.lock().iter().copied()).collect()
    }

    fn choose(&self) -> Choice {
        let pinned = self.pinned();
        let mut best: Option<(u64, Choice)> = None;
        let mut no_room = false;
        for disk in self.inner.disks.iter().filter(|disk| disk.failure().is_none()) {
            for (number, segment) in disk.segments.lock().iter().filter(|(_, segment)| is_worth_it(segment)) {
                if pinned.contains(&(disk.number, number)) {
                    continue;
                }
                let needed = segment.needed_bytes();
                if needed > 0 && disk.room() < needed + ROOM_BYTES {
                    no_room = true;
                    continue;
                }
                let percent = needed * 100 / segment.bytes.max(1);
                if best.as_ref().is_none_or(|(least, _)| percent < *least) {
                    best = Some((percent, Choice::ChunkSegment(disk.clone(), number)));
                }
            }
        }
        match best {
            Some((_, choice)) => choice,
            None if no_room => Choice::NoRoom,
            None => Choice::Nothing,
        }
    }
}

fn is_worth_it(segment: &ChunkSegment) -> bool {
    segment.sealed && is_mostly_unneeded(segment)
}

fn is_mostly_unneeded(segment: &ChunkSegment) -> bool {
    segment.needed_bytes() * 100 < segment.bytes * NEEDED_PERCENT_MIN
}

/// The records of a sealed segment, by its footer or by reading it through.
async fn records_of(disk: &DiskState, number: u32) -> Result<Vec<Listed>, StoreError> {
    let head = disk.segments.lock().get(number).map(|segment| segment.head);
    let head = head.ok_or(StoreError::NotFound)?;
    let file = disk.file(number).await?;
    let len = file.len().await?;
    if let Ok(Some((_, records))) = read_footer(number, &*file, len).await {
        return Ok(records);
    }
    let scan = scan(&head, &*file, len).await;
    scan.short.map_or(Ok(scan.intact), |error| Err(error.into()))
}
