//! The duplicate-request cache: a call that a client repeats is carried out once and answered twice.
//!
//! Clients repeat a call, with its xid, when the reply is late or the connection broke. The first arrival
//! is marked in progress; repetitions on the same connection are dropped (the reply is on its way) and those
//! on another wait for its outcome. Finished replies of non-idempotent procedures are kept for a while.
//!
//! The key also becomes the call's `OpId`, so a repetition that reaches another node is recognised by the
//! volume's state machine. It covers the client's address without the port (reconnecting changes that), the
//! xid, the procedure, the credential and a checksum of the arguments. What remains is the risk that every
//! NFS server before v4.1 takes: a client that reuses an xid for the very same call, after a reboot or 2^32
//! calls, within the time the reply is kept, gets the old reply.

use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Names one call; see the module's description for what it covers. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallKey(pub u128);

/// What is kept of finished calls.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub entries_max: usize,
    /// Bytes of replies.
    pub bytes_max: usize,
    pub age_max: Duration,
}

/// What to do with a call that arrived.
pub enum Arrival {
    /// Carry it out and finish the ticket.
    First(Ticket),
    /// Answered before: send this again.
    Answered(Bytes),
    /// In progress, and the reply will go out on the same connection: forget this copy.
    Drop,
    /// In progress for another connection: wait, and ask again if nothing comes of it.
    Wait(Waiter),
}

/// Waits for the outcome of a call that is in progress elsewhere.
pub struct Waiter(watch::Receiver<Option<Bytes>>);

impl Waiter {
    /// The reply, or `None` when the call was given up without one.
    pub async fn outcome(mut self) -> Option<Bytes> {
        let seen = self.0.wait_for(Option::is_some).await.ok()?;
        seen.clone()
    }
}

enum Entry {
    InProgress { connection: u64, outcome: watch::Receiver<Option<Bytes>> },
    Done { reply: Bytes },
}

#[derive(Default)]
struct Table {
    entries: HashMap<CallKey, Entry>,
    /// Finished entries, oldest first.
    finished: VecDeque<(CallKey, Instant)>,
    bytes: usize,
}

/// The cache of one server.
pub struct Cache {
    limits: Limits,
    table: Arc<Mutex<Table>>,
}

/// The right and the duty to finish a call. Dropped without a reply, the call counts as never made.
pub struct Ticket {
    key: CallKey,
    limits: Limits,
    table: Arc<Mutex<Table>>,
    outcome: watch::Sender<Option<Bytes>>,
    finished: bool,
}

impl Cache {
    pub fn new(limits: Limits) -> Cache {
        Cache { limits, table: Arc::default() }
    }

    /// Looks a call up and marks it in progress if it is new.
    pub fn arrive(&self, key: CallKey, connection: u64) -> Arrival {
        let mut table = self.table.lock();
        table.evict(&self.limits, Instant::now());
        match table.entries.get(&key) {
            Some(Entry::Done { reply }) => Arrival::Answered(reply.clone()),
            Some(Entry::InProgress { connection: first, .. }) if *first == connection => Arrival::Drop,
            Some(Entry::InProgress { outcome, .. }) => Arrival::Wait(Waiter(outcome.clone())),
            None => {
                let (sender, outcome) = watch::channel(None);
                table.entries.insert(key, Entry::InProgress { connection, outcome });
                let table = Arc::clone(&self.table);
                Arrival::First(Ticket { key, limits: self.limits, table, outcome: sender, finished: false })
            }
        }
    }

    /// Finished calls that are remembered.
    pub fn len(&self) -> usize {
        self.table.lock().finished.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    fn evict(&mut self, limits: &Limits, now: Instant) {
        while let Some(&(key, at)) = self.finished.front() {
            let over = self.finished.len() > limits.entries_max || self.bytes > limits.bytes_max;
            if !over && now.duration_since(at) <= limits.age_max {
                return;
            }
            self.finished.pop_front();
            if let Some(Entry::Done { reply }) = self.entries.remove(&key) {
                self.bytes -= reply.len();
            }
        }
    }
}

impl Ticket {
    /// Remembers the reply and hands it to those who wait.
    pub fn finish(mut self, reply: Bytes) {
        self.finished = true;
        let now = Instant::now();
        let mut table = self.table.lock();
        table.bytes += reply.len();
        table.entries.insert(self.key, Entry::Done { reply: reply.clone() });
        table.finished.push_back((self.key, now));
        table.evict(&self.limits, now);
        drop(table);
        self.outcome.send_replace(Some(reply));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.finished {
            self.table.lock().entries.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries_max: usize) -> Cache {
        Cache::new(Limits { entries_max, bytes_max: 100, age_max: Duration::from_secs(60) })
    }

    fn first(cache: &Cache, key: u128) -> Ticket {
        match cache.arrive(CallKey(key), 1) {
            Arrival::First(ticket) => ticket,
            _ => panic!("the call was seen before"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_finished_call_is_answered_again_until_it_is_old() {
        let cache = cache(8);
        first(&cache, 1).finish(Bytes::from_static(b"reply"));
        assert!(matches!(cache.arrive(CallKey(1), 2), Arrival::Answered(reply) if reply == "reply"));
        tokio::time::advance(Duration::from_secs(61)).await;
        first(&cache, 1);
    }

    #[tokio::test]
    async fn a_call_in_progress_is_dropped_on_its_connection_and_awaited_on_others() {
        let cache = cache(8);
        let ticket = first(&cache, 1);
        assert!(matches!(cache.arrive(CallKey(1), 1), Arrival::Drop));
        let Arrival::Wait(waiter) = cache.arrive(CallKey(1), 2) else { panic!("not in progress") };
        ticket.finish(Bytes::from_static(b"reply"));
        assert_eq!(waiter.outcome().await, Some(Bytes::from_static(b"reply")));
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_may_be_made_again() {
        let cache = cache(8);
        let ticket = first(&cache, 1);
        let Arrival::Wait(waiter) = cache.arrive(CallKey(1), 2) else { panic!("not in progress") };
        drop(ticket);
        assert_eq!(waiter.outcome().await, None);
        first(&cache, 1);
    }

    #[tokio::test]
    async fn the_oldest_replies_go_first_and_calls_in_progress_stay() {
        let cache = cache(2);
        let running = first(&cache, 0);
        for key in 1..=3 {
            first(&cache, key).finish(Bytes::from_static(b"1234567890"));
        }
        assert_eq!(cache.len(), 2);
        first(&cache, 1);
        assert!(matches!(cache.arrive(CallKey(3), 1), Arrival::Answered(_)));
        assert!(matches!(cache.arrive(CallKey(0), 1), Arrival::Drop));
        drop(running);
        first(&cache, 4).finish(Bytes::from(vec![0; 99]));
        assert_eq!((cache.len(), cache.table.lock().bytes), (1, 99));
    }
}
