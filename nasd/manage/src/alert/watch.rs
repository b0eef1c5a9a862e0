//! Looks every other second at what may be wrong. Every node does; the one that leads the system group says so.

use super::facts::{DiskFacts, Facts, NodeFacts, SmartFacts, VolumeFacts, percent};
use super::failover::Failovers;
use super::majority::Majority;
use super::plan::{Lasting, plan, said};
use crate::health::{Observed, Patience};
use futures::future::join_all;
use nasd_api::{CheckState, Diagnosis, DiagnosisState, Health, Sentence, VolumeInfo, Zone, alarm, verdict};
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use nasd_base::{GroupId, NodeId, Timestamp, VolumeId};
use nasd_node::{DeviceReport, DiskReport, Failover, MachineReport, Node, Part, Question};
use nasd_system::{AlertChange, AlertCommand, By, CHANGES_MAX};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A node that has just started does not know enough.
const LOOK_FIRST: Duration = Duration::from_secs(15);
/// How often the leader asks the others for how full their disks are, for certificates and damage, and for what disks say
/// of themselves, for which a program is run.
const DISKS_EVERY: Duration = Duration::from_secs(30);
const MACHINES_EVERY: Duration = Duration::from_secs(60);
const DEVICES_EVERY: Duration = Duration::from_secs(300);
const DIAGNOSES_EVERY: Duration = Duration::from_secs(20);
/// What a node found lies there: it only has to say it.
const DIAGNOSIS_PATIENCE: Duration = Duration::from_secs(2);
/// Leaders are counted for so long, and wrong passwords.
const RECENT: Duration = Duration::from_secs(600);
const RECENT_SECONDS: i64 = 600;
/// Changes of leaders that are remembered of a group.
const LEADERS_KEPT: usize = 32;
/// Mended chunks are noted once in a while.
const MENDED_EVERY: Duration = Duration::from_secs(3600);

/// Watches as long as the node is there.
pub async fn watch(node: Weak<Node>, patience: Arc<Patience>) {
    let mut eye = Eye::default();
    while let Some(node) = node.upgrade() {
        let observed = Observed::by(&node, &patience, Instant::now());
        eye.look(&node, &observed).await;
        drop(node);
        sleep(LOOK_EVERY).await;
    }
}

/// What a node keeps from look to look.
#[derive(Default)]
struct Eye {
    lasting: Lasting,
    asked: Asked,
    leaders: BTreeMap<Option<VolumeId>, VecDeque<(Instant, u64)>>,
    majority: Majority,
    failovers: Failovers,
}

/// Each with its number on its node.
type Disks = BTreeMap<(NodeId, String), (u32, Space)>;

/// Total and available bytes.
type Space = (u64, u64);

/// What other nodes said when they were asked.
#[derive(Default)]
struct Asked {
    disks_at: Option<Instant>,
    machines_at: Option<Instant>,
    devices_at: Option<Instant>,
    disks: Disks,
    smart: BTreeMap<(NodeId, String), SmartFacts>,
    machines: BTreeMap<NodeId, MachineReport>,
    diagnoses_at: Option<Instant>,
    /// The checks that failed when they ran last.
    failed_checks: BTreeMap<NodeId, Vec<String>>,
    /// Mended chunks that were noted of a node, and when.
    mended: BTreeMap<NodeId, (Option<Instant>, u64)>,
}

impl Eye {
    async fn look(&mut self, node: &Node, observed: &Observed) {
        let (now, clock) = (Instant::now(), node.clock.now());
        self.count_leaders(observed, now);
        self.majority.look(observed.has_quorum(), now, clock);
        let zone = Zone::named(&observed.view.settings.time_zone).unwrap_or_default();
        let note = self.majority.note(observed.me, &observed.view.alerts, &zone, now);
        let mut changes: Vec<AlertChange> = note.into_iter().collect();
        let has_note = !changes.is_empty();
        let failover = self.failovers.look(&observed.failovers, now);
        let leads = observed.has_quorum() && observed.system.leader == Some(observed.me);
        if leads && observed.looking() >= LOOK_FIRST {
            self.asked.ask(node, observed, now).await;
        }
        let facts = self.facts(node, observed, clock);
        let open: BTreeSet<_> = observed.view.alerts.open().map(|alert| alert.key()).collect();
        let faults = self.lasting.look(facts.faults(&|key| open.contains(key)), now);
        if leads && observed.looking() >= LOOK_FIRST {
            changes.extend(plan(&observed.view.alerts, &facts, &faults, clock));
            changes.extend(self.asked.mended(observed, now, clock));
            changes.extend(failover.and_then(|failover| changed_hands(observed, &failover, clock)));
        }
        for changes in changes.chunks(CHANGES_MAX) {
            let command = AlertCommand::Change { changes: changes.to_vec() };
            if let Err(error) = node.system.propose(&By::NODE, command.into()).await {
                tracing::warn!(%error, "what is wrong could not be noted; it is tried again");
                return;
            }
        }
        if has_note {
            self.majority.noted();
        }
    }

