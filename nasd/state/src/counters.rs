//! Counts of what a state database has done since it was opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A shared view of the counts; clones see the same numbers.
#[derive(Clone, Debug, Default)]
pub struct StateCounters(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    transactions: AtomicU64,
    entries: AtomicU64,
    checkpoints: AtomicU64,
    exports: AtomicU64,
    installs: AtomicU64,
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident, $add:ident;)*) => {
        impl StateCounters {
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
    /// Committed transactions.
    transactions, add_transactions;
    /// Commands applied in them.
    entries, add_entries;
    /// Checkpoints that moved everything into the main file.
    checkpoints, add_checkpoints;
    /// Copies made for a peer.
    exports, add_exports;
    /// Replacements of the whole database.
    installs, add_installs;
}
