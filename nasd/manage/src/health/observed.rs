//! What this node can say of the cluster without asking anybody.

use super::patience::{Missing, Patience};
use super::verdict::{Facts, Verdict};
use super::volume::Standing;
use crate::refusal;
use nasd_api::{
    ApiError, Export, Failover, Health, NodeInfo, NodeState, ReplicaInfo, ReplicaState, Sentence, Space,
    VolumeInfo, verdict,
};
use nasd_base::{GroupId, NodeId, VolumeId};
use nasd_node::{Node, Part, Pulse, Trouble, VolumePulse};
use nasd_raft::GroupStatus;
use nasd_system::SystemView;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Replicas that a volume has, if nobody asks for other ones.
const COPIES: usize = nasd_system::REPLICAS as usize;

/// Everything known at one moment.
pub struct Observed {
    pub me: NodeId,
    pub view: Arc<SystemView>,
    pub system: GroupStatus,
    /// The nodes that are reachable, with their newest news but that of volumes.
    pulses: BTreeMap<NodeId, Pulse>,
    /// What is heard of each replica.
    replicas: BTreeMap<VolumeId, BTreeMap<NodeId, VolumePulse>>,
    /// The groups that run here.
    groups: BTreeMap<GroupId, GroupStatus>,
    missing: Missing,
    /// What each node took over last.
    pub failovers: Vec<nasd_node::Failover>,
}

impl Observed {
    pub fn by(node: &Node, patience: &Patience, now: Instant) -> Observed {
        let view = node.system.view();
        let mut pulses: BTreeMap<NodeId, Pulse> = view
            .nodes
            .values()
            .filter_map(|member| Some((member.id, node.pulses.recent(member.id, now)?)))
            .collect();
        pulses.insert(node.me, node.pulse());
        let groups = node.raft.groups().iter().map(|group| (group.id(), group.status())).collect();
        let system = node.system_group.status();
        let observed = Observed::of(node.me, view, system, pulses, groups).with(patience, now);
        Observed { failovers: node.failovers(), ..observed }
    }

    fn of(
        me: NodeId,
        view: Arc<SystemView>,
        system: GroupStatus,
        mut pulses: BTreeMap<NodeId, Pulse>,
        groups: BTreeMap<GroupId, GroupStatus>,
    ) -> Observed {
        let mut replicas: BTreeMap<VolumeId, BTreeMap<NodeId, VolumePulse>> = BTreeMap::new();
        for (node, pulse) in &mut pulses {
            for replica in std::mem::take(&mut pulse.volumes) {
                replicas.entry(replica.volume).or_default().insert(*node, replica);
            }
        }
        Observed {
            me,
            view,
            system,
            pulses,
            replicas,
            groups,
            missing: Missing::default(),
            failovers: Vec::new(),
        }
    }

    /// Notes what is missing since when.
    fn with(self, patience: &Patience, now: Instant) -> Observed {
        let volumes = self
            .view
            .volumes
            .values()
            .map(|volume| (GroupId::from(volume.id), self.leader(volume).is_some()));
        let missing = patience.look(volumes.chain([(GroupId::SYSTEM, self.has_quorum())]), now);
        Observed { missing, ..self }
    }

    /// How many of the system group's voters are reachable from here.
    fn present(&self) -> usize {
        self.system.voters.iter().filter(|voter| self.pulses.contains_key(voter)).count()
    }

    /// Whether a majority of the system group's voters is reachable from here, and one of them leads.
    pub fn has_quorum(&self) -> bool {
        self.present() * 2 > self.system.voters.len() && self.system.leader.is_some()
    }

    /// Why nothing can be changed from here now, where that is known.
    pub fn cannot_decide(&self) -> Option<ApiError> {
        self.group().cannot_decide()
    }

