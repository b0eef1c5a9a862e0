//! Writes one disk's records, in order, as a task of its own.
//!
//! What waits while a write is in flight goes into the next one. Being a task makes a caller that gives up
//! harmless: its record is written and entered all the same, and nobody writes to the same place meanwhile.
//! The catalog changes when a record has been written, in the order of the records.

use crate::catalog::{Catalog, Place};
use crate::disks::{Closing, DiskState, segment_name};
use crate::format::{HEAD_BYTES, Listed, RECORD_HEAD_BYTES, Record, SegmentHead};
use crate::segments::ChunkSegment;
use crate::store::Inner;
use crate::{ChunkKey, EncodedChunk, StoreError};
use bytes::{Bytes, BytesMut};
use nasd_disk::{DiskFile, OpenMode};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{mpsc, oneshot};

/// Requests that may wait for a disk.
pub(crate) const QUEUE_MAX: usize = 256;
/// Bytes of one write: a tenth of a second of a slow disk.
const WRITE_BYTES_MAX: u64 = 8 << 20;
/// Most tombstones in one request: they go into one segment together.
pub(crate) const TOMBSTONES_MAX: usize = 1024;

/// How a request is answered.
pub(crate) type Done = oneshot::Sender<Result<WriteOutcome, StoreError>>;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteOutcome {
    Done,
    /// There is a copy already, or, for a move, not there any more. Nothing was written.
    Pointless,
}

/// What a disk is asked to write.
pub(crate) enum Work {
    Put {
        key: ChunkKey,
        chunk: EncodedChunk,
    },
    /// Buries every copy of these chunks that lies on this disk; at most [`TOMBSTONES_MAX`] chunks.
    Delete {
        keys: Vec<ChunkKey>,
    },
    /// Copies a chunk out of a segment that is to go.
    Move {
        key: ChunkKey,
        from: Place,
        chunk: EncodedChunk,
    },
    /// Writes tombstones again whose segment is to go; at most [`TOMBSTONES_MAX`].
    Rebury {
        tombstones: Vec<(ChunkKey, u32)>,
    },
    /// Ends the segment being filled.
    Close,
}

pub(crate) type Queue = mpsc::Sender<(Work, Done)>;

/// The segment being filled.
struct Active {
    head: SegmentHead,
    file: Arc<dyn DiskFile>,
    at: u64,
    records: Vec<Listed>,
}

/// A request that has been turned into records.
struct Step {
    work: Work,
    records: Vec<Record>,
    payload: Option<Bytes>,
    done: Done,
}

impl Step {
    fn bytes(&self) -> u64 {
        self.records.iter().map(Record::bytes).sum()
    }
}

pub(crate) struct Writer {
    inner: Arc<Inner>,
    disk: Arc<DiskState>,
    active: Option<Active>,
    steps: Vec<Step>,
    steps_bytes: u64,
    /// The chunks that `steps` are about.
    keys: BTreeSet<ChunkKey>,
}

/// Starts the writer of a disk. It ends when the queue's senders are gone.
pub(crate) fn start(inner: Arc<Inner>, disk: Arc<DiskState>) -> Queue {
    let (queue, requests) = mpsc::channel(QUEUE_MAX);
    let writer =
        Writer { inner, disk, active: None, steps: Vec::new(), steps_bytes: 0, keys: BTreeSet::new() };
    tokio::spawn(writer.run(requests));
    queue
}

/// Asks for a write and waits for its outcome. The write happens even if the caller stops waiting.
pub(crate) async fn ask(queue: &Queue, work: Work) -> Result<WriteOutcome, StoreError> {
    let (done, outcome) = oneshot::channel();
    let stopped = || StoreError::Failed("the store has been shut down".to_owned());
    queue.send((work, done)).await.map_err(|_| stopped())?;
    outcome.await.map_err(|_| stopped())?
}

