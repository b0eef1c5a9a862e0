//! When a read of the local state sees everything that was acknowledged before it.
//!
//! A follower that has answered its leader elects nobody else for a lease (see `config::Timing`). A leader
//! that was answered by a majority therefore knows that nobody can have replaced it for that long after it
//! *sent* what they answered, and may read its own state. Two things could break that, and are excluded: a
//! leader that hands over stops reading under its lease first; and a replica that has just started, and has
//! forgotten what it promised, keeps out of elections for the time of a lease.

use crate::ProposeError;
use crate::config::Timing;
use crate::group::Inner;
use crate::standing::{is_ready, leads_alone};
use crate::types::{Membership, Metrics};
use nasd_base::NodeId;
use openraft::errors::{LinearizableReadError, RaftError};
use openraft::{Instant, ServerState};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// How sure a read has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// Nothing to wait for while the lease holds; relies on clocks that drift by less than a third. Falls
    /// back to `Quorum`.
    Lease,
    /// Asks a majority, and waits until what they have acknowledged is applied here.
    Quorum,
}

/// Whether the leader may answer reads without asking anybody.
fn lease_holds(metrics: &Metrics, timing: &Timing, handed_over: u64) -> bool {
    let membership: &Membership = metrics.membership_config.membership();
    let voter = membership.voter_ids().any(|id| id == metrics.id);
    if !is_ready(metrics) || !voter || metrics.vote.leader_id.term == handed_over {
        return false;
    }
    leads_alone(metrics) || metrics.last_quorum_acked.is_some_and(|acked| acked.elapsed() < timing.read_lease)
}

/// For how long from now nobody else can lead: those who acknowledged grant a lease of `lease_ms` from when they were
/// sent what they acknowledged, less a tenth for clocks that drift.
fn sole_for(metrics: &Metrics, timing: &Timing, handed_over: u64) -> Duration {
    if !lease_holds(metrics, timing, handed_over) {
        return Duration::ZERO;
    }
    let lease = Duration::from_millis(timing.lease_ms * 9 / 10);
    match metrics.last_quorum_acked {
        _ if leads_alone(metrics) => lease,
        Some(acked) => lease.saturating_sub(acked.elapsed()),
        None => Duration::ZERO,
    }
}

impl Inner {
    pub(crate) fn sole_for(&self) -> Duration {
        // Held while it is decided: a hand-over that begins now waits for what is promised now.
        let mut promised = self.promised_until.lock();
        let left = {
            let handed_over = self.handed_over_term.load(SeqCst);
            sole_for(&self.metrics(), &self.link.timing, handed_over)
        };
        if !left.is_zero() {
            let until = tokio::time::Instant::now() + left;
            *promised = Some(promised.map_or(until, |before| before.max(until)));
        }
        left
    }

    /// Returns when a read of the local state is linearizable.
    pub(crate) async fn read_barrier(&self, mode: ReadMode) -> Result<(), ProposeError> {
        if mode == ReadMode::Lease {
            let metrics = self.metrics();
            if metrics.state != ServerState::Leader {
                return Err(ProposeError::NotLeader { leader: metrics.current_leader.map(NodeId) });
            }
            let handed_over = self.handed_over_term.load(SeqCst);
            if lease_holds(&metrics, &self.link.timing, handed_over) {
                self.link.counters.add_lease_reads(1);
                return Ok(());
            }
        }
        self.link.counters.add_quorum_reads(1);
        match self.raft.ensure_linearizable(openraft::ReadPolicy::ReadIndex).await {
            Ok(_) => Ok(()),
            Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(forward))) => {
                Err(ProposeError::NotLeader { leader: forward.leader_id.map(NodeId) })
            }
            Err(RaftError::APIError(LinearizableReadError::QuorumNotEnough(_))) => {
                Err(ProposeError::NotLeader { leader: None })
            }
            Err(RaftError::Fatal(_)) => Err(ProposeError::Stopped(self.why_stopped())),
        }
    }
}
