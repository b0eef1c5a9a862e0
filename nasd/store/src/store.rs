//! The store's door: put, flush, read, delete.

use crate::cache::{Cache, Cached, Part};
use crate::disks::{DiskState, Segment};
use crate::encoded::{HEADER_BYTES_MAX, Header, cut, frames_of};
use crate::format::{RECORD_HEAD_BYTES, Record};
use crate::{CHUNK_BYTES_MAX, ChunkKey, EncodedChunk, FRAME_BYTES, StoreError};
use bytes::Bytes;
use nasd_base::{ChunkId, VolumeId};
use nasd_disk::{Disk, DiskFile};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a store is set up.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Bytes of a full segment; at most 4 GiB.
    pub segment_bytes: u64,
    /// Bytes of each disk that chunks never fill, so that deletes and compaction stay possible.
    pub reserve_bytes: u64,
    /// Most bytes to use on each disk.
    pub capacity_bytes: Option<u64>,
    /// Memory for decompressed data and chunk headers.
    pub cache_bytes: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            segment_bytes: 256 << 20,
            reserve_bytes: 64 << 20,
            capacity_bytes: None,
            cache_bytes: 64 << 20,
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
    /// Frames decompressed; the cache saves the others.
    pub frames_decoded: u64,
    pub syncs: u64,
    pub checksum_errors: u64,
    pub compacted_bytes: u64,
}

#[derive(Default)]
pub(crate) struct Counts {
    puts: AtomicU64,
    put_bytes: AtomicU64,
    reads: AtomicU64,
    frames_decoded: AtomicU64,
    checksum_errors: AtomicU64,
    pub compacted_bytes: AtomicU64,
}

/// Where a chunk lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub segment: u64,
    pub offset: u32,
    pub len: u32,
    pub disk: u16,
}

impl Place {
    /// Bytes of the whole record.
    pub fn record_bytes(&self) -> u64 {
        RECORD_HEAD_BYTES + u64::from(self.len)
    }
}

pub(crate) struct Inner {
    pub disks: Vec<DiskState>,
    pub index: Mutex<BTreeMap<ChunkKey, Place>>,
    pub options: StoreOptions,
    pub counts: Counts,
    cache: Cache,
    damaged: Mutex<BTreeSet<ChunkKey>>,
}

/// The chunks of a node. Clones are the same store.
#[derive(Clone)]
pub struct ChunkStore {
    pub(crate) inner: Arc<Inner>,
}

impl ChunkStore {
    /// Opens the store on its disks, in any order, and rebuilds the index: from footers, and by reading the
    /// segments that a crash left without one.
    ///
    /// # Errors
    /// When a disk cannot be read at all. Damage of single chunks is counted and can be asked for with
    /// [`ChunkStore::damaged`].
    pub async fn open(disks: Vec<Arc<dyn Disk>>, options: StoreOptions) -> Result<ChunkStore, StoreError> {
        let numbers = Arc::new(AtomicU64::new(1));
        let limit = options.segment_bytes.min(u64::from(u32::MAX));
        let disks = disks.into_iter().map(|disk| DiskState::new(disk, limit, numbers.clone())).collect();
        let inner = Inner {
            disks,
            index: Mutex::default(),
            cache: Cache::new(options.cache_bytes),
            options,
            counts: Counts::default(),
            damaged: Mutex::default(),
        };
        let store = ChunkStore { inner: Arc::new(inner) };
        let newest = store.recover().await?;
        numbers.store(newest + 1, Ordering::Relaxed);
        Ok(store)
    }

