//! Holds each kind of alert against its cause and its end.

use super::facts::*;
use super::plan::{Lasting, plan};
use nasd_api::{Health, verdict};
use nasd_base::alert::{AlertKind, Severity};
use nasd_base::{NodeId, Timestamp, VolumeId};
use nasd_system::{Alert, AlertChange, AlertKey, Alerts, Said};
use std::time::Duration;
use tokio::time::Instant;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;

/// Three nodes with a disk each, and a volume, in order.
fn sound() -> Facts {
    let node = |id: u64| NodeFacts {
        name: format!("stor-{id}"),
        answers: true,
        faulty: None,
        clock_ahead_millis: Some(3),
        certificate_until: Some(NOW + 300 * DAY),
        chunks_damaged: Some(0),
        failed_checks: Some(Vec::new()),
    };
    let disk = || DiskFacts { failed: None, space: Some((1000, 500)), smart: Some(SmartFacts::default()) };
    let volume = VolumeFacts {
        name: "media".into(),
        health: Health::Healthy,
        why: verdict::replicas_answer(3),
        ill_on: [].into(),
        used_percent: Some(50),
        behind: [(NodeId(2), 3)].into(),
        leaders: 1,
    };
    Facts {
        now: NOW,
        nodes: (1..=3).map(|id| (NodeId(id), node(id))).collect(),
        disks: (1..=3).map(|id| ((NodeId(id), "/srv/a".to_owned()), disk())).collect(),
        said_disks: (1..=3).map(NodeId).collect(),
        volumes: [(VolumeId(7), volume)].into(),
        leaders: 0,
        wrong_logins: (3, 1),
    }
}

fn node(facts: &mut Facts, id: u64) -> &mut NodeFacts {
    facts.nodes.get_mut(&NodeId(id)).unwrap()
}

fn disk(facts: &mut Facts) -> &mut DiskFacts {
    facts.disks.get_mut(&(NodeId(2), "/srv/a".to_owned())).unwrap()
}

fn volume(facts: &mut Facts) -> &mut VolumeFacts {
    facts.volumes.get_mut(&VolumeId(7)).unwrap()
}

fn ill(facts: &mut Facts, health: Health, on: &[u64]) {
    let volume = volume(facts);
    (volume.health, volume.why) = (health, verdict::replicas_missing(3 - on.len(), 3));
    volume.ill_on = on.iter().map(|id| NodeId(*id)).collect();
}

/// The open alerts, and what a leader does who looks again and again.
#[derive(Default)]
struct Leader {
    alerts: Alerts,
    lasting: Lasting,
}

impl Leader {
    fn look(&mut self, facts: &Facts, at: Instant) -> Vec<AlertChange> {
        let open: Vec<AlertKey> = self.alerts.open().map(Alert::key).collect();
        let faults = self.lasting.look(facts.faults(&|key| open.contains(key)), at);
        plan(&self.alerts, facts, &faults, Timestamp { secs: NOW, nanos: 0 })
    }

    /// Looks for five minutes, and takes what it planned as the state would.
    fn looks_on(&mut self, facts: &Facts, from: Instant) -> Vec<AlertChange> {
        let mut all = Vec::new();
        for second in (0..=310).step_by(2) {
            let changes = self.look(facts, from + Duration::from_secs(second));
            changes.iter().for_each(|change| self.take(change));
            all.extend(changes);
        }
        all
    }

    fn take(&mut self, change: &AlertChange) {
        let open =
            |alerts: &Alerts, key: &AlertKey| alerts.open().find(|it| it.key() == *key).map(|it| it.id);
        match change.clone() {
            AlertChange::Raise { kind, object, severity, what, cause } => {
                let cause = cause.and_then(|key| open(&self.alerts, &key));
                let id = open(&self.alerts, &(kind, object.clone()));
                let id = id.unwrap_or(self.alerts.all.len() as u64 + 1);
                self.alerts.all.insert(id, alert(id, (kind, object), severity, what, cause));
            }
            AlertChange::End { kind, object } => {
                let id = open(&self.alerts, &(kind, object)).expect("what ends was open");
                self.alerts.all.get_mut(&id).unwrap().ended = Some(Timestamp::default());
            }
            AlertChange::Tell { .. } | AlertChange::Note { .. } => {}
        }
    }

    fn open(&self) -> Vec<AlertKind> {
        self.alerts.open().map(|alert| alert.kind).collect()
    }
}

fn alert(id: u64, (kind, object): AlertKey, severity: Severity, what: Said, cause: Option<u64>) -> Alert {
    let raised = Timestamp::default();
    Alert {
        id,
        kind,
        object,
        severity,
        what,
        raised,
        cause,
        acknowledged: None,
        told: cause.is_none(),
        flapping: false,
        calm_since: None,
        raises: vec![raised],
        ended: None,
    }
}