impl Writer {
    async fn run(mut self, mut requests: mpsc::Receiver<(Work, Done)>) {
        let mut waiting = Vec::new();
        while requests.recv_many(&mut waiting, QUEUE_MAX).await > 0 {
            for (work, done) in waiting.drain(..) {
                self.take(work, done).await;
            }
            self.write_out().await;
        }
    }

    async fn take(&mut self, work: Work, done: Done) {
        // What a request means depends on what the ones before it have done to the same chunk.
        if keys_of(&work).iter().any(|key| self.keys.contains(key)) {
            self.write_out().await;
        }
        match self.plan(&work).await {
            Ok(None) => {
                let _ = done.send(Ok(WriteOutcome::Pointless));
            }
            Ok(Some((records, payload))) => {
                let step = Step { work, records, payload, done };
                match self.make_room(step.bytes()).await {
                    Ok(()) => {
                        self.steps_bytes += step.bytes();
                        self.keys.extend(keys_of(&step.work));
                        self.steps.push(step);
                    }
                    Err(error) => {
                        let _ = step.done.send(Err(error));
                    }
                }
            }
            Err(error) => {
                let _ = done.send(Err(error));
            }
        }
    }

    /// The records to write for a request; `None` when there is nothing to do.
    async fn plan(&mut self, work: &Work) -> Result<Option<(Vec<Record>, Option<Bytes>)>, StoreError> {
        self.disk.check_usable()?;
        match work {
            Work::Put { key, chunk } => {
                if self.inner.catalog.lock().get(*key).is_some() {
                    return Ok(None);
                }
                let (record, payload) = chunk_record(*key, chunk);
                self.check_reserve(record.bytes()).await?;
                Ok(Some((vec![record], Some(payload))))
            }
            Work::Move { key, from, chunk } => {
                if self.inner.catalog.lock().get(*key) != Some(*from) {
                    return Ok(None);
                }
                let (record, payload) = chunk_record(*key, chunk);
                Ok(Some((vec![record], Some(payload))))
            }
            Work::Delete { keys } => {
                let catalog = self.inner.catalog.lock();
                let records: Vec<Record> =
                    keys.iter().flat_map(|key| tombstones(&catalog, *key, self.disk.number)).collect();
                Ok((!records.is_empty()).then_some((records, None)))
            }
            Work::Rebury { tombstones } => {
                let record =
                    |(key, victim): &(ChunkKey, u32)| Record::Tombstone { key: *key, victim: *victim };
                Ok(Some((tombstones.iter().map(record).collect(), None)))
            }
            Work::Close => {
                self.write_out().await;
                self.end_segment();
                Ok(None)
            }
        }
    }

    /// Chunks stop short of the reserve, whatever the estimate was when the disk was chosen.
    async fn check_reserve(&self, bytes: u64) -> Result<(), StoreError> {
        let needed = self.steps_bytes + bytes + self.disk.reserve_bytes();
        if self.disk.room() < needed {
            // Others may have given space back since it was asked for.
            self.disk.refresh_space().await?;
        }
        // The system does not know yet about what this batch will write, so that is counted here.
        if self.disk.room() < needed { Err(StoreError::NoSpace) } else { Ok(()) }
    }

    /// Sees to it that `bytes` more fit into the segment being filled.
    async fn make_room(&mut self, bytes: u64) -> Result<(), StoreError> {
        if self.steps_bytes + bytes > WRITE_BYTES_MAX {
            self.write_out().await;
        }
        let fits = |writer: &Writer| {
            let active = writer.active.as_ref()?;
            let end = active.at + writer.steps_bytes + bytes;
            // A record larger than a whole segment gets one for itself.
            let fresh = active.at == HEAD_BYTES && writer.steps.is_empty();
            (fresh || end <= writer.disk.segment_bytes()).then_some(())
        };
        if fits(self).is_none() {
            self.write_out().await;
            self.end_segment();
            self.start_segment().await?;
        }
        Ok(())
    }

