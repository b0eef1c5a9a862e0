//! The store's background work and its pace: compaction, which gives deleted space back, and scrub.
//!
//! Each job is asked for one bounded step after another ([`Compactor::advance`], [`Scrubber::advance`]) and says
//! how long to leave the disks alone before the next. It reads no clock: whoever runs it waits, and may stop
//! between two steps or in the middle of one.
//!
//! Why it cannot take a chunk that was uploaded and is not committed yet: neither job decides what is needed.
//! Compaction moves whatever the catalog names and removes a file only when the catalog names nothing in it,
//! after the copies are durable; scrub only takes copies out of service whose bytes are wrong. What may be
//! deleted is decided by the owner of the chunks alone.

use crate::store::ChunkStore;
use crate::{ChunkKey, Compaction, ScrubCursor, StoreError};
use std::time::Duration;

/// The least pause between two steps: clients' requests get in between.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// Compaction does not hold back when less than one part in so many of the store is left to clients: they are
/// about to be refused.
const SCARCE_PART: u64 = 16;

/// How fast upkeep goes.
#[derive(Clone, Copy, Debug)]
pub struct UpkeepLimits {
    /// Bytes that compaction moves in a second.
    pub compaction_bytes_per_second: u64,
    /// How often to look for something to compact when there was nothing.
    pub compaction_interval: Duration,
    /// Bytes that scrub reads in a second.
    pub scrub_bytes_per_second: u64,
    /// Bytes of one step of scrub.
    pub scrub_step_bytes: u64,
    /// Between two scrubs of everything.
    pub scrub_interval: Duration,
    /// After an error.
    pub retry_after: Duration,
}

impl Default for UpkeepLimits {
    fn default() -> Self {
        UpkeepLimits {
            // Read and written: half of what a slow disk streams, and a segment in five seconds.
            compaction_bytes_per_second: 32 << 20,
            // Deleted space is back within seconds; a look walks over one entry for each 256 MiB.
            compaction_interval: Duration::from_secs(5),
            // A twentieth of a slow disk; 4 TiB take six days.
            scrub_bytes_per_second: 8 << 20,
            // Half a second's share.
            scrub_step_bytes: 4 << 20,
            // Small stores need not be read more often than rot appears.
            scrub_interval: Duration::from_secs(24 * 3600),
            retry_after: Duration::from_secs(30),
        }
    }
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    More,
    /// There is, but not now.
    Waiting,
    /// Not until something changes or the next round is due.
    Finished,
}

/// What one step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub progress: Progress,
    /// How long to wait before the next step.
    pub pause: Duration,
    /// Chunks without a good copy here, to be fetched from elsewhere. May name a chunk again and again until it
    /// has been put.
    pub damaged: Vec<ChunkKey>,
}

/// Compaction of a store, step by step. One for each store.
pub struct Compactor {
    store: ChunkStore,
    limits: UpkeepLimits,
}

impl Compactor {
    pub fn new(store: ChunkStore, limits: UpkeepLimits) -> Compactor {
        Compactor { store, limits }
    }

    /// Does one step. Errors are logged and tried again later: the store stays as it was.
    pub async fn advance(&mut self) -> Step {
        let before = self.store.counters().compacted_bytes;
        let progress = match self.store.compact_once().await {
            Ok(Compaction::More) => Progress::More,
            Ok(Compaction::Waiting) => Progress::Waiting,
            Ok(Compaction::Finished) => Progress::Finished,
            Err(error) => {
                report(&error, "compaction of the chunk store is put off");
                return self.step(Progress::Waiting, self.limits.retry_after);
            }
        };
        let moved = self.store.counters().compacted_bytes - before;
        let pause = match progress {
            Progress::More if self.space_is_scarce() => PAUSE_MIN,
            Progress::More => pause_after(moved, self.limits.compaction_bytes_per_second),
            Progress::Waiting | Progress::Finished => self.limits.compaction_interval,
        };
        self.step(progress, pause)
    }

    fn space_is_scarce(&self) -> bool {
        let space = self.store.space();
        space.available_bytes < space.total_bytes / SCARCE_PART
    }

    fn step(&self, progress: Progress, pause: Duration) -> Step {
        // Whoever has found the damage: a damaged chunk keeps its segment until it is whole again.
        Step { progress, pause, damaged: self.store.damaged() }
    }
}

/// Scrub of a store, step by step, for ever.
pub struct Scrubber {
    store: ChunkStore,
    limits: UpkeepLimits,
    cursor: ScrubCursor,
}

impl Scrubber {
    /// Begins anywhere, as `chance` decides.
    pub fn new(store: ChunkStore, limits: UpkeepLimits, chance: u64) -> Scrubber {
        let cursor = store.scrub_cursor(chance);
        Scrubber { store, limits, cursor }
    }

    /// Does one step. What cannot be read is passed over.
    pub async fn advance(&mut self) -> Step {
        match self.store.scrub_once(&mut self.cursor, self.limits.scrub_step_bytes).await {
            Ok(step) if step.finished => {
                let pause = self.limits.scrub_interval;
                Step { progress: Progress::Finished, pause, damaged: step.damaged }
            }
            Ok(step) => {
                let pause = pause_after(step.bytes, self.limits.scrub_bytes_per_second);
                Step { progress: Progress::More, pause, damaged: step.damaged }
            }
            Err(error) => {
                report(&error, "scrub passes over a chunk that cannot be read");
                // A step's pause for each: a whole disk may be gone.
                let pause = pause_after(self.limits.scrub_step_bytes, self.limits.scrub_bytes_per_second);
                Step { progress: Progress::More, pause, damaged: self.store.damaged() }
            }
        }
    }
}

fn pause_after(bytes: u64, bytes_per_second: u64) -> Duration {
    let micros = bytes.saturating_mul(1_000_000) / bytes_per_second.max(1);
    Duration::from_micros(micros).max(PAUSE_MIN)
}

fn report(error: &StoreError, what: &str) {
    tracing::warn!(%error, "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_what_the_bytes_take_at_the_rate() {
        assert_eq!(pause_after(16 << 20, 32 << 20), Duration::from_millis(500));
        assert_eq!(pause_after(0, 32 << 20), PAUSE_MIN);
        assert_eq!(pause_after(1 << 20, 0), Duration::from_micros((1 << 20) * 1_000_000));
    }
}
