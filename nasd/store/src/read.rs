//! Reading: only the frames that are asked for, each checked, and what happens to a copy that is not good.

use crate::catalog::Place;
use crate::encoded::{HEADER_BYTES_MAX, Header, cut, frames_of};
use crate::format::{RECORD_HEAD_BYTES, Record, SegmentHead};
use crate::store::ChunkStore;
use crate::{ChunkKey, EncodedChunk, StoreError};
use bytes::Bytes;
use nasd_disk::DiskFile;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

/// Records up to this size are read whole at the first touch.
const READ_WHOLE_BYTES_MAX: u64 = 32 << 10;
/// How often a read follows a chunk that compaction moves under it.
const MOVES_MAX: u32 = 8;

/// Why a copy could not be read.
enum Fault {
    /// The bytes are wrong, or the disk cannot read them.
    Damaged(String),
    /// The segment is not there: compaction has moved the chunk, or the disk is gone. Or the node lacks what a read
    /// takes, and nothing was learned of the bytes.
    Gone(StoreError),
    /// The caller's mistake.
    Refused(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::OutOfRange { .. } => Fault::Refused(error),
            other => Fault::Damaged(other.to_string()),
        }
    }
}

/// What a call has tried so far.
#[derive(Default)]
struct Attempts {
    moves: u32,
    /// The copy that has looked damaged once.
    suspect: Option<Place>,
}

/// An open copy: where its bytes are.
struct Copy {
    file: Arc<dyn DiskFile>,
    head: SegmentHead,
    place: Place,
}

/// Bytes of an encoded chunk that came along with its header.
struct Read {
    header: Arc<Header>,
    from_start: Bytes,
}

impl ChunkStore {
    /// `len` bytes of the chunk's data from `start`, verified.
    ///
    /// # Errors
    /// `NotFound`; `Checksum` when the bytes are damaged: the chunk is then listed as such, no longer
    /// contained, and may be put again, but its other bytes can still be read. `OutOfRange`.
    pub async fn read(&self, key: ChunkKey, start: u32, len: u32) -> Result<Bytes, StoreError> {
        self.inner.counts.reads.fetch_add(1, Ordering::Relaxed);
        let (begun, mut attempts) = (Instant::now(), Attempts::default());
        loop {
            let place = self.readable_copy(key)?;
            match self.read_place(key, place, start, len).await {
                Ok(data) => {
                    self.inner.counts.read_times.count(begun.elapsed());
                    return Ok(data);
                }
                Err(fault) => self.after_fault(key, place, fault, &mut attempts)?,
            }
        }
    }

