//! Counts of what a node's groups have done.

use crate::takeover::Takeover;
use nasd_base::{Latency, LatencyCounts};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A shared view of the counts of all groups of a node; clones see the same numbers.
#[derive(Clone, Debug, Default)]
pub struct RaftCounters(Arc<Counts>);

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident, $add:ident;)*) => {
        #[derive(Debug, Default)]
        struct Counts {
            $($name: AtomicU64,)*
            commit_times: Latency,
            apply_times: Latency,
            takeover_times: Latency,
            last_takeover: Mutex<Option<Takeover>>,
        }

        impl RaftCounters {
            $($(#[$doc])* pub fn $name(&self) -> u64 {
                self.0.$name.load(Relaxed)
            }

            pub(crate) fn $add(&self, more: u64) {
                self.0.$name.fetch_add(more, Relaxed);
            }
            )*

            /// What proposals took that were decided, from [`crate::Group::propose`] to its reply.
            pub fn commit_times(&self) -> LatencyCounts {
                self.0.commit_times.counts()
            }

            pub(crate) fn count_apply(&self, took: Duration) {
                self.0.apply_times.count(took);
            }

            pub(crate) fn count_commit(&self, took: Duration) {
                self.0.commit_times.count(took);
            }

            /// How long groups had no leader that this node took over.
            pub fn takeover_times(&self) -> LatencyCounts {
                self.0.takeover_times.counts()
            }

            pub fn last_takeover(&self) -> Option<Takeover> {
                *self.0.last_takeover.lock()
            }

            pub(crate) fn count_takeover(&self, takeover: Takeover) {
                self.0.takeover_times.count(takeover.took);
                *self.0.last_takeover.lock() = Some(takeover);
            }

            /// What the transactions took that entries were applied in.
            pub fn apply_times(&self) -> LatencyCounts {
                self.0.apply_times.counts()
            }
        }
    };
}

counts! {
    /// Commands proposed at this node.
    proposals, add_proposals;
    /// Entries given to the log, as leader or follower.
    appended, add_appended;
    /// Entries applied to state machines, those without a command included.
    applied, add_applied;
    /// Transactions they were applied in.
    applies, add_applies;
    /// Copies of a state sent to a peer completely.
    copies_sent, add_copies_sent;
    /// Copies of a state received and installed.
    copies_installed, add_copies_installed;
    /// Times a follower was found to have lost entries it had acknowledged. Its disk lies or was replaced: it
    /// must not stay in the group.
    followers_reverted, add_followers_reverted;
    /// Reads answered under the lease.
    lease_reads, add_lease_reads;
    /// Reads that asked a majority.
    quorum_reads, add_quorum_reads;
}
