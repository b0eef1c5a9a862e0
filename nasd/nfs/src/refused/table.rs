//! Owns what the server remembers of clients that the export rules refused: who asked for what, how often, which rule it
//! was.
//!
//! Strangers cause entries at will, so a host has a share, in which all that is no export is one entry per address. A full
//! table forgets first whom no rule names and who asked for no export; of equals who was refused longest ago.

use nasd_base::door;
use nasd_base::export::{Export, Network, RefusedBy};
use nasd_base::{Timestamp, VolumeId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// How long a refusal is remembered.
pub const REFUSED_AGE_MAX: Duration = Duration::from_secs(86_400);
const HOSTS_MAX: usize = 1024;
const ENTRIES_PER_HOST_MAX: usize = 16;
/// Of all entries together.
const BYTES_MAX: usize = 1 << 20;
/// What is kept of a path that is no export: enough to see the typing mistake.
const ASKED_BYTES_MAX: usize = 128;

/// One client that one rule refused one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub client: IpAddr,
    /// Of the export; or the beginning of what was asked for last where that is none.
    pub path: String,
    /// What is exported there.
    pub volume: Option<VolumeId>,
    pub by: RefusedBy,
    /// Whom the rule names that refused, where one did.
    pub network: Option<Network>,
    /// The user that asked last, as the client said.
    pub user: Option<u32>,
    pub first: Timestamp,
    pub last: Timestamp,
    pub times: u64,
}

/// Whom a rule refuses now.
#[derive(Clone, Copy)]
pub(crate) struct Refusal<'a> {
    pub(crate) client: IpAddr,
    /// A rule of some export names the client.
    pub(crate) is_known: bool,
    pub(crate) user: Option<u32>,
    pub(crate) asked: Asked<'a>,
    pub(crate) by: RefusedBy,
    pub(crate) network: Option<Network>,
}

#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    Export(&'a Export),
    /// A path that is no export.
    Nothing(&'a [u8]),
}

impl Refusal<'_> {
    fn volume(&self) -> Option<VolumeId> {
        match self.asked {
            Asked::Export(export) => Some(export.volume),
            Asked::Nothing(_) => None,
        }
    }

    fn path(&self) -> String {
        match self.asked {
            Asked::Export(export) => export.path.clone(),
            Asked::Nothing(path) => path[..path.len().min(ASKED_BYTES_MAX)].escape_ascii().to_string(),
        }
    }

    fn is_of(&self, entry: &Refused) -> bool {
        let same = match self.asked {
            Asked::Export(export) => entry.path == export.path && entry.network == self.network,
            Asked::Nothing(_) => true,
        };
        same && entry.client == self.client && entry.by == self.by
    }

    fn first(self, now: Timestamp) -> Refused {
        let Refusal { client, by, network, user, .. } = self;
        let (path, volume) = (self.path(), self.volume());
        Refused { client, path, volume, by, network, user, first: now, last: now, times: 1 }
    }

    fn again(self, entry: &mut Refused, now: Timestamp) {
        entry.times = entry.times.saturating_add(1);
        entry.last = entry.last.max(now);
        entry.user = self.user.or(entry.user);
        entry.volume = self.volume();
        if let Asked::Nothing(_) = self.asked {
            entry.path = self.path();
        }
    }
}

/// The refusals of a day.
#[derive(Default)]
pub(crate) struct RefusedTable(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    hosts: HashMap<IpAddr, Host>,
    bytes: usize,
}

#[derive(Default)]
struct Host {
    is_known: bool,
    entries: Vec<Refused>,
}

/// What is forgotten first comes first.
type Worth = (bool, bool, Timestamp);

impl RefusedTable {
    pub(crate) fn note(&self, refusal: Refusal<'_>, now: Timestamp) {
        let mut inner = self.0.lock();
        inner.note(refusal, now);
        while inner.hosts.len() > HOSTS_MAX || inner.bytes > BYTES_MAX {
            inner.forget_a_host();
        }
    }

