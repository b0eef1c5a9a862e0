//! Owns who may come in through one of the node's doors, and who leaves when it is full.
//!
//! A connection begins as a stranger's. Strangers have few places, and the next one to come takes the place of the
//! one that came first from the host that has most: whoever has something to say becomes known within moments and
//! is out of reach, whoever only holds a place is the first to lose it. So a door cannot be shut from outside, not
//! even from the address of the caller that wants in. What makes a caller known is for the door to say: a
//! certificate, a session, an export's rule. Known callers' places are their own; no stranger can take one.

use crate::rarely::Rarely;
use parking_lot::Mutex;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Lines that a door may write about those it turned away: enough to be seen, too few to fill a disk.
const LINES_EVERY: Duration = Duration::from_secs(60);

/// How many may be inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorLimits {
    /// Callers of whom nothing is known yet.
    pub strangers_max: usize,
    /// The same from one host: an IPv4 address, or an IPv6 network of 64 bits.
    pub strangers_per_host_max: usize,
    pub known_max: usize,
    pub known_per_host_max: usize,
}

/// How many are inside, and how many were turned away since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoorCounts {
    pub strangers: usize,
    pub known: usize,
    /// Strangers who had to leave for others.
    pub displaced: u64,
    /// Callers who had proved something, for whom there was no place.
    pub refused: u64,
}

/// One door. Clones are the same door.
#[derive(Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    limits: DoorLimits,
    inside: Mutex<Inside>,
    complaints: Rarely,
}

#[derive(Default)]
struct Inside {
    next: u64,
    strangers: HashMap<IpAddr, BTreeMap<u64, Arc<Notify>>>,
    /// The hosts of strangers, the one with most of them last; of two equal ones that with the older one.
    crowds: BTreeSet<(usize, Reverse<u64>, IpAddr)>,
    strangers_count: usize,
    known: HashMap<IpAddr, usize>,
    known_count: usize,
    displaced: u64,
    refused: u64,
}

/// A caller's place; given back on drop.
pub struct Place {
    shared: Arc<Shared>,
    host: IpAddr,
    number: u64,
    known: bool,
    leave: Arc<Notify>,
}

impl Door {
    /// `name` is what log lines call it.
    pub fn new(name: &'static str, limits: DoorLimits) -> Door {
        let complaints = Rarely::new(1, LINES_EVERY);
        Door { shared: Arc::new(Shared { name, limits, inside: Mutex::default(), complaints }) }
    }

    /// A stranger's place for a connection from `from`. It costs the first comer of the largest crowd its place when
    /// there is none left; `None` only where strangers have no places at all.
    pub fn enter(&self, from: IpAddr) -> Option<Place> {
        let host = host(from);
        let limits = &self.shared.limits;
        let mut inside = self.shared.inside.lock();
        let of_host = inside.strangers.get(&host).map_or(0, BTreeMap::len);
        let crowded = if of_host >= limits.strangers_per_host_max {
            Some(host)
        } else if inside.strangers_count >= limits.strangers_max {
            Some(inside.crowds.last()?.2)
        } else {
            None
        };
        if let Some(crowded) = crowded {
            inside.displace_first_of(crowded)?;
        }
        let number = inside.next;
        inside.next += 1;
        let leave = Arc::new(Notify::new());
        let joined = leave.clone();
        inside.change_crowd(host, |crowd| drop(crowd.insert(number, joined)));
        let displaced = crowded.is_some();
        drop(inside);
        if displaced && let Some(times) = self.shared.complaints.say(Instant::now()) {
            let name = self.shared.name;
            tracing::warn!(
                "the places for strangers at the {name} door are full: the oldest leave ({times} since the last line)"
            );
        }
        Some(Place { shared: self.shared.clone(), host, number, known: false, leave })
    }

    pub fn counts(&self) -> DoorCounts {
        let inside = self.shared.inside.lock();
        DoorCounts {
            strangers: inside.strangers_count,
            known: inside.known_count,
            displaced: inside.displaced,
            refused: inside.refused,
        }
    }
}

impl Inside {
    fn displace_first_of(&mut self, host: IpAddr) -> Option<()> {
        let first = self.change_crowd(host, BTreeMap::pop_first)?;
        first.1.notify_one();
        self.displaced += 1;
        Some(())
    }

    /// Changes the strangers of one host, and keeps the counts and the order of the crowds true.
    fn change_crowd<T>(
        &mut self,
        host: IpAddr,
        change: impl FnOnce(&mut BTreeMap<u64, Arc<Notify>>) -> T,
    ) -> T {
        let crowd = self.strangers.entry(host).or_default();
        if let Some((oldest, _)) = crowd.first_key_value() {
            self.crowds.remove(&(crowd.len(), Reverse(*oldest), host));
        }
        self.strangers_count -= crowd.len();
        let outcome = change(crowd);
        self.strangers_count += crowd.len();
        match crowd.first_key_value() {
            Some((oldest, _)) => drop(self.crowds.insert((crowd.len(), Reverse(*oldest), host))),
            None => drop(self.strangers.remove(&host)),
        }
        outcome
    }
}

