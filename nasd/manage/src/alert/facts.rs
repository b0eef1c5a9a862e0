//! What is known that may be wrong, and what of it is: pure. See `docs/decisions/0041-alerts.md`.

use nasd_api::{Health, Sentence, alarm, verdict};
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use nasd_base::{NodeId, VolumeId};
use nasd_system::AlertKey;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Full to this percentage is worth a word, and to the second one more.
const FULL_PERCENT: u64 = 90;
const FULLER_PERCENT: u64 = 97;
/// What was full stays so until it is below.
const FULL_UNTIL_PERCENT: u64 = 87;
const CERTIFICATE_DAYS: i64 = 21;
const CERTIFICATE_DAYS_LAST: i64 = 3;
const CLOCKS_APART_MILLIS: i64 = 1_000;
const CLOCKS_APART_UNTIL_MILLIS: i64 = 500;
/// Entries that a replica is behind its leader.
const BEHIND_ENTRIES: u64 = 5_000;
/// Leaders of one group within ten minutes.
const LEADERS_MAX: usize = 5;
/// Wrong passwords and codes within ten minutes.
const WRONG_LOGINS: u64 = 10;
const DAY_SECONDS: i64 = 24 * 3600;

#[derive(Clone, Debug, Default)]
pub struct NodeFacts {
    pub name: String,
    pub answers: bool,
    /// Its log or its replica of the cluster's state does not work.
    pub faulty: Option<Sentence>,
    /// Against the clocks of most nodes.
    pub clock_ahead_millis: Option<i64>,
    /// When its certificate for browsers expires, in seconds since 1970.
    pub certificate_until: Option<i64>,
    pub chunks_damaged: Option<u64>,
    /// The checks of its diagnosis that failed when they ran last.
    pub failed_checks: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default)]
pub struct DiskFacts {
    pub failed: Option<Sentence>,
    /// Total and available bytes.
    pub space: Option<(u64, u64)>,
    pub smart: Option<SmartFacts>,
}

/// What a disk says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct SmartFacts {
    pub says_it_fails: bool,
    pub bad_sectors: u64,
}

#[derive(Clone, Debug)]
pub struct VolumeFacts {
    pub name: String,
    pub health: Health,
    pub why: Sentence,
    /// The nodes for want of which it is not whole.
    pub ill_on: BTreeSet<NodeId>,
    /// Of bytes or files, whichever is nearer its limit.
    pub used_percent: Option<u64>,
    /// Entries that replicas on nodes that answer are behind.
    pub behind: BTreeMap<NodeId, u64>,
    /// Leaders within ten minutes.
    pub leaders: usize,
}

/// All that is known at one moment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// In seconds since 1970.
    pub now: i64,
    pub nodes: BTreeMap<NodeId, NodeFacts>,
    /// Of the nodes that answer.
    pub disks: BTreeMap<(NodeId, String), DiskFacts>,
    /// Those that have said which disks they have; that one has failed is known before.
    pub said_disks: BTreeSet<NodeId>,
    pub volumes: BTreeMap<VolumeId, VolumeFacts>,
    pub leaders: usize,
    /// Wrong passwords and codes within ten minutes, and from how many places.
    pub wrong_logins: (u64, u64),
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub key: AlertKey,
    pub severity: Severity,
    pub what: Sentence,
    /// What it would not be without.
    pub cause: Option<AlertKey>,
}

impl Facts {
    /// What is wrong; `is_open` says what was so at the last look.
    pub fn faults(&self, is_open: &dyn Fn(&AlertKey) -> bool) -> Vec<Fault> {
        let mut faults = Faults { facts: self, is_open, found: Vec::new() };
        self.nodes.iter().for_each(|(id, node)| faults.node(*id, node));
        self.disks.iter().for_each(|((node, path), disk)| faults.disk(*node, path, disk));
        self.volumes.iter().for_each(|(id, volume)| faults.volume(*id, volume));
        faults.cluster();
        faults.found
    }

