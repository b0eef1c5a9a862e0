//! How much a volume gathers, keeps and does at once.

use std::time::Duration;

/// Bounds of one volume's leader and replicas. The defaults suit a server with a few GiB of memory.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// A stable write of at most this many bytes rides in the log entry itself.
    pub inline_bytes_max: u64,
    /// Bytes of a full chunk; a power of two, at most 1 MiB.
    pub chunk_bytes: u32,
    /// Proposals under way at once: one on each disk's flush, one on the wire, one being applied.
    pub proposals_in_flight: usize,
    /// Most changes in one proposal.
    pub batch_changes_max: usize,
    /// About the most bytes in one proposal.
    pub batch_bytes_max: usize,
    /// Chunk ids that a leader takes at a time.
    pub lease_ids: u32,
    /// Pieces that one change names.
    pub pieces_per_change_max: usize,
    /// Unsaved data is saved unasked after this.
    pub writeback_after: Duration,
    /// Files that writeback saves at once.
    pub writeback_files: usize,
    /// How long a call that moves one chunk may take.
    pub chunk_timeout: Duration,
    /// Chunk transfers to one node at once.
    pub transfers_per_node: usize,
    /// A node that did not answer is left alone for this long.
    pub suspect_for: Duration,
    /// Missing chunks that are remembered; beyond it the replica compares its store with its metadata.
    pub heal_queue_max: usize,
    /// Chunks healed at once: leaves the disks to clients.
    pub heals_in_flight: usize,
    /// An orphan is left alone for this long, for opens that are under way.
    pub orphan_grace: Duration,
    /// A node that cannot be asked keeps orphans alive for this long.
    pub unreachable_grace: Duration,
    /// How often orphans are looked for.
    pub orphan_interval: Duration,
    /// How often mounts that hold locks are asked whether they live.
    pub session_interval: Duration,
    /// How often inline data is moved into chunks.
    pub destage_interval: Duration,
    /// Files destaged in one go.
    pub destage_files: usize,
    /// Between two steps of looking for fragmented files: a thousand blocks of 8 MiB each minute and a half.
    pub coalesce_interval: Duration,
    /// Between two walks over all files.
    pub coalesce_rest: Duration,
    /// Bytes put together in a second, on each replica: a tenth of a slow disk, leaves the rest to clients.
    pub coalesce_bytes_per_second: u64,
    /// How often a replica compares its chunks with its metadata, beside once at start.
    pub reconcile_interval: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            inline_bytes_max: 64 << 10,
            chunk_bytes: 1 << 20,
            proposals_in_flight: 3,
            batch_changes_max: 512,
            batch_bytes_max: 2 << 20,
            lease_ids: 1024,
            pieces_per_change_max: 1024,
            writeback_after: Duration::from_millis(1500),
            writeback_files: 16,
            chunk_timeout: Duration::from_secs(5),
            transfers_per_node: 32,
            suspect_for: Duration::from_secs(2),
            heal_queue_max: 65_536,
            heals_in_flight: 4,
            orphan_grace: Duration::from_secs(5),
            unreachable_grace: Duration::from_secs(60),
            orphan_interval: Duration::from_secs(2),
            session_interval: Duration::from_secs(2),
            destage_interval: Duration::from_secs(5),
            destage_files: 64,
            coalesce_interval: Duration::from_secs(10),
            coalesce_rest: Duration::from_secs(60),
            coalesce_bytes_per_second: 8 << 20,
            reconcile_interval: Duration::from_secs(3600),
        }
    }
}
