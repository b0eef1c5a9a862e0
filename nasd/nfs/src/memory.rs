//! Owns the memory that calls of known clients may hold.
//!
//! It is charged as bytes arrive, not as a header claims them. A call begins with a small share, from a pool that
//! large ones cannot touch, so GETATTR has room while others move data. A record that grows beyond it, and a large
//! reply, take from the other pool. Whoever is slow, with a record it sends or a reply it does not read, has time as
//! long as nobody waits; when somebody does, it has to keep a pace ([`Pace`]) or is cut off.
//!
//! Nobody waits for a small share while holding a large one, and of its large share a call asks for the last part at
//! once (see [`crate::pool`]), so waiting ends.

use crate::options::NfsOptions;
use crate::pool::{Payer, Pool, PoolLimits, Share};
use nasd_fs::TRANSFER_BYTES_MAX;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What a small call takes with its buffers: the share that every call begins with. Its task alone is 4 kB.
pub(crate) const CALL_BYTES_MIN: usize = 8192;

/// One part in so many of the memory is for small calls.
pub(crate) const SMALL_PART: usize = 4;

/// How long a slow peer may take while others wait for memory, and at what pace beyond that: a MiB in eleven
/// seconds.
const GRACE: Duration = Duration::from_secs(3);
const PACE_BYTES_PER_SECOND: usize = 128 << 10;

/// How often the pace of a slow peer is looked at.
pub(crate) const PACE_CHECK: Duration = Duration::from_secs(1);

/// The largest large share of one call: a record or a reply, and the framing.
pub(crate) fn large_call_bytes(options: &NfsOptions) -> usize {
    options.record_bytes_max + TRANSFER_BYTES_MAX as usize
}

pub(crate) struct CallMemory {
    small: Arc<Pool>,
    large: Arc<Pool>,
}

impl CallMemory {
    pub(crate) fn new(options: &NfsOptions) -> CallMemory {
        let (all, host) = (options.memory_bytes_max, options.memory_per_client_bytes_max);
        let small = PoolLimits {
            bytes_max: all / SMALL_PART,
            per_host_bytes_max: host / SMALL_PART,
            reserve_bytes: CALL_BYTES_MIN,
        };
        let large = PoolLimits {
            bytes_max: all - all / SMALL_PART,
            per_host_bytes_max: host - host / SMALL_PART,
            reserve_bytes: large_call_bytes(options),
        };
        CallMemory { small: Pool::new(small), large: Pool::new(large) }
    }

    pub(crate) fn used(&self) -> usize {
        self.small.used() + self.large.used()
    }

    /// Whether somebody waits for memory that `host` holds.
    pub(crate) fn is_short_for(&self, host: IpAddr) -> bool {
        self.small.is_short_for(host) || self.large.is_short_for(host)
    }

    /// What a call begins with.
    pub(crate) async fn begin(&self, payer: Payer) -> CallCharge {
        CallCharge { small: self.small.take(payer, CALL_BYTES_MIN).await, large: None }
    }

    /// Adds `bytes`, if they can be had at once.
    pub(crate) fn grow(&self, charge: &mut CallCharge, payer: Payer, bytes: usize) -> bool {
        self.large.grow(&mut charge.large, payer, bytes)
    }

    /// Adds `bytes`, waiting for them if need be. It is the last that this call asks for.
    pub(crate) async fn complete(&self, charge: &mut CallCharge, payer: Payer, bytes: usize) {
        let more = self.large.take(payer, bytes).await;
        match &mut charge.large {
            Some(large) => large.merge(more),
            none => *none = Some(more),
        }
    }
}

/// What one call holds; given back on drop.
pub(crate) struct CallCharge {
    small: Share,
    large: Option<Share>,
}

impl CallCharge {
    pub(crate) fn bytes(&self) -> usize {
        self.small.bytes() + self.large.as_ref().map_or(0, Share::bytes)
    }

    /// Gives back all but `bytes` and the small share.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let beyond = bytes.saturating_sub(self.small.bytes());
        match &mut self.large {
            Some(large) if beyond > 0 => large.shrink_to(beyond),
            large => *large = None,
        }
    }
}

/// How fast one record comes or one reply goes.
pub(crate) struct Pace {
    began: Instant,
    at_most: Duration,
}

impl Pace {
    pub(crate) fn new(at_most: Duration) -> Pace {
        Pace { began: Instant::now(), at_most }
    }

    /// Time in which the peer could do nothing does not count.
    pub(crate) fn excuse(&mut self, since: Instant) {
        self.began += since.elapsed();
    }

    /// Whether a peer that has moved `bytes` so far is to be cut off.
    pub(crate) fn is_too_slow(&self, bytes: usize, others_wait: bool) -> bool {
        let took = self.began.elapsed();
        let earned = Duration::from_millis((bytes as u64 * 1000) / PACE_BYTES_PER_SECOND as u64);
        took >= self.at_most || (others_wait && took >= GRACE + earned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_calls_have_room_while_large_ones_hold_the_rest() {
        let memory = CallMemory::new(&NfsOptions::default().made_workable());
        let mut held = Vec::new();
        for host in 1..=16 {
            let payer = Payer { host: [192, 0, 2, host].into(), uid: 0 };
            let mut charge = memory.begin(payer).await;
            for bytes in [1 << 20, 8192] {
                while memory.grow(&mut charge, payer, bytes) {}
            }
            held.push(charge);
        }
        let late = Payer { host: [192, 0, 2, 200].into(), uid: 0 };
        let mut charge = memory.begin(late).await;
        assert!(!memory.grow(&mut charge, late, 8192));
        memory.complete(&mut charge, late, 1 << 20).await;
        assert_eq!(charge.bytes(), (1 << 20) + CALL_BYTES_MIN);
        charge.shrink_to(20_000);
        assert_eq!(charge.bytes(), 20_000);
        charge.shrink_to(100);
        assert_eq!(charge.bytes(), CALL_BYTES_MIN);
        drop((held, charge));
        assert_eq!(memory.used(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_slow_have_time_until_somebody_waits() {
        let pace = Pace::new(Duration::from_secs(60));
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(!pace.is_too_slow(0, false) && pace.is_too_slow(0, true));
        assert!(!pace.is_too_slow(PACE_BYTES_PER_SECOND * 2, true));
        tokio::time::sleep(Duration::from_secs(56)).await;
        assert!(pace.is_too_slow(usize::MAX / 2000, false));
    }
}
