//! Reads everything now and then, so that rot is found while other replicas are whole.
//!
//! Chunks that no commit names yet are read like the others; a bad one is taken out of service, so that the
//! flush before its commit misses it and it is sent again.

use crate::store::ChunkStore;
use crate::{ChunkKey, StoreError};
use std::sync::atomic::Ordering;

/// How far a scrub has come. `ScrubCursor::default()` starts from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScrubCursor {
    after: Option<ChunkKey>,
}

/// What one step of a scrub found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScrubStep {
    pub chunks: u64,
    pub bytes: u64,
    /// Chunks without a good copy here; they can be put again.
    pub damaged: Vec<ChunkKey>,
    /// The cursor has reached the end and starts over.
    pub finished: bool,
}

impl ChunkStore {
    /// A place to begin at, by chance: a node that is often restarted comes by every chunk all the same, and
    /// replicas do not read the same at the same time.
    pub fn scrub_cursor(&self, chance: u64) -> ScrubCursor {
        ScrubCursor { after: self.inner.catalog.lock().somewhere(chance) }
    }

    /// Verifies chunks after the cursor until about `bytes_max` bytes were read.
    ///
    /// # Errors
    /// When a segment cannot be opened; the cursor has passed the chunk then, so that the next call goes on.
    pub async fn scrub_once(
        &self,
        cursor: &mut ScrubCursor,
        bytes_max: u64,
    ) -> Result<ScrubStep, StoreError> {
        let mut step = ScrubStep::default();
        while step.bytes < bytes_max {
            let next = self.inner.catalog.lock().next(cursor.after);
            let Some((key, place)) = next else {
                *cursor = ScrubCursor::default();
                self.inner.counts.scrub_rounds.fetch_add(1, Ordering::Relaxed);
                step.finished = true;
                break;
            };
            cursor.after = Some(key);
            match self.encoded(key).await {
                Ok(_) | Err(StoreError::NotFound) => {}
                Err(StoreError::Checksum { .. }) => step.damaged.push(key),
                Err(error) => return Err(error),
            }
            step.chunks += 1;
            step.bytes += place.record_bytes();
            self.inner.counts.scrubbed_bytes.fetch_add(place.record_bytes(), Ordering::Relaxed);
        }
        Ok(step)
    }
}
