//! One disk of the store: its segments, the one being filled, and when it was last flushed.

use crate::format::{HEAD_BYTES, RECORD_HEAD_BYTES, Record, SegmentHead};
use crate::{ChunkKey, StoreError};
use bytes::Bytes;
use nasd_disk::{Disk, DiskFile, OpenMode};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A segment that holds records.
pub(crate) struct Segment {
    pub head: SegmentHead,
    pub file: Arc<dyn DiskFile>,
    /// Length of the file.
    pub bytes: u64,
    /// Bytes of records whose chunk is still named by the index.
    pub live_bytes: u64,
    /// Full, listed in its footer and durable.
    pub sealed: bool,
    /// What was deleted here: the chunk and the segment it lay in.
    pub tombstones: Vec<(ChunkKey, u64)>,
}

/// The segment being filled.
pub(crate) struct Active {
    head: SegmentHead,
    file: Arc<dyn DiskFile>,
    at: u64,
    records: Vec<(Record, u32)>,
}

/// One disk.
pub(crate) struct DiskState {
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    /// Draws the next segment's number; shared by all disks.
    numbers: Arc<AtomicU64>,
    /// Held while one record is written: records reach a file in the order of their offsets.
    appender: tokio::sync::Mutex<Option<Active>>,
    /// The file that `sync` has to flush; everything older was flushed when it was sealed.
    filling: Mutex<Option<Arc<dyn DiskFile>>>,
    /// Records written.
    written: AtomicU64,
    /// Records known to be durable. Held during a flush, so that all who wait share it.
    synced: tokio::sync::Mutex<u64>,
    pub segments: Mutex<BTreeMap<u64, Segment>>,
    /// What the operating system last said, less what was written since.
    pub free_bytes: AtomicU64,
    pub used_bytes: AtomicU64,
    pub total_bytes: AtomicU64,
    pub syncs: AtomicU64,
    failed: Mutex<Option<String>>,
}

/// Where a record went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    pub segment: u64,
    /// Of the payload.
    pub offset: u32,
}

impl DiskState {
    pub fn new(disk: Arc<dyn Disk>, segment_bytes: u64, numbers: Arc<AtomicU64>) -> DiskState {
        DiskState {
            disk,
            segment_bytes,
            numbers,
            appender: tokio::sync::Mutex::new(None),
            filling: Mutex::new(None),
            written: AtomicU64::new(0),
            synced: tokio::sync::Mutex::new(0),
            segments: Mutex::default(),
            free_bytes: AtomicU64::new(0),
            used_bytes: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            failed: Mutex::new(None),
        }
    }

    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Why the disk takes no more writes, if it does not.
    pub fn failure(&self) -> Option<String> {
        self.failed.lock().clone()
    }