    fn count_leaders(&mut self, observed: &Observed, now: Instant) {
        let system = observed.system.leader.map(|_| (None, observed.system.term));
        let volumes = observed.view.volumes.values().filter_map(|volume| {
            let leading = observed.replicas(volume.id).filter(|(_, pulse)| pulse.leads);
            Some((Some(volume.id), leading.map(|(_, pulse)| pulse.term).max()?))
        });
        for (group, term) in volumes.chain(system) {
            let terms = self.leaders.entry(group).or_default();
            if terms.back().is_none_or(|(_, last)| *last != term) {
                terms.push_back((now, term));
            }
            // The newest stays: it is what the next is compared with.
            while terms.len() > LEADERS_KEPT
                || terms.len() > 1 && terms.front().is_some_and(|(at, _)| now.duration_since(*at) > RECENT)
            {
                terms.pop_front();
            }
        }
        self.leaders.retain(|group, _| group.is_none_or(|id| observed.view.volume(id).is_some()));
    }

    /// The first one that was seen is no change.
    fn leaders_of(&self, group: Option<VolumeId>) -> usize {
        self.leaders.get(&group).map_or(0, |terms| terms.len().saturating_sub(1))
    }

    fn facts(&self, node: &Node, observed: &Observed, clock: Timestamp) -> Facts {
        let volumes = observed.volumes().into_iter().filter_map(|volume| {
            let id = VolumeId(volume.id);
            Some((id, of_volume(observed, &volume, self.leaders_of(Some(id)))?))
        });
        Facts {
            now: clock.secs,
            nodes: self.nodes(node, observed),
            disks: self.asked.disks(observed),
            said_disks: self.asked.disks.keys().map(|(node, _)| *node).collect(),
            volumes: volumes.collect(),
            leaders: self.leaders_of(None),
            wrong_logins: wrong_logins(observed, clock),
        }
    }

    fn nodes(&self, here: &Node, observed: &Observed) -> BTreeMap<NodeId, NodeFacts> {
        let active = observed.view.active_nodes();
        let mut nodes: BTreeMap<NodeId, NodeFacts> = active
            .map(|node| {
                let pulse = observed.pulse(node.id);
                let machine = self.asked.machines.get(&node.id);
                let facts = NodeFacts {
                    name: node.name.clone(),
                    answers: pulse.is_some(),
                    faulty: pulse.and_then(|pulse| faulty(&node.name, pulse)),
                    clock_ahead_millis: pulse.and_then(|_| clock_ahead(here, node.id)),
                    certificate_until: machine.and_then(|machine| machine.https_until),
                    chunks_damaged: machine.and_then(|machine| machine.chunks_damaged),
                    failed_checks: self.asked.failed_checks.get(&node.id).cloned(),
                };
                (node.id, facts)
            })
            .collect();
        relative(&mut nodes);
        nodes
    }
}

impl Asked {
    async fn ask(&mut self, node: &Node, observed: &Observed, now: Instant) {
        let is_due = |last: Option<Instant>, every| last.is_none_or(|last| now.duration_since(last) >= every);
        let nodes: Vec<NodeId> = observed
            .view
            .active_nodes()
            .map(|node| node.id)
            .filter(|id| observed.pulse(*id).is_some())
            .collect();
        if is_due(self.disks_at, DISKS_EVERY) {
            self.disks_at = Some(now);
            self.ask_disks(node, &nodes).await;
        }
        if is_due(self.machines_at, MACHINES_EVERY) {
            self.machines_at = Some(now);
            self.ask_machines(node, &nodes).await;
        }
        if is_due(self.devices_at, DEVICES_EVERY) {
            self.devices_at = Some(now);
            self.ask_devices(node, &nodes).await;
        }
        if is_due(self.diagnoses_at, DIAGNOSES_EVERY) {
            self.diagnoses_at = Some(now);
            self.ask_diagnoses(node, &nodes).await;
        }
    }

