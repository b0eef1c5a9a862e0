//! The store's door: open, put, flush, delete, and what can be asked about it.

use crate::cache::Cache;
use crate::catalog::{Catalog, Place};
use crate::disks::DiskState;
use crate::writer::{self, Queue, TOMBSTONES_MAX, Work, WriteOutcome};
use crate::{ChunkKey, EncodedChunk, StoreError};
use futures::future::join_all;
use nasd_base::{ChunkId, Latency, LatencyCounts, VolumeId};
use nasd_disk::Disk;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use tokio::time::Instant;

/// Disks of one store.
const DISKS_MAX: usize = 255;

/// How a store is set up.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Bytes of a full segment; at most 2 GiB, and at most a sixteenth of the disk or 4 MiB, whichever is more.
    pub segment_bytes: u64,
    /// Bytes of each disk that chunks never fill, so that deletes and compaction stay possible; at most a
    /// quarter of the disk. With less than 60% of a segment, compaction of a full disk has to wait until
    /// deletes have emptied whole segments.
    pub reserve_bytes: u64,
    /// Most bytes to use on each disk.
    pub capacity_bytes: Option<u64>,
    /// Memory for decompressed data and chunk headers.
    pub cache_bytes: usize,
    /// Files of one disk that are open for reading at once: the process's limit is shared with its clients'
    /// connections.
    pub files_open_max: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            segment_bytes: 256 << 20,
            reserve_bytes: 192 << 20,
            capacity_bytes: None,
            cache_bytes: 64 << 20,
            files_open_max: 256,
        }
    }
}

/// Bytes of all disks together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreSpace {
    pub total_bytes: u64,
    /// Bytes of segment files.
    pub used_bytes: u64,
    /// Bytes of records that are needed.
    pub live_bytes: u64,
    pub free_bytes: u64,
    /// What chunks may still take: free bytes less the reserve, on disks that work.
    pub available_bytes: u64,
}

/// What the store did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreCounters {
    pub puts: u64,
    pub put_bytes: u64,
    pub reads: u64,
    /// Frames decompressed for reads; the cache saves the others.
    pub frames_decoded: u64,
    /// Reads of segment files on behalf of [`ChunkStore::read`].
    pub disk_reads: u64,
    pub syncs: u64,
    pub checksum_errors: u64,
    /// Bytes of chunks that compaction has moved.
    pub compacted_bytes: u64,
    /// Segment files given back.
    pub segments_removed: u64,
    /// Bytes of chunks that scrubs have read.
    pub scrubbed_bytes: u64,
    /// Times that a scrub has come to the end.
    pub scrub_rounds: u64,
}

/// What reading, putting and flushing took, waiting for the disk's turn included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreTimes {
    pub reads: LatencyCounts,
    pub puts: LatencyCounts,
    pub flushes: LatencyCounts,
}

#[derive(Default)]
pub(crate) struct Counts {
    puts: AtomicU64,
    put_bytes: AtomicU64,
    pub reads: AtomicU64,
    pub frames_decoded: AtomicU64,
    pub disk_reads: AtomicU64,
    pub checksum_errors: AtomicU64,
    pub compacted_bytes: AtomicU64,
    pub segments_removed: AtomicU64,
    pub scrubbed_bytes: AtomicU64,
    pub scrub_rounds: AtomicU64,
    pub read_times: Latency,
    put_times: Latency,
    flush_times: Latency,
}

/// What the store's handles and its writers share.
pub(crate) struct Inner {
    pub disks: Vec<Arc<DiskState>>,
    pub catalog: Mutex<Catalog>,
    pub counts: Counts,
    pub cache: Cache,
    /// Held while segments are rewritten or removed.
    pub compacting: tokio::sync::Mutex<()>,
    /// Segments, with their disks, that compaction could not read or write: left alone until the next open.
    pub shunned: Mutex<BTreeSet<(u8, u32)>>,
}