    /// Writes all planned records and enters them.
    async fn write_out(&mut self) {
        let steps = std::mem::take(&mut self.steps);
        self.steps_bytes = 0;
        self.keys.clear();
        if steps.is_empty() {
            return;
        }
        match self.write(&steps).await {
            Ok(written) => self.enter(steps, written),
            Err(StoreError::NoSpace) if steps.len() > 1 => {
                // The large ones must not take the small ones with them: deletes make space.
                for step in steps {
                    match self.write(std::slice::from_ref(&step)).await {
                        Ok(written) => self.enter(vec![step], written),
                        Err(error) => {
                            let _ = step.done.send(Err(error));
                        }
                    }
                }
            }
            Err(error) => {
                for step in steps {
                    let _ = step.done.send(Err(self.copy_of(&error)));
                }
            }
        }
    }

    fn copy_of(&self, error: &StoreError) -> StoreError {
        match error {
            StoreError::NoSpace => StoreError::NoSpace,
            StoreError::Short(reason) => StoreError::Short(reason.clone()),
            other => StoreError::Failed(self.disk.failure().unwrap_or_else(|| other.to_string())),
        }
    }

    /// Appends the steps' records in one write and returns them with their offsets. After an error the next
    /// write goes to the same place.
    async fn write(&mut self, steps: &[Step]) -> Result<Vec<Listed>, StoreError> {
        self.disk.check_usable()?;
        let Some(active) = self.active.as_mut() else {
            return Err(StoreError::Failed("no segment is open".to_owned()));
        };
        let mut at = active.at;
        let mut listed = Vec::new();
        let mut pieces: Vec<Bytes> = Vec::new();
        for step in steps {
            let mut heads = BytesMut::new();
            for record in &step.records {
                heads.extend_from_slice(&active.head.encode_record(record, at));
                listed.push((*record, at as u32));
                at += record.bytes();
            }
            pieces.push(heads.freeze());
            pieces.extend(step.payload.clone());
        }
        if let Err(error) = active.file.write_at(active.at, pieces).await {
            let error = self.disk.judge(error);
            if matches!(error, StoreError::NoSpace) {
                // The estimate was wrong: others write here too.
                self.disk.refresh_space().await?;
            }
            return Err(error);
        }
        self.disk.is_well();
        let bytes = at - active.at;
        active.at = at;
        active.records.extend_from_slice(&listed);
        self.disk.note_growth(bytes);
        self.disk.segments.lock().grow(active.head.number, bytes);
        Ok(listed)
    }

    /// Changes the catalog as the written records say, and answers.
    fn enter(&mut self, steps: Vec<Step>, written: Vec<Listed>) {
        let Some(host) = self.active.as_ref().map(|active| active.head.number) else { return };
        let mut written = written.into_iter();
        let mut answers = Vec::with_capacity(steps.len());
        {
            let mut catalog = self.inner.catalog.lock();
            for step in steps {
                for (record, offset) in written.by_ref().take(step.records.len()) {
                    match record {
                        Record::Chunk { key, len, .. } => {
                            let place = Place { disk: self.disk.number, segment: host, offset, len };
                            self.enter_chunk(&mut catalog, &step.work, key, place);
                        }
                        Record::Tombstone { key, victim } => {
                            if matches!(step.work, Work::Delete { .. }) {
                                self.enter_tombstone(&mut catalog, key, victim);
                            }
                            self.disk.segments.lock().bury(host, victim);
                        }
                    }
                }
                answers.push(step.done);
            }
        }
        self.disk.written.fetch_add(1, Ordering::Release);
        for done in answers {
            let _ = done.send(Ok(WriteOutcome::Done));
        }
    }

    fn enter_chunk(&self, catalog: &mut Catalog, work: &Work, key: ChunkKey, place: Place) {
        let current = catalog.get(key);
        match (work, current) {
            (Work::Move { from, .. }, Some(current)) if current == *from => {
                catalog.insert(key, place);
                // The old copy is there until its segment goes.
                catalog.add_spare(key, *from, false);
                self.inner.release(*from);
                self.inner.claim(place);
            }
            (Work::Put { .. }, None) => {
                catalog.insert(key, place);
                catalog.forget_damage(key);
                self.inner.claim(place);
            }
            // Found damaged while it was moved, or put to another disk at the same time.
            _ => catalog.add_spare(key, place, false),
        }
    }