impl Place {
    /// Moves a caller who has proved something to a known caller's place, where nobody displaces it. False when
    /// those are taken, of all or of this host, or when it was displaced already: it is to be sent away.
    pub fn become_known(&mut self) -> bool {
        if self.known {
            return true;
        }
        let limits = &self.shared.limits;
        let mut inside = self.shared.inside.lock();
        let here = inside.strangers.get(&self.host).is_some_and(|crowd| crowd.contains_key(&self.number));
        let of_host = inside.known.get(&self.host).copied().unwrap_or(0);
        if !here || inside.known_count >= limits.known_max || of_host >= limits.known_per_host_max {
            inside.refused += 1;
            return false;
        }
        inside.change_crowd(self.host, |crowd| crowd.remove(&self.number));
        inside.known_count += 1;
        *inside.known.entry(self.host).or_default() += 1;
        self.known = true;
        true
    }

    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Completes when another caller has taken this place: the connection is to be closed. Never for a known one.
    pub fn displaced(&self) -> impl Future<Output = ()> + Send + use<> {
        let leave = self.leave.clone();
        async move { leave.notified().await }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.shared.inside.lock();
        if !self.known {
            inside.change_crowd(self.host, |crowd| crowd.remove(&self.number));
            return;
        }
        inside.known_count -= 1;
        match inside.known.get_mut(&self.host) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(inside.known.remove(&self.host)),
        }
    }
}

/// Whom an address counts for. One host of IPv6 has a network of 64 bits to choose addresses from.
pub fn host(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: DoorLimits =
        DoorLimits { strangers_max: 6, strangers_per_host_max: 4, known_max: 5, known_per_host_max: 3 };

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    async fn is_displaced(place: &Place) -> bool {
        tokio::time::timeout(Duration::from_millis(1), place.displaced()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_loses_its_first_and_the_lone_caller_comes_in() {
        let door = Door::new("test", LIMITS);
        let crowd: Vec<Place> = (0..4).map(|_| door.enter(address(66)).unwrap()).collect();
        let pair: Vec<Place> = (0..2).map(|_| door.enter(address(67)).unwrap()).collect();
        let mut lone = door.enter(address(1)).unwrap();
        assert!(is_displaced(&crowd[0]).await);
        assert!(
            !is_displaced(&crowd[1]).await && !is_displaced(&pair[0]).await && !is_displaced(&lone).await
        );
        assert!(lone.become_known());
        assert_eq!(door.counts(), DoorCounts { strangers: 5, known: 1, displaced: 1, refused: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn also_from_the_address_of_the_crowd_somebody_comes_in() {
        let door = Door::new("test", LIMITS);
        let crowd: Vec<Place> = (0..4).map(|_| door.enter(address(66)).unwrap()).collect();
        let mut honest = door.enter(address(66)).unwrap();
        assert!(is_displaced(&crowd[0]).await && !is_displaced(&crowd[1]).await);
        assert!(honest.become_known());
        let flood: Vec<Place> = (0..50).map(|_| door.enter(address(66)).unwrap()).collect();
        assert!(!is_displaced(&honest).await);
        drop((crowd, flood, honest));
        assert_eq!(door.counts(), DoorCounts { strangers: 0, known: 0, displaced: 50, refused: 0 });
    }

    #[test]
    fn known_places_have_limits_of_their_own() {
        let door = Door::new("test", LIMITS);
        let mut known = Vec::new();
        for _ in 0..3 {
            let mut place = door.enter(address(1)).unwrap();
            assert!(place.become_known());
            known.push(place);
        }
        let mut fourth = door.enter(address(1)).unwrap();
        assert!(!fourth.become_known());
        known.pop();
        assert!(fourth.become_known());
        assert_eq!(door.counts().refused, 1);
    }

    #[test]
    fn an_ipv6_host_has_one_network() {
        let a: IpAddr = "2001:db8:1:2:3:4:5:6".parse().unwrap();
        assert_eq!(host(a), host("2001:db8:1:2::9".parse().unwrap()));
        assert_ne!(host(a), host("2001:db8:1:3::9".parse().unwrap()));
        assert_eq!(host("::ffff:192.0.2.1".parse().unwrap()), address(1));
    }

    proptest! {
        #[test]
        fn counts_are_what_the_places_say(steps in prop::collection::vec((0_u8..4, 0_u8..5, any::<u8>()), 0..200)) {
            let door = Door::new("test", LIMITS);
            let mut places: Vec<Place> = Vec::new();
            for (what, from, which) in steps {
                let which = usize::from(which) % places.len().max(1);
                match what {
                    0 | 1 => places.push(door.enter(address(from)).unwrap()),
                    2 if !places.is_empty() => drop(places[which].become_known()),
                    3 if !places.is_empty() => drop(places.swap_remove(which)),
                    _ => {}
                }
                let counts = door.counts();
                prop_assert_eq!(counts.known, places.iter().filter(|place| place.is_known()).count());
                prop_assert!(counts.strangers <= LIMITS.strangers_max && counts.known <= LIMITS.known_max);
                let inside = door.shared.inside.lock();
                let held: usize = inside.strangers.values().map(BTreeMap::len).sum();
                prop_assert_eq!((held, inside.crowds.len()), (counts.strangers, inside.strangers.len()));
                prop_assert!(inside.strangers.values().all(|crowd| crowd.len() <= LIMITS.strangers_per_host_max));
            }
            places.clear();
            prop_assert_eq!((door.counts().strangers, door.counts().known), (0, 0));
        }
    }
}
