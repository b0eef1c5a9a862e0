//! What a volume has done since it was started, for metrics and tests.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

macro_rules! stats {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[derive(Debug, Default)]
        pub(crate) struct Stats { $(pub(crate) $name: AtomicU64,)* }

        /// Counts since the volume was started on this node.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct VolumeStats { $($(#[$doc])* pub $name: u64,)* }

        impl Stats {
            pub(crate) fn snapshot(&self) -> VolumeStats {
                VolumeStats { $($name: self.$name.load(Relaxed),)* }
            }
        }
    };
}

stats! {
    /// Commands put into the log.
    proposals,
    /// Changes in those commands.
    changes,
    /// Chunks that were built from written data.
    chunks_staged,
    /// Flushes of stores, here and at the other replicas, that commits asked for.
    flushes,
    /// Commits of a file's unsaved data.
    commits,
    /// Reads that found a bad or missing chunk here and were answered from another replica.
    repairs,
    /// Chunks that this replica missed and fetched in the background.
    healed,
    /// Chunks that no replica could give.
    unhealed,
    /// Inodes freed after their last name and handle were gone.
    reaped,
    /// Bytes moved out of the metadata into chunks.
    destaged_bytes,
    /// Bytes of fragmented files that were put together in new chunks.
    coalesced_bytes,
    /// Chunks removed because nothing names them any more.
    chunks_deleted,
    /// Times that unsaved data was given up, each of which changed the write verifier.
    writes_lost,
    /// Times that a mount did not let go of what its kernel keeps, so that a change waited until that was old.
    recalls_given_up,
}
