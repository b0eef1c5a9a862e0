//! Owns one pool of bytes, and whose turn it is when there are too few.
//!
//! Hosts take turns, and so do the users of one host: who asks for much waits behind himself. A host never holds
//! more than its share. Asking comes in two kinds. [`Pool::grow`] takes a step of what may become more, never
//! waits, and leaves a reserve, in the pool and in the host's share. [`Pool::take`] takes all that its call is
//! going to need, may use the reserve, and waits for its turn.
//!
//! So waiting always ends: the reserve is held only by calls that ask for nothing any more, and it has room for the
//! largest of them.

use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Whom bytes are charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Payer {
    pub(crate) host: IpAddr,
    pub(crate) uid: u32,
}

/// How large a pool is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolLimits {
    pub(crate) bytes_max: usize,
    pub(crate) per_host_bytes_max: usize,
    /// The largest [`Pool::take`].
    pub(crate) reserve_bytes: usize,
}

pub(crate) struct Pool {
    limits: PoolLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    used: usize,
    hosts: HashMap<IpAddr, Host>,
    /// Hosts with somebody who waits, but for those that have used up their share.
    turns: VecDeque<IpAddr>,
    next_number: u64,
}

#[derive(Default)]
struct Host {
    used: usize,
    has_turn: bool,
    users: HashMap<u32, VecDeque<Waiter>>,
    /// Users who wait.
    turns: VecDeque<u32>,
}

struct Waiter {
    number: u64,
    bytes: usize,
    granted: oneshot::Sender<()>,
}

/// Bytes taken from a pool; given back on drop.
pub(crate) struct Share {
    pool: Arc<Pool>,
    host: IpAddr,
    bytes: usize,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Arc<Pool> {
        Arc::new(Pool { limits, state: Mutex::default() })
    }

    /// Bytes that are taken.
    pub(crate) fn used(&self) -> usize {
        self.state.lock().used
    }

    /// Whether somebody waits for what `host` holds: another user of it, or anybody because the pool is empty.
    pub(crate) fn is_short_for(&self, host: IpAddr) -> bool {
        self.state.lock().is_short_for(host)
    }

    /// Takes `bytes`, at most the reserve, when it is the payer's turn. The call must not ask for more while it
    /// holds them.
    pub(crate) async fn take(self: &Arc<Self>, payer: Payer, bytes: usize) -> Share {
        let bytes = bytes.min(self.limits.reserve_bytes);
        let mut place = self.queue_up(payer, bytes);
        // An error would mean that the pool is gone, but `self` holds it.
        let _ = (&mut place.granted).await;
        place.has_left = true;
        Share { pool: self.clone(), host: payer.host, bytes }
    }

    /// Adds `bytes` to `share`, if nobody waits and more than the reserve is left.
    pub(crate) fn grow(self: &Arc<Self>, share: &mut Option<Share>, payer: Payer, bytes: usize) -> bool {
        let PoolLimits { bytes_max, per_host_bytes_max, reserve_bytes } = self.limits;
        let mut state = self.state.lock();
        let of_host = state.hosts.get(&payer.host).map_or(0, |host| host.used);
        let fits = state.used + bytes + reserve_bytes <= bytes_max;
        let in_share = of_host + bytes + reserve_bytes <= per_host_bytes_max;
        if state.is_short_for(payer.host) || !fits || !in_share {
            return false;
        }
        state.used += bytes;
        state.hosts.entry(payer.host).or_default().used += bytes;
        drop(state);
        let more = Share { pool: self.clone(), host: payer.host, bytes };
        match share {
            Some(share) => share.merge(more),
            none => *none = Some(more),
        }
        true
    }

    fn queue_up(self: &Arc<Self>, payer: Payer, bytes: usize) -> Place {
        let (sender, granted) = oneshot::channel();
        let mut state = self.state.lock();
        let number = state.next_number;
        state.next_number += 1;
        let host = state.hosts.entry(payer.host).or_default();
        let queue = host.users.entry(payer.uid).or_default();
        if queue.is_empty() {
            host.turns.push_back(payer.uid);
        }
        queue.push_back(Waiter { number, bytes, granted: sender });
        state.give_turn(payer.host);
        self.serve(&mut state);
        Place { pool: self.clone(), payer, number, bytes, granted, has_left: false }
    }

    /// Grants what can be granted, in turn. The first that does not fit holds up the others: else large takings
    /// would never have theirs.
    fn serve(&self, state: &mut State) {
        while let Some(address) = state.turns.front().copied() {
            let State { used, hosts, turns, .. } = state;
            let Some(host) = hosts.get_mut(&address) else {
                turns.pop_front();
                continue;
            };
            let room = self.limits.per_host_bytes_max.saturating_sub(host.used);
            match host.next_bytes() {
                Some(bytes) if bytes <= room => {
                    if *used + bytes > self.limits.bytes_max {
                        return;
                    }
                    *used += bytes;
                    host.grant_next();
                    turns.rotate_left(1);
                }
                _ => {
                    host.has_turn = false;
                    turns.pop_front();
                    if host.is_idle() {
                        hosts.remove(&address);
                    }
                }
            }
        }
    }