    /// The whole encoded chunk, verified, for sending it to a peer.
    ///
    /// # Errors
    /// As [`ChunkStore::read`].
    pub async fn encoded(&self, key: ChunkKey) -> Result<EncodedChunk, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let place = self.readable_copy(key)?;
            match self.encoded_at(key, place).await {
                Ok(chunk) => return Ok(chunk),
                Err(fault) => self.after_fault(key, place, fault, &mut attempts)?,
            }
        }
    }

    /// The digest of the chunk that is here; `None` if there is none, or only a damaged copy.
    pub(crate) async fn digest_of(&self, key: ChunkKey) -> Result<Option<[u8; 32]>, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let Some(place) = self.inner.catalog.lock().get(key) else { return Ok(None) };
            match self.header(key, place).await {
                Ok(read) => return Ok(Some(read.header.digest)),
                Err(fault) => match self.after_fault(key, place, fault, &mut attempts) {
                    Ok(()) | Err(StoreError::Checksum { .. }) => {}
                    Err(error) => return Err(error),
                },
            }
        }
    }

    /// The copy that serves, or a damaged one: its whole frames may be the only ones in the world.
    fn readable_copy(&self, key: ChunkKey) -> Result<Place, StoreError> {
        let catalog = self.inner.catalog.lock();
        catalog.get(key).or_else(|| catalog.damaged_copy(key)).ok_or(StoreError::NotFound)
    }

    /// Decides whether to try again after a fault, maybe with another copy, or which error it is.
    fn after_fault(
        &self,
        key: ChunkKey,
        place: Place,
        fault: Fault,
        attempts: &mut Attempts,
    ) -> Result<(), StoreError> {
        let serving = self.inner.catalog.lock().get(key);
        match fault {
            Fault::Refused(error) => Err(error),
            // Compaction has moved it, or another reader has found the damage.
            _ if serving.is_some() && serving != Some(place) && attempts.moves < MOVES_MAX => {
                attempts.moves += 1;
                Ok(())
            }
            Fault::Gone(error) => Err(error),
            Fault::Damaged(_) if serving.is_none() => Err(StoreError::Checksum { key }),
            Fault::Damaged(_) if attempts.suspect != Some(place) => {
                // Once more: the flaw may have been in memory or on the way.
                attempts.suspect = Some(place);
                self.inner.cache.forget(key);
                Ok(())
            }
            Fault::Damaged(flaw) => {
                let last = self.condemn(key, place, &flaw);
                if last { Err(StoreError::Checksum { key }) } else { Ok(()) }
            }
        }
    }

    /// Takes a damaged copy out of service. Whether that was the last one.
    fn condemn(&self, key: ChunkKey, place: Place, flaw: &str) -> bool {
        let condemned = self.inner.catalog.lock().condemn(key, place);
        let Some(other) = condemned else { return false };
        self.inner.release(place);
        if let Some(other) = other {
            self.inner.claim(other);
        }
        self.inner.cache.forget(key);
        self.inner.counts.checksum_errors.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(%key, flaw, disk = place.disk, segment = place.segment, offset = place.offset,
            another_copy = other.is_some(), "a damaged chunk was found on a disk of this node");
        other.is_none()
    }

    async fn read_place(&self, key: ChunkKey, place: Place, start: u32, len: u32) -> Result<Bytes, Fault> {
        let (header, mut read) = match self.inner.cache.header(key) {
            Some(header) => (header, None),
            None => {
                let read = self.header(key, place).await?;
                (read.header.clone(), Some(read))
            }
        };
        let wanted = frames_of(&header, start, len)?;
        let mut frames: Vec<Option<Bytes>> =
            wanted.clone().map(|index| self.inner.cache.frame(key, index)).collect();
        for missing in gaps(&frames) {
            let missing = wanted.start + missing.start..wanted.start + missing.end;
            let bytes = self.stored_frames(place, &header, missing.clone(), &mut read).await?;
            let first = header.frame_range(missing.start).0;
            for index in missing {
                let (offset, stored) = header.frame_range(index);
                let at = (offset - first) as usize;
                let stored = bytes.get(at..at + stored as usize);
                let data = header.decode_frame(index, stored.unwrap_or_default())?;
                self.inner.counts.frames_decoded.fetch_add(1, Ordering::Relaxed);
                self.inner.cache.keep_frame(key, index, &data);
                frames[index - wanted.start] = Some(data);
            }
        }
        let frames: Vec<Bytes> = frames.into_iter().flatten().collect();
        Ok(cut(&frames, start, len))
    }

    /// The stored bytes of adjacent frames, in one read.
    async fn stored_frames(
        &self,
        place: Place,
        header: &Header,
        frames: Range<usize>,
        read: &mut Option<Read>,
    ) -> Result<Bytes, Fault> {
        let (first, _) = header.frame_range(frames.start);
        let (last, last_bytes) = header.frame_range(frames.end - 1);
        let (from, to) = (first as usize, (last + last_bytes) as usize);
        if let Some(read) = read.take_if(|read| read.from_start.len() >= to) {
            return Ok(read.from_start.slice(from..to));
        }
        let copy = self.copy_at(place).await?;
        self.read_file(&copy, RECORD_HEAD_BYTES + from as u64, (to - from) as u64).await
    }

    /// The chunk's header, after checking that the record at `place` is that chunk's.
    async fn header(&self, key: ChunkKey, place: Place) -> Result<Read, Fault> {
        let copy = self.copy_at(place).await?;
        let bytes = if place.record_bytes() <= READ_WHOLE_BYTES_MAX {
            place.record_bytes()
        } else {
            RECORD_HEAD_BYTES + u64::from(place.len).min(HEADER_BYTES_MAX as u64)
        };
        let from_start = payload_of(&copy, key, &self.read_file(&copy, 0, bytes).await?)?;
        let header = Arc::new(Header::parse(&from_start)?);
        if header.encoded_len() != place.len {
            return Err(Fault::Damaged("its length is not that of its record".to_owned()));
        }
        self.inner.cache.keep_header(key, &header);
        Ok(Read { header, from_start })
    }

    async fn encoded_at(&self, key: ChunkKey, place: Place) -> Result<EncodedChunk, Fault> {
        let copy = self.copy_at(place).await?;
        let bytes = self.read_file(&copy, 0, place.record_bytes()).await?;
        Ok(EncodedChunk::parse(payload_of(&copy, key, &bytes)?)?)
    }

    async fn copy_at(&self, place: Place) -> Result<Copy, Fault> {
        let disk = self.inner.disk(place.disk);
        let head = disk.segments.lock().get(place.segment).map(|segment| segment.head);
        let head = head.ok_or(Fault::Gone(StoreError::NotFound))?;
        let file = disk.file(place.segment).await.map_err(|error| Fault::Gone(error.into()))?;
        Ok(Copy { file, head, place })
    }

    /// Bytes of a record, from its head on; fewer when the file ends before.
    async fn read_file(&self, copy: &Copy, from: u64, bytes: u64) -> Result<Bytes, Fault> {
        self.inner.counts.disk_reads.fetch_add(1, Ordering::Relaxed);
        let read = copy.file.read_at(u64::from(copy.place.offset) + from, bytes as usize).await;
        read.map_err(|error| match StoreError::from(error) {
            short @ StoreError::Short(_) => Fault::Gone(short),
            other => Fault::Damaged(other.to_string()),
        })
    }
}

/// What follows the record's head, if the record is the one that should be there.
fn payload_of(copy: &Copy, key: ChunkKey, bytes: &Bytes) -> Result<Bytes, Fault> {
    match copy.head.decode_record(bytes, u64::from(copy.place.offset)) {
        Some(Record::Chunk { key: found, len, .. }) if found == key && len == copy.place.len => {
            Ok(bytes.slice(RECORD_HEAD_BYTES as usize..))
        }
        Some(_) => Err(Fault::Damaged("the record of another chunk is in its place".to_owned())),
        None => Err(Fault::Damaged("its record's head is wrong".to_owned())),
    }
}

/// The runs of `None`.
fn gaps(frames: &[Option<Bytes>]) -> Vec<Range<usize>> {
    let mut gaps: Vec<Range<usize>> = Vec::new();
    for (index, _) in frames.iter().enumerate().filter(|(_, frame)| frame.is_none()) {
        match gaps.last_mut().filter(|gap| gap.end == index) {
            Some(gap) => gap.end += 1,
            None => gaps.push(index..index + 1),
        }
    }
    gaps
}