type Harm = fn(&mut Facts);

/// What is done, which alert that is, how bad.
const TABLE: &[(Harm, AlertKind, Severity)] = &[
    (|facts| node(facts, 2).answers = false, AlertKind::NodeDown, Severity::Critical),
    (
        |facts| node(facts, 2).faulty = Some(verdict::log_failed("stor-2", "Input/output error")),
        AlertKind::NodeFaulty,
        Severity::Critical,
    ),
    (|facts| volume(facts).behind = [(NodeId(2), 90_000)].into(), AlertKind::NodeLagging, Severity::Warning),
    (|facts| node(facts, 2).clock_ahead_millis = Some(-4_000), AlertKind::ClockSkew, Severity::Warning),
    (
        |facts| node(facts, 2).certificate_until = Some(NOW + 20 * DAY),
        AlertKind::CertExpiring,
        Severity::Warning,
    ),
    (|facts| node(facts, 2).certificate_until = Some(NOW - 1), AlertKind::CertExpiring, Severity::Critical),
    (|facts| ill(facts, Health::Unavailable, &[2, 3]), AlertKind::VolumeUnavailable, Severity::Critical),
    (|facts| ill(facts, Health::Degraded, &[2]), AlertKind::VolumeDegraded, Severity::Warning),
    (|facts| volume(facts).used_percent = Some(92), AlertKind::NearFull, Severity::Warning),
    (|facts| volume(facts).used_percent = Some(98), AlertKind::NearFull, Severity::Critical),
    (|facts| disk(facts).space = Some((1000, 90)), AlertKind::NearFull, Severity::Warning),
    (
        |facts| disk(facts).failed = Some(verdict::disk_failed("stor-2", "/srv/a", "Input/output error")),
        AlertKind::DiskFailed,
        Severity::Critical,
    ),
    (
        |facts| disk(facts).smart = Some(SmartFacts { says_it_fails: true, bad_sectors: 0 }),
        AlertKind::DiskFailing,
        Severity::Critical,
    ),
    (
        |facts| disk(facts).smart = Some(SmartFacts { says_it_fails: false, bad_sectors: 8 }),
        AlertKind::DiskFailing,
        Severity::Warning,
    ),
    (|facts| node(facts, 2).chunks_damaged = Some(4), AlertKind::ScrubErrors, Severity::Critical),
    (
        |facts| node(facts, 2).failed_checks = Some(vec!["nfs".into()]),
        AlertKind::DiagnosisFailed,
        Severity::Warning,
    ),
    (|facts| facts.wrong_logins = (25, 4), AlertKind::LoginBurst, Severity::Warning),
    (|facts| facts.leaders = 6, AlertKind::LeaderFlapping, Severity::Warning),
    (|facts| volume(facts).leaders = 6, AlertKind::LeaderFlapping, Severity::Warning),
];

