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

use crate::pool::Payer;
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Names one call; see the module's description for what it covers. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallKey(pub u128);

/// What is kept of finished calls.
#[derive(Clone, Copy, Debug)]
pub struct ReplyCacheLimits {
    pub entries_max: usize,
    /// Bytes of replies.
    pub bytes_max: usize,
    pub age_max: Duration,
}

/// What to do with a call that arrived.
pub enum Arrival {
    /// Carry it out and finish the ticket.
    First(CallTicket),
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

/// What an entry takes beside its reply, in bytes.
const ENTRY_BYTES: usize = 256;

#[derive(Default)]
struct Table {
    entries: HashMap<CallKey, Entry>,
    /// Finished entries, oldest first.
    finished: BTreeMap<u64, Finished>,
    next_number: u64,
    bytes: usize,
    clients: HashMap<IpAddr, ClientReplies>,
    /// Clients by what they have here.
    by_weight: BTreeSet<(usize, IpAddr)>,
}

struct Finished {
    key: CallKey,
    owner: Payer,
    bytes: usize,
    at: Instant,
}

/// What is kept for one client.
#[derive(Default)]
struct ClientReplies {
    bytes: usize,
    users: HashMap<u32, UserReplies>,
    by_weight: BTreeSet<(usize, u32)>,
}

/// What is kept for one of its users.
#[derive(Default)]
struct UserReplies {
    bytes: usize,
    /// Oldest first.
    numbers: VecDeque<u64>,
}

/// The cache of one server.
pub struct ReplyCache {
    limits: ReplyCacheLimits,
    table: Arc<Mutex<Table>>,
}

/// The right and the duty to finish a call. Dropped without a reply, the call counts as never made.
pub struct CallTicket {
    key: CallKey,
    owner: Payer,
    limits: ReplyCacheLimits,
    table: Arc<Mutex<Table>>,
    outcome: watch::Sender<Option<Bytes>>,
    finished: bool,
}

impl ReplyCache {
    pub fn new(limits: ReplyCacheLimits) -> ReplyCache {
        ReplyCache { limits, table: Arc::default() }
    }