    /// The facts of the system group, without those of nodes and volumes.
    fn group(&self) -> Facts {
        Facts {
            me: self.node_name(self.me),
            voters: self.system.voters.len(),
            present: self.present(),
            has_leader: self.system.leader.is_some(),
            leaderless: self.missing.leaderless(GroupId::SYSTEM),
            looking: self.missing.looking,
            ..Facts::default()
        }
    }

    pub fn nodes(&self) -> Vec<NodeInfo> {
        let present = self.view.nodes.values().filter(|node| node.state != nasd_system::NodeState::Removed);
        present
            .map(|node| {
                let pulse = self.pulses.get(&node.id);
                NodeInfo {
                    id: node.id.0,
                    name: node.name.clone(),
                    address: node.address.clone(),
                    state: match node.state {
                        nasd_system::NodeState::Joining => NodeState::Joining,
                        nasd_system::NodeState::Active => NodeState::Member,
                        nasd_system::NodeState::Removed => NodeState::Leaving,
                    },
                    reachable: pulse.is_some(),
                    nfs_address: pulse.and_then(|pulse| pulse.nfs_address.clone()),
                    version: pulse.map(|pulse| pulse.version.clone()),
                }
            })
            .collect()
    }

    /// By its name, or its number.
    pub fn node_called(&self, name: &str) -> Result<NodeInfo, ApiError> {
        let mut nodes = self.nodes();
        let found = nodes.iter().position(|node| node.name == name);
        let found = found.or_else(|| nodes.iter().position(|node| name.parse() == Ok(node.id)));
        found.map(|at| nodes.swap_remove(at)).ok_or_else(|| refusal::node_named_unknown(name))
    }

    /// The names of the volumes that it leads.
    pub fn led_by(&self, node: NodeId) -> Vec<String> {
        let volumes = self.view.volumes.values().filter(|volume| self.leader(volume) == Some(node));
        volumes.map(|volume| volume.name.clone()).collect()
    }

    /// The names of the volumes that it has a copy of.
    pub fn held_by(&self, node: NodeId) -> Vec<String> {
        let volumes = self.view.volumes.values().filter(|volume| volume.replicas.contains(&node));
        volumes.map(|volume| volume.name.clone()).collect()
    }

    pub fn volumes(&self) -> Vec<VolumeInfo> {
        self.view.volumes.values().map(|volume| self.describe(volume)).collect()
    }

    pub fn volume(&self, id: VolumeId) -> Option<VolumeInfo> {
        self.view.volume(id).map(|volume| self.describe(volume))
    }

    pub fn exports(&self) -> Vec<Export> {
        let name = |id| self.view.volume(id).map_or_else(|| format!("#{id}"), |volume| volume.name.clone());
        let exports = self.view.exports.values();
        exports
            .map(|export| Export {
                path: export.path.clone(),
                volume: name(export.volume),
                clients: export.clients.iter().cloned().map(Into::into).collect(),
                etag: crate::tag::hex(&nasd_system::export_tag(export)),
            })
            .collect()
    }

    /// How the cluster does.
    pub fn verdict(&self) -> Verdict {
        let (mut ill, mut choosing) = (Vec::new(), 0);
        for volume in self.view.volumes.values() {
            let standing = self.standing(volume);
            let (health, why) = standing.verdict();
            if health != Health::Healthy {
                choosing += usize::from(standing.is_choosing());
                ill.push((volume.name.clone(), health, why));
            }
        }
        let absent = self.nodes().into_iter().filter(|node| !node.reachable).map(|node| node.name);
        let facts = Facts {
            absent: absent.collect(),
            troubles: self.troubles(),
            volumes: self.view.volumes.len(),
            ill,
            choosing,
            ..self.group()
        };
        facts.verdict()
    }

    /// Of three nodes the one with the least room decides; more share what there is.
    pub fn space(&self) -> Space {
        let mut room: Vec<u64> = self.pulses.values().map(|pulse| pulse.available_bytes).collect();
        room.sort_unstable();
        let free_bytes = match room.len() {
            0..=COPIES => room.first().copied().unwrap_or(0),
            _ => room.iter().sum::<u64>() / COPIES as u64,
        };
        Space { used_bytes: self.used().filter_map(|(_, used)| used).sum(), free_bytes }
    }