    fn enter_tombstone(&self, catalog: &mut Catalog, key: ChunkKey, victim: u32) {
        catalog.remove_spares(key, self.disk.number, victim);
        if let Some(place) = catalog.get(key).filter(|place| place.is_in(self.disk.number, victim)) {
            catalog.remove(key);
            self.inner.release(place);
        }
        if catalog.get(key).is_none() {
            catalog.forget_damage(key);
            self.inner.cache.forget(key);
        }
    }

    /// Hands the segment being filled to the next flush, which seals it.
    fn end_segment(&mut self) {
        let Some(active) = self.active.take() else { return };
        let mut unflushed = self.disk.unflushed.lock();
        unflushed.filling = None;
        unflushed.closing.push(Arc::new(Closing {
            head: active.head,
            file: active.file,
            at: active.at,
            records: active.records,
        }));
    }

    async fn start_segment(&mut self) -> Result<(), StoreError> {
        self.disk.check_usable()?;
        // The file's growth is counted from what the system says now.
        self.disk.refresh_space().await?;
        let number = self.disk.numbers.fetch_add(1, Ordering::Relaxed);
        let head = SegmentHead { number, salt: salt_of(number, self.disk.total_bytes()) };
        let name = segment_name(number);
        let file =
            self.disk.disk().open(&name, OpenMode::New).await.map_err(|error| self.disk.judge(error))?;
        // Durable before the first record: without it nothing in the file can be read.
        let written = match file.write_at(0, vec![Bytes::copy_from_slice(&head.encode())]).await {
            Ok(()) => file.sync().await.map_err(|error| self.disk.fail(error)),
            Err(error) => Err(self.disk.judge(error)),
        };
        if let Err(error) = written {
            let _ = self.disk.disk().remove(&name).await;
            return Err(error);
        }
        self.disk.disk().sync_names().await.map_err(|error| self.disk.fail(error))?;
        self.disk.note_growth(HEAD_BYTES);
        self.disk.segments.lock().add(ChunkSegment::new(head));
        self.disk.keep_open(number, &file);
        self.disk.unflushed.lock().filling = Some(file.clone());
        self.active = Some(Active { head, file, at: HEAD_BYTES, records: Vec::new() });
        Ok(())
    }
}

fn keys_of(work: &Work) -> &[ChunkKey] {
    match work {
        Work::Put { key, .. } | Work::Move { key, .. } => std::slice::from_ref(key),
        Work::Delete { keys } => keys,
        Work::Rebury { .. } | Work::Close => &[],
    }
}

fn chunk_record(key: ChunkKey, chunk: &EncodedChunk) -> (Record, Bytes) {
    let crc = crc32c::crc32c(chunk.bytes());
    (Record::Chunk { key, len: chunk.stored_len(), crc }, chunk.bytes().clone())
}

/// One tombstone for each segment of a disk in which the chunk has copies.
fn tombstones(catalog: &Catalog, key: ChunkKey, disk: u8) -> Vec<Record> {
    let copies = catalog.copies(key).filter(|place| place.disk == disk);
    let segments: BTreeSet<u32> = copies.map(|place| place.segment).collect();
    segments.into_iter().map(|victim| Record::Tombstone { key, victim }).collect()
}

/// A number is used once on a disk, so that the salt only has to differ between disks and stores.
fn salt_of(number: u32, total_bytes: u64) -> u64 {
    let digest = blake3::hash(&[u64::from(number).to_le_bytes(), total_bytes.to_le_bytes()].concat());
    u64::from_le_bytes(digest.as_bytes()[..8].try_into().expect("eight bytes"))
}

const _: () = assert!(TOMBSTONES_MAX as u64 * RECORD_HEAD_BYTES <= WRITE_BYTES_MAX);