    /// A run that goes on says nothing yet.
    async fn ask_diagnoses(&mut self, node: &Node, nodes: &[NodeId]) {
        let asked = nodes.iter().map(|id| async move {
            let said = node.reporter.ask_plainly(*id, Question::Diagnosis, DIAGNOSIS_PATIENCE).await?;
            let diagnosis = serde_json::from_slice::<Diagnosis>(&said).ok()?;
            let is_over = diagnosis.state != DiagnosisState::Running;
            let failed = diagnosis.findings.into_iter().filter(|found| found.state == CheckState::Failed);
            is_over.then(|| (*id, failed.map(|found| found.check.name().to_owned()).collect()))
        });
        self.failed_checks.extend(join_all(asked).await.into_iter().flatten());
    }

    async fn ask_disks(&mut self, node: &Node, nodes: &[NodeId]) {
        for (id, report) in node.reporter.gather(nodes.iter().copied()).await {
            self.disks.retain(|(of, _), _| *of != id);
            self.disks.extend(numbered(id, report.disks));
        }
    }

    async fn ask_machines(&mut self, node: &Node, nodes: &[NodeId]) {
        let machines = nodes.iter().map(|id| async move {
            Some((*id, node.reporter.ask_about::<MachineReport>(*id, Question::Machine).await?))
        });
        self.machines = join_all(machines).await.into_iter().flatten().collect();
    }

    async fn ask_devices(&mut self, node: &Node, nodes: &[NodeId]) {
        for id in nodes {
            let disks = self.disks.iter().filter(|((of, _), _)| of == id);
            let devices = disks.map(|(disk, (number, _))| async move {
                let device: DeviceReport = node.reporter.ask_about(*id, Question::Disk(*number)).await?;
                let smart = device.smart.ok()?;
                let bad_sectors = smart.pending.unwrap_or(0) + smart.uncorrectable.unwrap_or(0);
                Some((disk.clone(), SmartFacts { says_it_fails: smart.passed == Some(false), bad_sectors }))
            });
            let devices: Vec<_> = join_all(devices).await.into_iter().flatten().collect();
            self.smart.retain(|(of, _), _| of != id);
            self.smart.extend(devices);
        }
    }

    fn disks(&self, observed: &Observed) -> BTreeMap<(NodeId, String), DiskFacts> {
        let answer = self.disks.iter().filter(|((node, _), _)| observed.pulse(*node).is_some());
        let disk = |(key, (_, space)): (&(NodeId, String), &(u32, Space))| {
            let smart = self.smart.get(key).copied();
            (key.clone(), DiskFacts { failed: None, space: Some(*space), smart })
        };
        let mut disks: BTreeMap<_, _> = answer.map(disk).collect();
        for node in observed.view.active_nodes() {
            for trouble in observed.pulse(node.id).into_iter().flat_map(|pulse| &pulse.troubles) {
                if let (Part::Disk(path), false) = (&trouble.part, trouble.passes) {
                    let why = trouble.reason.trim_end_matches('.');
                    let what = verdict::disk_failed(&node.name, path, why);
                    disks.entry((node.id, path.clone())).or_default().failed = Some(what);
                }
            }
        }
        disks
    }

    /// A note of what was mended since the last one, once in a while.
    fn mended(&mut self, observed: &Observed, now: Instant, clock: Timestamp) -> Vec<AlertChange> {
        let mut notes = Vec::new();
        for (id, machine) in &self.machines {
            let Some(mended) = machine.chunks_mended else { continue };
            let (noted_at, noted) = *self.mended.entry(*id).or_insert((None, mended));
            // A node that was started again counts anew.
            let more = mended.checked_sub(noted).unwrap_or(mended);
            let is_due = noted_at.is_none_or(|at| now.duration_since(at) >= MENDED_EVERY);
            if more > 0 && is_due {
                self.mended.insert(*id, (Some(now), mended));
                notes.push(AlertChange::Note {
                    kind: AlertKind::ChecksumRepaired,
                    object: AlertObject::Node(*id),
                    severity: Severity::Info,
                    what: said(&alarm::data_was_mended(observed.node_name(*id), more)),
                    began: Timestamp { secs: clock.secs - 1, ..clock },
                });
            }
        }
        notes
    }
}

