//! Taking office and leaving it: a tenure begins when this node leads and is ready, and ends with its term.

use crate::core::Core;
use crate::leader::appended::Appends;
use crate::leader::committer::Committer;
use crate::leader::files::FileTable;
use crate::leader::late::Writes;
use crate::leader::lease::IdLease;
use crate::leader::lock_waits::LockWaits;
use crate::leader::tenure::{Tenure, mix};
use crate::refusal::ExecuteError;
use nasd_base::{NodeId, Timestamp};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::watch;

/// How often a new leader looks whether its own earlier tenure has left the log.
const HANDOVER_POLL: Duration = Duration::from_millis(20);

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
            Committer::new(self.group.clone(), self.clock.clone(), self.tuning, self.stats.clone(), after);
        let NodeId(me) = self.me;
        let seed = mix(mix(mix(self.boot, me), term), begun);
        Tenure {
            term,
            files: FileTable::new(self.tuning.chunk_bytes),
            committer,
            lease: IdLease::new(self.tuning.lease_ids),
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
