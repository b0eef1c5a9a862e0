//! Owns who the clients are: an address with all its connections, the closed ones, too, and what it does with which
//! volume.
//!
//! Whoever used a volume is remembered for a day after it left; strangers are not, and a full table forgets who left
//! longest ago. How busy a client is comes from marks: its bytes, every ten seconds.

mod tally;

pub use tally::Tally;
pub(crate) use tally::VolumeTallies;

use crate::stats::ConnectionStats;
use nasd_base::{Timestamp, VolumeId};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

/// How long a client is remembered after it left.
pub const CLIENT_AGE_MAX: Duration = Duration::from_secs(86_400);
/// Between two marks.
pub const MARK_EVERY: Duration = Duration::from_secs(10);
/// Marks of a minute, with its beginning.
const MARKS: usize = 7;
/// Clients that are remembered after they left.
const CLIENTS_MAX: usize = 4096;

/// One client, as far as this server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NfsClientRecord {
    pub client: IpAddr,
    /// Connections that are open.
    pub connections: u32,
    pub total: Tally,
    pub volumes: BTreeMap<VolumeId, Tally>,
    /// When it came, as far as it is remembered.
    pub first: Timestamp,
    /// Now, or when it left.
    pub last: Timestamp,
    /// In both directions, and over how long: a minute once there are marks enough.
    pub recent_bytes: u64,
    pub recent: Duration,
}

/// What the closed connections of a client did.
struct Past {
    total: Tally,
    volumes: BTreeMap<VolumeId, Tally>,
    first: Timestamp,
    last: Timestamp,
}

/// The clients that left, and the marks of all.
#[derive(Default)]
pub(crate) struct ClientTable(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    past: BTreeMap<IpAddr, Past>,
    marks: BTreeMap<IpAddr, VecDeque<u64>>,
}

impl ClientTable {
    /// A connection is closed: it is not among the open ones any more.
    pub(crate) fn close(&self, connection: &ConnectionStats, now: Timestamp) {
        let volumes: BTreeMap<_, _> = connection.volumes.all().collect();
        if volumes.is_empty() {
            return;
        }
        let past = &mut self.0.lock().past;
        let fresh = || Past::since(connection.begun);
        past.entry(connection.client()).or_insert_with(fresh).add(connection.tally(), volumes, now);
        if past.len() > CLIENTS_MAX {
            let longest = past.iter().min_by_key(|(_, past)| past.last).map(|(client, _)| *client);
            longest.and_then(|client| past.remove(&client));
        }
    }

    /// Every client, with what its `open` connections do.
    pub(crate) fn list<'a>(
        &self,
        open: impl Iterator<Item = &'a ConnectionStats>,
        now: Timestamp,
    ) -> Vec<NfsClientRecord> {
        let mut inner = self.0.lock();
        inner.past.retain(|_, past| past.last.plus(CLIENT_AGE_MAX) > now);
        let mut all = inner.together(open, now);
        for record in all.values_mut() {
            (record.recent_bytes, record.recent) = inner.recent(&record.client);
        }
        all.into_values().collect()
    }

    /// Looks at how much every client has done. To be called every [`MARK_EVERY`].
    pub(crate) fn mark<'a>(&self, open: impl Iterator<Item = &'a ConnectionStats>, now: Timestamp) {
        let mut inner = self.0.lock();
        let all = inner.together(open, now);
        inner.marks.retain(|client, _| all.contains_key(client));
        for (client, record) in all {
            // Who is new began with nothing, since the last marks. Who left long ago has none.
            let is_here = record.connections > 0;
            let marks = match inner.marks.entry(client) {
                std::collections::btree_map::Entry::Vacant(_) if !is_here => continue,
                std::collections::btree_map::Entry::Vacant(place) => place.insert(VecDeque::from([0])),
                std::collections::btree_map::Entry::Occupied(marks) => marks.into_mut(),
            };
            marks.push_back(record.total.bytes());
            if marks.len() > MARKS {
                marks.pop_front();
            }
        }
    }
}

impl Inner {
    fn together<'a>(
        &self,
        open: impl Iterator<Item = &'a ConnectionStats>,
        now: Timestamp,
    ) -> BTreeMap<IpAddr, NfsClientRecord> {
        let known = self.past.iter().map(|(client, past)| (*client, past.record(*client)));
        let mut all: BTreeMap<_, _> = known.collect();
        for connection in open {
            let client = connection.client();
            let fresh = || Past::since(connection.begun).record(client);
            let record = all.entry(client).or_insert_with(fresh);
            record.connections += 1;
            record.first = record.first.min(connection.begun);
            record.last = record.last.max(now);
            record.total.add(connection.tally());
            connection.volumes.all().for_each(|(id, more)| record.volumes.entry(id).or_default().add(more));
        }
        all
    }

    fn recent(&self, client: &IpAddr) -> (u64, Duration) {
        let Some(marks) = self.marks.get(client) else { return Default::default() };
        let bytes = marks.back().zip(marks.front()).map_or(0, |(new, old)| new.saturating_sub(*old));
        (bytes, MARK_EVERY * (marks.len().saturating_sub(1)) as u32)
    }
}

