//! Memory that calls may hold: a budget per client inside one for the whole server.
//!
//! A connection takes its share before it reads a record and before a READ is carried out, and waits when
//! there is none left: it stops reading, TCP's window closes and the client slows down. Only the reader of a
//! connection ever waits, holding at most one small record; whatever runs has all it needs. So the budget
//! cannot deadlock, provided that it is larger than one small record for every connection.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that a small call takes with its buffers: the least that is charged. Its task alone is 4 kB.
pub(crate) const CALL_BYTES_MIN: usize = 8192;

/// One client's way to the server's memory.
#[derive(Clone)]
pub(crate) struct Budget {
    client_bytes: usize,
    client: Arc<Semaphore>,
    server: Arc<Semaphore>,
}

impl Budget {
    pub(crate) fn new(client_bytes: usize, server: Arc<Semaphore>) -> Budget {
        Budget { client_bytes, client: Arc::new(Semaphore::new(client_bytes)), server }
    }

    /// Whether nothing is taken.
    pub(crate) fn is_unused(&self) -> bool {
        self.client.available_permits() == self.client_bytes
    }

    /// Takes `bytes`, waiting for them if need be. Every budget holds at least two of the largest charges.
    pub(crate) async fn take(&self, bytes: usize) -> Charge {
        let bytes = u32::try_from(bytes.max(CALL_BYTES_MIN)).expect("a record is far below 4 GiB");
        let client = Arc::clone(&self.client).acquire_many_owned(bytes).await;
        let server = Arc::clone(&self.server).acquire_many_owned(bytes).await;
        Charge {
            client: client.expect("the budget is never closed"),
            server: server.expect("the budget is never closed"),
        }
    }
}

/// Bytes taken from a budget; given back on drop.
#[derive(Debug)]
pub(crate) struct Charge {
    client: OwnedSemaphorePermit,
    server: OwnedSemaphorePermit,
}

impl Charge {
    pub(crate) fn bytes(&self) -> usize {
        self.server.num_permits()
    }

    /// Gives back all but `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let surplus = self.bytes().saturating_sub(bytes.max(CALL_BYTES_MIN));
        drop(self.client.split(surplus));
        drop(self.server.split(surplus));
    }

    pub(crate) fn merge(&mut self, other: Charge) {
        self.client.merge(other.client);
        self.server.merge(other.server);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_taken_comes_back() {
        let server = Arc::new(Semaphore::new(100_000));
        let budget = Budget::new(80_000, Arc::clone(&server));
        let mut charge = budget.take(50_000).await;
        charge.merge(budget.take(1).await);
        assert_eq!(charge.bytes(), 50_000 + CALL_BYTES_MIN);
        assert_eq!(server.available_permits(), 100_000 - charge.bytes());
        charge.shrink_to(20_000);
        assert_eq!(server.available_permits(), 80_000);
        assert!(!budget.is_unused());
        drop(charge);
        assert_eq!((server.available_permits(), budget.is_unused()), (100_000, true));
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_waits_at_its_own_limit_and_others_do_not() {
        let server = Arc::new(Semaphore::new(100_000));
        let (greedy, modest) = (Budget::new(40_000, Arc::clone(&server)), Budget::new(40_000, server));
        let held = greedy.take(40_000).await;
        let waiting = greedy.take(20_000);
        let outcome = tokio::time::timeout(std::time::Duration::from_secs(1), waiting).await;
        assert!(outcome.is_err());
        modest.take(40_000).await;
        drop(held);
        greedy.take(20_000).await;
    }
}
