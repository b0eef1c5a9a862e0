//! Decompressed frames and chunk headers that were read lately: bounded by bytes.

use crate::ChunkKey;
use crate::encoded::Header;
use crate::second_chance::SecondChance;
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;

/// What bookkeeping adds to each entry, about.
const ENTRY_OVERHEAD_BYTES: usize = 160;

/// Which part of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Header,
    Frame(u32),
}

#[derive(Clone)]
enum Cached {
    Header(Arc<Header>),
    Frame(Bytes),
}

pub(crate) struct Cache(Mutex<SecondChance<(ChunkKey, Part), Cached>>);

impl Cache {
    pub fn new(bytes_max: usize) -> Cache {
        Cache(Mutex::new(SecondChance::new(bytes_max)))
    }

    pub fn header(&self, key: ChunkKey) -> Option<Arc<Header>> {
        match self.0.lock().get((key, Part::Header)) {
            Some(Cached::Header(header)) => Some(header),
            _ => None,
        }
    }

    pub fn frame(&self, key: ChunkKey, index: usize) -> Option<Bytes> {
        match self.0.lock().get((key, Part::Frame(index as u32))) {
            Some(Cached::Frame(data)) => Some(data),
            _ => None,
        }
    }

    pub fn keep_header(&self, key: ChunkKey, header: &Arc<Header>) {
        let weight = ENTRY_OVERHEAD_BYTES + header.memory_bytes();
        self.0.lock().insert((key, Part::Header), Cached::Header(header.clone()), weight);
    }

    pub fn keep_frame(&self, key: ChunkKey, index: usize, data: &Bytes) {
        let weight = ENTRY_OVERHEAD_BYTES + data.len();
        self.0.lock().insert((key, Part::Frame(index as u32)), Cached::Frame(data.clone()), weight);
    }

    /// Forgets a chunk.
    pub fn forget(&self, key: ChunkKey) {
        let mut cache = self.0.lock();
        let frames = (crate::CHUNK_BYTES_MAX / crate::FRAME_BYTES) as u32;
        cache.remove((key, Part::Header));
        (0..frames).for_each(|index| cache.remove((key, Part::Frame(index))));
    }
}