    /// Whether it is known that this is not so; else nothing is said of it.
    pub fn denies(&self, (kind, object): &AlertKey) -> bool {
        let Some(node) = object.node() else { return *kind != AlertKind::NoMajority };
        let Some(facts) = self.nodes.get(&node) else { return true };
        match (kind, object) {
            (AlertKind::NodeDown, _) => facts.answers,
            _ if !facts.answers => false,
            (AlertKind::CertExpiring, _) => facts.certificate_until.is_some(),
            (AlertKind::ScrubErrors, _) => facts.chunks_damaged.is_some(),
            (AlertKind::ClockSkew, _) => facts.clock_ahead_millis.is_some(),
            (AlertKind::DiagnosisFailed, _) => facts.failed_checks.is_some(),
            (_, AlertObject::Disk(node, path)) => match self.disks.get(&(*node, path.clone())) {
                // Before the first report nothing is known of disks; after it, what is not in it is gone.
                None => self.said_disks.contains(node),
                Some(disk) if *kind == AlertKind::DiskFailing => disk.smart.is_some(),
                Some(disk) if *kind == AlertKind::NearFull => disk.space.is_some(),
                Some(_) => true,
            },
            _ => true,
        }
    }
}

/// How long it has to last before anybody is told.
pub fn patience(kind: AlertKind) -> Duration {
    let seconds = match kind {
        AlertKind::NodeDown | AlertKind::VolumeUnavailable => 10,
        AlertKind::VolumeDegraded => 20,
        AlertKind::NodeFaulty | AlertKind::DiskFailed | AlertKind::QuotaExceeded => 5,
        AlertKind::NodeLagging | AlertKind::ClockSkew => 60,
        AlertKind::ScrubErrors => 300,
        _ => 0,
    };
    Duration::from_secs(seconds)
}

struct Faults<'a> {
    facts: &'a Facts,
    is_open: &'a dyn Fn(&AlertKey) -> bool,
    found: Vec<Fault>,
}

