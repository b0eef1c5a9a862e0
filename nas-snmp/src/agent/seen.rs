//! Owns which signed messages were seen: nobody gets an answer by sending what somebody else sent.
//!
//! A message is good for the time of its window. Whoever sends it again from the same address and port is the manager
//! that lost the answer; anybody else copied it.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;

/// A little longer than a message can be timely: its clock may be 150 s behind, and 150 s ahead.
const KEPT_FOR: Duration = Duration::from_secs(310);
/// How long a manager sends again what was not answered.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);
/// So many are remembered at most, the newest: about 4 MiB.
const KEPT_MAX: usize = 1 << 16;

/// What was seen of late.
#[derive(Default)]
pub struct Seen {
    random: RandomState,
    messages: HashMap<u64, (Instant, SocketAddr)>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Notes a message by its seal. `false` for one that somebody sent before.
    pub fn is_new(&mut self, now: Instant, from: SocketAddr, seal: &[u8]) -> bool {
        self.forget(now);
        let seal = self.random.hash_one(seal);
        if let Some((at, sender)) = self.messages.get(&seal) {
            return *sender == from && now.saturating_duration_since(*at) <= AGAIN_WITHIN;
        }
        self.messages.insert(seal, (now, from));
        self.order.push_back(seal);
        true
    }

    fn forget(&mut self, now: Instant) {
        while let Some(oldest) = self.order.front() {
            let at = self.messages.get(oldest).map(|(at, _)| *at);
            let is_old = at.is_none_or(|at| now.saturating_duration_since(at) > KEPT_FOR);
            if !is_old && self.order.len() < KEPT_MAX {
                return;
            }
            self.messages.remove(oldest);
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_copy_is_told_from_a_retry() {
        let mut seen = Seen::default();
        let now = Instant::now();
        let [manager, other] = ["192.0.2.1:1000", "192.0.2.1:1001"].map(|address| address.parse().unwrap());
        assert!(seen.is_new(now, manager, b"one"));
        assert!(seen.is_new(now + Duration::from_secs(9), manager, b"one"), "the answer was lost");
        assert!(!seen.is_new(now + Duration::from_secs(9), other, b"one"));
        assert!(!seen.is_new(now + Duration::from_secs(11), manager, b"one"));
        assert!(!seen.is_new(now + Duration::from_secs(300), manager, b"one"));
        assert!(seen.is_new(now, other, b"two"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_takes_no_more_room() {
        let mut seen = Seen::default();
        let (now, from) = (Instant::now(), "192.0.2.1:1000".parse().unwrap());
        for number in 0..(2 * KEPT_MAX as u32) {
            assert!(seen.is_new(now, from, &number.to_be_bytes()));
        }
        assert!(seen.messages.len() <= KEPT_MAX && seen.order.len() <= KEPT_MAX);
        assert!(seen.is_new(now + KEPT_FOR * 2, from, b"later"));
        assert_eq!(seen.order.len(), 1);
    }
}