    /// Asks the operating system for the free space again.
    pub async fn refresh_space(&self) -> Result<(), StoreError> {
        let space = self.disk.space().await?;
        self.free_bytes.store(space.free_bytes, Ordering::Relaxed);
        self.total_bytes.store(space.total_bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Writes one record behind the others. Not durable before [`DiskState::sync`].
    pub async fn append(&self, record: Record, payload: Option<Bytes>) -> Result<Appended, StoreError> {
        let bytes = RECORD_HEAD_BYTES + u64::from(record.payload_len());
        let mut appender = self.appender.lock().await;
        self.check_usable()?;
        if appender.as_ref().is_none_or(|active| active.at + bytes > self.segment_bytes) {
            self.roll(&mut appender).await?;
        }
        let active = appender.as_mut().expect("just made");
        let mut pieces = vec![Bytes::copy_from_slice(&active.head.encode_record(&record))];
        pieces.extend(payload);
        // A write that failed half-way leaves bytes that the next one at this place replaces.
        active.file.write_at(active.at, pieces).await.map_err(|error| self.judge(error))?;
        let (segment, offset) = (active.head.number, (active.at + RECORD_HEAD_BYTES) as u32);
        active.records.push((record, active.at as u32));
        active.at += bytes;
        self.note_growth(bytes);
        {
            let mut segments = self.segments.lock();
            let entry = segments.get_mut(&segment).expect("the segment being filled");
            entry.bytes += bytes;
            match record {
                Record::Chunk { .. } => entry.live_bytes += bytes,
                Record::Tombstone { key, victim } => entry.tombstones.push((key, victim)),
            }
        }
        self.written.fetch_add(1, Ordering::Release);
        Ok(Appended { segment, offset })
    }

    /// Makes every record whose `append` has returned durable. Callers that come during a flush share the
    /// next one.
    pub async fn sync(&self) -> Result<(), StoreError> {
        let wanted = self.written.load(Ordering::Acquire);
        let mut synced = self.synced.lock().await;
        if *synced >= wanted {
            return Ok(());
        }
        self.check_usable()?;
        let reached = self.written.load(Ordering::Acquire);
        let file = self.filling.lock().clone();
        if let Some(file) = file {
            file.sync().await.map_err(|error| self.fail(error))?;
            self.syncs.fetch_add(1, Ordering::Relaxed);
        }
        *synced = reached;
        Ok(())
    }

    /// Seals the segment being filled, if there is one.
    pub async fn seal(&self) -> Result<(), StoreError> {
        let mut appender = self.appender.lock().await;
        self.seal_active(&mut appender).await
    }

    /// Removes a sealed segment's file, for good: a removed segment never comes back after a crash.
    pub async fn remove_segment(&self, number: u64) -> Result<(), StoreError> {
        let Some(segment) = self.segments.lock().remove(&number) else { return Ok(()) };
        self.disk.remove(&segment_name(number)).await?;
        self.disk.sync_names().await.map_err(|error| self.fail(error))?;
        self.used_bytes.fetch_sub(segment.bytes, Ordering::Relaxed);
        self.free_bytes.fetch_add(segment.bytes, Ordering::Relaxed);
        Ok(())
    }

    async fn roll(&self, appender: &mut Option<Active>) -> Result<(), StoreError> {
        self.seal_active(appender).await?;
        // Offsets and the file's growth are counted from what the system says now.
        self.refresh_space().await?;
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let head = SegmentHead { number, salt: salt_of(number, self.total_bytes.load(Ordering::Relaxed)) };
        let name = segment_name(number);
        let file = self.disk.open(&name, OpenMode::New).await.map_err(|error| self.judge(error))?;
        let written = file.write_at(0, vec![Bytes::copy_from_slice(&head.encode())]).await;
        if let Err(error) = written {
            let _ = self.disk.remove(&name).await;
            return Err(self.judge(error));
        }
        self.disk.sync_names().await.map_err(|error| self.fail(error))?;
        self.note_growth(HEAD_BYTES);
        let segment = Segment {
            head,
            file: file.clone(),
            bytes: HEAD_BYTES,
            live_bytes: 0,
            sealed: false,
            tombstones: Vec::new(),
        };
        self.segments.lock().insert(number, segment);
        *self.filling.lock() = Some(file.clone());
        *appender = Some(Active { head, file, at: HEAD_BYTES, records: Vec::new() });
        Ok(())
    }

    async fn seal_active(&self, appender: &mut Option<Active>) -> Result<(), StoreError> {
        let Some(active) = appender.as_ref() else { return Ok(()) };
        let footer = active.head.encode_footer(active.at, &active.records);
        let bytes = footer.len() as u64;
        // Without space for the footer the segment stays as it is: recovery scans it.
        let written = active.file.write_at(active.at, vec![footer.into()]).await;
        let footer_bytes = match written {
            Ok(()) => bytes,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => 0,
            Err(error) => return Err(self.fail(error)),
        };
        active.file.sync().await.map_err(|error| self.fail(error))?;
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.note_growth(footer_bytes);
        if let Some(segment) = self.segments.lock().get_mut(&active.head.number) {
            segment.sealed = true;
            segment.bytes += footer_bytes;
        }
        *self.filling.lock() = None;
        *appender = None;
        Ok(())
    }

    fn note_growth(&self, bytes: u64) {
        self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        let less = |free: u64| Some(free.saturating_sub(bytes));
        let _ = self.free_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    fn check_usable(&self) -> Result<(), StoreError> {
        self.failure().map_or(Ok(()), |reason| Err(StoreError::Failed(reason)))
    }

    /// A full disk is no failure; any other failed write is.
    fn judge(&self, error: io::Error) -> StoreError {
        if error.kind() == io::ErrorKind::StorageFull { StoreError::NoSpace } else { self.fail(error) }
    }

    fn fail(&self, error: io::Error) -> StoreError {
        let reason = error.to_string();
        tracing::error!(%reason, "a chunk disk failed: it takes no more writes; replace it");
        self.failed.lock().get_or_insert(reason.clone());
        StoreError::Failed(reason)
    }
}

/// A segment's file name; sorted by name is sorted by age.
pub(crate) fn segment_name(number: u64) -> String {
    format!("segment-{number:016x}")
}

/// The number in a segment's file name.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_prefix("segment-").filter(|digits| digits.len() == 16)?, 16).ok()
}

/// Numbers are never used twice on a disk, so a salt only has to differ between disks and stores.
fn salt_of(number: u64, total_bytes: u64) -> u64 {
    let digest = blake3::hash(&[number.to_le_bytes(), total_bytes.to_le_bytes()].concat());
    u64::from_le_bytes(digest.as_bytes()[..8].try_into().expect("eight bytes"))
}