    /// What each volume holds, where its leader says so.
    pub fn used(&self) -> impl Iterator<Item = (VolumeId, Option<u64>)> {
        self.view.volumes.values().map(|volume| (volume.id, self.held(volume).map(|(bytes, _)| bytes)))
    }

    /// Bytes of file data and files, as the leader has counted them.
    fn held(&self, volume: &nasd_system::VolumeInfo) -> Option<(u64, u64)> {
        let leader = self.leader(volume)?;
        self.heard(volume).find(|(node, _)| *node == leader)?.1.held
    }

    /// The newest failover that is known here; of a volume that is gone there is nothing to say.
    pub fn last_failover(&self) -> Option<Failover> {
        let newest = self.failovers.iter().max_by_key(|failover| failover.at)?;
        let nasd_node::Failover { at, millis, group, from, to } = *newest;
        let volume = match group {
            GroupId::SYSTEM => None,
            group => Some(self.view.volume(VolumeId(group.0))?.name.clone()),
        };
        let (from, to) = (self.node_name(from), self.node_name(to));
        Some(Failover { at, milliseconds: millis.into(), volume, from, to })
    }

    pub fn node_name(&self, id: NodeId) -> String {
        self.view.node(id).map_or_else(|| format!("node {id}"), |node| node.name.clone())
    }

    /// The newest news of a node that answers.
    pub fn pulse(&self, node: NodeId) -> Option<&Pulse> {
        self.pulses.get(&node)
    }

    /// How long this node has been looking.
    pub fn looking(&self) -> Duration {
        self.missing.looking
    }

    /// What is heard of the replicas of a volume.
    pub fn replicas(&self, volume: VolumeId) -> impl Iterator<Item = (NodeId, &VolumePulse)> {
        self.view.volume(volume).into_iter().flat_map(|volume| self.heard(volume))
    }

    /// The nodes for want of which the volume is not whole.
    pub fn ill_on(&self, volume: &nasd_system::VolumeInfo) -> BTreeSet<NodeId> {
        let works = |node: &NodeId| {
            let keeps = self.pulses.get(node).is_some_and(|pulse| pulse.keeps_chunks);
            keeps && self.heard(volume).any(|(heard, pulse)| heard == *node && pulse.failed.is_none())
        };
        volume.replicas.iter().filter(|node| !works(node)).copied().collect()
    }

    /// What does not work on the nodes that answer.
    fn troubles(&self) -> Vec<Sentence> {
        let name = |id| self.view.volume(id).map_or_else(|| format!("#{id}"), |volume| volume.name.clone());
        let all = self.view.nodes.values().flat_map(|node| {
            let troubles = self.pulses.get(&node.id).into_iter().flat_map(|pulse| &pulse.troubles);
            troubles.map(move |trouble| trouble_words(&node.name, trouble, name))
        });
        all.collect()
    }

    /// Of two replicas that both think they lead, the one in the newer term does; one that has stopped does not.
    fn leader(&self, volume: &nasd_system::VolumeInfo) -> Option<NodeId> {
        let leading = self.heard(volume).filter(|(_, pulse)| pulse.leads && pulse.failed.is_none());
        leading.max_by_key(|(_, pulse)| pulse.term).map(|(node, _)| node)
    }

