//! One disk of the store: its files, its free space, when it was last flushed, and whether it works.

use crate::format::{Listed, SegmentHead};
use crate::second_chance::SecondChance;
use crate::segments::Segments;
use crate::{StoreError, StoreOptions};
use nasd_disk::{Disk, DiskFile, OpenMode};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Offsets in a segment are 32 bits, and the last record may be a chunk that alone is larger than the rest.
const SEGMENT_BYTES_MAX: u64 = 2 << 30;
/// The reserve is at most one part in so many of a disk: small disks are for trying things out.
const RESERVE_PART_MIN: u64 = 4;
/// A full segment is at most one part in so many of a disk, so that a small one can be compacted within its
/// reserve and gives space back before it is full.
const DISK_SEGMENTS_MIN: u64 = 16;
/// Smaller segments are not worth their files.
const SEGMENT_BYTES_MIN: u64 = 4 << 20;
/// How long a refused write is told of when none has succeeded since, nor was tried.
const SHORT_FOR: Duration = Duration::from_secs(30);

/// A full segment whose footer is still to be written: after its records are durable, so that a footer never
/// lists what a power cut took.
pub(crate) struct Closing {
    pub head: SegmentHead,
    pub file: Arc<dyn DiskFile>,
    /// Where the footer goes.
    pub at: u64,
    pub records: Vec<Listed>,
}

/// The files that the next flush has to flush.
#[derive(Default)]
pub(crate) struct Unflushed {
    pub filling: Option<Arc<dyn DiskFile>>,
    pub closing: Vec<Arc<Closing>>,
    footers: Vec<Arc<dyn DiskFile>>,
}

pub(crate) struct DiskState {
    disk: Arc<dyn Disk>,
    /// Position among the store's disks.
    pub number: u8,
    segment_bytes: u64,
    /// Most bytes of segment files.
    capacity_bytes: Option<u64>,
    reserve_bytes: u64,
    /// The next segment's number; shared by all disks.
    pub numbers: Arc<AtomicU32>,
    pub unflushed: Mutex<Unflushed>,
    /// Writes that have completed.
    pub written: AtomicU64,
    /// How many of them are known to be durable. Held during a flush, so that all who wait share it.
    synced: tokio::sync::Mutex<u64>,
    pub segments: Mutex<Segments>,
    files: Mutex<SecondChance<u32, Arc<dyn DiskFile>>>,
    /// What the operating system last said, less what was written since.
    free_bytes: AtomicU64,
    used_bytes: AtomicU64,
    total_bytes: AtomicU64,
    pub syncs: AtomicU64,
    failed: Mutex<Option<String>>,
    /// The last write that the node was too short of something for, until one succeeds.
    short: Mutex<Option<(Instant, String)>>,
}

impl DiskState {
    pub fn new(
        disk: Arc<dyn Disk>,
        number: u8,
        options: &StoreOptions,
        numbers: Arc<AtomicU32>,
    ) -> DiskState {
        DiskState {
            disk,
            number,
            segment_bytes: options.segment_bytes.min(SEGMENT_BYTES_MAX),
            capacity_bytes: options.capacity_bytes,
            reserve_bytes: options.reserve_bytes,
            numbers,
            unflushed: Mutex::default(),
            written: AtomicU64::new(0),
            synced: tokio::sync::Mutex::new(0),
            segments: Mutex::default(),
            files: Mutex::new(SecondChance::new(options.files_open_max.max(1))),
            free_bytes: AtomicU64::new(0),
            used_bytes: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            failed: Mutex::new(None),
            short: Mutex::new(None),
        }
    }

    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Why the disk takes no more writes, if it does not.
    pub fn failure(&self) -> Option<String> {
        self.failed.lock().clone()
    }

    pub fn check_usable(&self) -> Result<(), StoreError> {
        self.failure().map_or(Ok(()), |reason| Err(StoreError::Failed(reason)))
    }

    /// Why writes wait although the disk works: what the node lacks.
    pub fn short_of(&self) -> Option<String> {
        let short = self.short.lock();
        short.as_ref().filter(|(at, _)| at.elapsed() < SHORT_FOR).map(|(_, reason)| reason.clone())
    }

    /// What has run out is no failure; any other failed write is.
    pub fn judge(&self, error: io::Error) -> StoreError {
        match StoreError::from(error) {
            StoreError::Disk(error) => self.fail(error),
            StoreError::Short(reason) => {
                let before = self.short.lock().replace((Instant::now(), reason.clone()));
                if before.is_none() {
                    tracing::warn!(name: "disk_waits", disk = self.number, %reason, "a chunk disk takes no writes until there is enough again");
                }
                StoreError::Short(reason)
            }
            other => other,
        }
    }

    /// A write went through: there is enough of everything again.
    pub fn is_well(&self) {
        if self.short.lock().take().is_some() {
            tracing::info!(name: "disk_goes_on", disk = self.number, "a chunk disk takes writes again");
        }
    }

    pub fn fail(&self, error: io::Error) -> StoreError {
        let reason = error.to_string();
        let mut failed = self.failed.lock();
        if failed.is_none() {
            tracing::error!(name: "disk_failed", disk = self.number, %reason, "a chunk disk failed: it takes no more writes; replace it");
            *failed = Some(reason.clone());
        }
        StoreError::Failed(reason)
    }

