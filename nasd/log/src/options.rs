//! What can be set on a log, and what it counts.

use crate::LogError;
use nasd_base::{Entropy, OsEntropy};
use nasd_disk::BLOCK_BYTES;
use std::sync::Arc;

/// Smallest segment: a header, a batch of marks and room for some entries.
const SEGMENT_BYTES_MIN: u64 = 16 * BLOCK_BYTES as u64;
/// Largest segment: offsets in the index are 32 bits wide.
const SEGMENT_BYTES_MAX: u64 = 1 << 30;

/// How a log uses its disk and memory.
#[derive(Clone)]
pub struct LogOptions {
    /// Size of a new segment file: a multiple of 4096 from 64 KiB to 1 GiB. One payload holds at most a
    /// quarter of it.
    pub segment_bytes: u64,
    /// Recent payloads kept in memory, counted with 64 bytes of bookkeeping each. What is not yet durable
    /// is kept besides.
    pub cache_bytes: usize,
    /// Segments kept ready, so that no flush waits for zeroes to be written. At least 1.
    pub spare_segments: usize,
    /// With more segments than this in use, less than half of them alive, the entries still alive in the
    /// oldest segment are copied to the head: a group that writes nothing for a month does not pin the log.
    pub segments_before_cleaning: usize,
    /// Names a new log, so that bytes of another log are never taken for its own.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for LogOptions {
    fn default() -> Self {
        LogOptions {
            segment_bytes: 64 << 20,
            cache_bytes: 64 << 20,
            spare_segments: 2,
            segments_before_cleaning: 16,
            entropy: Arc::new(OsEntropy),
        }
    }
}

impl LogOptions {
    /// Largest payload of one entry, vote or log id, in bytes.
    pub fn payload_bytes_max(&self) -> usize {
        (self.segment_bytes / 4) as usize
    }

    pub(crate) fn check(&self) -> Result<(), LogError> {
        let aligned = self.segment_bytes.is_multiple_of(BLOCK_BYTES as u64);
        if !aligned || !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&self.segment_bytes) {
            return Err(LogError::Options(format!(
                "segment_bytes is {}; it must be a multiple of {BLOCK_BYTES} from {SEGMENT_BYTES_MIN} to {SEGMENT_BYTES_MAX}",
                self.segment_bytes
            )));
        }
        if self.spare_segments == 0 {
            return Err(LogError::Options(
                "spare_segments is 0; at least one segment must be kept ready".into(),
            ));
        }
        Ok(())
    }
}

impl std::fmt::Debug for LogOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogOptions")
            .field("segment_bytes", &self.segment_bytes)
            .field("cache_bytes", &self.cache_bytes)
            .field("spare_segments", &self.spare_segments)
            .field("segments_before_cleaning", &self.segments_before_cleaning)
            .finish_non_exhaustive()
    }
}

/// Monotonic counts since the log was opened, except where a unit says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogCounters {
    /// Durable writes of batches.
    pub flushes: u64,
    /// Records in them, of all kinds.
    pub records: u64,
    /// Payload bytes of the entries among them.
    pub entry_bytes: u64,
    /// Segments started.
    pub segments: u64,
    /// Segments that were given to a later use.
    pub segments_recycled: u64,
    /// Entries copied to the head so that their segment could go.
    pub entries_moved: u64,
    /// Attempts to prepare a segment that failed. The log goes on until the ready ones are used up: the
    /// operator should be told at the first.
    pub spare_failures: u64,
    /// Reads of entries that had to go to the disk.
    pub disk_reads: u64,
}