    /// What is heard of the replicas that the volume is to have.
    fn heard<'a>(
        &'a self,
        volume: &'a nasd_system::VolumeInfo,
    ) -> impl Iterator<Item = (NodeId, &'a VolumePulse)> {
        let heard = self.replicas.get(&volume.id);
        volume.replicas.iter().filter_map(move |node| Some((*node, heard?.get(node)?)))
    }

    fn standing(&self, volume: &nasd_system::VolumeInfo) -> Standing {
        let failed = self.heard(volume).find_map(|(node, pulse)| Some((node, pulse.failed.as_ref()?)));
        let works = |pulse: &VolumePulse| pulse.failed.is_none() && (pulse.leads || !pulse.learns);
        let keeps = |node: &&NodeId| self.pulses.get(node).is_some_and(|pulse| pulse.keeps_chunks);
        Standing {
            wanted: volume.replicas.len(),
            have: self.heard(volume).filter(|(_, pulse)| works(pulse)).count(),
            keep: volume.replicas.iter().filter(keeps).count(),
            is_led: self.leader(volume).is_some(),
            leaderless: self.missing.leaderless(GroupId::from(volume.id)),
            failed: failed.map(|(node, why)| (self.node_name(node), why.clone())),
        }
    }

    fn describe(&self, volume: &nasd_system::VolumeInfo) -> VolumeInfo {
        let heard: BTreeMap<NodeId, &VolumePulse> = self.heard(volume).collect();
        let leader = self.leader(volume);
        let here = self.groups.get(&GroupId::from(volume.id));
        let replicas = volume.replicas.iter().map(|node| ReplicaInfo {
            node: node.0,
            name: self.node_name(*node),
            state: replica_state(heard.get(node).copied(), Some(*node) == leader),
            matched: here.and_then(|status| status.matched.get(node).copied().flatten()),
        });
        let (health, verdict) = self.standing(volume).verdict();
        let available = volume.replicas.iter().filter_map(|node| self.pulses.get(node));
        let least = available.min_by_key(|pulse| pulse.available_bytes);
        let held = self.held(volume);
        let limits = self.view.limits(volume.id);
        let left =
            limits.bytes.map_or(u64::MAX, |limit| limit.saturating_sub(held.map_or(0, |(bytes, _)| bytes)));
        VolumeInfo {
            id: volume.id.0,
            name: volume.name.clone(),
            description: volume.description.clone(),
            health,
            verdict,
            replicas: replicas.collect(),
            leader: leader.map(|node| node.0),
            term: heard.values().map(|pulse| pulse.term).max().unwrap_or(0),
            commit_index: heard
                .values()
                .filter(|pulse| pulse.leads)
                .map(|pulse| pulse.applied)
                .max()
                .unwrap_or(0),
            total_bytes: least.map(|pulse| pulse.total_bytes),
            free_bytes: least.map(|pulse| pulse.available_bytes.min(left)),
            used_bytes: held.map(|(bytes, _)| bytes),
            files: held.map(|(_, files)| files),
            limits: limits.into(),
            root: None,
            etag: crate::tag::hex(&nasd_system::volume_tag(volume)),
        }
    }
}

fn replica_state(pulse: Option<&VolumePulse>, leads: bool) -> ReplicaState {
    match pulse {
        None => ReplicaState::Unreachable,
        Some(pulse) if pulse.failed.is_some() => ReplicaState::Unreachable,
        Some(_) if leads => ReplicaState::Leader,
        Some(pulse) if pulse.learns => ReplicaState::Learning,
        Some(_) => ReplicaState::Following,
    }
}

