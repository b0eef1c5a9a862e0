//! Owns how many handshakes a host may begin: each costs the caller a packet and this node a signature.

use nasd_base::door::host;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// Handshakes that a host may begin at once. A member that comes back opens a dozen.
const BURST: u32 = 128;
/// And then one each: 100 in a second take some hundredths of a processor.
const ONE_EACH: Duration = Duration::from_millis(10);
/// Hosts that are remembered. Beyond it the count begins anew for all, which costs one burst each.
const HOSTS_MAX: usize = 4096;

/// Handshakes begun by host, those of members not counted.
#[derive(Default)]
pub struct Pace(Mutex<HashMap<IpAddr, Begun>>);

struct Begun {
    count: u32,
    /// Up to when the count was reduced.
    since: Instant,
}

impl Pace {
    /// Whether one more from this address may begin.
    pub fn begin(&self, from: IpAddr, now: Instant) -> bool {
        let mut hosts = self.0.lock();
        let host = host(from);
        if hosts.len() >= HOSTS_MAX && !hosts.contains_key(&host) {
            hosts.clear();
        }
        let begun = hosts.entry(host).or_insert(Begun { count: 0, since: now });
        let allowed = now.duration_since(begun.since).as_nanos() / ONE_EACH.as_nanos();
        let allowed = u32::try_from(allowed).unwrap_or(u32::MAX);
        begun.count = begun.count.saturating_sub(allowed);
        begun.since = if begun.count == 0 { now } else { begun.since + ONE_EACH * allowed };
        let may = begun.count < BURST;
        begun.count += u32::from(may);
        may
    }

    /// It was a member's, which may begin as many as it can finish.
    pub fn forgive(&self, from: IpAddr) {
        if let Some(begun) = self.0.lock().get_mut(&host(from)) {
            begun.count = begun.count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_begins_so_many_and_another_is_not_counted_with_it() {
        let (pace, flood, other) = (Pace::default(), [192, 0, 2, 66].into(), [192, 0, 2, 1].into());
        let now = Instant::now();
        assert_eq!((0..1_000).filter(|_| pace.begin(flood, now)).count(), BURST as usize);
        assert!(pace.begin(other, now));
        let second = Duration::from_secs(1);
        assert_eq!((0..1_000).filter(|_| pace.begin(flood, now + second)).count(), 100);
        assert_eq!((0..1_000).filter(|_| pace.begin(flood, now + 100 * second)).count(), BURST as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn members_may_begin_as_many_as_they_finish_and_hosts_are_bounded() {
        let (pace, member, now) = (Pace::default(), [192, 0, 2, 1].into(), Instant::now());
        for _ in 0..1_000 {
            assert!(pace.begin(member, now));
            pace.forgive(member);
        }
        for number in 0..10_000_u32 {
            pace.begin(IpAddr::from(number.to_be_bytes()), now);
        }
        assert!(pace.0.lock().len() <= HOSTS_MAX);
    }
}