impl Past {
    fn since(first: Timestamp) -> Past {
        Past { total: Tally::default(), volumes: BTreeMap::new(), first, last: first }
    }

    fn add(&mut self, total: Tally, volumes: BTreeMap<VolumeId, Tally>, now: Timestamp) {
        self.total.add(total);
        self.last = self.last.max(now);
        volumes.into_iter().for_each(|(id, more)| self.volumes.entry(id).or_default().add(more));
    }

    fn record(&self, client: IpAddr) -> NfsClientRecord {
        let Past { total, volumes, first, last } = self;
        let (recent_bytes, recent) = Default::default();
        let (total, volumes, first, last) = (*total, volumes.clone(), *first, *last);
        NfsClientRecord { client, connections: 0, total, volumes, first, last, recent_bytes, recent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp { secs, nanos: 0 }
    }

    fn connection(client: &str, begun: i64) -> ConnectionStats {
        ConnectionStats::new(1, format!("{client}:700").parse().unwrap(), at(begun))
    }

    fn works(connection: &ConnectionStats, volume: u64, bytes: usize) {
        connection.count_call(bytes as u64);
        connection.volumes.count(VolumeId(volume), bytes, 0);
    }

    #[test]
    fn a_client_is_all_its_connections_and_is_remembered_for_a_day() {
        let (table, one, two) =
            (ClientTable::default(), connection("192.0.2.1", 100), connection("192.0.2.1", 150));
        works(&one, 1, 10);
        works(&two, 2, 20);
        table.close(&one, at(200));
        let seen = table.list([&two].into_iter(), at(300)).remove(0);
        assert_eq!((seen.connections, seen.first, seen.last), (1, at(100), at(300)));
        assert_eq!((seen.total.calls, seen.total.bytes_in), (2, 30));
        let of = |volume| seen.volumes[&VolumeId(volume)].bytes_in;
        assert_eq!((of(1), of(2)), (10, 20));
        table.close(&two, at(400));
        let left = table.list(std::iter::empty(), at(500)).remove(0);
        assert_eq!((left.connections, left.first, left.last, left.total.calls), (0, at(100), at(400), 2));
        assert_eq!(table.list(std::iter::empty(), at(86_800)).len(), 0);
    }

    #[test]
    fn who_used_no_volume_is_forgotten_at_once() {
        let (table, stranger) = (ClientTable::default(), connection("192.0.2.1", 0));
        stranger.count_call(100);
        assert_eq!(table.list([&stranger].into_iter(), at(1)).len(), 1);
        table.close(&stranger, at(1));
        assert!(table.list(std::iter::empty(), at(1)).is_empty());
    }

    #[test]
    fn a_full_table_forgets_who_left_longest_ago() {
        let table = ClientTable::default();
        for n in 0..CLIENTS_MAX as u32 + 10 {
            let [a, b, c, d] = (0x0a00_0000 + n).to_be_bytes();
            let connection = connection(&format!("{a}.{b}.{c}.{d}"), 0);
            works(&connection, 1, 1);
            table.close(&connection, at(i64::from(n)));
        }
        let all = table.list(std::iter::empty(), at(5000));
        assert_eq!(all.len(), CLIENTS_MAX);
        assert_eq!(all.iter().map(|record| record.last).min(), Some(at(10)));
    }

    #[test]
    fn how_busy_a_client_is_comes_from_the_last_minute() {
        let (table, busy) = (ClientTable::default(), connection("192.0.2.1", 0));
        let recent = |open: Option<&ConnectionStats>| {
            let record = table.list(open.into_iter(), at(0)).into_iter().next();
            record.map(|record| (record.recent_bytes, record.recent.as_secs()))
        };
        works(&busy, 1, 600);
        assert_eq!(recent(Some(&busy)), Some((0, 0)), "nobody has looked yet");
        table.mark([&busy].into_iter(), at(0));
        assert_eq!(recent(Some(&busy)), Some((600, 10)));
        for _ in 0..6 {
            works(&busy, 1, 10);
            table.mark([&busy].into_iter(), at(0));
        }
        assert_eq!(recent(Some(&busy)), Some((60, 60)), "the first bytes are older than a minute");
        table.close(&busy, at(0));
        table.mark(std::iter::empty(), at(0));
        assert_eq!(recent(None), Some((50, 60)), "it has left and is still counted");
        (0..7).for_each(|_| table.mark(std::iter::empty(), at(0)));
        assert_eq!(recent(None), Some((0, 60)));
    }
}