    /// Keeps a chunk. It can be read at once; it is durable after the next [`ChunkStore::flush`]. A chunk that
    /// is there already is left alone.
    ///
    /// # Errors
    /// `NoSpace` when only the reserve is left, `Conflict` when the key holds other data, `Failed` when no
    /// disk takes writes any more. Nothing is kept then.
    pub async fn put(&self, key: ChunkKey, chunk: EncodedChunk) -> Result<(), StoreError> {
        if let Some(place) = self.place(key) {
            match self.header(key, place).await {
                Ok(header) if header.digest == chunk.digest() => return Ok(()),
                Ok(_) => return Err(StoreError::Conflict { key }),
                // The old copy cannot be used: the new one takes its place.
                Err(_) => self.drop_damaged(key, place).await?,
            }
        }
        let bytes = RECORD_HEAD_BYTES + u64::from(chunk.stored_len());
        let disk = self.roomiest_disk(bytes)?;
        let crc = crc32c::crc32c(chunk.bytes());
        let record = Record::Chunk { key, len: chunk.stored_len(), crc };
        let appended = self.inner.disks[disk].append(record, Some(chunk.bytes().clone())).await?;
        let place = Place {
            segment: appended.segment,
            offset: appended.offset,
            len: chunk.stored_len(),
            disk: disk as u16,
        };
        let old = self.inner.index.lock().insert(key, place);
        if let Some(old) = old {
            self.release(old);
        }
        self.inner.damaged.lock().remove(&key);
        self.inner.counts.puts.fetch_add(1, Ordering::Relaxed);
        self.inner.counts.put_bytes.fetch_add(u64::from(chunk.len()), Ordering::Relaxed);
        Ok(())
    }

    /// Makes every put and delete that has returned durable. Concurrent callers share flushes.
    ///
    /// # Errors
    /// `Failed`: what was put since the last flush may be lost, and the disk takes no more.
    pub async fn flush(&self) -> Result<(), StoreError> {
        for disk in &self.inner.disks {
            disk.sync().await?;
        }
        Ok(())
    }

