//! How many bytes of unsaved data the leaders of one node may hold: writers wait when they are spent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, Semaphore};

/// Memory for dirty data, shared by all volumes of a node.
#[derive(Debug)]
pub struct DirtyBudget {
    bytes_max: u64,
    free: Semaphore,
    held: AtomicU64,
    pressure: Notify,
}

impl DirtyBudget {
    /// A budget of `bytes_max` bytes; at least one transfer's worth.
    pub fn new(bytes_max: u64) -> Arc<DirtyBudget> {
        let bytes_max = bytes_max.max(u64::from(crate::TRANSFER_BYTES_MAX));
        Arc::new(DirtyBudget {
            bytes_max,
            free: Semaphore::new(bytes_max as usize),
            held: AtomicU64::new(0),
            pressure: Notify::new(),
        })
    }

    /// Bytes held now.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Takes `bytes` (at most one transfer), waiting for others to be saved when there are too few. Asks
    /// for writeback from three quarters on, so that a steady writer rarely has to wait.
    pub(super) async fn take(self: &Arc<Self>, bytes: u64) -> Charge {
        if self.held() + bytes > self.bytes_max / 4 * 3 {
            self.pressure.notify_waiters();
        }
        let permits = u32::try_from(bytes.min(self.bytes_max)).unwrap_or(u32::MAX);
        let taken = self.free.acquire_many(permits).await.expect("the semaphore is never closed");
        taken.forget();
        self.held.fetch_add(u64::from(permits), Ordering::Relaxed);
        Charge { budget: self.clone(), bytes: u64::from(permits) }
    }

    /// Whether writers wait, or soon will.
    pub(super) fn is_tight(&self) -> bool {
        self.held() > self.bytes_max / 4 * 3
    }

    /// Completes when a writer next finds the budget tight.
    pub(super) async fn tight(&self) {
        self.pressure.notified().await;
    }

    fn give_back(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        self.free.add_permits(bytes as usize);
    }
}

/// A part of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<DirtyBudget>,
    bytes: u64,
}

impl Charge {
    pub(super) fn merge(&mut self, mut other: Charge) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Splits off `bytes`, or all that there is.
    pub(crate) fn split(&mut self, bytes: u64) -> Charge {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Charge { budget: self.budget.clone(), bytes }
    }

    /// Gives back what exceeds `bytes`.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        drop(self.split(self.bytes.saturating_sub(bytes)));
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_writer_waits_until_bytes_come_back() {
        let budget = DirtyBudget::new(1 << 20);
        let mut first = budget.take(1 << 20).await;
        let second = tokio::time::timeout(Duration::from_secs(1), budget.take(10)).await;
        assert!(second.is_err());
        first.shrink_to((1 << 20) - 10);
        let second = budget.take(10).await;
        assert_eq!(budget.held(), 1 << 20);
        drop((first, second));
        assert_eq!(budget.held(), 0);
    }

    #[tokio::test]
    async fn split_charges_add_up() {
        let budget = DirtyBudget::new(1 << 20);
        let mut charge = budget.take(100).await;
        let part = charge.split(30);
        assert_eq!((charge.bytes, part.bytes), (70, 30));
        charge.merge(part);
        assert_eq!(budget.held(), 100);
        drop(charge.split(1000));
        assert_eq!(budget.held(), 0);
    }
}
