//! What this node can say of the cluster without asking anybody, and the verdict in words.

use nasd_api::{Export, Health, NodeInfo, NodeState, ReplicaInfo, ReplicaState, VolumeInfo};
use nasd_base::{GroupId, NodeId, VolumeId};
use nasd_node::Node;
use nasd_node::{Pulse, VolumePulse};
use nasd_raft::GroupStatus;
use nasd_system::SystemView;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

/// Troubles that a verdict names; the others it counts.
const TROUBLES_TOLD_MAX: usize = 4;

/// Everything known at one moment.
pub struct Observed {
    pub me: NodeId,
    pub view: Arc<SystemView>,
    pub system: GroupStatus,
    /// The nodes that are reachable, with their newest news.
    pulses: BTreeMap<NodeId, Pulse>,
    /// The groups that run here.
    groups: BTreeMap<GroupId, GroupStatus>,
}

/// The answer to "is my data safe?".
pub struct Verdict {
    pub health: Health,
    pub verdict: String,
}

impl Observed {
    pub fn by(node: &Node, now: Instant) -> Observed {
        let view = node.system.view();
        let mut pulses: BTreeMap<NodeId, Pulse> = view
            .nodes
            .values()
            .filter_map(|member| Some((member.id, node.pulses.recent(member.id, now)?)))
            .collect();
        pulses.insert(node.me, node.pulse());
        let groups = node.raft.groups().iter().map(|group| (group.id(), group.status())).collect();
        Observed { me: node.me, view, system: node.system_group.status(), pulses, groups }
    }

