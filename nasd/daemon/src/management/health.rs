//! What this node can say of the cluster without asking anybody, and the verdict in words.

use crate::node::Node;
use crate::pulse::{Pulse, VolumePulse};
use nasd_api::{Export, Health, NodeInfo, NodeState, ReplicaInfo, ReplicaState, VolumeInfo};
use nasd_base::{GroupId, NodeId, VolumeId};
use nasd_cluster::SystemView;
use nasd_raft::GroupStatus;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

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
            .iter()
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
        let present = self.view.nodes.iter().filter(|node| node.state != nasd_cluster::NodeState::Removed);
        present
            .map(|node| {
                let pulse = self.pulses.get(&node.id);
                NodeInfo {
                    id: node.id.0,
                    name: node.name.clone(),
                    address: node.address.clone(),
                    state: match node.state {
                        nasd_cluster::NodeState::Joining => NodeState::Joining,
                        nasd_cluster::NodeState::Active => NodeState::Member,
                        nasd_cluster::NodeState::Removed => NodeState::Leaving,
                    },
                    reachable: pulse.is_some(),
                    nfs_address: pulse.and_then(|pulse| pulse.nfs_address.clone()),
                    version: pulse.map(|pulse| pulse.version.clone()),
                }
            })
            .collect()
    }

    pub fn volumes(&self) -> Vec<VolumeInfo> {
        self.view.volumes.iter().map(|volume| self.describe(volume)).collect()
    }

    pub fn volume(&self, id: VolumeId) -> Option<VolumeInfo> {
        self.view.volume(id).map(|volume| self.describe(volume))
    }

    pub fn exports(&self) -> Vec<Export> {
        let name = |id| self.view.volume(id).map_or_else(|| format!("#{id}"), |volume| volume.name.clone());
        let exports = self.view.exports.iter();
        exports
            .map(|export| Export {
                path: export.path.clone(),
                volume: name(export.volume),
                clients: export.clients.iter().cloned().map(Into::into).collect(),
                etag: super::accounts::hex(&nasd_cluster::system::export_tag(export)),
            })
            .collect()
    }

    pub fn verdict(&self) -> Verdict {
        let volumes = self.volumes();
        if !self.has_quorum() {
            return Verdict {
                health: Health::Unavailable,
                verdict: format!(
                    "Unavailable: no majority of the nodes can be reached from node {}. {}",
                    self.me,
                    self.absent_words()
                ),
            };
        }
        let worst = volumes.iter().map(|volume| volume.health).max().unwrap_or(Health::Healthy);
        let absent = self.absent_words();
        let voters = self.system.voters.len();
        if worst == Health::Healthy && absent.is_empty() {
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
        let parts = [format!("{word}:"), absent, said.join(" ")];
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

    fn describe(&self, volume: &nasd_cluster::VolumeInfo) -> VolumeInfo {
        let heard: BTreeMap<NodeId, &VolumePulse> = volume
            .replicas
            .iter()
            .filter_map(|node| {
                let pulse = self.pulses.get(node)?.volumes.iter().find(|pulse| pulse.volume == volume.id)?;
                Some((*node, pulse))
            })
            .collect();
        // Of two that both think they lead, the one in the newer term does.
        let leader = heard.iter().filter(|(_, pulse)| pulse.leads).max_by_key(|(_, pulse)| pulse.term);
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
        let (health, verdict) = volume_verdict(&replicas, &heard, leader);
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
            etag: super::accounts::hex(&self.view.volume_tag(volume)),
        }
    }
}

fn replica_state(pulse: Option<&VolumePulse>, leads: bool) -> ReplicaState {
    match pulse {
        None => ReplicaState::Unreachable,
        Some(_) if leads => ReplicaState::Leader,
        Some(pulse) if pulse.failed.is_some() => ReplicaState::Unreachable,
        Some(pulse) if pulse.learns => ReplicaState::Learning,
        Some(_) => ReplicaState::Following,
    }
}

fn volume_verdict(
    replicas: &[ReplicaInfo],
    heard: &BTreeMap<NodeId, &VolumePulse>,
    leader: Option<NodeId>,
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
    match wanted {
        1 | 2 => (Health::Degraded, format!("{wanted} of the 3 replicas that survive a failure exist")),
        _ => (Health::Healthy, format!("all {wanted} replicas answer")),
    }
}