    /// Those of a day, the latest first.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<Refused> {
        let mut inner = self.0.lock();
        inner.expire(now);
        let mut all: Vec<Refused> = inner.hosts.values().flat_map(|host| &host.entries).cloned().collect();
        all.sort_by_key(|entry| std::cmp::Reverse(entry.last));
        all
    }
}

impl Inner {
    fn note(&mut self, refusal: Refusal<'_>, now: Timestamp) {
        let host = self.hosts.entry(door::host(refusal.client)).or_default();
        host.is_known |= refusal.is_known;
        let before = host.bytes();
        match host.entries.iter_mut().find(|entry| refusal.is_of(entry)) {
            Some(entry) => refusal.again(entry, now),
            None => host.entries.push(refusal.first(now)),
        }
        if host.entries.len() > ENTRIES_PER_HOST_MAX {
            host.forget_an_entry();
        }
        self.bytes = self.bytes + host.bytes() - before;
    }

    fn expire(&mut self, now: Timestamp) {
        for host in self.hosts.values_mut() {
            host.entries.retain(|entry| entry.last.plus(REFUSED_AGE_MAX) > now);
        }
        self.hosts.retain(|_, host| !host.entries.is_empty());
        self.bytes = self.hosts.values().map(Host::bytes).sum();
    }

    fn forget_a_host(&mut self) {
        let least = self.hosts.iter().min_by_key(|(_, host)| host.worth()).map(|(address, _)| *address);
        let forgotten = least.and_then(|address| self.hosts.remove(&address));
        self.bytes -= forgotten.map_or(0, |host| host.bytes());
    }
}

impl Host {
    fn worth(&self) -> Worth {
        let entries = self.entries.iter().map(|entry| (self.is_known, entry.volume.is_some(), entry.last));
        entries.max().unwrap_or_default()
    }

    fn forget_an_entry(&mut self) {
        let worth = |entry: &Refused| (entry.volume.is_some(), entry.last);
        let least = self.entries.iter().enumerate().min_by_key(|(_, entry)| worth(entry));
        if let Some((at, _)) = least {
            self.entries.swap_remove(at);
        }
    }

    fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| size_of::<Refused>() + entry.path.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp { secs, nanos: 0 }
    }

    fn export(path: &str) -> Export {
        Export { path: path.to_owned(), volume: VolumeId(1), clients: vec![] }
    }

    fn refusal<'a>(client: &str, asked: Asked<'a>) -> Refusal<'a> {
        let by = match asked {
            Asked::Export(_) => RefusedBy::NoRule,
            Asked::Nothing(_) => RefusedBy::NoExport,
        };
        let client = client.parse().unwrap();
        Refusal { client, is_known: false, user: Some(7), asked, by, network: None }
    }

    #[test]
    fn the_same_refusal_is_one_entry_that_counts() {
        let (table, demo) = (RefusedTable::default(), export("/demo"));
        table.note(refusal("192.0.2.1", Asked::Export(&demo)), at(100));
        table.note(Refusal { user: Some(9), ..refusal("192.0.2.1", Asked::Export(&demo)) }, at(160));
        table.note(Refusal { by: RefusedBy::Port, ..refusal("192.0.2.1", Asked::Export(&demo)) }, at(130));
        table.note(refusal("192.0.2.2", Asked::Export(&demo)), at(120));
        let all = table.list(at(200));
        let told: Vec<_> = all.iter().map(|one| (one.client.to_string(), one.by, one.times)).collect();
        let client = |host: u8| format!("192.0.2.{host}");
        let expected = [
            (client(1), RefusedBy::NoRule, 2),
            (client(1), RefusedBy::Port, 1),
            (client(2), RefusedBy::NoRule, 1),
        ];
        assert_eq!(told, expected);
        assert_eq!((all[0].first, all[0].last, all[0].user), (at(100), at(160), Some(9)));
    }

    #[test]
    fn what_is_no_export_is_one_entry_with_the_last_path() {
        let table = RefusedTable::default();
        for n in 0..5000 {
            table.note(refusal("192.0.2.1", Asked::Nothing(format!("/{n}").as_bytes())), at(n));
        }
        table.note(refusal("192.0.2.1", Asked::Nothing(&[b'\n'; 1024])), at(6000));
        let all = table.list(at(6000));
        assert_eq!((all.len(), all[0].times), (1, 5001));
        assert_eq!(all[0].path, "\\n".repeat(ASKED_BYTES_MAX));
    }

    #[test]
    fn a_day_later_it_is_forgotten_unless_it_went_on() {
        let (table, demo) = (RefusedTable::default(), export("/demo"));
        table.note(refusal("192.0.2.1", Asked::Export(&demo)), at(0));
        table.note(refusal("192.0.2.2", Asked::Export(&demo)), at(0));
        table.note(refusal("192.0.2.2", Asked::Export(&demo)), at(50_000));
        assert_eq!(table.list(at(86_399)).len(), 2);
        assert_eq!(table.list(at(86_400)).len(), 1);
        assert_eq!(table.list(at(136_400)).len(), 0);
        let inner = table.0.lock();
        assert_eq!((inner.hosts.len(), inner.bytes), (0, 0));
    }

    /// One address, and one network of IPv6 that has as many as it likes, ask for whatever there is.
    #[test]
    fn a_flood_from_one_host_pushes_out_nobody_else() {
        let (table, demo) = (RefusedTable::default(), export("/demo"));
        table.note(refusal("192.0.2.1", Asked::Export(&demo)), at(0));
        for n in 0..20_000u32 {
            let own = export(&format!("/{n}"));
            let client =
                if n % 2 == 0 { "192.0.2.9".to_owned() } else { format!("2001:db8::{:x}", n % 65_536) };
            table.note(refusal(&client, Asked::Export(&own)), at(1 + i64::from(n)));
            table.note(refusal(&client, Asked::Nothing(b"/x")), at(1 + i64::from(n)));
        }
        let all = table.list(at(20_001));
        assert!(all.iter().any(|entry| entry.client.to_string() == "192.0.2.1"));
        assert_eq!(all.len(), 1 + 2 * ENTRIES_PER_HOST_MAX);
    }

    #[test]
    fn strangers_from_everywhere_who_ask_for_nothing_push_out_nobody_who_asked_for_an_export() {
        let (table, demo) = (RefusedTable::default(), export("/demo"));
        table.note(refusal("192.0.2.1", Asked::Export(&demo)), at(0));
        let known = Refusal { is_known: true, ..refusal("192.0.2.2", Asked::Nothing(b"/dmeo")) };
        table.note(known, at(0));
        for n in 0..5000u32 {
            let client = IpAddr::from((0x0a00_0000 + n).to_be_bytes()).to_string();
            table.note(refusal(&client, Asked::Nothing(b"/")), at(1));
        }
        let all = table.list(at(2));
        assert_eq!(all.len(), HOSTS_MAX);
        for honest in ["192.0.2.1", "192.0.2.2"] {
            assert!(all.iter().any(|entry| entry.client.to_string() == honest), "{honest}");
        }
    }

    proptest! {
        #[test]
        fn it_stays_bounded_whoever_asks_for_what(
            asked in prop::collection::vec((0u32..4000, 0usize..40, any::<bool>(), any::<bool>()), 0..3000),
        ) {
            let exports: Vec<Export> =
                (0..40).map(|n| export(&format!("/{n}{}", "x".repeat(n * 25)))).collect();
            let table = RefusedTable::default();
            for (now, (client, path, is_known, is_export)) in asked.into_iter().enumerate() {
                let asked = match is_export {
                    true => Asked::Export(&exports[path]),
                    false => Asked::Nothing(exports[path].path.as_bytes()),
                };
                let client = IpAddr::from((0x0a00_0000 + client).to_be_bytes()).to_string();
                table.note(Refusal { is_known, ..refusal(&client, asked) }, at(now as i64));
                let inner = table.0.lock();
                prop_assert!(inner.hosts.len() <= HOSTS_MAX && inner.bytes <= BYTES_MAX);
                prop_assert!(inner.hosts.values().all(|host| host.entries.len() <= ENTRIES_PER_HOST_MAX));
            }
            let inner = table.0.lock();
            prop_assert_eq!(inner.bytes, inner.hosts.values().map(Host::bytes).sum::<usize>());
        }
    }
}
