//! The chunks that this replica should have and has not, each once, until they are fetched.

use nasd_base::ChunkId;
use parking_lot::Mutex;
use std::collections::{HashSet, VecDeque};
use tokio::sync::Notify;

/// What is missing, each chunk once.
pub(crate) struct HealQueue {
    inner: Mutex<Missing>,
    pub(super) arrived: Notify,
    most: usize,
}

#[derive(Default)]
struct Missing {
    order: VecDeque<ChunkId>,
    known: HashSet<ChunkId>,
    overflowed: bool,
}

impl HealQueue {
    pub(crate) fn new(most: usize) -> HealQueue {
        HealQueue { inner: Mutex::default(), arrived: Notify::new(), most }
    }

    pub(crate) fn len(&self) -> usize {
        self.inner.lock().order.len()
    }

    pub(crate) fn add(&self, chunk: ChunkId) {
        let mut missing = self.inner.lock();
        if missing.order.len() >= self.most {
            missing.overflowed = true;
        } else if missing.known.insert(chunk) {
            missing.order.push_back(chunk);
            drop(missing);
            self.arrived.notify_one();
        }
    }

    /// Whether some was left out since the last call.
    pub(super) fn take_overflow(&self) -> bool {
        std::mem::take(&mut self.inner.lock().overflowed)
    }

    pub(super) fn take(&self, most: usize) -> Vec<ChunkId> {
        let mut missing = self.inner.lock();
        let count = most.min(missing.order.len());
        let taken: Vec<ChunkId> = missing.order.drain(..count).collect();
        taken.iter().for_each(|chunk| {
            missing.known.remove(chunk);
        });
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_chunk_is_queued_once_and_a_full_queue_says_so() {
        let queue = HealQueue::new(2);
        for id in [1, 1, 2] {
            queue.add(ChunkId(id));
        }
        assert_eq!(queue.len(), 2);
        assert!(!queue.take_overflow());
        queue.add(ChunkId(3));
        assert!(queue.take_overflow() && !queue.take_overflow());
        assert_eq!(queue.take(10), vec![ChunkId(1), ChunkId(2)]);
        queue.add(ChunkId(1));
        assert_eq!(queue.len(), 1);
    }
}