    /// Asks the operating system for the free space again.
    pub async fn refresh_space(&self) -> Result<(), StoreError> {
        let space = self.disk.space().await?;
        self.free_bytes.store(space.free_bytes, Ordering::Relaxed);
        self.total_bytes.store(space.total_bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Bytes that segments may still take, the reserve included.
    pub fn room(&self) -> u64 {
        let free = self.free_bytes.load(Ordering::Relaxed);
        self.capacity_bytes.map_or(free, |capacity| free.min(capacity.saturating_sub(self.used_bytes())))
    }

    /// Bytes of a full segment.
    pub fn segment_bytes(&self) -> u64 {
        self.segment_bytes.min((self.total_bytes() / DISK_SEGMENTS_MIN).max(SEGMENT_BYTES_MIN))
    }

    /// What chunks leave free.
    pub fn reserve_bytes(&self) -> u64 {
        self.reserve_bytes.min(self.total_bytes() / RESERVE_PART_MIN)
    }

    pub fn total_bytes(&self) -> u64 {
        let total = self.total_bytes.load(Ordering::Relaxed);
        self.capacity_bytes.map_or(total, |capacity| capacity.min(total))
    }

    pub fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    pub fn note_growth(&self, bytes: u64) {
        self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        let less = |free: u64| Some(free.saturating_sub(bytes));
        let _ = self.free_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// A segment's file, opened if it is not.
    pub async fn file(&self, segment: u32) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = self.files.lock().get(segment) {
            return Ok(file);
        }
        let file = self.disk.open(&segment_name(segment), OpenMode::Existing).await?;
        self.keep_open(segment, &file);
        Ok(file)
    }

    pub fn keep_open(&self, segment: u32, file: &Arc<dyn DiskFile>) {
        self.files.lock().insert(segment, file.clone(), 1);
    }

    /// Makes every write that has completed durable. Callers that come during a flush share the next one.
    pub async fn sync(&self) -> Result<(), StoreError> {
        let wanted = self.written.load(Ordering::Acquire);
        let mut synced = self.synced.lock().await;
        if *synced >= wanted {
            return Ok(());
        }
        *synced = self.sync_files().await?;
        Ok(())
    }

    /// Flushes what is unflushed, footers included.
    pub async fn settle(&self) -> Result<(), StoreError> {
        let mut synced = self.synced.lock().await;
        *synced = self.sync_files().await?;
        if !self.unflushed.lock().footers.is_empty() {
            *synced = self.sync_files().await?;
        }
        Ok(())
    }

    /// Seals the segments that are full, if there are any: flushes them first.
    pub async fn seal_full(&self) -> Result<(), StoreError> {
        let mut synced = self.synced.lock().await;
        if !self.unflushed.lock().closing.is_empty() {
            *synced = self.sync_files().await?;
        }
        Ok(())
    }

    /// Returns how many writes are durable now.
    async fn sync_files(&self) -> Result<u64, StoreError> {
        self.check_usable()?;
        let reached = self.written.load(Ordering::Acquire);
        let (files, closing, footers) = {
            let unflushed = self.unflushed.lock();
            let full = unflushed.closing.iter().map(|closing| closing.file.clone());
            let footers = unflushed.footers.len();
            let files = full.chain(unflushed.footers.iter().cloned()).chain(unflushed.filling.clone());
            (files.collect::<Vec<_>>(), unflushed.closing.clone(), footers)
        };
        for file in files {
            file.sync().await.map_err(|error| self.fail(error))?;
            self.syncs.fetch_add(1, Ordering::Relaxed);
        }
        self.unflushed.lock().footers.drain(..footers);
        for closing in closing {
            self.write_footer(&closing).await;
        }
        Ok(reached)
    }

    /// Seals a full segment whose records are durable. A footer that cannot be written is no loss: the next
    /// start scans the segment.
    async fn write_footer(&self, closing: &Arc<Closing>) {
        let footer = closing.head.encode_footer(closing.at, &closing.records);
        let bytes = footer.len() as u64;
        let written = closing.file.write_at(closing.at, vec![footer.into()]).await;
        let mut unflushed = self.unflushed.lock();
        unflushed.closing.retain(|other| other.head != closing.head);
        match written {
            Ok(()) => {
                unflushed.footers.push(closing.file.clone());
                self.note_growth(bytes);
                self.segments.lock().grow(closing.head.number, bytes);
            }
            Err(error) => {
                let error = self.judge(error);
                tracing::warn!(segment = closing.head.number, %error, "a full chunk segment has no list of its chunks");
            }
        }
        self.segments.lock().seal(closing.head.number);
    }

    /// Removes a segment that nobody needs; it never comes back after a crash.
    pub async fn remove_segment(&self, number: u32) -> Result<(), StoreError> {
        match self.disk.remove(&segment_name(number)).await {
            Ok(()) => {}
            // An earlier call got so far and no further.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.judge(error)),
        }
        self.disk.sync_names().await.map_err(|error| self.fail(error))?;
        self.files.lock().remove(number);
        if let Some(segment) = self.segments.lock().remove(number) {
            self.used_bytes.fetch_sub(segment.bytes, Ordering::Relaxed);
            self.free_bytes.fetch_add(segment.bytes, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A segment's file name; sorted by name is sorted by age.
pub(crate) fn segment_name(number: u32) -> String {
    format!("segment-{number:016x}")
}

/// The number in a segment's file name.
pub(crate) fn segment_number(name: &str) -> Option<u32> {
    u32::from_str_radix(name.strip_prefix("segment-").filter(|digits| digits.len() == 16)?, 16).ok()
}

/// What compaction may need for one segment, less than 60% of it, is there.
const _: () = assert!(RESERVE_PART_MIN < DISK_SEGMENTS_MIN);