impl Faults<'_> {
    fn add(&mut self, kind: AlertKind, object: AlertObject, severity: Severity, what: Sentence) {
        self.found.push(Fault { key: (kind, object), severity, what, cause: None });
    }

    /// Raised from `on` on, and held until below `until`.
    fn is_over(&self, key: AlertKey, value: u64, on: u64, until: u64) -> bool {
        value >= if (self.is_open)(&key) { until } else { on }
    }

    fn node(&mut self, id: NodeId, node: &NodeFacts) {
        let (object, name) = (AlertObject::Node(id), &node.name);
        if !node.answers {
            return self.add(AlertKind::NodeDown, object, Severity::Critical, verdict::node_absent(name));
        }
        if let Some(what) = &node.faulty {
            self.add(AlertKind::NodeFaulty, object.clone(), Severity::Critical, what.clone());
        }
        let skew = node.clock_ahead_millis.unwrap_or(0).abs();
        let key = (AlertKind::ClockSkew, object.clone());
        let until = CLOCKS_APART_UNTIL_MILLIS.unsigned_abs();
        if self.is_over(key, skew.unsigned_abs(), CLOCKS_APART_MILLIS.unsigned_abs(), until) {
            let what = alarm::clock_differs(name, skew);
            self.add(AlertKind::ClockSkew, object.clone(), Severity::Warning, what);
        }
        self.certificate(object.clone(), node);
        if let Some(count) = node.chunks_damaged.filter(|count| *count > 0) {
            let what = alarm::data_is_damaged(name, count);
            self.add(AlertKind::ScrubErrors, object.clone(), Severity::Critical, what);
        }
        if let Some(failed) = node.failed_checks.as_ref().filter(|failed| !failed.is_empty()) {
            let what = alarm::diagnosis_failed(name, failed.len(), failed.join(", "));
            self.add(AlertKind::DiagnosisFailed, object, Severity::Warning, what);
        }
    }

    fn certificate(&mut self, object: AlertObject, node: &NodeFacts) {
        let Some(left) = node.certificate_until.map(|until| until - self.facts.now) else { return };
        let days = left.div_euclid(DAY_SECONDS);
        if days < CERTIFICATE_DAYS {
            let severity = if days < CERTIFICATE_DAYS_LAST { Severity::Critical } else { Severity::Warning };
            let what = match left {
                0.. => alarm::certificate_expires(&node.name, days),
                _ => alarm::certificate_expired(&node.name),
            };
            self.add(AlertKind::CertExpiring, object, severity, what);
        }
    }

    fn disk(&mut self, node: NodeId, path: &str, disk: &DiskFacts) {
        let object = || AlertObject::Disk(node, path.to_owned());
        let name = self.facts.nodes.get(&node).map_or("", |node| &node.name);
        if let Some(what) = &disk.failed {
            return self.add(AlertKind::DiskFailed, object(), Severity::Critical, what.clone());
        }
        let smart = disk.smart.unwrap_or_default();
        if smart.says_it_fails {
            let what = alarm::disk_will_fail(name, path);
            self.add(AlertKind::DiskFailing, object(), Severity::Critical, what);
        } else if smart.bad_sectors > 0 {
            let what = alarm::disk_has_bad_sectors(name, path, smart.bad_sectors);
            self.add(AlertKind::DiskFailing, object(), Severity::Warning, what);
        }
        let full = disk.space.map_or(0, |(total, available)| percent(total.saturating_sub(available), total));
        if self.is_over((AlertKind::NearFull, object()), full, FULL_PERCENT, FULL_UNTIL_PERCENT) {
            self.add(AlertKind::NearFull, object(), fullness(full), alarm::disk_nears_end(name, path, full));
        }
    }

    fn volume(&mut self, id: VolumeId, volume: &VolumeFacts) {
        let object = AlertObject::Volume(id);
        let what = || verdict::of_volume(&volume.name, &volume.why.text);
        match volume.health {
            Health::Unavailable => {
                self.add(AlertKind::VolumeUnavailable, object.clone(), Severity::Critical, what());
            }
            // One that has few replicas because there are few nodes is no fault.
            Health::Degraded if !volume.ill_on.is_empty() => {
                self.add(AlertKind::VolumeDegraded, object.clone(), Severity::Warning, what());
                self.caused_by(&volume.ill_on);
            }
            _ => {}
        }
        let used = volume.used_percent.unwrap_or(0);
        let at_limit = (AlertKind::QuotaExceeded, object.clone());
        let is_at_limit = self.is_over(at_limit.clone(), used, 100, 99);
        if is_at_limit {
            let what = alarm::volume_at_limit(&volume.name);
            self.add(AlertKind::QuotaExceeded, object.clone(), Severity::Critical, what);
        }
        let near = (AlertKind::NearFull, object.clone());
        if self.is_over(near, used, FULL_PERCENT, FULL_UNTIL_PERCENT) {
            let what = alarm::volume_nears_limit(&volume.name, used);
            self.add(AlertKind::NearFull, object.clone(), fullness(used), what);
            self.last_cause(is_at_limit.then_some(at_limit));
        }
        self.lag(volume);
        if volume.leaders >= LEADERS_MAX {
            let what = alarm::volume_leaders_change(&volume.name, volume.leaders);
            self.add(AlertKind::LeaderFlapping, object, Severity::Warning, what);
        }
    }

    /// A node is behind by its worst replica.
    fn lag(&mut self, volume: &VolumeFacts) {
        for (node, behind) in volume.behind.iter().filter(|(_, behind)| **behind >= BEHIND_ENTRIES) {
            let key = (AlertKind::NodeLagging, AlertObject::Node(*node));
            if !self.found.iter().any(|fault| fault.key == key) {
                let name = self.facts.nodes.get(node).map_or("", |node| &node.name);
                let what = alarm::replica_lags(name, &volume.name, behind);
                self.add(key.0, key.1, Severity::Warning, what);
            }
        }
    }

    fn cluster(&mut self) {
        let (count, places) = self.facts.wrong_logins;
        if count >= WRONG_LOGINS {
            let what = alarm::logins_fail(count, places);
            self.add(AlertKind::LoginBurst, AlertObject::Cluster, Severity::Warning, what);
        }
        if self.facts.leaders >= LEADERS_MAX {
            let what = alarm::cluster_leaders_change(self.facts.leaders);
            self.add(AlertKind::LeaderFlapping, AlertObject::Cluster, Severity::Warning, what);
        }
    }

    /// The last fault is a consequence, if each of these nodes has a fault that explains it.
    fn caused_by(&mut self, nodes: &BTreeSet<NodeId>) {
        let explains = |node: NodeId| {
            let of_node = self.found.iter().filter(|fault| fault.key.1.node() == Some(node));
            let kinds = [AlertKind::NodeDown, AlertKind::NodeFaulty, AlertKind::DiskFailed];
            of_node.map(|fault| fault.key.clone()).find(|key| kinds.contains(&key.0))
        };
        let causes: Option<Vec<AlertKey>> = nodes.iter().map(|node| explains(*node)).collect();
        self.last_cause(causes.and_then(|causes| causes.into_iter().next()));
    }

    fn last_cause(&mut self, cause: Option<AlertKey>) {
        if let Some(fault) = self.found.last_mut() {
            fault.cause = cause;
        }
    }
}

fn fullness(percent: u64) -> Severity {
    if percent >= FULLER_PERCENT { Severity::Critical } else { Severity::Warning }
}

/// Rounded down; of nothing, nothing.
pub fn percent(part: u64, whole: u64) -> u64 {
    let percent = (u128::from(part) * 100).checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(percent).unwrap_or(u64::MAX)
}