impl Inner {
    pub fn disk(&self, number: u8) -> &Arc<DiskState> {
        &self.disks[usize::from(number)]
    }

    /// The catalog names the record at `place` now.
    pub fn claim(&self, place: Place) {
        self.disk(place.disk).segments.lock().claim(place);
    }

    /// The catalog does not name the record at `place` any more.
    pub fn release(&self, place: Place) {
        self.disk(place.disk).segments.lock().release(place);
    }
}

/// The chunks of a node. Clones are the same store.
#[derive(Clone)]
pub struct ChunkStore {
    pub(crate) inner: Arc<Inner>,
    pub(crate) queues: Arc<[Queue]>,
}

impl ChunkStore {
    /// Opens the store on its disks, in any order, and rebuilds the catalog: from footers, and by reading the
    /// segments that a crash left without one. Starts a task for each disk, which ends when the last clone of
    /// the store is gone.
    ///
    /// A disk that cannot be read is left out ([`ChunkStore::failures`]). Damage of single chunks is counted
    /// and can be asked for with [`ChunkStore::damaged`].
    ///
    /// # Errors
    /// When no disk can be read. `Short` when the node lacks descriptors or memory to read them: nothing is known of
    /// the disks then.
    ///
    /// # Panics
    /// With more than 255 disks, or none.
    pub async fn open(disks: Vec<Arc<dyn Disk>>, options: StoreOptions) -> Result<ChunkStore, StoreError> {
        assert!((1..=DISKS_MAX).contains(&disks.len()), "a store of {} disks", disks.len());
        let numbers = Arc::new(AtomicU32::new(1));
        let state = |(number, disk)| Arc::new(DiskState::new(disk, number, &options, numbers.clone()));
        let inner = Arc::new(Inner {
            disks: (0u8..).zip(disks).map(state).collect(),
            catalog: Mutex::default(),
            cache: Cache::new(options.cache_bytes),
            counts: Counts::default(),
            compacting: tokio::sync::Mutex::default(),
            shunned: Mutex::default(),
        });
        let newest = crate::recover::recover(&inner).await?;
        numbers.store(newest + 1, Ordering::Relaxed);
        let queues = inner.disks.iter().map(|disk| writer::start(inner.clone(), disk.clone()));
        Ok(ChunkStore { queues: queues.collect(), inner: inner.clone() })
    }

