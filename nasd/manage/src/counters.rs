//! Counts what this node has done since it started.

use crate::Manager;
use nasd_api::{ApiError, Call, Counters, ReadCounters, Serve};

impl Serve<ReadCounters> for Manager {
    async fn serve(&self, _: Call<ReadCounters>) -> Result<Counters, ApiError> {
        let node = &self.member().await?.node;
        let log = node.log.counters();
        let store = node.store.counters();
        let space = node.store.space();
        let raft = node.raft.counters();
        let (entries, transactions) = node.volumes.state_counts();
        let volumes: Vec<_> = node.volumes.all().iter().map(|volume| volume.stats()).collect();
        let sum = |pick: fn(&nasd_fs::VolumeStats) -> u64| volumes.iter().map(pick).sum();
        let more: [(&str, u64); 21] = [
            ("log_segments", log.segments),
            ("chunk_puts", store.puts),
            ("chunk_bytes", store.put_bytes),
            ("chunk_reads", store.reads),
            ("chunk_flushes", store.syncs),
            ("chunk_checksum_errors", store.checksum_errors),
            ("chunk_used_bytes", space.used_bytes),
            ("chunk_live_bytes", space.live_bytes),
            ("chunks_damaged", node.store.damaged().len() as u64),
            ("compacted_bytes", store.compacted_bytes),
            ("segments_removed", store.segments_removed),
            ("scrubbed_bytes", store.scrubbed_bytes),
            ("scrub_rounds", store.scrub_rounds),
            ("proposals", raft.proposals()),
            ("lease_reads", raft.lease_reads()),
            ("quorum_reads", raft.quorum_reads()),
            ("commits", sum(|stats| stats.commits)),
            ("repairs", sum(|stats| stats.repairs)),
            ("healed_chunks", sum(|stats| stats.healed)),
            ("coalesced_bytes", sum(|stats| stats.coalesced_bytes)),
            ("recalls_given_up", sum(|stats| stats.recalls_given_up)),
        ];
        Ok(Counters {
            log_flushes: log.flushes,
            log_records: log.records,
            log_bytes: log.entry_bytes,
            entries,
            changes: sum(|stats| stats.changes),
            transactions,
            more: more.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        })
    }
}