    /// Looks a call up and marks it in progress if it is new.
    pub(crate) fn arrive(&self, key: CallKey, owner: Payer, connection: u64) -> Arrival {
        let mut table = self.table.lock();
        table.evict(&self.limits, Instant::now());
        match table.entries.get(&key) {
            Some(Entry::Done { reply }) => Arrival::Answered(reply.clone()),
            Some(Entry::InProgress { connection: first, .. }) if *first == connection => Arrival::Drop,
            Some(Entry::InProgress { outcome, .. }) => Arrival::Wait(Waiter(outcome.clone())),
            None => {
                let (sender, outcome) = watch::channel(None);
                table.entries.insert(key, Entry::InProgress { connection, outcome });
                let (table, limits) = (Arc::clone(&self.table), self.limits);
                Arrival::First(CallTicket { key, owner, limits, table, outcome: sender, finished: false })
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
    fn remember(&mut self, key: CallKey, owner: Payer, reply: Bytes, at: Instant) {
        let (number, bytes) = (self.next_number, reply.len() + ENTRY_BYTES);
        self.next_number += 1;
        self.entries.insert(key, Entry::Done { reply });
        self.finished.insert(number, Finished { key, owner, bytes, at });
        self.bytes += bytes;
        self.reweigh(owner, |user| {
            user.bytes += bytes;
            user.numbers.push_back(number);
        });
    }

    fn evict(&mut self, limits: &ReplyCacheLimits, now: Instant) {
        while let Some((&number, oldest)) = self.finished.first_key_value()
            && now.duration_since(oldest.at) > limits.age_max
        {
            self.forget(number);
        }
        while self.finished.len() > limits.entries_max || self.bytes > limits.bytes_max {
            let Some(number) = self.oldest_of_the_heaviest() else { return };
            self.forget(number);
        }
    }

    fn oldest_of_the_heaviest(&self) -> Option<u64> {
        let client = self.clients.get(&self.by_weight.last()?.1)?;
        client.users.get(&client.by_weight.last()?.1)?.numbers.front().copied()
    }

    /// Of its user it is always the oldest.
    fn forget(&mut self, number: u64) {
        let Some(Finished { key, owner, bytes, .. }) = self.finished.remove(&number) else { return };
        self.entries.remove(&key);
        self.bytes -= bytes;
        self.reweigh(owner, |user| {
            user.bytes -= bytes;
            user.numbers.pop_front();
        });
    }

    /// Changes what is kept for a user, and keeps the sums and orders true.
    fn reweigh(&mut self, owner: Payer, change: impl FnOnce(&mut UserReplies)) {
        let client = self.clients.entry(owner.host).or_default();
        let user = client.users.entry(owner.uid).or_default();
        self.by_weight.remove(&(client.bytes, owner.host));
        client.by_weight.remove(&(user.bytes, owner.uid));
        client.bytes -= user.bytes;
        change(user);
        client.bytes += user.bytes;
        if user.numbers.is_empty() {
            client.users.remove(&owner.uid);
        } else {
            client.by_weight.insert((user.bytes, owner.uid));
        }
        if client.users.is_empty() {
            self.clients.remove(&owner.host);
        } else {
            self.by_weight.insert((client.bytes, owner.host));
        }
    }
}

impl CallTicket {
    /// Remembers the reply and hands it to those who wait.
    pub fn finish(mut self, reply: Bytes) {
        self.finished = true;
        let now = Instant::now();
        let mut table = self.table.lock();
        table.remember(self.key, self.owner, reply.clone(), now);
        table.evict(&self.limits, now);
        drop(table);
        self.outcome.send_replace(Some(reply));
    }
}

impl Drop for CallTicket {
    fn drop(&mut self) {
        if !self.finished {
            self.table.lock().entries.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries_max: usize) -> ReplyCache {
        ReplyCache::new(ReplyCacheLimits {
            entries_max,
            bytes_max: 1 << 20,
            age_max: Duration::from_secs(60),
        })
    }

    const OWNER: Payer = payer(1, 1);

    const fn payer(host: u8, uid: u32) -> Payer {
        Payer { host: IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, host)), uid }
    }

    fn first(cache: &ReplyCache, key: u128) -> CallTicket {
        first_of(cache, OWNER, key)
    }

    fn first_of(cache: &ReplyCache, owner: Payer, key: u128) -> CallTicket {
        match cache.arrive(CallKey(key), owner, 1) {
            Arrival::First(ticket) => ticket,
            _ => panic!("the call was seen before"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_finished_call_is_answered_again_until_it_is_old() {
        let cache = cache(8);
        first(&cache, 1).finish(Bytes::from_static(b"reply"));
        assert!(matches!(cache.arrive(CallKey(1), OWNER, 2), Arrival::Answered(reply) if reply == "reply"));
        tokio::time::advance(Duration::from_secs(61)).await;
        first(&cache, 1);
    }

    #[tokio::test]
    async fn a_call_in_progress_is_dropped_on_its_connection_and_awaited_on_others() {
        let cache = cache(8);
        let ticket = first(&cache, 1);
        assert!(matches!(cache.arrive(CallKey(1), OWNER, 1), Arrival::Drop));
        let Arrival::Wait(waiter) = cache.arrive(CallKey(1), OWNER, 2) else { panic!("not in progress") };
        ticket.finish(Bytes::from_static(b"reply"));
        assert_eq!(waiter.outcome().await, Some(Bytes::from_static(b"reply")));
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_may_be_made_again() {
        let cache = cache(8);
        let ticket = first(&cache, 1);
        let Arrival::Wait(waiter) = cache.arrive(CallKey(1), OWNER, 2) else { panic!("not in progress") };
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
        assert!(matches!(cache.arrive(CallKey(3), OWNER, 1), Arrival::Answered(_)));
        assert!(matches!(cache.arrive(CallKey(0), OWNER, 1), Arrival::Drop));
        drop(running);
    }

    #[tokio::test]
    async fn large_replies_take_the_place_of_several() {
        let limits = ReplyCacheLimits { entries_max: 100, bytes_max: 2000, age_max: Duration::from_secs(60) };
        let cache = ReplyCache::new(limits);
        for key in 1..=4 {
            first(&cache, key).finish(Bytes::from(vec![0; 100]));
        }
        first(&cache, 5).finish(Bytes::from(vec![0; 1000]));
        assert_eq!((cache.len(), cache.table.lock().bytes), (3, 2 * 356 + 1256));
    }

    #[tokio::test(start_paused = true)]
    async fn who_makes_many_calls_shortens_his_own_memory_only() {
        let cache = cache(100);
        let [quiet, loud, neighbour] = [payer(1, 1), payer(2, 1), payer(2, 2)];
        for key in 0..10 {
            first_of(&cache, quiet, key).finish(Bytes::from_static(b"reply"));
            first_of(&cache, neighbour, 10 + key).finish(Bytes::from_static(b"reply"));
        }
        for key in 100..10_000 {
            first_of(&cache, loud, key).finish(Bytes::from_static(b"reply"));
        }
        assert_eq!(cache.len(), 100);
        for key in (0..20).chain(9_920..10_000) {
            assert!(matches!(cache.arrive(CallKey(key), quiet, 9), Arrival::Answered(_)), "{key}");
        }
        tokio::time::advance(Duration::from_secs(61)).await;
        drop(first(&cache, 1));
        let table = cache.table.lock();
        assert_eq!((table.bytes, table.clients.len(), table.by_weight.len()), (0, 0, 0));
    }
}