    /// Keeps a chunk. It can be read at once; it is durable after the next [`ChunkStore::flush`]. A chunk that
    /// is there already is left alone, a damaged one is replaced.
    ///
    /// Puts and deletes of one chunk should not overlap: which of them comes last is chance.
    ///
    /// # Errors
    /// `NoSpace` when only the reserve is left, `Conflict` when the key holds other data, `Failed` when no
    /// disk takes writes any more, `Short` when one would but for what the node lacks. Nothing is kept then.
    pub async fn put(&self, key: ChunkKey, chunk: EncodedChunk) -> Result<(), StoreError> {
        let (begun, mut full, mut short) = (Instant::now(), Vec::new(), None);
        loop {
            if let Some(digest) = self.digest_of(key).await? {
                return if digest == chunk.digest() { Ok(()) } else { Err(StoreError::Conflict { key }) };
            }
            let disk = self.roomiest_disk(&full).map_err(|error| short.take().unwrap_or(error))?;
            let work = Work::Put { key, chunk: chunk.clone() };
            match writer::ask(&self.queues[usize::from(disk)], work).await {
                Ok(WriteOutcome::Done) => break,
                // Somebody else has put it meanwhile.
                Ok(WriteOutcome::Pointless) => {}
                Err(StoreError::NoSpace) => full.push(disk),
                Err(error @ StoreError::Short(_)) => {
                    full.push(disk);
                    short = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        self.inner.counts.put_times.count(begun.elapsed());
        self.inner.counts.puts.fetch_add(1, Ordering::Relaxed);
        self.inner.counts.put_bytes.fetch_add(u64::from(chunk.len()), Ordering::Relaxed);
        Ok(())
    }

    /// Makes every put and delete that has returned durable. Concurrent callers share flushes.
    ///
    /// # Errors
    /// `Failed`: what was put since the last flush may be lost, and the disk takes no more. Every later flush
    /// fails too, because nobody knows whose data that was; other disks are flushed all the same.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let begun = Instant::now();
        let flushed = join_all(self.inner.disks.iter().map(|disk| disk.sync())).await;
        self.inner.counts.flush_times.count(begun.elapsed());
        flushed.into_iter().collect()
    }

    /// Whether the chunk is here and not known to be damaged.
    pub fn contains(&self, key: ChunkKey) -> bool {
        self.inner.catalog.lock().get(key).is_some()
    }

    /// Whether any copy of the chunk is here, good or damaged: one that a delete would bury.
    pub fn holds(&self, key: ChunkKey) -> bool {
        self.inner.catalog.lock().copies(key).next().is_some()
    }

    /// The chunks of a volume with ids above `after`, in order, at most `limit`.
    pub fn keys_after(&self, volume: VolumeId, after: ChunkId, limit: usize) -> Vec<ChunkId> {
        let Some(from) = after.0.checked_add(1) else { return Vec::new() };
        let catalog = self.inner.catalog.lock();
        catalog.volume_from(volume, ChunkId(from)).take(limit).map(|(key, _)| key.chunk).collect()
    }

    /// The volumes of which chunks are here, in order.
    pub fn volumes(&self) -> Vec<VolumeId> {
        self.inner.catalog.lock().volumes()
    }

    /// Forgets chunks; unknown ones are skipped. Durable with the next flush; a crash before that may bring
    /// them back. Works in the reserve.
    ///
    /// # Errors
    /// `Failed`, `NoSpace` or `Disk`: some of the chunks are still there, and can be deleted again.
    pub async fn delete(&self, keys: &[ChunkKey]) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for keys in keys.chunks(TOMBSTONES_MAX) {
            let mut asks = Vec::new();
            for (disk, keys) in self.holders(keys) {
                asks.push(writer::ask(&self.queues[usize::from(disk)], Work::Delete { keys }));
            }
            for answer in join_all(asks).await {
                outcome = outcome.and(answer.map(drop));
            }
        }
        self.remove_empty_segments().await;
        outcome
    }

    /// Which disks to ask to bury which chunks.
    fn holders(&self, keys: &[ChunkKey]) -> BTreeMap<u8, Vec<ChunkKey>> {
        let mut holders: BTreeMap<u8, Vec<ChunkKey>> = BTreeMap::new();
        let catalog = self.inner.catalog.lock();
        for key in keys {
            let mut disks: BTreeSet<u8> = catalog.copies(*key).map(|place| place.disk).collect();
            if disks.is_empty() {
                // A put that its caller gave up may still wait in some queue.
                let working = self.inner.disks.iter().filter(|disk| disk.failure().is_none());
                disks.extend(working.map(|disk| disk.number));
            }
            disks.into_iter().for_each(|disk| holders.entry(disk).or_default().push(*key));
        }
        holders
    }

    /// Forgets all chunks of a volume, durably.
    ///
    /// # Errors
    /// As [`ChunkStore::delete`].
    pub async fn delete_volume(&self, volume: VolumeId) -> Result<(), StoreError> {
        loop {
            let keys: Vec<ChunkKey> = {
                let catalog = self.inner.catalog.lock();
                let chunks = catalog.volume_from(volume, ChunkId(0)).take(TOMBSTONES_MAX);
                chunks.map(|(key, _)| key).collect()
            };
            if keys.is_empty() {
                break;
            }
            self.delete(&keys).await?;
        }
        let rest = self.inner.catalog.lock().only_spare(volume);
        self.delete(&rest).await?;
        self.flush().await
    }

    /// Bytes of all disks.
    pub fn space(&self) -> StoreSpace {
        self.disks().into_iter().fold(StoreSpace::default(), |sum, (space, _)| StoreSpace {
            used_bytes: sum.used_bytes + space.used_bytes,
            free_bytes: sum.free_bytes + space.free_bytes,
            total_bytes: sum.total_bytes + space.total_bytes,
            live_bytes: sum.live_bytes + space.live_bytes,
            available_bytes: sum.available_bytes + space.available_bytes,
        })
    }

    /// Bytes of each disk, in the order in which the store was given them; and why it takes no more writes, if it
    /// does not.
    pub fn disks(&self) -> Vec<(StoreSpace, Option<String>)> {
        let of = |disk: &Arc<DiskState>| {
            let (room, failure) = (disk.room(), disk.failure());
            let writable = if failure.is_none() { room.saturating_sub(disk.reserve_bytes()) } else { 0 };
            let space = StoreSpace {
                used_bytes: disk.used_bytes(),
                free_bytes: room,
                total_bytes: disk.total_bytes(),
                live_bytes: disk.segments.lock().live_bytes(),
                available_bytes: writable,
            };
            (space, failure)
        };
        self.inner.disks.iter().map(of).collect()
    }

    pub fn times(&self) -> StoreTimes {
        let Counts { read_times, put_times, flush_times, .. } = &self.inner.counts;
        StoreTimes { reads: read_times.counts(), puts: put_times.counts(), flushes: flush_times.counts() }
    }

    pub fn counters(&self) -> StoreCounters {
        let counts = &self.inner.counts;
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        StoreCounters {
            puts: get(&counts.puts),
            put_bytes: get(&counts.put_bytes),
            reads: get(&counts.reads),
            frames_decoded: get(&counts.frames_decoded),
            disk_reads: get(&counts.disk_reads),
            syncs: self.inner.disks.iter().map(|disk| get(&disk.syncs)).sum(),
            checksum_errors: get(&counts.checksum_errors),
            compacted_bytes: get(&counts.compacted_bytes),
            segments_removed: get(&counts.segments_removed),
            scrubbed_bytes: get(&counts.scrubbed_bytes),
            scrub_rounds: get(&counts.scrub_rounds),
        }
    }

    /// Of each disk that works, in order, why writes to it wait for what the node lacks, if they do.
    pub fn short_of(&self) -> Vec<Option<String>> {
        self.inner.disks.iter().map(|disk| disk.short_of().filter(|_| disk.failure().is_none())).collect()
    }

    /// Why disks take no more writes, one sentence each.
    pub fn failures(&self) -> Vec<String> {
        self.inner.disks.iter().filter_map(|disk| disk.failure()).collect()
    }

    /// Chunks of which every copy here was found damaged, and that were not put again since.
    pub fn damaged(&self) -> Vec<ChunkKey> {
        self.inner.catalog.lock().damaged().iter().copied().collect()
    }

    /// Makes everything durable and seals the segments being filled, so that the next open need not scan.
    /// The store can still be used afterwards.
    ///
    /// # Errors
    /// As [`ChunkStore::flush`].
    pub async fn close(&self) -> Result<(), StoreError> {
        for (disk, queue) in self.inner.disks.iter().zip(self.queues.iter()) {
            writer::ask(queue, Work::Close).await?;
            disk.settle().await?;
        }
        Ok(())
    }

    /// The working disk with the most room, except those that have refused.
    fn roomiest_disk(&self, full: &[u8]) -> Result<u8, StoreError> {
        let working = self.inner.disks.iter().filter(|disk| disk.failure().is_none());
        let best = working
            .filter(|disk| !full.contains(&disk.number))
            .max_by_key(|disk| (disk.room(), std::cmp::Reverse(disk.number)));
        match best {
            Some(disk) => Ok(disk.number),
            None if full.is_empty() => Err(StoreError::Failed(self.failures().join("; "))),
            None => Err(StoreError::NoSpace),
        }
    }
}
