//! What the nodes tell each other twice a second, so that each can say how the cluster does even without a
//! majority.

use nasd_base::{GroupId, NodeId, Timestamp, VolumeId};
use nasd_raft::GroupStatus;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// How often a pulse is sent to every other node.
pub const PULSE_EVERY: Duration = Duration::from_millis(500);
/// How long after its last pulse a node counts as reachable: four may be lost.
const REACHABLE_FOR: Duration = Duration::from_millis(2_500);
/// Largest encoded pulse that is read: 1,000 volumes of about 60 bytes, with room.
const PULSE_BYTES_MAX: usize = 256 << 10;

/// Disks and volumes may be many; of each trouble so much is told.
const REASON_CHARS_MAX: usize = 200;
/// Troubles that a pulse tells: more help nobody.
pub const TROUBLES_MAX: usize = 64;

/// Of so many newest pulses the quickest says how far two clocks are apart: news travels forward only.
const CLOCKS_KEPT: usize = 8;

/// One node's news.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// `host:port` of the node's NFS server.
    pub nfs_address: Option<String>,
    pub version: String,
    pub volumes: Vec<VolumePulse>,
    /// Bytes of its chunk disks, and what chunks may still take of them.
    pub total_bytes: u64,
    pub available_bytes: u64,
    /// Whether at least one of its chunk disks has not failed.
    pub keeps_chunks: bool,
    /// What of the node does not do its work.
    pub troubles: Vec<Trouble>,
}

impl Pulse {
    /// As it is sent, with when that was and the node's last failover: an older node reads the pulse, perhaps the time,
    /// and nothing behind it.
    pub fn encode(&self, sent: Timestamp, failover: Option<Failover>) -> Vec<u8> {
        let pulse = postcard::to_stdvec(self).expect("pulses always encode");
        postcard::to_extend(&(micros(sent), failover), pulse).expect("numbers always encode")
    }

    /// Whether the node can write nothing into its log, for now or for good.
    pub fn log_waits(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.part == Part::Log)
    }
}

/// A node has taken a group over from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failover {
    /// Seconds since 1970-01-01 UTC, by the clock of the node that took over.
    pub at: i64,
    /// How long nobody led: from the last word of the leader before.
    pub millis: u32,
    pub group: GroupId,
    pub from: NodeId,
    pub to: NodeId,
}

/// A part of a node that does not do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub part: Part,
    /// In the operator's words, at most [`REASON_CHARS_MAX`] characters of them.
    pub reason: String,
    /// It is over by itself when the node has enough of what it lacks. Otherwise somebody has to do something.
    pub passes: bool,
}

/// What a trouble is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// A disk of chunks, by its path.
    Disk(String),
    /// The log of all groups.
    Log,
    /// The replica of the cluster's own state.
    System,
    /// The replica of a volume.
    Replica(VolumeId),
}

impl Trouble {
    pub fn lasting(part: Part, reason: &str) -> Trouble {
        Trouble { part, reason: reason.chars().take(REASON_CHARS_MAX).collect(), passes: false }
    }

    pub fn passing(part: Part, reason: &str) -> Trouble {
        Trouble { passes: true, ..Trouble::lasting(part, reason) }
    }
}

/// One replica on that node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumePulse {
    pub volume: VolumeId,
    pub leads: bool,
    pub learns: bool,
    pub term: u64,
    pub applied: u64,
    /// Why the replica does not run, for the operator.
    pub failed: Option<String>,
    /// Of a leader: bytes and files that the volume holds.
    pub held: Option<(u64, u64)>,
}

impl VolumePulse {
    pub fn of(volume: VolumeId, me: NodeId, status: &GroupStatus) -> VolumePulse {
        VolumePulse {
            volume,
            leads: status.is_leader,
            learns: status.learners.contains(&me),
            term: status.term,
            applied: status.applied_index.unwrap_or(0),
            failed: status.failed.clone(),
            held: None,
        }
    }

    /// A replica that could not even be started.
    pub fn failed(volume: VolumeId, reason: String) -> VolumePulse {
        let (leads, learns, term, applied) = (false, false, 0, 0);
        VolumePulse { volume, leads, learns, term, applied, failed: Some(reason), held: None }
    }
}

/// What is known of one node.
struct Heard {
    at: Instant,
    pulse: Pulse,
    /// By how many microseconds its clock was ahead of this node's, less the time on the way.
    ahead: VecDeque<i64>,
    failover: Option<Failover>,
}

fn micros(at: Timestamp) -> i64 {
    at.secs.saturating_mul(1_000_000).saturating_add(i64::from(at.nanos / 1000))
}

/// The newest pulse of every node.
#[derive(Default)]
pub struct Pulses {
    heard: Mutex<BTreeMap<NodeId, Heard>>,
}

impl Pulses {
    /// Notes what `from` sent; bytes that are no pulse are refused.
    pub fn hear(&self, from: NodeId, bytes: &[u8], now: Instant, clock: Timestamp) -> Result<(), String> {
        if bytes.len() > PULSE_BYTES_MAX {
            return Err(format!("a pulse of {} bytes", bytes.len()));
        }
        let (pulse, behind) = postcard::take_from_bytes(bytes).map_err(|error| error.to_string())?;
        let mut heard = self.heard.lock();
        let earlier = heard.remove(&from).map(|heard| heard.ahead);
        let mut ahead = earlier.unwrap_or_default();
        // An older node does not say when it sent it, or what it took over.
        let sent = postcard::take_from_bytes::<i64>(behind);
        let failover = sent.as_ref().ok().and_then(|(_, behind)| postcard::from_bytes(behind).ok()).flatten();
        if let Ok((sent, _)) = sent {
            ahead.push_back(sent.saturating_sub(micros(clock)));
            while ahead.len() > CLOCKS_KEPT {
                ahead.pop_front();
            }
        }
        heard.insert(from, Heard { at: now, pulse, ahead, failover });
        Ok(())
    }

