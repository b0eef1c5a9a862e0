//! Owns the answer to "is my data safe?": one function of what is known. Every page, command and monitor says the same.

use super::patience::{CHOICE_TIME, START_TIME};
use crate::refusal;
use nasd_api::{ApiError, Health, Sentence, verdict};
use std::collections::BTreeMap;
use std::time::Duration;

/// Causes that a verdict tells; the others it counts.
const CAUSES_MAX: usize = 6;
/// Nodes or volumes that a cause names.
const NAMES_MAX: usize = 4;

/// What is known of the cluster, for its verdict.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The answering node.
    pub me: String,
    /// Voters of the system group, and those that answer, this node among them.
    pub voters: usize,
    pub present: usize,
    pub has_leader: bool,
    pub leaderless: Duration,
    /// How long this node has been looking.
    pub looking: Duration,
    pub absent: Vec<String>,
    /// What does not work on nodes that answer.
    pub troubles: Vec<Sentence>,
    pub volumes: usize,
    /// Those that are not healthy: name, health, why.
    pub ill: Vec<(String, Health, Sentence)>,
    /// Volumes among them that have just lost their leader.
    pub choosing: usize,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub health: Health,
    pub headline: Sentence,
    pub causes: Vec<Sentence>,
}

impl Verdict {
    /// All of it, in English.
    pub fn text(&self) -> String {
        let sentences = std::iter::once(&self.headline).chain(&self.causes);
        sentences.map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Facts {
    pub fn verdict(&self) -> Verdict {
        let (health, headline) = self.headline();
        Verdict { health, headline, causes: self.causes() }
    }

    /// What a change is refused with at once: it would wait for a decision in vain. Nothing is said of a choice of a
    /// leader that takes seconds, and by a node that has just started and may find the others.
    pub fn cannot_decide(&self) -> Option<ApiError> {
        if !self.has_majority() && self.looking >= START_TIME {
            return Some(refusal::no_majority_to_decide(&self.me, self.present, self.voters));
        }
        let waits_in_vain = !self.has_leader && self.leaderless >= CHOICE_TIME;
        waits_in_vain.then(|| refusal::no_leader_to_decide(self.leaderless.as_secs()))
    }

    fn has_majority(&self) -> bool {
        self.present * 2 > self.voters
    }

    fn headline(&self) -> (Health, Sentence) {
        let out = self.ill.iter().filter(|(_, health, _)| *health == Health::Unavailable).count();
        if !self.has_majority() {
            return (Health::Unavailable, self.without_majority());
        }
        if out > 0 {
            return (Health::Unavailable, verdict::part_is_out(out, self.volumes));
        }
        if !self.has_leader && self.leaderless >= CHOICE_TIME {
            return (Health::Unavailable, verdict::cluster_has_no_leader(self.leaderless.as_secs()));
        }
        if self.choosing > 0 {
            return (Health::Degraded, verdict::part_is_choosing(self.choosing));
        }
        if !self.has_leader {
            return (Health::Degraded, verdict::cluster_is_choosing());
        }
        match self.voters {
            0 | 1 => (Health::Degraded, verdict::on_one_node()),
            2 => (Health::Degraded, verdict::on_two_nodes()),
            _ if self.is_whole() => (Health::Healthy, verdict::all_is_there()),
            _ => (Health::Degraded, verdict::one_more_failure()),
        }
    }

    fn without_majority(&self) -> Sentence {
        match self.present {
            _ if self.looking < START_TIME => verdict::just_started(&self.me),
            0 | 1 => verdict::cut_off(&self.me, self.voters),
            present => verdict::no_majority(present, self.voters),
        }
    }

    fn is_whole(&self) -> bool {
        self.absent.is_empty() && self.troubles.is_empty() && self.ill.is_empty()
    }

    fn causes(&self) -> Vec<Sentence> {
        let absent = match self.absent.as_slice() {
            [] => None,
            [one] => Some(verdict::node_absent(one)),
            many => Some(verdict::nodes_absent(many.len(), first(many))),
        };
        let few = matches!(self.voters, 1 | 2).then(|| verdict::few_nodes(self.voters));
        let all = absent.into_iter().chain(self.troubles.iter().cloned()).chain(self.volumes()).chain(few);
        let mut causes: Vec<Sentence> = all.collect();
        if causes.len() > CAUSES_MAX {
            let more = causes.len() - (CAUSES_MAX - 1);
            causes.truncate(CAUSES_MAX - 1);
            causes.push(verdict::and_more(more));
        }
        causes
    }

    /// A sentence for those that are ill in the same way, the worst first.
    fn volumes(&self) -> impl Iterator<Item = Sentence> {
        let mut alike: BTreeMap<(std::cmp::Reverse<Health>, &str), Vec<String>> = BTreeMap::new();
        for (name, health, why) in &self.ill {
            alike.entry((std::cmp::Reverse(*health), &why.text)).or_default().push(name.clone());
        }
        alike.into_iter().map(|((_, why), names)| match names.as_slice() {
            [one] => verdict::of_volume(one, why),
            many => verdict::of_volumes(many.len(), why, first(many)),
        })
    }
}

/// The first few names.
fn first(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES_MAX).map(String::as_str).collect();
    let more = if names.len() > NAMES_MAX { ", …" } else { "" };
    shown.join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::super::volume::Standing;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Three nodes and two volumes, for a while already.
    fn sound() -> Facts {
        Facts {
            me: "node1".into(),
            voters: 3,
            present: 3,
            has_leader: true,
            looking: 3600 * SECOND,
            volumes: 2,
            ..Facts::default()
        }
    }

    fn ill(volume: &str, standing: Standing) -> (String, Health, Sentence) {
        let (health, why) = standing.verdict();
        (volume.to_owned(), health, why)
    }

    fn standing(have: usize, is_led: bool, leaderless: u32) -> Standing {
        Standing { wanted: 3, have, keep: have, is_led, leaderless: leaderless * SECOND, failed: None }
    }

    /// "A majority is missing" beside "3 of 3 answer" was said of a volume that was choosing its leader, and of a node
    /// that had just started.
    #[test]
    fn each_state_has_its_own_sentence() {
        use Health::{Degraded, Healthy, Unavailable};
        let absent = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let table = [
            (sound(), Healthy, "Your data is safe: every node and every replica is there."),
            (
                Facts {
                    present: 2,
                    absent: absent(&["node2"]),
                    ill: vec![ill("a", standing(2, true, 0))],
                    ..sound()
                },
                Degraded,
                "Your data is there, but one more failure may stop part of it. node2 does not answer. Volume a: 2 of 3 \
                 replicas answer.",
            ),
            (
                Facts { ill: vec![ill("a", standing(3, false, 2))], choosing: 1, ..sound() },
                Degraded,
                "Volumes that are choosing a leader: 1. They go on by themselves within seconds. Volume a: 3 of 3 \
                 replicas answer and are choosing a leader.",
            ),
            (
                Facts { ill: vec![ill("a", standing(3, false, 60))], ..sound() },
                Unavailable,
                "Part of your data cannot be used now: 1 of 2 volumes. Volume a: 3 of 3 replicas answer, but could not \
                 choose a leader.",
            ),
            (
                Facts { has_leader: false, leaderless: 2 * SECOND, ..sound() },
                Degraded,
                "The cluster is choosing its leader: settings can be changed again within seconds.",
            ),
            (
                Facts { has_leader: false, leaderless: 30 * SECOND, ..sound() },
                Unavailable,
                "A majority of the nodes answers, but the cluster has had no leader for 30 seconds: settings cannot be \
                 changed.",
            ),
            (
                Facts { present: 1, has_leader: false, looking: SECOND, ..sound() },
                Unavailable,
                "node1 has just started and looks for the other nodes.",
            ),
            (
                Facts { present: 1, has_leader: false, absent: absent(&["node2", "node3"]), ..sound() },
                Unavailable,
                "node1 hears from none of the other nodes: either it is cut off, or they are down. A majority of 3 is \
                 needed. 2 nodes do not answer: node2, node3.",
            ),
            (
                Facts { voters: 5, present: 2, has_leader: false, ..sound() },
                Unavailable,
                "The cluster has no majority: 2 of 5 nodes answer. Nothing can be changed until more are back.",
            ),
            (
                Facts { ill: vec![ill("a", standing(1, false, 9))], ..sound() },
                Unavailable,
                "Part of your data cannot be used now: 1 of 2 volumes. Volume a: 1 of 3 replicas answer, and a majority \
                 is needed.",
            ),
            (
                Facts { voters: 1, present: 1, ..sound() },
                Degraded,
                "Your data is on one node only: losing it stops everything. The cluster has 1 of the 3 nodes that \
                 survive a failure. Join more nodes.",
            ),
        ];
        for (facts, health, text) in table {
            let verdict = facts.verdict();
            assert_eq!((verdict.health, verdict.text().as_str()), (health, text), "{facts:?}");
        }
    }

    /// A form that was sent without a majority hung for 15 seconds before it was refused.
    #[test]
    fn a_change_is_refused_at_once_where_nothing_can_be_decided() {
        let table = [
            (sound(), None),
            (Facts { present: 2, ..sound() }, None),
            (Facts { voters: 1, present: 1, ..sound() }, None),
            (Facts { has_leader: false, leaderless: 2 * SECOND, ..sound() }, None),
            (Facts { has_leader: false, leaderless: 30 * SECOND, ..sound() }, Some("no_leader_to_decide")),
            (Facts { present: 1, has_leader: false, looking: SECOND, ..sound() }, None),
            (Facts { present: 1, has_leader: false, ..sound() }, Some("no_majority_to_decide")),
            // It does not know yet that nobody follows it.
            (Facts { present: 1, ..sound() }, Some("no_majority_to_decide")),
        ];
        for (facts, reason) in table {
            let refused = facts.cannot_decide().map(|refusal| refusal.reason);
            assert_eq!(refused.as_deref(), reason, "{facts:?}");
        }
    }

    /// 250 volumes with one node down made a text of 10,000 characters.
    #[test]
    fn a_verdict_has_a_length() {
        let mut facts = Facts { volumes: 4_000, ..sound() };
        facts.ill = (0..4_000).map(|n| ill(&format!("volume-{n}"), standing(2, true, 0))).collect();
        facts.absent = (0..40).map(|n| format!("node{n}")).collect();
        let told = facts.verdict();
        assert_eq!(
            told.causes.iter().map(|cause| cause.text.as_str()).collect::<Vec<_>>(),
            [
                "40 nodes do not answer: node0, node1, node2, node3, ….",
                "4000 volumes (volume-0, volume-1, volume-2, volume-3, …): 2 of 3 replicas answer.",
            ]
        );
        facts.troubles =
            (0..120).map(|n| verdict::disk_failed("node1", format!("/srv/{n}"), "gone")).collect();
        let told = facts.verdict();
        assert_eq!(told.causes.len(), CAUSES_MAX);
        assert_eq!(told.causes.last().unwrap().text, "And 117 more.");
    }

    #[test]
    fn a_volume_is_as_well_as_its_replicas_and_their_disks() {
        let table = [
            (standing(3, true, 0), Health::Healthy),
            (standing(2, true, 0), Health::Degraded),
            (standing(1, true, 0), Health::Unavailable),
            (standing(2, false, 1), Health::Degraded),
            (standing(2, false, 30), Health::Unavailable),
            (Standing { keep: 2, ..standing(3, true, 0) }, Health::Degraded),
            (Standing { keep: 1, ..standing(3, true, 0) }, Health::Unavailable),
            (Standing { wanted: 1, have: 1, keep: 1, is_led: true, ..Standing::default() }, Health::Degraded),
        ];
        for (standing, health) in table {
            assert_eq!(standing.verdict().0, health, "{standing:?}");
        }
        let damaged = Standing { failed: Some(("node2".into(), "damaged.".into())), ..standing(2, true, 0) };
        assert_eq!(damaged.verdict().1.text, "2 of 3 replicas answer; the one on node2 has failed: damaged.");
    }
}
