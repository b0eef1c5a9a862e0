//! Memory that calls may hold: a budget per client inside one for the whole server.
//!
//! A connection takes its share before it reads a record and before a READ is carried out, and waits when
//! there is none left: it stops reading, TCP's window closes and the client slows down. Only the reader of a
//! connection ever waits, holding at most one small record; whatever runs has all it needs. So the budget
//! cannot deadlock, provided that it is larger than one small record for every connection.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that a small call can take, with its buffers: the least that is charged.
pub(crate) const CALL_BYTES_MIN: usize = 1024;

/// One client's way to the server's memory.
#[derive(Clone)]
pub(crate) struct Budget {
    client: Arc<Semaphore>,
    server: Arc<Semaphore>,
}

impl Budget {
    pub(crate) fn new(client_bytes: usize, server: Arc<Semaphore>) -> Budget {
        Budget { client: Arc::new(Semaphore::new(client_bytes)), server }
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
        let server = Arc::new(Semaphore::new(10_000));
        let budget = Budget::new(8_000, Arc::clone(&server));
        let mut charge = budget.take(5_000).await;
        charge.merge(budget.take(1).await);
        assert_eq!(charge.bytes(), 5_000 + CALL_BYTES_MIN);
        assert_eq!(server.available_permits(), 10_000 - charge.bytes());
        charge.shrink_to(2_000);
        assert_eq!(server.available_permits(), 8_000);
        drop(charge);
        assert_eq!((server.available_permits(), budget.client.available_permits()), (10_000, 8_000));
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_waits_at_its_own_limit_and_others_do_not() {
        let server = Arc::new(Semaphore::new(10_000));
        let (greedy, modest) = (Budget::new(4_000, Arc::clone(&server)), Budget::new(4_000, server));
        let held = greedy.take(4_000).await;
        let waiting = greedy.take(2_000);
        let outcome = tokio::time::timeout(std::time::Duration::from_secs(1), waiting).await;
        assert!(outcome.is_err());
        modest.take(4_000).await;
        drop(held);
        greedy.take(2_000).await;
    }
}