    /// Whether a majority of the system group's voters is reachable from here.
    pub fn has_quorum(&self) -> bool {
        let voters = &self.system.voters;
        let present = voters.iter().filter(|voter| self.pulses.contains_key(voter)).count();
        present * 2 > voters.len() && self.system.leader.is_some()
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

    pub fn verdict(&self) -> Verdict {
        let volumes = self.volumes();
        if !self.has_quorum() {
            return Verdict {
                health: Health::Unavailable,
                verdict: format!(
                    "Unavailable: no majority of the nodes can be reached from node {}. {} {}",
                    self.me,
                    self.absent_words(),
                    self.trouble_words()
                )
                .trim_end()
                .to_owned(),
            };
        }
        let worst = volumes.iter().map(|volume| volume.health).max().unwrap_or(Health::Healthy);
        let (absent, troubles) = (self.absent_words(), self.trouble_words());
        let voters = self.system.voters.len();
        if worst == Health::Healthy && absent.is_empty() && troubles.is_empty() {
            let verdict = match voters {
                0..=2 => {
                    format!("Working, on {voters} of the 3 nodes that survive a failure. Join more nodes.")
                }
                _ => "Healthy: every node and every replica is there.".to_owned(),
            };
            return Verdict { health: if voters < 3 { Health::Degraded } else { Health::Healthy }, verdict };
        }
        let health = worst.max(Health::Degraded);
        let troubled = volumes.iter().filter(|volume| volume.health != Health::Healthy);
        let said: Vec<String> =
            troubled.map(|volume| format!("Volume {}: {}.", volume.name, volume.verdict)).collect();
        let word = if health == Health::Degraded { "Degraded" } else { "Unavailable" };
        let parts = [format!("{word}:"), absent, troubles, said.join(" ")];
        let verdict = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        Verdict { health, verdict }
    }

    fn absent_words(&self) -> String {
        let absent: Vec<String> = self
            .nodes()
            .iter()
            .filter(|node| !node.reachable)
            .map(|node| format!("node {} ({})", node.id, node.name))
            .collect();
        match absent.as_slice() {
            [] => String::new(),
            [one] => format!("{one} does not answer."),
            many => format!("{} do not answer.", many.join(", ")),
        }
    }

    /// What does not work on the nodes that answer, the first few of it.
    fn trouble_words(&self) -> String {
        let name = |id| self.view.volume(id).map_or_else(|| format!("#{id}"), |volume| volume.name.clone());
        let all = self.view.nodes.values().flat_map(|node| {
            let troubles = self.pulses.get(&node.id).into_iter().flat_map(|pulse| &pulse.troubles);
            troubles.map(move |trouble| (node, trouble))
        });
        let mut said: Vec<String> = all
            .map(|(node, trouble)| format!("On node {} ({}) {}", node.id, node.name, trouble.words(name)))
            .collect();
        let more = said.len().saturating_sub(TROUBLES_TOLD_MAX);
        said.truncate(TROUBLES_TOLD_MAX);
        if more > 0 {
            said.push(format!("And {more} more."));
        }
        said.join(" ")
    }

    fn describe(&self, volume: &nasd_system::VolumeInfo) -> VolumeInfo {
        let heard: BTreeMap<NodeId, &VolumePulse> = volume
            .replicas
            .iter()
            .filter_map(|node| {
                let pulse = self.pulses.get(node)?.volumes.iter().find(|pulse| pulse.volume == volume.id)?;
                Some((*node, pulse))
            })
            .collect();
        // Of two that both think they lead, the one in the newer term does; one that has stopped does not.
        let leader = heard
            .iter()
            .filter(|(_, pulse)| pulse.leads && pulse.failed.is_none())
            .max_by_key(|(_, pulse)| pulse.term);
        let leader = leader.map(|(node, _)| *node);
        let here = self.groups.get(&GroupId::from(volume.id));
        let replicas: Vec<ReplicaInfo> = volume
            .replicas
            .iter()
            .map(|node| ReplicaInfo {
                node: node.0,
                state: replica_state(heard.get(node).copied(), Some(*node) == leader),
                matched: here.and_then(|status| status.matched.get(node).copied().flatten()),
            })
            .collect();
        let keeps_chunks = |replica: &ReplicaInfo| {
            self.pulses.get(&NodeId(replica.node)).is_some_and(|pulse| pulse.keeps_chunks)
        };
        let (health, verdict) = volume_verdict(&replicas, &heard, leader, keeps_chunks);
        let available = volume.replicas.iter().filter_map(|node| self.pulses.get(node));
        let least = available.min_by_key(|pulse| pulse.available_bytes);
        let held = leader.and_then(|leader| heard.get(&leader)?.held);
        VolumeInfo {
            id: volume.id.0,
            name: volume.name.clone(),
            health,
            verdict,
            replicas,
            leader: leader.map(|node| node.0),
            term: heard.values().map(|pulse| pulse.term).max().unwrap_or(0),
            commit_index: heard
                .values()
                .filter(|pulse| pulse.leads)
                .map(|pulse| pulse.applied)
                .max()
                .unwrap_or(0),
            total_bytes: least.map(|pulse| pulse.total_bytes),
            free_bytes: least.map(|pulse| pulse.available_bytes),
            used_bytes: held.map(|(bytes, _)| bytes),
            files: held.map(|(_, files)| files),
            limits: self.view.limits(volume.id).into(),
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

fn volume_verdict(
    replicas: &[ReplicaInfo],
    heard: &BTreeMap<NodeId, &VolumePulse>,
    leader: Option<NodeId>,
    keeps_chunks: impl Fn(&ReplicaInfo) -> bool,
) -> (Health, String) {
    let wanted = replicas.len();
    let working =
        |replica: &&ReplicaInfo| matches!(replica.state, ReplicaState::Leader | ReplicaState::Following);
    let have = replicas.iter().filter(working).count();
    let failed = heard.iter().find_map(|(node, pulse)| Some((node, pulse.failed.as_ref()?)));
    let failed = failed.map(|(node, reason)| format!("; the one on node {node} has failed: {reason}"));
    let failed = failed.unwrap_or_default();
    if have * 2 <= wanted {
        return (
            Health::Unavailable,
            format!("{have} of {wanted} replicas answer, a majority is needed{failed}"),
        );
    }
    if leader.is_none() {
        return (
            Health::Unavailable,
            format!("{have} of {wanted} replicas answer and are choosing a leader{failed}"),
        );
    }
    if have < wanted {
        return (Health::Degraded, format!("{have} of {wanted} replicas answer{failed}"));
    }
    let keep = replicas.iter().filter(|replica| keeps_chunks(replica)).count();
    if keep * 2 <= wanted {
        let words =
            format!("{keep} of {wanted} replicas have a disk that takes data, a majority is needed to write");
        return (Health::Unavailable, words);
    }
    if keep < wanted {
        return (Health::Degraded, format!("{keep} of {wanted} replicas have a disk that takes data"));
    }
    match wanted {
        1 | 2 => (Health::Degraded, format!("{wanted} of the 3 replicas that survive a failure exist")),
        _ => (Health::Healthy, format!("all {wanted} replicas answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::Timestamp;
    use nasd_node::{Part, Trouble};
    use std::collections::BTreeSet;

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
        };
        let nodes = Arc::new((1..=3).map(|id| (NodeId(id), node(id))).collect());
        let volumes = Arc::new([volume].into_iter().collect());
        let view = SystemView { nodes, volumes, ..SystemView::default() };
        let pulse = |id: u64| {
            let status = GroupStatus { is_leader: id == 1, ..status(GroupId::from(VOLUME)) };
            let volumes = vec![VolumePulse::of(VOLUME, NodeId(id), &status)];
            (NodeId(id), Pulse { volumes, keeps_chunks: true, ..Pulse::default() })
        };
        Observed {
            me: NodeId(1),
            view: Arc::new(view),
            system: status(GroupId::SYSTEM),
            pulses: (1..=3).map(pulse).collect(),
            groups: BTreeMap::new(),
        }
    }

    #[test]
    fn a_cluster_in_order_is_healthy() {
        let Verdict { health, verdict } = observed().verdict();
        assert_eq!(
            (health, verdict.as_str()),
            (Health::Healthy, "Healthy: every node and every replica is there.")
        );
    }

    /// All chunk disks had failed, and the verdict was "Healthy: every node and every replica is there".
    #[test]
    fn whatever_does_not_do_its_work_is_in_the_verdict() {
        let troubles = [
            (
                Trouble::lasting(Part::Disk("/srv/a".into()), "Read-only file system"),
                "the disk /srv/a has failed",
            ),
            (Trouble::passing(Part::Disk("/srv/a".into()), "Too many open files"), "the disk /srv/a waits"),
            (Trouble::lasting(Part::Log, "Input/output error"), "the log has failed"),
            (Trouble::passing(Part::Log, "the log's disk is full"), "the log waits"),
            (
                Trouble::lasting(Part::System, "the state is damaged"),
                "the replica of the cluster's state has failed",
            ),
            (Trouble::passing(Part::Replica(VOLUME), "disk is full"), "the replica of volume demo waits"),
        ];
        for (trouble, words) in troubles {
            let mut observed = observed();
            observed.pulses.get_mut(&NodeId(2)).unwrap().troubles = vec![trouble];
            let Verdict { health, verdict } = observed.verdict();
            assert_eq!(health, Health::Degraded, "{verdict}");
            assert!(
                verdict.starts_with("Degraded: On node 2 (stor-2) ") && verdict.contains(words),
                "{verdict}"
            );
        }
    }

    #[test]
    fn many_troubles_are_counted_and_not_all_told() {
        let mut observed = observed();
        for pulse in observed.pulses.values_mut() {
            let disk = |number| Trouble::lasting(Part::Disk(format!("/srv/{number}")), "gone");
            pulse.troubles = (0..40).map(disk).collect();
        }
        let verdict = observed.verdict().verdict;
        assert!(verdict.contains("And 116 more.") && verdict.len() < 2_000, "{verdict}");
    }

    #[test]
    fn a_stopped_replica_is_never_counted_as_leading_or_following() {
        for stopped in [1, 2] {
            let mut observed = observed();
            observed.pulses.get_mut(&NodeId(stopped)).unwrap().volumes[0].failed = Some("damaged".into());
            let Verdict { health, verdict } = observed.verdict();
            assert!(health >= Health::Degraded && verdict.contains("damaged"), "{verdict}");
        }
    }

    #[test]
    fn a_volume_without_a_majority_of_disks_cannot_be_written() {
        let mut observed = observed();
        observed.pulses.get_mut(&NodeId(3)).unwrap().keeps_chunks = false;
        assert_eq!(observed.verdict().health, Health::Degraded);
        observed.pulses.get_mut(&NodeId(2)).unwrap().keeps_chunks = false;
        let Verdict { health, verdict } = observed.verdict();
        assert_eq!(health, Health::Unavailable, "{verdict}");
        assert!(verdict.contains("1 of 3 replicas have a disk that takes data"), "{verdict}");
    }
}