    fn give_back(&self, host: IpAddr, bytes: usize) {
        let mut state = self.state.lock();
        state.used -= bytes;
        if let Some(host) = state.hosts.get_mut(&host) {
            host.used -= bytes;
        }
        state.give_turn(host);
        self.serve(&mut state);
    }
}

impl State {
    /// Lines a host up if it waits for something, and forgets it if it has no business here.
    fn give_turn(&mut self, address: IpAddr) {
        let Some(host) = self.hosts.get_mut(&address) else { return };
        if host.is_idle() {
            self.hosts.remove(&address);
        } else if !host.users.is_empty() && !host.has_turn {
            host.has_turn = true;
            self.turns.push_back(address);
        }
    }

    fn is_short_for(&self, host: IpAddr) -> bool {
        !self.turns.is_empty() || self.hosts.get(&host).is_some_and(|host| !host.users.is_empty())
    }
}

impl Host {
    fn is_idle(&self) -> bool {
        self.used == 0 && self.users.is_empty() && !self.has_turn
    }

    /// What the user whose turn it is waits for.
    fn next_bytes(&self) -> Option<usize> {
        Some(self.users.get(self.turns.front()?)?.front()?.bytes)
    }

    fn grant_next(&mut self) {
        let Some(uid) = self.turns.pop_front() else { return };
        let Some(queue) = self.users.get_mut(&uid) else { return };
        if let Some(waiter) = queue.pop_front() {
            self.used += waiter.bytes;
            // One that has gone away meanwhile gives the bytes back: see `Place`.
            let _ = waiter.granted.send(());
        }
        if queue.is_empty() {
            self.users.remove(&uid);
        } else {
            self.turns.push_back(uid);
        }
    }

    /// Takes a waiter out of the queue. False when it is not there any more: it was granted.
    fn forget(&mut self, uid: u32, number: u64) -> bool {
        let Some(queue) = self.users.get_mut(&uid) else { return false };
        let before = queue.len();
        queue.retain(|waiter| waiter.number != number);
        let was_there = queue.len() < before;
        if queue.is_empty() {
            self.users.remove(&uid);
            self.turns.retain(|waiting| *waiting != uid);
        }
        was_there
    }
}

/// A place in the queue. Whoever leaves it early gives back what was granted meanwhile.
struct Place {
    pool: Arc<Pool>,
    payer: Payer,
    number: u64,
    bytes: usize,
    granted: oneshot::Receiver<()>,
    has_left: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.has_left {
            return;
        }
        let Payer { host, uid } = self.payer;
        let mut state = self.pool.state.lock();
        let waited = state.hosts.get_mut(&host).is_some_and(|host| host.forget(uid, self.number));
        if waited {
            state.give_turn(host);
            self.pool.serve(&mut state);
        } else {
            drop(state);
            self.pool.give_back(host, self.bytes);
        }
    }
}

