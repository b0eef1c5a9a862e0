//! Memory at block alignment, as direct writes need it, kept for the next write.

use crate::BLOCK_BYTES;
use parking_lot::Mutex;

/// Largest buffer: a longer write goes out in parts.
pub(crate) const BOUNCE_BYTES_MAX: usize = 8 << 20;
const BOUNCE_BYTES_MIN: usize = 64 << 10;
/// Buffers kept while idle: the log's writer needs one, a second covers an overlap.
const IDLE_MAX: usize = 2;

/// A buffer whose usable part starts at a multiple of [`BLOCK_BYTES`] in memory.
pub(crate) struct Bounce {
    bytes: Vec<u8>,
    start: usize,
    filled: usize,
}

impl Bounce {
    fn new(capacity: usize) -> Bounce {
        let bytes = vec![0; capacity + BLOCK_BYTES];
        let start = bytes.as_ptr().addr().wrapping_neg() % BLOCK_BYTES;
        Bounce { bytes, start, filled: 0 }
    }

    fn capacity(&self) -> usize {
        self.bytes.len() - BLOCK_BYTES
    }

    /// Copies as much of `data` as fits; returns how much that was.
    pub(crate) fn fill(&mut self, data: &[u8]) -> usize {
        let count = data.len().min(self.capacity() - self.filled);
        let at = self.start + self.filled;
        self.bytes[at..at + count].copy_from_slice(&data[..count]);
        self.filled += count;
        count
    }

    pub(crate) fn is_full(&self) -> bool {
        self.filled == self.capacity()
    }

    pub(crate) fn filled(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.filled]
    }

    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }
}

/// Hands out buffers and takes them back.
#[derive(Default)]
pub(crate) struct BouncePool(Mutex<Vec<Bounce>>);

impl BouncePool {
    /// An empty buffer for a write of `bytes`, or for the largest part of it.
    pub(crate) fn take(&self, bytes: usize) -> Bounce {
        let wanted = bytes.clamp(BOUNCE_BYTES_MIN, BOUNCE_BYTES_MAX).next_power_of_two();
        match self.0.lock().pop() {
            Some(bounce) if bounce.capacity() >= wanted => bounce,
            _ => Bounce::new(wanted),
        }
    }

    pub(crate) fn give_back(&self, mut bounce: Bounce) {
        bounce.clear();
        let mut idle = self.0.lock();
        if idle.len() < IDLE_MAX {
            idle.push(bounce);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_and_used_again() {
        let pool = BouncePool::default();
        let mut bounce = pool.take(100_000);
        assert_eq!(bounce.filled().as_ptr().addr() % BLOCK_BYTES, 0);
        assert_eq!(bounce.capacity(), 128 << 10);
        assert_eq!(bounce.fill(&vec![7; 200_000]), 128 << 10);
        assert!(bounce.is_full() && bounce.filled().iter().all(|byte| *byte == 7));
        let place = bounce.filled().as_ptr();
        pool.give_back(bounce);
        let again = pool.take(10);
        assert!(again.filled().is_empty());
        assert_eq!(again.filled().as_ptr(), place);
    }
}
