//! Owns how blobs come into a repository: each once, compressed and sealed by several threads, many to a pack, and named
//! by an index when their pack is safe.
//!
//! ```text
//!   add ─▶ known? ─▶ queue ─▶ threads: compress, seal ─▶ pack of its kind ─▶ full: written ─▶ index
//! ```

use crate::backend::FileKind;
use crate::blob::{BLOB_BYTES_MAX, BlobKind};
use crate::error::RepositoryError;
use crate::id::Id;
use crate::index::{IndexFile, IndexedPack};
use crate::pack::PackBuilder;
use crate::repository::Repository;
use crate::unpacked::{compressed, write_file};
use nasd_base::Entropy;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Blobs in an index file: a run that is cut loses what was not in one, and writes it again.
const INDEXED_BLOBS: usize = 20_000;
/// Packs in an index file, for the same reason: half a gigabyte.
const INDEXED_PACKS: usize = 32;

/// Adds blobs. Several threads may add at once.
pub struct Writer {
    shared: Arc<Shared>,
    queue: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

/// What a writer has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Blobs that were not there before.
    pub blobs: u64,
    /// Their bytes before they were compressed.
    pub bytes: u64,
    /// Bytes of the packs that were written.
    pub stored_bytes: u64,
}

struct Job {
    kind: BlobKind,
    id: Id,
    content: Vec<u8>,
}

struct Shared {
    repository: Arc<Repository>,
    entropy: Arc<dyn Entropy>,
    added: Mutex<HashSet<(BlobKind, Id)>>,
    packs: [Mutex<PackBuilder>; 2],
    pending: Mutex<IndexFile>,
    written: Mutex<Written>,
    failure: Mutex<Option<RepositoryError>>,
}

impl Writer {
    /// With so many threads, each of which holds a pack and a blob at most.
    pub fn new(repository: Arc<Repository>, entropy: Arc<dyn Entropy>, threads: usize) -> Writer {
        let shared = Arc::new(Shared {
            repository,
            entropy,
            added: Mutex::default(),
            packs: [Mutex::default(), Mutex::default()],
            pending: Mutex::default(),
            written: Mutex::default(),
            failure: Mutex::default(),
        });
        let (queue, jobs) = sync_channel(threads);
        let jobs = Arc::new(Mutex::new(jobs));
        let work = |_| {
            let (shared, jobs) = (shared.clone(), jobs.clone());
            std::thread::spawn(move || shared.work(&jobs))
        };
        let threads = (0..threads.max(1)).map(work).collect();
        Writer { shared, queue: Some(queue), threads }
    }

    /// Takes a blob; one that the repository has costs its hash. It may be stored only later: see [`Writer::finish`].
    ///
    /// # Errors
    /// `TooLarge`; `Stopped` when an earlier one could not be stored, for which [`Writer::finish`] says why.
    pub fn add(&self, kind: BlobKind, content: Vec<u8>) -> Result<Id, RepositoryError> {
        if content.len() > BLOB_BYTES_MAX {
            return Err(RepositoryError::TooLarge(content.len(), BLOB_BYTES_MAX));
        }
        let id = Id::of(&content);
        if self.shared.repository.index().contains(kind, id) || !self.shared.added.lock().insert((kind, id)) {
            return Ok(id);
        }
        let stopped = || self.shared.failure.lock().is_some();
        let queue = self.queue.as_ref().filter(|_| !stopped()).ok_or(RepositoryError::Stopped)?;
        queue.send(Job { kind, id, content }).map_err(|_| RepositoryError::Stopped)?;
        Ok(id)
    }

    /// Waits until all that was added is stored, and named by an index. Durable on return.
    ///
    /// # Errors
    /// Why something could not be stored; what is stored stays, and a later run finds it.
    pub fn finish(mut self) -> Result<Written, RepositoryError> {
        self.end_threads();
        for pack in &self.shared.packs {
            let pack = std::mem::take(&mut *pack.lock());
            if !pack.is_empty() && self.shared.failure.lock().is_none() {
                self.shared.store(pack)?;
            }
        }
        let indexed = self.shared.write_index(1);
        match self.shared.failure.lock().take() {
            Some(error) => Err(error),
            None => indexed.map(|()| *self.shared.written.lock()),
        }
    }

    fn end_threads(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                self.shared.failure.lock().get_or_insert(RepositoryError::Stopped);
            }
        }
    }
}

/// A writer that is dropped has stored some of what was added, and no snapshot names it.
impl Drop for Writer {
    fn drop(&mut self) {
        self.end_threads();
    }
}

impl Shared {
    fn work(&self, jobs: &Mutex<Receiver<Job>>) {
        loop {
            let job = jobs.lock().recv();
            let Ok(job) = job else { return };
            if self.failure.lock().is_some() {
                continue;
            }
            if let Err(error) = self.take(job) {
                self.failure.lock().get_or_insert(error);
            }
        }
    }

    fn take(&self, Job { kind, id, content }: Job) -> Result<(), RepositoryError> {
        let mut sealed = Vec::new();
        let small =
            Some(&content).filter(|_| self.repository.compresses()).map(|content| compressed(content));
        // A directory is always compressed where it may be; data that does not shrink is not.
        let small = small.filter(|small| kind == BlobKind::Tree || small.len() < content.len());
        let plain = small.as_ref().unwrap_or(&content);
        self.repository.key().seal(plain, self.entropy.as_ref(), &mut sealed);
        let uncompressed = small.as_ref().map(|_| content.len() as u32);
        let full = {
            let mut pack = self.packs[kind as usize].lock();
            pack.add(kind, id, &sealed, uncompressed);
            pack.is_full().then(|| std::mem::take(&mut *pack))
        };
        {
            let mut written = self.written.lock();
            written.blobs += 1;
            written.bytes += content.len() as u64;
        }
        match full {
            Some(pack) => self.store(pack),
            None => Ok(()),
        }
    }

    fn store(&self, pack: PackBuilder) -> Result<(), RepositoryError> {
        let (bytes, entries) = pack.finish(self.repository.key(), self.entropy.as_ref());
        let id = Id::of(&bytes);
        write_file(self.repository.backend(), FileKind::Pack, &id.to_string(), &bytes)?;
        self.written.lock().stored_bytes += bytes.len() as u64;
        self.pending.lock().packs.push(IndexedPack::of(id, &entries));
        self.write_index(INDEXED_PACKS)
    }

    /// Names the packs that are stored and in no index, if there are so many.
    fn write_index(&self, packs_min: usize) -> Result<(), RepositoryError> {
        let file = {
            let mut pending = self.pending.lock();
            let blobs: usize = pending.packs.iter().map(|pack| pack.blobs.len()).sum();
            if pending.packs.len() < packs_min && blobs < INDEXED_BLOBS {
                return Ok(());
            }
            std::mem::take(&mut *pending)
        };
        self.repository.add(FileKind::Index, &file, self.entropy.as_ref()).map(drop)
    }
}