/// What is wrong on a node that answers, and what to do.
fn trouble_words(node: &str, trouble: &Trouble, volume_name: impl Fn(VolumeId) -> String) -> Sentence {
    let why = trouble.reason.trim_end_matches('.');
    match (&trouble.part, trouble.passes) {
        (Part::Disk(path), false) => verdict::disk_failed(node, path, why),
        (Part::Disk(path), true) => verdict::disk_waits(node, path, why),
        (Part::Log, false) => verdict::log_failed(node, why),
        (Part::Log, true) => verdict::log_waits(node, why),
        (Part::System, false) => verdict::state_failed(node, why),
        (Part::System, true) => verdict::state_waits(node, why),
        (Part::Replica(volume), false) => verdict::replica_failed(node, volume_name(*volume), why),
        (Part::Replica(volume), true) => verdict::replica_waits(node, volume_name(*volume), why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::Timestamp;

    const VOLUME: VolumeId = VolumeId(7);

    fn status(group: GroupId) -> GroupStatus {
        GroupStatus {
            group,
            term: 1,
            leader: Some(NodeId(1)),
            is_leader: true,
            last_log_index: None,
            applied_index: None,
            snapshot_index: None,
            purged_index: None,
            voters: (1..=3).map(NodeId).collect(),
            learners: BTreeSet::new(),
            matched: BTreeMap::new(),
            failed: None,
            short_of: None,
        }
    }

    /// Three nodes with a volume, all in order.
    fn observed() -> Observed {
        let node = |id: u64| nasd_system::NodeInfo {
            id: NodeId(id),
            name: format!("stor-{id}"),
            address: format!("10.0.0.{id}:7420"),
            state: nasd_system::NodeState::Active,
            key: [0; 32],
            joined: Timestamp::default(),
        };
        let volume = nasd_system::VolumeInfo {
            id: VOLUME,
            name: "demo".into(),
            replicas: (1..=3).map(NodeId).collect(),
            created: Timestamp::default(),
            limits: Default::default(),
            root: Default::default(),
            description: String::new(),
        };
        let nodes = Arc::new((1..=3).map(|id| (NodeId(id), node(id))).collect());
        let volumes = Arc::new([volume].into_iter().collect());
        let view = SystemView { nodes, volumes, ..SystemView::default() };
        let pulse = |id: u64| {
            let status = GroupStatus { is_leader: id == 1, ..status(GroupId::from(VOLUME)) };
            let volumes = vec![VolumePulse::of(VOLUME, NodeId(id), &status)];
            (NodeId(id), Pulse { volumes, keeps_chunks: true, ..Pulse::default() })
        };
        let pulses = (1..=3).map(pulse).collect();
        Observed::of(NodeId(1), Arc::new(view), status(GroupId::SYSTEM), pulses, BTreeMap::new())
    }

    fn told(observed: &Observed) -> (Health, String) {
        let verdict = observed.verdict();
        (verdict.health, verdict.text())
    }

    #[test]
    fn a_cluster_in_order_is_healthy() {
        let (health, text) = told(&observed());
        assert_eq!(health, Health::Healthy, "{text}");
    }

    /// All chunk disks had failed, and the verdict was "Healthy: every node and every replica is there".
    #[test]
    fn whatever_does_not_do_its_work_is_in_the_verdict() {
        let disk = || Part::Disk("/srv/a".into());
        let troubles = [
            (
                Trouble::lasting(disk(), "Read-only file system."),
                "the disk /srv/a has failed: Read-only file system. R",
            ),
            (Trouble::passing(disk(), "Too many open files"), "the disk /srv/a waits"),
            (Trouble::lasting(Part::Log, "Input/output error"), "the log has failed"),
            (Trouble::passing(Part::Log, "the log's disk is full"), "the log waits"),
            (
                Trouble::lasting(Part::System, "the state is damaged"),
                "the replica of the cluster's state has failed",
            ),
            (Trouble::passing(Part::System, "disk is full"), "the replica of the cluster's state waits"),
            (Trouble::lasting(Part::Replica(VOLUME), "damaged"), "the replica of volume demo has failed"),
            (Trouble::passing(Part::Replica(VOLUME), "disk is full"), "the replica of volume demo waits"),
        ];
        for (trouble, words) in troubles {
            let mut observed = observed();
            observed.pulses.get_mut(&NodeId(2)).unwrap().troubles = vec![trouble];
            let (health, text) = told(&observed);
            assert_eq!(health, Health::Degraded, "{text}");
            assert!(text.contains("On stor-2 ") && text.contains(words), "{text}");
        }
    }

    #[test]
    fn a_stopped_replica_is_never_counted_as_leading_or_following() {
        for stopped in [1, 2] {
            let mut observed = observed();
            let replicas = observed.replicas.get_mut(&VOLUME).unwrap();
            replicas.get_mut(&NodeId(stopped)).unwrap().failed = Some("damaged".into());
            let (health, text) = told(&observed);
            assert!(health >= Health::Degraded, "{text}");
            let volume = observed.volume(VOLUME).unwrap();
            assert_eq!(volume.replicas[stopped as usize - 1].state, ReplicaState::Unreachable);
        }
    }

    #[test]
    fn a_volume_without_a_majority_of_disks_cannot_be_written() {
        let mut observed = observed();
        observed.pulses.get_mut(&NodeId(3)).unwrap().keeps_chunks = false;
        assert_eq!(observed.verdict().health, Health::Degraded);
        observed.pulses.get_mut(&NodeId(2)).unwrap().keeps_chunks = false;
        let (health, text) = told(&observed);
        assert_eq!(health, Health::Unavailable, "{text}");
        assert!(text.contains("1 of 3 replicas have a disk that takes data"), "{text}");
    }

    /// A volume limited to 10 GiB said that 70 GiB were free.
    #[test]
    fn what_a_limit_leaves_is_free() {
        let mut observed = observed();
        for pulse in observed.pulses.values_mut() {
            pulse.available_bytes = 70;
        }
        observed.replicas.get_mut(&VOLUME).unwrap().get_mut(&NodeId(1)).unwrap().held = Some((4, 1));
        assert_eq!(observed.volume(VOLUME).unwrap().free_bytes, Some(70));
        let mut volume = observed.view.volume(VOLUME).unwrap().clone();
        volume.limits.bytes = Some(10);
        observed.view = Arc::new(SystemView {
            volumes: Arc::new([volume].into_iter().collect()),
            ..(*observed.view).clone()
        });
        assert_eq!(observed.volume(VOLUME).unwrap().free_bytes, Some(6));
        assert_eq!(observed.space(), Space { used_bytes: 4, free_bytes: 70 });
        let (_, least) = observed.pulses.pop_last().unwrap();
        for more in 3..=6 {
            observed.pulses.insert(NodeId(more), least.clone());
        }
        assert_eq!(observed.space().free_bytes, 6 * 70 / 3);
    }

    #[test]
    fn a_failover_is_told_by_the_names_that_people_know() {
        let mut observed = observed();
        assert_eq!(observed.last_failover(), None);
        let failover =
            |group| nasd_node::Failover { at: 70, millis: 1_700, group, from: NodeId(1), to: NodeId(2) };
        observed.failovers = vec![failover(GroupId::from(VOLUME))];
        let told = observed.last_failover().unwrap();
        assert_eq!((told.volume.as_deref(), told.milliseconds), (Some("demo"), 1_700));
        assert_eq!((told.from.as_str(), told.to.as_str()), ("stor-1", "stor-2"));
        observed.failovers = vec![failover(GroupId::SYSTEM)];
        assert_eq!(observed.last_failover().unwrap().volume, None);
        observed.failovers = vec![failover(GroupId(99))];
        assert_eq!(observed.last_failover(), None, "that volume is gone");
    }

    /// A volume that was choosing its leader had "no majority".
    #[tokio::test(start_paused = true)]
    async fn a_volume_that_has_lost_its_leader_is_given_a_moment() {
        let (patience, start) = (Patience::default(), Instant::now());
        let after = |seconds, leads| {
            let mut observed = observed();
            for replica in observed.replicas.get_mut(&VOLUME).unwrap().values_mut() {
                replica.leads &= leads;
            }
            let now = start + std::time::Duration::from_secs(seconds);
            observed.with(&patience, now).verdict().headline.reason
        };
        assert_eq!(after(0, true), "all_is_there");
        assert_eq!(after(3, false), "part_is_choosing");
        assert_eq!(after(20, false), "part_is_out");
        assert_eq!(after(21, true), "all_is_there");
    }
}
