//! Keeps the system group's voters as the cluster's nodes, and leadership where it can be.

use crate::pulse::Pulses;
use nasd_base::NodeId;
use nasd_raft::{Group, GroupStatus, RaftNode};
use nasd_system::{By, NodeCommand};
use nasd_system::{NodeState, System, SystemCommand};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Most voters of the system group: five survive two losses, more only slow each decision.
const VOTERS_MAX: usize = 5;
/// How often the leader looks at what is to be done.
const STEP_EVERY: Duration = Duration::from_millis(500);
/// How long handing over one group may take while a node stops.
const HAND_OVER_TIME: Duration = Duration::from_secs(5);

/// What the leader of the system group should do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Fill a node's copy before it may vote.
    AddLearner(NodeId),
    /// Make these nodes the voters.
    SetVoters(BTreeSet<NodeId>),
    /// The node votes now: it may hold volumes.
    Activate(NodeId),
}

/// One node as the plan sees it.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub id: NodeId,
    pub state: NodeState,
    pub reachable: bool,
}

/// The next step towards a system group that all nodes, up to five, vote in. Pure.
pub fn plan(members: &[Member], status: &GroupStatus) -> Option<Step> {
    let present: Vec<&Member> = members.iter().filter(|member| member.state != NodeState::Removed).collect();
    let gone = status.voters.iter().filter(|voter| present.iter().all(|member| member.id != **voter));
    let mut voters: BTreeSet<NodeId> = status.voters.clone();
    for voter in gone {
        voters.remove(voter);
    }
    if voters != status.voters && !voters.is_empty() {
        return Some(Step::SetVoters(voters));
    }
    for member in present.iter().filter(|member| member.reachable) {
        let votes = status.voters.contains(&member.id);
        let follows = status.learners.contains(&member.id) && is_caught_up(status, member.id);
        if !votes && !status.learners.contains(&member.id) {
            return Some(Step::AddLearner(member.id));
        }
        if follows && voters.len() < VOTERS_MAX {
            voters.insert(member.id);
            return Some(Step::SetVoters(voters));
        }
        if member.state == NodeState::Joining && (votes || follows) {
            return Some(Step::Activate(member.id));
        }
    }
    None
}

/// Whether the leader knows the node's log to be nearly as long as its own.
fn is_caught_up(status: &GroupStatus, node: NodeId) -> bool {
    const NEAR_ENTRIES: u64 = 100;
    let last = status.last_log_index.unwrap_or(0);
    matches!(status.matched.get(&node), Some(Some(matched)) if matched + NEAR_ENTRIES >= last)
}

/// Carries out the plan while this node leads the system group. Ends only by being dropped.
pub async fn keep(system: &System, group: &Group, pulses: &Arc<Pulses>) {
    loop {
        sleep(STEP_EVERY).await;
        let status = group.status();
        if !status.is_leader {
            continue;
        }
        let now = Instant::now();
        let view = system.view();
        let members: Vec<Member> = view
            .nodes
            .values()
            .map(|node| Member {
                id: node.id,
                state: node.state,
                reachable: node.id == system.me() || pulses.recent(node.id, now).is_some(),
            })
            .collect();
        let Some(step) = plan(&members, &status) else { continue };
        let done = match step.clone() {
            Step::AddLearner(node) => group.add_learner(node).await.map_err(|error| error.to_string()),
            Step::SetVoters(voters) => group.change_members(voters).await.map_err(|error| error.to_string()),
            Step::Activate(node) => {
                let command = SystemCommand::Node(NodeCommand::Activate { node });
                system.propose(&By::NODE, command).await.map(drop).map_err(|error| error.to_string())
            }
        };
        match done {
            Ok(()) => tracing::info!(?step, "the system group's membership changed"),
            Err(error) => tracing::warn!(?step, %error, "the system group's membership cannot change yet"),
        }
    }
}

