//! One term of leadership: everything that a leader keeps in memory, and that is gone with its term.

use crate::leader::appended::Appends;
use crate::leader::caches::Caches;
use crate::leader::committer::Committer;
use crate::leader::files::FileTable;
use crate::leader::late::Writes;
use crate::leader::lease::IdLease;
use crate::leader::lock_waits::LockWaits;
use crate::service::WriteVerifier;
use nasd_base::{ChunkId, Timestamp};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};
use tokio::sync::watch;

/// A leader's time in office.
pub(crate) struct Tenure {
    pub(crate) term: u64,
    pub(crate) files: Arc<FileTable>,
    pub(crate) committer: Arc<Committer>,
    pub(crate) lease: IdLease,
    /// What mounts' kernels keep.
    pub(super) caches: Arc<Caches>,
    /// Who waits for locks.
    pub(crate) waits: LockWaits,
    /// Writes that were carried out.
    pub(crate) writes: Writes,
    /// Appends that were taken in.
    pub(super) appends: Appends,
    /// Uploaded chunks that will never be named.
    pub(crate) discards: Arc<Mutex<Vec<ChunkId>>>,
    pub(super) seed: u64,
    pub(super) losses: AtomicU64,
    pub(super) saves: AtomicU64,
    pub(super) ended: watch::Sender<bool>,
}

impl Tenure {
    /// What write replies of this tenure carry. Take it before the data is taken in, and after a commit:
    /// then a loss in between always shows.
    pub(crate) fn verifier(&self) -> WriteVerifier {
        WriteVerifier(mix(self.seed, self.losses.load(Acquire)))
    }

    /// Unsaved data is about to be given up: clients must send again what they have not committed.
    pub(super) fn lose_writes(&self) {
        self.losses.fetch_add(1, Release);
    }

    /// Grows whenever unsaved data became metadata. Attributes read before and laid under what is unsaved
    /// after such a moment miss both.
    pub(super) fn saves(&self) -> u64 {
        self.saves.load(Acquire)
    }

    pub(super) fn count_save(&self) {
        self.saves.fetch_add(1, Release);
    }

    pub(crate) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Completes when the tenure is over.
    pub(crate) async fn ended(&self) {
        // An error would mean that the sender is gone, but `self` holds it.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    fn end(&self) {
        self.ended.send_replace(true);
        self.committer.close();
        self.files.clear();
    }
}

/// Who is in office, and who was before.
#[derive(Default)]
pub(crate) struct Office {
    pub(super) current: Option<Arc<Tenure>>,
    /// The previous tenure's committer, until nothing of it can reach the log any more.
    pub(super) leaving: Option<Arc<Committer>>,
    pub(super) last_stamp: Timestamp,
    /// Tenures begun since the start.
    pub(super) begun: u64,
}

impl Office {
    pub(super) fn vacate(&mut self) {
        if let Some(tenure) = self.current.take() {
            self.last_stamp = self.last_stamp.max(tenure.committer.now());
            tenure.end();
            tracing::info!(term = tenure.term, "this node no longer leads the volume");
            self.leaving = Some(tenure.committer.clone());
        }
    }
}

/// Spreads two numbers over 64 bits (the finalizer of SplitMix64).
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::mix;
    use std::collections::HashSet;

    #[test]
    fn neighbouring_terms_boots_and_losses_give_different_verifiers() {
        let mut seen = HashSet::new();
        for boot in 0..10 {
            for term in 0..10 {
                for losses in 0..10 {
                    assert!(seen.insert(mix(mix(mix(boot, 1), term), losses)));
                }
            }
        }
    }
}
