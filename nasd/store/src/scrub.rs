//! Reads everything now and then, so that rot is found while other replicas are whole.

use crate::store::ChunkStore;
use crate::{ChunkKey, StoreError};
use std::ops::Bound;

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
    /// Damaged copies; they are forgotten here, so that they can be put again.
    pub damaged: Vec<ChunkKey>,
    /// The cursor has reached the end and starts over.
    pub finished: bool,
}

impl ChunkStore {
    /// Verifies chunks after the cursor until about `bytes_max` bytes were read.
    ///
    /// # Errors
    /// Only when the disk cannot be read or the damage cannot be noted.
    pub async fn scrub_once(
        &self,
        cursor: &mut ScrubCursor,
        bytes_max: u64,
    ) -> Result<ScrubStep, StoreError> {
        let mut step = ScrubStep::default();
        while step.bytes < bytes_max {
            let Some((key, len)) = self.next_key(cursor.after) else {
                *cursor = ScrubCursor::default();
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
            step.bytes += u64::from(len);
        }
        Ok(step)
    }

    fn next_key(&self, after: Option<ChunkKey>) -> Option<(ChunkKey, u32)> {
        let index = self.inner.index.lock();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        index.range((from, Bound::Unbounded)).next().map(|(key, place)| (*key, place.len))
    }
}