    /// By how many microseconds the node's clock is ahead of this one's, as far as that can be seen from here.
    pub fn clock_ahead(&self, node: NodeId) -> Option<i64> {
        self.heard.lock().get(&node)?.ahead.iter().max().copied()
    }

    /// What each other node took over last.
    pub fn failovers(&self) -> Vec<Failover> {
        self.heard.lock().values().filter_map(|heard| heard.failover).collect()
    }

    /// The node's newest pulse, if it is recent enough to count as reachable.
    pub fn recent(&self, node: NodeId, now: Instant) -> Option<Pulse> {
        let heard = self.heard.lock();
        let Heard { at, pulse, .. } = heard.get(&node)?;
        (now.duration_since(*at) < REACHABLE_FOR).then(|| pulse.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp { secs: millis / 1000, nanos: (millis % 1000) as u32 * 1_000_000 }
    }

    #[tokio::test]
    async fn the_quickest_pulse_says_how_far_the_clocks_are_apart() {
        let (pulses, now) = (Pulses::default(), Instant::now());
        let pulse = Pulse { version: "x".into(), ..Pulse::default() };
        // Its clock is 70 ms ahead, and its news takes 5, 1 and 30 ms.
        for (sent, on_the_way) in [(10_070, 5), (10_570, 1), (11_070, 30)] {
            let here = at(sent - 70 + on_the_way);
            pulses.hear(NodeId(2), &pulse.encode(at(sent), None), now, here).unwrap();
        }
        assert_eq!(pulses.clock_ahead(NodeId(2)), Some(69_000));
        // The clock is set back by a minute: soon nothing else is remembered.
        for step in 0..CLOCKS_KEPT as i64 {
            pulses
                .hear(NodeId(2), &pulse.encode(at(20_000 + step * 500), None), now, at(80_000 + step * 500))
                .unwrap();
        }
        assert_eq!(pulses.clock_ahead(NodeId(2)), Some(-60_000_000));
        assert_eq!(pulses.clock_ahead(NodeId(3)), None);
    }

    #[tokio::test]
    async fn each_node_tells_of_its_last_failover() {
        let (pulses, pulse) = (Pulses::default(), Pulse::default());
        let failover = |seconds| Failover {
            at: seconds,
            millis: 1_700,
            group: GroupId::SYSTEM,
            from: NodeId(1),
            to: NodeId(2),
        };
        assert_eq!(pulses.failovers(), []);
        for (node, failover) in [(2, Some(failover(70))), (3, Some(failover(50))), (4, None)] {
            let sent = pulse.encode(at(0), failover);
            pulses.hear(NodeId(node), &sent, Instant::now(), at(0)).unwrap();
        }
        assert_eq!(pulses.failovers(), [failover(70), failover(50)]);
        // As a node sent it that says when, and nothing of failovers.
        let old = postcard::to_extend(&7i64, postcard::to_stdvec(&pulse).unwrap()).unwrap();
        pulses.hear(NodeId(2), &old, Instant::now(), at(0)).unwrap();
        assert_eq!(pulses.failovers(), [failover(50)]);
        assert_eq!(pulses.clock_ahead(NodeId(4)), Some(0));
    }

    #[tokio::test]
    async fn nodes_that_do_not_know_of_clocks_are_heard_and_hear() {
        let pulse = Pulse { version: "x".into(), ..Pulse::default() };
        let (pulses, old) = (Pulses::default(), postcard::to_stdvec(&pulse).unwrap());
        pulses.hear(NodeId(2), &old, Instant::now(), at(0)).unwrap();
        assert_eq!(pulses.recent(NodeId(2), Instant::now()), Some(pulse.clone()));
        assert_eq!(pulses.clock_ahead(NodeId(2)), None);
        assert_eq!(
            postcard::from_bytes::<Pulse>(&pulse.encode(at(7), None)).unwrap(),
            pulse,
            "as an older node reads it"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_node_stops_being_reachable() {
        let pulses = Pulses::default();
        let sent = postcard::to_stdvec(&Pulse::default()).unwrap();
        pulses.hear(NodeId(2), &sent, Instant::now(), at(0)).unwrap();
        assert!(pulses.recent(NodeId(2), Instant::now()).is_some());
        tokio::time::advance(REACHABLE_FOR).await;
        assert!(pulses.recent(NodeId(2), Instant::now()).is_none());
    }

    #[test]
    fn a_pulse_full_of_troubles_is_heard() {
        let trouble = Trouble::lasting(Part::Disk("x".repeat(1_000)), &"가".repeat(10_000));
        let pulse = Pulse { troubles: vec![trouble; TROUBLES_MAX], ..Pulse::default() };
        let sent = pulse.encode(at(0), None);
        Pulses::default().hear(NodeId(2), &sent, Instant::now(), at(0)).unwrap();
    }

    #[tokio::test]
    async fn garbage_is_no_pulse() {
        let pulses = Pulses::default();
        assert!(pulses.hear(NodeId(2), &[0xff; 40], Instant::now(), at(0)).is_err());
        assert!(pulses.hear(NodeId(2), &vec![0; PULSE_BYTES_MAX + 1], Instant::now(), at(0)).is_err());
        assert!(pulses.recent(NodeId(2), Instant::now()).is_none());
    }
}