/// A note of a failover; of a volume that is gone there is nothing to say.
fn changed_hands(observed: &Observed, failover: &Failover, clock: Timestamp) -> Option<AlertChange> {
    let Failover { millis, group, .. } = *failover;
    let [from, to] = [failover.from, failover.to].map(|node| observed.node_name(node));
    let (object, what) = match group {
        GroupId::SYSTEM => (AlertObject::Cluster, alarm::cluster_changed_hands(to, from, millis)),
        GroupId(volume) => {
            let id = VolumeId(volume);
            let name = &observed.view.volume(id)?.name;
            (AlertObject::Volume(id), alarm::volume_changed_hands(name, to, from, millis))
        }
    };
    let (kind, severity) = (AlertKind::Failover, Severity::Info);
    let began = Timestamp { secs: failover.at.min(clock.secs - 1), nanos: 0 };
    Some(AlertChange::Note { kind, object, severity, what: said(&what), began })
}

fn numbered(node: NodeId, disks: Vec<DiskReport>) -> Disks {
    let disk = |(number, disk): (u32, DiskReport)| {
        ((node, disk.path), (number, (disk.total_bytes, disk.available_bytes)))
    };
    (0u32..).zip(disks).map(disk).collect()
}

fn of_volume(observed: &Observed, volume: &VolumeInfo, leaders: usize) -> Option<VolumeFacts> {
    let state = observed.view.volume(VolumeId(volume.id))?;
    let limits = &volume.limits;
    let used = [(volume.used_bytes, limits.bytes), (volume.files, limits.files)];
    let used = used.into_iter().filter_map(|(used, limit)| Some(percent(used?, limit?)));
    let replicas = || observed.replicas(state.id);
    let applied = replicas().filter(|(_, pulse)| pulse.leads).map(|(_, pulse)| pulse.applied).max();
    let behind = replicas()
        .filter(|(_, pulse)| pulse.failed.is_none())
        .map(|(node, pulse)| (node, applied.map_or(0, |applied| applied.saturating_sub(pulse.applied))));
    Some(VolumeFacts {
        name: volume.name.clone(),
        health: if volume.health == Health::Unknown { Health::Healthy } else { volume.health },
        why: volume.verdict.clone(),
        ill_on: observed.ill_on(state),
        used_percent: used.max(),
        behind: behind.collect(),
        leaders,
    })
}

fn faulty(name: &str, pulse: &nasd_node::Pulse) -> Option<Sentence> {
    let lasting = pulse.troubles.iter().filter(|trouble| !trouble.passes);
    let mut said = lasting.filter_map(|trouble| {
        let why = trouble.reason.trim_end_matches('.');
        match trouble.part {
            Part::Log => Some(verdict::log_failed(name, why)),
            Part::System => Some(verdict::state_failed(name, why)),
            Part::Disk(_) | Part::Replica(_) => None,
        }
    });
    said.next()
}

/// Against this node's own.
fn clock_ahead(here: &Node, node: NodeId) -> Option<i64> {
    match node == here.me {
        true => Some(0),
        false => here.pulses.clock_ahead(node).map(|micros| micros / 1000),
    }
}

/// Against most nodes': if this node's own clock is wrong, no other one's is. Two cannot say which one it is.
fn relative(nodes: &mut BTreeMap<NodeId, NodeFacts>) {
    let mut known: Vec<i64> = nodes.values().filter_map(|node| node.clock_ahead_millis).collect();
    known.sort_unstable();
    let middle = known.get(known.len() / 2).copied().unwrap_or(0);
    for ahead in nodes.values_mut().filter_map(|node| node.clock_ahead_millis.as_mut()) {
        *ahead -= middle;
    }
}

/// Where somebody guesses: rows of one user at one place.
fn wrong_logins(observed: &Observed, clock: Timestamp) -> (u64, u64) {
    let (mut wrong, mut places) = (0, BTreeSet::new());
    for (place, count, last) in observed.view.accounts.guessed() {
        if clock.secs - last.secs < RECENT_SECONDS {
            wrong += u64::from(count);
            places.insert(place);
        }
    }
    (wrong, places.len() as u64)
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
