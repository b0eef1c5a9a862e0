//! What can be set on a node's groups, and how that becomes openraft's configuration.

use nasd_base::{Entropy, NodeId};
use std::sync::Arc;
use std::time::Duration;

/// Entries in one append message.
pub(crate) const APPEND_ENTRIES_MAX: u64 = 4096;
/// Payload bytes of entries in one append message, unless its first entry is larger alone.
pub(crate) const APPEND_BYTES_MAX: usize = 1 << 20;
/// Append messages on their way to one follower: 16 MiB hide a 100 ms round trip at 160 MB/s.
pub(crate) const APPENDS_IN_FLIGHT_MAX: usize = 16;
/// Commands in one transaction of the state machine.
pub(crate) const APPLY_ENTRIES_MAX: usize = 4096;
/// Command bytes in one transaction of the state machine.
pub(crate) const APPLY_BYTES_MAX: usize = 8 << 20;
/// Command bytes that are applied on a worker of the runtime itself: about a millisecond's work.
pub(crate) const APPLY_INLINE_BYTES_MAX: usize = 8 << 10;
/// Bytes of a copy of the state in one message.
pub(crate) const SNAPSHOT_PART_BYTES: usize = 1 << 20;
/// How long a part of a copy may stay without acknowledgement, before it is sent again.
pub(crate) const SNAPSHOT_PART_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is sent.
pub(crate) const SNAPSHOT_PART_ATTEMPTS: u32 = 3;
/// How long a receiver lets the sender wait for the end of an installation before it says that it goes on.
pub(crate) const INSTALL_REPORT: Duration = Duration::from_secs(3);
const _: () = assert!(INSTALL_REPORT.as_secs() < SNAPSHOT_PART_TIMEOUT.as_secs());

/// How a node runs its groups. Times are in milliseconds of the runtime's clock.
#[derive(Clone)]
pub struct RaftConfig {
    pub node: NodeId,
    /// How long a follower hears nothing from a leader before it stands for election: at least, at most.
    pub election_ms: (u64, u64),
    /// How often an idle leader makes itself heard.
    pub heartbeat_ms: u64,
    /// Entries after which older ones are released from the log, if the state is durable without them.
    pub snapshot_entries: u64,
    /// Payload bytes after which the same happens.
    pub snapshot_bytes: u64,
    /// Payload bytes of recent entries that are kept for followers that fell behind; one that needs older
    /// ones gets a copy of the state.
    pub log_keep_bytes: u64,
    /// How often applied batches are moved into the main database file.
    pub checkpoint_ms: u64,
    /// Command bytes applied after which that is done at once.
    pub checkpoint_bytes: u64,
    /// How long a follower may take to check and install a copy of the state, and how long a follower waits
    /// for the next part of one.
    pub install_timeout_ms: u64,
    /// Names transfers and message streams.
    pub entropy: Arc<dyn Entropy>,
    /// A fault for the simulation to find.
    #[cfg(feature = "planted-bugs")]
    pub planted_bug: Option<PlantedBug>,
}

/// A fault that can be planted on purpose, to prove that the simulation finds it. Only compiled in with the
/// feature `planted-bugs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantedBug {
    /// The log says that entries are durable before they are: a power cut loses acknowledged commands.
    AckBeforeFlush,
}

impl RaftConfig {
    /// The appliance's settings.
    pub fn new(node: NodeId, entropy: Arc<dyn Entropy>) -> RaftConfig {
        RaftConfig {
            node,
            election_ms: (1500, 3000),
            heartbeat_ms: 300,
            snapshot_entries: 500_000,
            snapshot_bytes: 64 << 20,
            log_keep_bytes: 128 << 20,
            checkpoint_ms: 5_000,
            checkpoint_bytes: 64 << 20,
            install_timeout_ms: 600_000,
            entropy,
            #[cfg(feature = "planted-bugs")]
            planted_bug: None,
        }
    }

    pub(crate) fn timing(&self) -> Timing {
        Timing::of(self.election_ms, self.heartbeat_ms)
    }

    pub(crate) fn acks_before_flush(&self) -> bool {
        #[cfg(feature = "planted-bugs")]
        return self.planted_bug == Some(PlantedBug::AckBeforeFlush);
        #[cfg(not(feature = "planted-bugs"))]
        false
    }

    pub(crate) fn openraft(&self, group: u64) -> Result<openraft::Config, String> {
        let timing = self.timing();
        let config = openraft::Config {
            cluster_name: format!("group-{group}"),
            election_timeout_min: timing.spread_min_ms,
            election_timeout_max: timing.lease_ms,
            heartbeat_interval: self.heartbeat_ms,
            install_snapshot_timeout: self.install_timeout_ms,
            max_payload_entries: APPEND_ENTRIES_MAX,
            snapshot_policy: openraft::SnapshotPolicy::Never,
            // Released by bytes and age, not by count: see `maintenance`.
            max_in_snapshot_log_to_keep: u64::MAX,
            removed_leader_step_down: openraft::StepDownPolicy::After(500),
            enable_pre_vote: Some(true),
            // A restarted leader may hold a state older than what it has acknowledged.
            enable_leader_restore: Some(false),
            // A follower that lost what it had acknowledged is reported and filled again. openraft's other
            // answer is a leader that panics, and then the next one.
            allow_log_reversion: Some(true),
            backoff: "100ms 200ms 400ms ...1s".into(),
            ..Default::default()
        };
        config.validate().map_err(|error| error.to_string())
    }
}

/// openraft's clocks. A follower grants its leader a lease of `lease_ms` from each message, and stands for
/// election `spread_min_ms..lease_ms` after that has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub lease_ms: u64,
    pub spread_min_ms: u64,
    /// How long a leader may answer reads after it sent the last message that a majority acknowledged. Two
    /// thirds of the lease that those followers grant: clocks may drift by a third.
    pub read_lease: Duration,
}

impl Timing {
    fn of((least, most): (u64, u64), heartbeat_ms: u64) -> Timing {
        let lease_ms = (most / 2).max(2);
        let spread_min_ms =
            least.saturating_sub(lease_ms).max(most / 4).max(heartbeat_ms + 1).min(lease_ms - 1);
        Timing { lease_ms, spread_min_ms, read_lease: Duration::from_millis(lease_ms * 2 / 3) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::OsEntropy;

    #[test]
    fn a_follower_stands_within_the_configured_silence() {
        let config = RaftConfig::new(NodeId(1), Arc::new(OsEntropy));
        let timing = config.timing();
        let (least, most) = config.election_ms;
        assert!(timing.lease_ms + timing.spread_min_ms >= least);
        assert!(2 * timing.lease_ms <= most);
        assert!(timing.read_lease.as_millis() < u128::from(least));
        assert!(timing.read_lease > Duration::from_millis(2 * config.heartbeat_ms));
        config.openraft(1).unwrap();
    }

    #[test]
    fn impossible_times_are_refused() {
        let mut config = RaftConfig::new(NodeId(1), Arc::new(OsEntropy));
        config.heartbeat_ms = 5_000;
        assert!(config.openraft(1).is_err());
    }
}