/// Gives each group that this node leads to another voter that is able, so that a planned stop costs no election.
pub async fn hand_over(raft: &RaftNode, me: NodeId, able: impl Fn(NodeId) -> bool) {
    for group in raft.groups() {
        let status = group.status();
        let heir = status
            .voters
            .iter()
            .filter(|voter| **voter != me && able(**voter))
            .max_by_key(|voter| status.matched.get(*voter).copied().flatten());
        let (true, Some(heir)) = (status.is_leader, heir) else { continue };
        match timeout(HAND_OVER_TIME, group.transfer_leadership(*heir)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(group = %group.id(), %error, "leadership was not handed over"),
            Err(_) => tracing::info!(group = %group.id(), "leadership was not handed over in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::GroupId;
    use std::collections::BTreeMap;

    fn status(voters: &[u64], learners: &[u64], matched: &[(u64, u64)]) -> GroupStatus {
        let ids = |ids: &[u64]| ids.iter().map(|id| NodeId(*id)).collect();
        GroupStatus {
            group: GroupId::SYSTEM,
            term: 1,
            leader: Some(NodeId(1)),
            is_leader: true,
            last_log_index: Some(1_000),
            applied_index: Some(1_000),
            snapshot_index: None,
            purged_index: None,
            voters: ids(voters),
            learners: ids(learners),
            matched: matched.iter().map(|(id, at)| (NodeId(*id), Some(*at))).collect::<BTreeMap<_, _>>(),
            failed: None,
            short_of: None,
        }
    }

    fn member(id: u64, state: NodeState) -> Member {
        Member { id: NodeId(id), state, reachable: true }
    }

    #[test]
    fn a_new_node_learns_then_votes_then_is_active() {
        let members = [member(1, NodeState::Active), member(5, NodeState::Joining)];
        assert_eq!(plan(&members, &status(&[1], &[], &[])), Some(Step::AddLearner(NodeId(5))));
        assert_eq!(plan(&members, &status(&[1], &[5], &[(5, 10)])), None, "it is far behind");
        let both: BTreeSet<NodeId> = [NodeId(1), NodeId(5)].into();
        assert_eq!(plan(&members, &status(&[1], &[5], &[(5, 990)])), Some(Step::SetVoters(both)));
        assert_eq!(plan(&members, &status(&[1, 5], &[], &[(5, 1_000)])), Some(Step::Activate(NodeId(5))));
        let active = [member(1, NodeState::Active), member(5, NodeState::Active)];
        assert_eq!(plan(&active, &status(&[1, 5], &[], &[(5, 1_000)])), None);
    }

    #[test]
    fn a_node_that_cannot_be_reached_is_not_given_a_vote() {
        let mut absent = member(5, NodeState::Joining);
        absent.reachable = false;
        assert_eq!(plan(&[member(1, NodeState::Active), absent], &status(&[1], &[], &[])), None);
    }

    #[test]
    fn a_removed_node_loses_its_vote() {
        let members =
            [member(1, NodeState::Active), member(2, NodeState::Removed), member(3, NodeState::Active)];
        let left: BTreeSet<NodeId> = [NodeId(1), NodeId(3)].into();
        assert_eq!(plan(&members, &status(&[1, 2, 3], &[], &[])), Some(Step::SetVoters(left)));
    }

    #[test]
    fn a_sixth_node_follows_without_a_vote() {
        let mut members: Vec<Member> = (1..=5).map(|id| member(id, NodeState::Active)).collect();
        members.push(member(6, NodeState::Joining));
        let five = status(&[1, 2, 3, 4, 5], &[], &[]);
        assert_eq!(plan(&members, &five), Some(Step::AddLearner(NodeId(6))));
        let following = status(&[1, 2, 3, 4, 5], &[6], &[(6, 1_000)]);
        assert_eq!(plan(&members, &following), Some(Step::Activate(NodeId(6))));
    }
}
