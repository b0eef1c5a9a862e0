//! One term of leadership: everything that a leader keeps in memory, and that is gone with its term.

use crate::core::Core;
use crate::leader::append::Appends;
use crate::leader::caches::Caches;
use crate::leader::committer::Committer;
use crate::leader::files::FileTable;
use crate::leader::late::Writes;
use crate::leader::lease::Lease;
use crate::leader::lock::LockWaits;
use crate::refusal::ExecuteError;
use crate::service::WriteVerifier;
use nasd_base::{ChunkId, NodeId, Timestamp};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Duration;
use tokio::sync::watch;

/// How often a new leader looks whether its own earlier tenure has left the log.
const HANDOVER_POLL: Duration = Duration::from_millis(20);

/// A leader's time in office.
pub(crate) struct Tenure {
    pub(crate) term: u64,
    pub(crate) files: Arc<FileTable>,
    pub(crate) committer: Arc<Committer>,
    pub(crate) lease: Lease,
    /// What mounts' kernels keep.
    pub(crate) caches: Arc<Caches>,
    /// Who waits for locks.
    pub(crate) waits: LockWaits,
    /// Writes that were carried out.
    pub(crate) writes: Writes,
    /// Appends that were taken in.
    pub(crate) appends: Appends,
    /// Uploaded chunks that will never be named.
    pub(crate) discards: Arc<Mutex<Vec<ChunkId>>>,
    seed: u64,
    losses: AtomicU64,
    saves: AtomicU64,
    ended: watch::Sender<bool>,
}

impl Tenure {
    /// What write replies of this tenure carry. Take it before the data is taken in, and after a commit:
    /// then a loss in between always shows.
    pub(crate) fn verifier(&self) -> WriteVerifier {
        WriteVerifier(mix(self.seed, self.losses.load(Acquire)))
    }

    /// Unsaved data is about to be given up: clients must send again what they have not committed.
    pub(crate) fn lose_writes(&self) {
        self.losses.fetch_add(1, Release);
    }

    /// Grows whenever unsaved data became metadata. Attributes read before and laid under what is unsaved
    /// after such a moment miss both.
    pub(crate) fn saves(&self) -> u64 {
        self.saves.load(Acquire)
    }

    pub(crate) fn count_save(&self) {
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
    current: Option<Arc<Tenure>>,
    /// The previous tenure's committer, until nothing of it can reach the log any more.
    leaving: Option<Arc<Committer>>,
    last_stamp: Timestamp,
    /// Tenures begun since the start.
    begun: u64,
}

impl Office {
    fn vacate(&mut self) {
        if let Some(tenure) = self.current.take() {
            self.last_stamp = self.last_stamp.max(tenure.committer.now());
            tenure.end();
            tracing::info!(term = tenure.term, "this node no longer leads the volume");
            self.leaving = Some(tenure.committer.clone());
        }
    }
}

impl Core {
    /// The tenure of this node's present leadership; starts it if need be.
    ///
    /// A tenure outlasts moments in which the leader is not ready, or does not know whether it leads: as long
    /// as the term is the same, nobody else can have led in between.
    ///
    /// # Errors
    /// `NotLeader`, naming this node while it leads but is not ready.
    pub(crate) fn tenure(&self) -> Result<Arc<Tenure>, ExecuteError> {
        let view = *self.leadership.borrow();
        let mut office = self.office.lock();
        let mine = view.leader.is_none_or(|leader| leader == self.me) && !self.is_stopping();
        let leads = mine && view.leader.is_some() && view.ready;
        match &office.current {
            Some(tenure) if mine && tenure.term == view.term => {
                let tenure = leads.then(|| tenure.clone());
                return tenure.ok_or(ExecuteError::NotLeader { leader: view.leader });
            }
            _ => office.vacate(),
        }
        let leaving = office.leaving.as_ref().is_some_and(|committer| !committer.is_finished());
        if !leads || leaving {
            return Err(ExecuteError::NotLeader { leader: view.leader });
        }
        office.leaving = None;
        office.begun += 1;
        let tenure = Arc::new(self.new_tenure(view.term, office.begun, office.last_stamp));
        office.current = Some(tenure.clone());
        tracing::info!(term = view.term, "this node leads the volume");
        Ok(tenure)
    }

    /// Ends whatever tenure there is.
    pub(crate) fn vacate(&self) {
        self.office.lock().vacate();
    }

    fn new_tenure(&self, term: u64, begun: u64, after: Timestamp) -> Tenure {
        let committer =
            Committer::new(self.journal.clone(), self.clock.clone(), self.limits, self.stats.clone(), after);
        let NodeId(me) = self.me;
        let seed = mix(mix(mix(self.boot, me), term), begun);
        Tenure {
            term,
            files: FileTable::new(self.limits.chunk_bytes),
            committer,
            lease: Lease::new(self.limits.lease_ids),
            caches: Arc::default(),
            writes: Writes::new(seed),
            appends: Appends::default(),
            waits: LockWaits::default(),
            discards: Arc::default(),
            seed,
            losses: AtomicU64::new(0),
            saves: AtomicU64::new(0),
            ended: watch::Sender::new(false),
        }
    }

    /// The node that leads, as far as this replica knows.
    pub(crate) fn leader_hint(&self) -> Option<NodeId> {
        self.leadership.borrow().leader
    }

    /// Starts and ends tenures as leadership comes and goes, so that a deposed leader gives its memory back
    /// at once.
    pub(crate) async fn follow_leadership(self: Arc<Self>) {
        let mut leadership = self.leadership.clone();
        loop {
            let leaving = { self.office.lock().leaving.is_some() };
            let started = self.tenure().is_ok();
            let pause = if leaving && !started { HANDOVER_POLL } else { Duration::from_secs(60) };
            tokio::select! {
                biased;
                changed = leadership.changed() => if changed.is_err() {
                    self.vacate();
                    return;
                },
                () = tokio::time::sleep(pause) => {}
            }
            leadership.mark_unchanged();
        }
    }
}

/// Spreads two numbers over 64 bits (the finalizer of SplitMix64).
fn mix(a: u64, b: u64) -> u64 {
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
