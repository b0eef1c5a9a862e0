//! Decompressed frames and chunk headers that were read lately: bounded by bytes.
//!
//! First in, first out, with a second chance for what was used since it came in: one pass of a backup does
//! not push out what clients read again and again.

use crate::ChunkKey;
use crate::encoded::Header;
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What bookkeeping adds to each entry, about.
const ENTRY_OVERHEAD_BYTES: usize = 128;

/// Which part of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Header,
    Frame(u32),
}

#[derive(Clone)]
pub(crate) enum Cached {
    Header(Arc<Header>),
    Frame(Bytes),
}

impl Cached {
    fn bytes(&self) -> usize {
        ENTRY_OVERHEAD_BYTES
            + match self {
                Cached::Header(header) => header.len as usize / crate::FRAME_BYTES * 16 + 64,
                Cached::Frame(data) => data.len(),
            }
    }
}

pub(crate) struct Cache {
    bytes_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<(ChunkKey, Part), (Cached, bool)>,
    order: VecDeque<(ChunkKey, Part)>,
    bytes: usize,
}

impl Cache {
    pub fn new(bytes_max: usize) -> Cache {
        Cache { bytes_max, inner: Mutex::default() }
    }

    pub fn get(&self, key: ChunkKey, part: Part) -> Option<Cached> {
        let mut inner = self.inner.lock();
        let (cached, used) = inner.entries.get_mut(&(key, part))?;
        *used = true;
        Some(cached.clone())
    }

    pub fn put(&self, key: ChunkKey, part: Part, cached: Cached) {
        let mut inner = self.inner.lock();
        let bytes = cached.bytes();
        if bytes > self.bytes_max {
            return;
        }
        match inner.entries.insert((key, part), (cached, false)) {
            Some((old, _)) => inner.bytes -= old.bytes(),
            None => inner.order.push_back((key, part)),
        }
        inner.bytes += bytes;
        while inner.bytes > self.bytes_max {
            inner.evict_one();
        }
    }

    /// Forgets a chunk of which `len` bytes may be cached.
    pub fn forget(&self, key: ChunkKey, frames: u32) {
        let mut inner = self.inner.lock();
        for part in std::iter::once(Part::Header).chain((0..frames).map(Part::Frame)) {
            // Its place in the order stays and is skipped when its turn comes.
            if let Some((old, _)) = inner.entries.remove(&(key, part)) {
                inner.bytes -= old.bytes();
            }
        }
    }
}

impl Inner {
    fn evict_one(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        match self.entries.get_mut(&oldest) {
            None => {}
            Some((_, used)) if *used => {
                *used = false;
                self.order.push_back(oldest);
            }
            Some(_) => {
                let (old, _) = self.entries.remove(&oldest).expect("just seen");
                self.bytes -= old.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::{ChunkId, VolumeId};

    #[test]
    fn the_bound_holds_and_what_is_used_stays() {
        let cache = Cache::new(100 * (1000 + ENTRY_OVERHEAD_BYTES));
        let key = |chunk| ChunkKey { volume: VolumeId(1), chunk: ChunkId(chunk) };
        let frame = || Cached::Frame(Bytes::from(vec![0; 1000]));
        cache.put(key(0), Part::Frame(0), frame());
        for chunk in 1..1000 {
            cache.put(key(chunk), Part::Frame(0), frame());
            assert!(cache.get(key(0), Part::Frame(0)).is_some(), "after {chunk}");
            assert!(cache.inner.lock().bytes <= cache.bytes_max);
        }
        assert!(cache.get(key(1), Part::Frame(0)).is_none());
        cache.forget(key(0), 1);
        assert!(cache.get(key(0), Part::Frame(0)).is_none());
    }
}