impl Share {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let surplus = self.bytes.saturating_sub(bytes);
        if surplus > 0 {
            self.bytes -= surplus;
            self.pool.give_back(self.host, surplus);
        }
    }

    /// Both must be of the same host and pool.
    pub(crate) fn merge(&mut self, mut other: Share) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.pool.give_back(self.host, self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    fn pool(bytes_max: usize, per_host_bytes_max: usize, reserve_bytes: usize) -> Arc<Pool> {
        Pool::new(PoolLimits { bytes_max, per_host_bytes_max, reserve_bytes })
    }

    fn payer(host: u8, uid: u32) -> Payer {
        Payer { host: IpAddr::from([192, 0, 2, host]), uid }
    }

    /// Asks in the background, and adds `name` to `order` when it was granted.
    fn ask(pool: &Arc<Pool>, who: Payer, bytes: usize, order: &Arc<Mutex<Vec<Payer>>>) -> JoinHandle<Share> {
        let (pool, order) = (pool.clone(), order.clone());
        tokio::spawn(async move {
            let share = pool.take(who, bytes).await;
            order.lock().push(who);
            share
        })
    }

    async fn settle() {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    /// Ends one taking after another, as they are granted.
    async fn finish_all(mut asked: Vec<JoinHandle<Share>>) {
        while !asked.is_empty() {
            settle().await;
            let granted = asked.iter().position(JoinHandle::is_finished).expect("somebody has a turn");
            drop(asked.swap_remove(granted).await.unwrap());
        }
    }

    fn is_empty(pool: &Pool) -> bool {
        let state = pool.state.lock();
        state.used == 0 && state.hosts.is_empty() && state.turns.is_empty()
    }

    #[tokio::test]
    async fn what_is_taken_comes_back() {
        let pool = pool(100, 80, 60);
        let mut share = pool.take(payer(1, 1), 50).await;
        share.shrink_to(20);
        assert_eq!(pool.used(), 20);
        let mut more = None;
        assert!(pool.grow(&mut more, payer(2, 2), 20) && !pool.grow(&mut more, payer(2, 2), 1));
        share.merge(pool.take(payer(1, 2), 5).await);
        assert_eq!((share.bytes(), pool.used()), (25, 45));
        drop((share, more));
        assert!(is_empty(&pool));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_waits_at_its_own_share_and_others_do_not() {
        let pool = pool(100, 40, 40);
        let held = pool.take(payer(1, 1), 40).await;
        assert!(timeout(Duration::from_secs(1), pool.take(payer(1, 2), 20)).await.is_err());
        pool.take(payer(2, 1), 40).await;
        drop(held);
        pool.take(payer(1, 2), 20).await;
    }

    #[tokio::test]
    async fn hosts_take_turns_and_so_do_the_users_of_one() {
        let pool = pool(10, 10, 10);
        let held = pool.take(payer(9, 9), 10).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut asked = Vec::new();
        for who in [payer(1, 1), payer(1, 1), payer(1, 1), payer(1, 2), payer(2, 7), payer(2, 7)] {
            asked.push(ask(&pool, who, 10, &order));
            settle().await;
        }
        drop(held);
        finish_all(asked).await;
        let [first, second] = [(1, 1), (1, 2)].map(|(host, uid)| payer(host, uid));
        assert_eq!(*order.lock(), [first, payer(2, 7), second, payer(2, 7), first, first]);
        assert!(is_empty(&pool));
    }

    #[tokio::test]
    async fn who_stops_waiting_holds_nobody_up_and_keeps_nothing() {
        let pool = pool(10, 10, 10);
        let held = pool.take(payer(1, 1), 10).await;
        let order = Arc::default();
        let (gone, stays) = (ask(&pool, payer(2, 1), 10, &order), ask(&pool, payer(3, 1), 10, &order));
        settle().await;
        gone.abort();
        settle().await;
        drop(held);
        drop(stays.await.unwrap());
        assert!(is_empty(&pool));
    }

    /// Records that have grown into all of the memory each wait for the rest. The reserve lets one after another
    /// finish.
    #[tokio::test(start_paused = true)]
    async fn calls_that_hold_a_part_and_wait_for_the_rest_all_finish() {
        let pool = pool(100, 60, 20);
        let mut parts = Vec::new();
        for host in [1, 2, 1, 2, 1, 2, 1, 2, 1, 2] {
            let mut part = None;
            if pool.grow(&mut part, payer(host, 1), 8) {
                parts.push((host, part));
            }
        }
        assert_eq!(parts.len(), 10);
        let finishing = parts.into_iter().map(|(host, part)| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let rest = pool.take(payer(host, 1), 20).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
                drop((part, rest));
            })
        });
        for task in finishing.collect::<Vec<_>>() {
            timeout(Duration::from_secs(10), task).await.expect("nobody waits for ever").unwrap();
        }
    }

    proptest! {
        #[test]
        fn sums_are_what_the_shares_say(steps in prop::collection::vec((0_u8..4, 0_u8..3, 0_u32..3, 1_usize..30), 0..100)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let pool = pool(100, 60, 30);
                let (mut shares, mut waiting) = (Vec::new(), Vec::new());
                for (what, host, uid, bytes) in steps {
                    match what {
                        0 => waiting.push(ask(&pool, payer(host, uid), bytes, &Arc::default())),
                        1 => {
                            let mut share = None;
                            pool.grow(&mut share, payer(host, uid), bytes);
                            shares.extend(share);
                        }
                        2 if !shares.is_empty() => drop(shares.swap_remove(bytes % shares.len())),
                        3 if !waiting.is_empty() => {
                            let task = waiting.swap_remove(bytes % waiting.len());
                            if task.is_finished() { shares.push(task.await.unwrap()) } else { task.abort() }
                        }
                        _ => {}
                    }
                    settle().await;
                    let state = pool.state.lock();
                    let of_hosts: usize = state.hosts.values().map(|host| host.used).sum();
                    assert_eq!(of_hosts, state.used);
                    assert!(state.used <= 100 && state.hosts.values().all(|host| host.used <= 60));
                }
                shares.clear();
                finish_all(waiting).await;
                assert!(is_empty(&pool));
            });
        }
    }
}