#[tokio::test(start_paused = true)]
async fn each_cause_is_its_alert_and_ends_with_it() {
    for (harm, kind, severity) in TABLE {
        let (mut leader, start) = (Leader::default(), Instant::now());
        assert_eq!(leader.looks_on(&sound(), start), [], "all is well");
        let mut facts = sound();
        harm(&mut facts);
        let hour = Duration::from_secs(3600);
        let changes = leader.looks_on(&facts, start + hour);
        assert!(
            matches!(&changes[..], [AlertChange::Raise { kind: raised, severity: how, .. }]
                if raised == kind && how == severity),
            "{kind}: {changes:?}"
        );
        let changes = leader.looks_on(&sound(), start + 2 * hour);
        assert!(matches!(changes[..], [AlertChange::End { .. }]), "{kind}: {changes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_volume_is_an_alarm_of_its_own() {
    let (mut leader, mut facts) = (Leader::default(), sound());
    volume(&mut facts).used_percent = Some(100);
    leader.looks_on(&facts, Instant::now());
    assert_eq!(leader.open(), [AlertKind::QuotaExceeded, AlertKind::NearFull]);
    assert_eq!(leader.alerts.all[&2].cause, Some(1));
}

/// A failover was an alarm: every volume that the node led chose a leader, and had two of three replicas.
#[tokio::test(start_paused = true)]
async fn what_is_over_soon_is_no_alert() {
    for (harm, kind, _) in TABLE.iter().filter(|(_, kind, _)| !patience(*kind).is_zero()) {
        let (mut leader, start, mut facts) = (Leader::default(), Instant::now(), sound());
        harm(&mut facts);
        let almost = patience(*kind) - Duration::from_secs(1);
        assert_eq!(leader.look(&facts, start), [], "{kind}");
        assert_eq!(leader.look(&facts, start + almost), [], "{kind}");
        assert_eq!(leader.look(&sound(), start + 2 * almost), [], "{kind}");
        assert_eq!(leader.look(&facts, start + 3 * almost), [], "{kind}: it begins anew");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_down_is_the_cause_of_what_follows() {
    let (mut leader, start, mut facts) = (Leader::default(), Instant::now(), sound());
    node(&mut facts, 2).answers = false;
    ill(&mut facts, Health::Degraded, &[2]);
    leader.looks_on(&facts, start);
    assert_eq!(leader.open(), [AlertKind::NodeDown, AlertKind::VolumeDegraded]);
    assert_eq!(leader.alerts.all[&2].cause, Some(1));
    // The node is back, and the volume is not whole yet: for a while that is nothing of its own.
    let mut back = sound();
    ill(&mut back, Health::Degraded, &[2]);
    let minute = start + Duration::from_secs(3600);
    let changes = leader.look(&back, minute);
    assert!(matches!(changes[..], [AlertChange::End { kind: AlertKind::NodeDown, .. }]), "{changes:?}");
    leader.take(&changes[0]);
    assert_eq!(leader.look(&back, minute + Duration::from_secs(19)), []);
    let changes = leader.look(&back, minute + Duration::from_secs(20));
    assert!(matches!(changes[..], [AlertChange::Raise { cause: None, .. }]), "{changes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cause_has_to_explain_all_of_it() {
    let (mut leader, mut facts) = (Leader::default(), sound());
    node(&mut facts, 2).answers = false;
    ill(&mut facts, Health::Degraded, &[2, 3]);
    leader.looks_on(&facts, Instant::now());
    assert!(leader.alerts.open().all(|alert| alert.cause.is_none()), "node 3 answers, and has a part in it");
}

/// A node went down while a disk of it was failing: "the disk is well again" was sent at the worst moment.
#[tokio::test(start_paused = true)]
async fn nothing_ends_for_want_of_news() {
    let (mut leader, start, mut facts) = (Leader::default(), Instant::now(), sound());
    disk(&mut facts).smart = Some(SmartFacts { says_it_fails: true, bad_sectors: 0 });
    node(&mut facts, 2).certificate_until = Some(NOW + DAY);
    leader.looks_on(&facts, start);
    assert_eq!(leader.open(), [AlertKind::CertExpiring, AlertKind::DiskFailing]);
    let mut gone = sound();
    node(&mut gone, 2).answers = false;
    gone.disks.retain(|(node, _), _| node.0 != 2);
    leader.looks_on(&gone, start + Duration::from_secs(1000));
    assert_eq!(leader.open(), [AlertKind::CertExpiring, AlertKind::DiskFailing, AlertKind::NodeDown]);
    // A new leader has not asked anybody yet.
    let mut unasked = sound();
    unasked.disks.clear();
    unasked.said_disks.clear();
    unasked.nodes.values_mut().for_each(|node| node.certificate_until = None);
    leader.looks_on(&unasked, start + Duration::from_secs(2000));
    assert_eq!(leader.open(), [AlertKind::CertExpiring, AlertKind::DiskFailing]);
    // It hears of another disk of the node that has failed: the one that was failing was said to be sound.
    let other = ((NodeId(2), "/srv/b".to_owned()), DiskFacts::default());
    unasked.disks.extend([other]);
    leader.looks_on(&unasked, start + Duration::from_secs(2500));
    assert_eq!(leader.open(), [AlertKind::CertExpiring, AlertKind::DiskFailing]);
    // The node is removed from the cluster.
    let mut removed = sound();
    removed.nodes.remove(&NodeId(2));
    removed.disks.retain(|(node, _), _| node.0 != 2);
    leader.looks_on(&removed, start + Duration::from_secs(3000));
    assert_eq!(leader.open(), []);
}

#[tokio::test(start_paused = true)]
async fn figures_that_go_up_and_down_are_no_news() {
    let (mut leader, start, mut facts) = (Leader::default(), Instant::now(), sound());
    volume(&mut facts).used_percent = Some(91);
    assert_eq!(leader.looks_on(&facts, start).len(), 1);
    for percent in [92, 89, 88, 87, 90] {
        volume(&mut facts).used_percent = Some(percent);
        assert_eq!(leader.look(&facts, start + Duration::from_secs(400)), [], "{percent}");
    }
    volume(&mut facts).used_percent = Some(97);
    assert!(matches!(leader.look(&facts, start + Duration::from_secs(401))[..], [AlertChange::Raise { .. }]));
    volume(&mut facts).used_percent = Some(86);
    assert!(matches!(leader.look(&facts, start + Duration::from_secs(402))[..], [AlertChange::End { .. }]));
}
