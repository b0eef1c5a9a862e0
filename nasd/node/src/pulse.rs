//! What the nodes tell each other twice a second, so that each can say how the cluster does even without a
//! majority.

use nasd_base::{NodeId, VolumeId};
use nasd_raft::GroupStatus;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// Whether the node can write nothing into its log, for now or for good.
    pub fn log_waits(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.part == Part::Log)
    }
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

/// The newest pulse of every node.
#[derive(Default)]
pub struct Pulses {
    heard: Mutex<BTreeMap<NodeId, (Instant, Pulse)>>,
}

impl Pulses {
    /// Notes what `from` sent; bytes that are no pulse are refused.
    pub fn hear(&self, from: NodeId, bytes: &[u8], now: Instant) -> Result<(), String> {
        if bytes.len() > PULSE_BYTES_MAX {
            return Err(format!("a pulse of {} bytes", bytes.len()));
        }
        let pulse = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
        self.heard.lock().insert(from, (now, pulse));
        Ok(())
    }

    /// The node's newest pulse, if it is recent enough to count as reachable.
    pub fn recent(&self, node: NodeId, now: Instant) -> Option<Pulse> {
        let heard = self.heard.lock();
        let (at, pulse) = heard.get(&node)?;
        (now.duration_since(*at) < REACHABLE_FOR).then(|| pulse.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_node_stops_being_reachable() {
        let pulses = Pulses::default();
        let sent = postcard::to_stdvec(&Pulse::default()).unwrap();
        pulses.hear(NodeId(2), &sent, Instant::now()).unwrap();
        assert!(pulses.recent(NodeId(2), Instant::now()).is_some());
        tokio::time::advance(REACHABLE_FOR).await;
        assert!(pulses.recent(NodeId(2), Instant::now()).is_none());
    }

    #[test]
    fn a_pulse_full_of_troubles_is_heard() {
        let trouble = Trouble::lasting(Part::Disk("x".repeat(1_000)), &"가".repeat(10_000));
        let pulse = Pulse { troubles: vec![trouble; TROUBLES_MAX], ..Pulse::default() };
        let sent = postcard::to_stdvec(&pulse).unwrap();
        Pulses::default().hear(NodeId(2), &sent, Instant::now()).unwrap();
    }

    #[tokio::test]
    async fn garbage_is_no_pulse() {
        let pulses = Pulses::default();
        assert!(pulses.hear(NodeId(2), &[0xff; 40], Instant::now()).is_err());
        assert!(pulses.hear(NodeId(2), &vec![0; PULSE_BYTES_MAX + 1], Instant::now()).is_err());
        assert!(pulses.recent(NodeId(2), Instant::now()).is_none());
    }
}
