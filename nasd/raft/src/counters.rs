//! Counts of what a node's groups have done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A shared view of the counts of all groups of a node; clones see the same numbers.
#[derive(Clone, Debug, Default)]
pub struct RaftCounters(Arc<Counts>);

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident, $add:ident;)*) => {
        #[derive(Debug, Default)]
        struct Counts {
            $($name: AtomicU64,)*
        }

        impl RaftCounters {
            $($(#[$doc])* pub fn $name(&self) -> u64 {
                self.0.$name.load(Relaxed)
            }

            pub(crate) fn $add(&self, more: u64) {
                self.0.$name.fetch_add(more, Relaxed);
            }
            )*
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