    /// `len` bytes of the chunk's data from `start`, verified.
    ///
    /// # Errors
    /// `NotFound`; `Checksum` when the copy is damaged, which is then forgotten so that it can be put again.
    pub async fn read(&self, key: ChunkKey, start: u32, len: u32) -> Result<Bytes, StoreError> {
        self.inner.counts.reads.fetch_add(1, Ordering::Relaxed);
        let mut tried = None;
        loop {
            let place = self.place(key).ok_or(StoreError::NotFound)?;
            match self.read_place(key, place, start, len).await {
                Ok(data) => return Ok(data),
                Err(StoreError::Malformed("a range beyond the end")) => {
                    return Err(StoreError::Malformed("a range beyond the end"));
                }
                // Compaction may have moved the chunk while it was read.
                Err(_) if tried.is_none() && self.place(key) != Some(place) => tried = Some(place),
                Err(StoreError::Malformed(_)) => {
                    self.drop_damaged(key, place).await?;
                    return Err(StoreError::Checksum { key });
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The whole encoded chunk, verified, for sending it to a peer.
    ///
    /// # Errors
    /// As [`ChunkStore::read`].
    pub async fn encoded(&self, key: ChunkKey) -> Result<EncodedChunk, StoreError> {
        let place = self.place(key).ok_or(StoreError::NotFound)?;
        let bytes = self.read_bytes(place, 0, place.len).await?;
        match EncodedChunk::parse(bytes) {
            Ok(chunk) => Ok(chunk),
            Err(_) => {
                self.drop_damaged(key, place).await?;
                Err(StoreError::Checksum { key })
            }
        }
    }

    /// Whether the chunk is here and not known to be damaged.
    pub fn contains(&self, key: ChunkKey) -> bool {
        self.place(key).is_some()
    }

    /// The chunks of a volume with ids above `after`, in order, at most `limit`.
    pub fn keys_after(&self, volume: VolumeId, after: ChunkId, limit: usize) -> Vec<ChunkId> {
        let index = self.inner.index.lock();
        let from = Bound::Excluded(ChunkKey { volume, chunk: after });
        let to = Bound::Included(ChunkKey { volume, chunk: ChunkId(u64::MAX) });
        index.range((from, to)).take(limit).map(|(key, _)| key.chunk).collect()
    }

    /// Forgets chunks; unknown ones are skipped. Durable with the next flush; a crash before that may bring
    /// them back. Works in the reserve.
    ///
    /// # Errors
    /// `Failed` or `Disk`; some of the chunks may be gone then.
    pub async fn delete(&self, keys: &[ChunkKey]) -> Result<(), StoreError> {
        for key in keys {
            let Some(place) = self.inner.index.lock().remove(key) else { continue };
            self.bury(*key, place).await?;
        }
        Ok(())
    }

    /// Forgets all chunks of a volume.
    ///
    /// # Errors
    /// As [`ChunkStore::delete`].
    pub async fn delete_volume(&self, volume: VolumeId) -> Result<(), StoreError> {
        loop {
            let chunks = self.keys_after(volume, ChunkId(0), 1024);
            let first = self.contains(ChunkKey { volume, chunk: ChunkId(0) }).then_some(ChunkId(0));
            let keys: Vec<ChunkKey> =
                first.into_iter().chain(chunks).map(|chunk| ChunkKey { volume, chunk }).collect();
            if keys.is_empty() {
                return self.flush().await;
            }
            self.delete(&keys).await?;
        }
    }

    /// Bytes of all disks.
    pub fn space(&self) -> StoreSpace {
        let mut space = StoreSpace::default();
        for disk in &self.inner.disks {
            let used = disk.used_bytes.load(Ordering::Relaxed);
            let room = self.room(disk);
            space.used_bytes += used;
            space.free_bytes += room;
            space.total_bytes += match self.inner.options.capacity_bytes {
                Some(capacity) => capacity.min(disk.total_bytes.load(Ordering::Relaxed)),
                None => disk.total_bytes.load(Ordering::Relaxed),
            };
            space.live_bytes += disk.segments.lock().values().map(|segment| segment.live_bytes).sum::<u64>();
            if disk.failure().is_none() {
                space.available_bytes += room.saturating_sub(self.inner.options.reserve_bytes);
            }
        }
        space
    }

    pub fn counters(&self) -> StoreCounters {
        let counts = &self.inner.counts;
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        StoreCounters {
            puts: get(&counts.puts),
            put_bytes: get(&counts.put_bytes),
            reads: get(&counts.reads),
            frames_decoded: get(&counts.frames_decoded),
            syncs: self.inner.disks.iter().map(|disk| get(&disk.syncs)).sum(),
            checksum_errors: get(&counts.checksum_errors),
            compacted_bytes: get(&counts.compacted_bytes),
        }
    }

    /// Why disks take no more writes, one sentence each.
    pub fn failures(&self) -> Vec<String> {
        self.inner.disks.iter().filter_map(DiskState::failure).collect()
    }

    /// Chunks whose copy here was found damaged and that were not put again since.
    pub fn damaged(&self) -> Vec<ChunkKey> {
        self.inner.damaged.lock().iter().copied().collect()
    }

    /// Makes everything durable and seals the segments being filled, so that the next open need not scan.
    ///
    /// # Errors
    /// As [`ChunkStore::flush`].
    pub async fn close(&self) -> Result<(), StoreError> {
        for disk in &self.inner.disks {
            disk.seal().await?;
        }
        Ok(())
    }

    pub(crate) fn place(&self, key: ChunkKey) -> Option<Place> {
        self.inner.index.lock().get(&key).copied()
    }

    pub(crate) fn note_damaged(&self, key: ChunkKey) {
        self.inner.counts.checksum_errors.fetch_add(1, Ordering::Relaxed);
        self.inner.damaged.lock().insert(key);
    }

    /// Takes a record's bytes off its segment's live ones.
    pub(crate) fn release(&self, place: Place) {
        let mut segments = self.inner.disks[usize::from(place.disk)].segments.lock();
        if let Some(segment) = segments.get_mut(&place.segment) {
            segment.live_bytes = segment.live_bytes.saturating_sub(place.record_bytes());
        }
    }

    /// Writes the tombstone of a chunk that the index no longer names, and removes its segment if that was
    /// the last one in it.
    pub(crate) async fn bury(&self, key: ChunkKey, place: Place) -> Result<(), StoreError> {
        self.inner.cache.forget(key, (CHUNK_BYTES_MAX / FRAME_BYTES) as u32);
        self.release(place);
        let disk = &self.inner.disks[usize::from(place.disk)];
        disk.append(Record::Tombstone { key, victim: place.segment }, None).await?;
        let empty = |segment: &Segment| segment.sealed && segment.live_bytes == 0;
        let dead = disk.segments.lock().get(&place.segment).is_some_and(empty);
        if dead { self.retire(usize::from(place.disk), place.segment).await } else { Ok(()) }
    }

    async fn drop_damaged(&self, key: ChunkKey, place: Place) -> Result<(), StoreError> {
        let ours = {
            let mut index = self.inner.index.lock();
            let ours = index.get(&key) == Some(&place);
            if ours {
                index.remove(&key);
            }
            ours
        };
        if !ours {
            return Ok(());
        }
        tracing::warn!(%key, "a damaged chunk was found; it is fetched from another replica");
        self.note_damaged(key);
        self.bury(key, place).await
    }

    /// The working disk with the most room, if it has `bytes` beyond the reserve.
    fn roomiest_disk(&self, bytes: u64) -> Result<usize, StoreError> {
        let working = self.inner.disks.iter().enumerate().filter(|(_, disk)| disk.failure().is_none());
        let best = working.max_by_key(|(number, disk)| (self.room(disk), std::cmp::Reverse(*number)));
        let Some((number, disk)) = best else {
            return Err(StoreError::Failed(self.failures().join("; ")));
        };
        if self.room(disk) < bytes + self.inner.options.reserve_bytes {
            return Err(StoreError::NoSpace);
        }
        Ok(number)
    }

    /// Free bytes of a disk, within the store's capacity.
    fn room(&self, disk: &DiskState) -> u64 {
        let free = disk.free_bytes.load(Ordering::Relaxed);
        let used = disk.used_bytes.load(Ordering::Relaxed);
        self.inner.options.capacity_bytes.map_or(free, |capacity| free.min(capacity.saturating_sub(used)))
    }

    async fn read_place(
        &self,
        key: ChunkKey,
        place: Place,
        start: u32,
        len: u32,
    ) -> Result<Bytes, StoreError> {
        let header = self.header(key, place).await?;
        let mut decoded = Vec::new();
        for frame in frames_of(&header, start, len)? {
            decoded.push(self.frame(key, place, &header, frame).await?);
        }
        Ok(cut(&decoded, start, len))
    }

    async fn header(&self, key: ChunkKey, place: Place) -> Result<Arc<Header>, StoreError> {
        if let Some(Cached::Header(header)) = self.inner.cache.get(key, Part::Header) {
            return Ok(header);
        }
        let bytes = self.read_bytes(place, 0, place.len.min(HEADER_BYTES_MAX as u32)).await?;
        let header = Arc::new(Header::parse(&bytes)?);
        if header.encoded_len() != place.len {
            return Err(StoreError::Malformed("its length is not that of its record"));
        }
        self.inner.cache.put(key, Part::Header, Cached::Header(header.clone()));
        Ok(header)
    }

    async fn frame(
        &self,
        key: ChunkKey,
        place: Place,
        header: &Header,
        frame: usize,
    ) -> Result<Bytes, StoreError> {
        let part = Part::Frame(frame as u32);
        if let Some(Cached::Frame(data)) = self.inner.cache.get(key, part) {
            return Ok(data);
        }
        let (offset, stored) = header.frame_range(frame);
        let bytes = self.read_bytes(place, offset, stored).await?;
        let data = header.decode_frame(frame, &bytes)?;
        self.inner.counts.frames_decoded.fetch_add(1, Ordering::Relaxed);
        self.inner.cache.put(key, part, Cached::Frame(data.clone()));
        Ok(data)
    }

    /// Bytes of an encoded chunk as they lie on disk; fewer when the file ends before.
    async fn read_bytes(&self, place: Place, start: u32, len: u32) -> Result<Bytes, StoreError> {
        let file: Arc<dyn DiskFile> = {
            let segments = self.inner.disks[usize::from(place.disk)].segments.lock();
            segments.get(&place.segment).ok_or(StoreError::NotFound)?.file.clone()
        };
        Ok(file.read_at(u64::from(place.offset) + u64::from(start), len as usize).await?)
    }
}
