//! Gathers the changes of concurrent callers into few proposals.
//!
//! While [`Tuning::proposals_in_flight`] proposals are under way the next batch gathers; nobody waits for a
//! timer. A committer belongs to one tenure: once closed it proposes nothing more, so that no change that
//! was decided under an old term reaches the log of a new one.

use crate::refusal::ExecuteError;
use crate::stats::Stats;
use crate::timing::{Stage, Stages};
use crate::tuning::Tuning;
use crate::volume_group::{Proposed, VolumeGroup};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use nasd_base::file::Caller;
use nasd_base::{Clock, OpId, Timestamp};
use nasd_meta::{Change, Outcome, Source, Stamp, decode_replies, encode_commands};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

type Verdict = Result<Outcome, ExecuteError>;
/// With what it took: waiting for a proposal, the log, and the state.
type TimedVerdict = (Verdict, Stages);

pub(crate) struct Committer {
    group: Arc<dyn VolumeGroup>,
    clock: Arc<dyn Clock>,
    tuning: Tuning,
    stats: Arc<Stats>,
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// A pump runs, or will in a moment.
    pumping: bool,
    closed: bool,
    last: Timestamp,
}

struct Waiting {
    stamp: Stamp,
    change: Change,
    bytes: usize,
    since: Instant,
    reply: oneshot::Sender<TimedVerdict>,
}

impl Committer {
    /// `after`: no stamp is earlier than this.
    pub(crate) fn new(
        group: Arc<dyn VolumeGroup>,
        clock: Arc<dyn Clock>,
        tuning: Tuning,
        stats: Arc<Stats>,
        after: Timestamp,
    ) -> Arc<Committer> {
        let queue = Mutex::new(Queue { last: after, ..Queue::default() });
        Arc::new(Committer { group, clock, tuning, stats, queue, arrived: Notify::new() })
    }

    /// The moment to stamp on something that happens now; never earlier than the one before.
    pub(crate) fn now(&self) -> Timestamp {
        self.queue.lock().tick(&*self.clock)
    }

    /// Puts a change into the queue at once and returns its outcome's future. Dropping the future does not
    /// take the change back.
    pub(crate) fn submit(
        self: &Arc<Self>,
        caller: Caller,
        op: OpId,
        change: Change,
    ) -> impl Future<Output = Verdict> + Send + use<> {
        let timed = self.submit_timed(caller, op, change);
        async { timed.await.0 }
    }

    /// Like `submit`, and says what it took.
    pub(crate) fn submit_timed(
        self: &Arc<Self>,
        caller: Caller,
        op: OpId,
        change: Change,
    ) -> impl Future<Output = TimedVerdict> + Send + use<> {
        let (reply, verdict) = oneshot::channel();
        let bytes = weight(&change);
        let mut queue = self.queue.lock();
        if !queue.closed {
            let stamp = Stamp { now: queue.tick(&*self.clock), caller, op };
            queue.waiting.push_back(Waiting { stamp, change, bytes, since: Instant::now(), reply });
            if queue.pumping {
                self.arrived.notify_one();
            } else {
                queue.pumping = true;
                tokio::spawn(self.clone().pump());
            }
        }
        drop(queue);
        // A closed committer has dropped `reply`.
        async { verdict.await.unwrap_or((Err(ExecuteError::NotLeader { leader: None }), Stages::default())) }
    }

    /// Refuses everything that was not proposed yet, and all that comes later.
    pub(super) fn close(&self) {
        let dropped = {
            let mut queue = self.queue.lock();
            queue.closed = true;
            std::mem::take(&mut queue.waiting)
        };
        drop(dropped);
    }

    /// Whether nothing can reach the log from here any more.
    pub(super) fn is_finished(&self) -> bool {
        let queue = self.queue.lock();
        queue.closed && !queue.pumping
    }

    async fn pump(self: Arc<Self>) {
        let mut flying = FuturesUnordered::new();
        loop {
            while flying.len() < self.tuning.proposals_in_flight {
                let Some(batch) = self.next_batch() else { break };
                flying.push(self.propose(batch));
            }
            if flying.is_empty() && self.retire() {
                return;
            }
            let room = flying.len() < self.tuning.proposals_in_flight;
            tokio::select! {
                biased;
                Some(()) = flying.next() => {}
                () = self.arrived.notified(), if room => {}
            }
        }
    }

    /// Ends the pump unless something arrived since it last looked.
    fn retire(&self) -> bool {
        let mut queue = self.queue.lock();
        queue.pumping = !queue.waiting.is_empty();
        !queue.pumping
    }

    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock();
        let (mut count, mut bytes) = (0, 0);
        while let Some(next) = queue.waiting.get(count) {
            bytes += next.bytes;
            if count > 0 && (count >= self.tuning.batch_changes_max || bytes > self.tuning.batch_bytes_max) {
                break;
            }
            count += 1;
        }
        (count > 0).then(|| queue.waiting.drain(..count).collect())
    }

    async fn propose(&self, batch: Vec<Waiting>) {
        let mut replies = Vec::with_capacity(batch.len());
        let mut changes = Vec::with_capacity(batch.len());
        for waiting in batch {
            changes.push((waiting.stamp, waiting.change));
            replies.push((waiting.since, waiting.reply));
        }
        self.stats.proposals.fetch_add(1, Relaxed);
        self.stats.changes.fetch_add(changes.len() as u64, Relaxed);
        let command = encode_commands(&changes);
        drop(changes);
        let begun = Instant::now();
        let (verdicts, applied) = match self.group.propose(command).await {
            Ok(Proposed { reply, applied }) => (read_replies(&reply, replies.len()), applied),
            Err(error) => (vec![Err(error.into()); replies.len()], Duration::ZERO),
        };
        let took = begun.elapsed();
        for ((since, reply), verdict) in replies.into_iter().zip(verdicts) {
            let mut stages = Stages::default();
            stages.count(Stage::Queue, begun.duration_since(since));
            stages.count(Stage::Flush, took.saturating_sub(applied));
            stages.count(Stage::Apply, applied.min(took));
            // The caller may have gone; the change stands.
            let _ = reply.send((verdict, stages));
        }
    }
}

impl Queue {
    fn tick(&mut self, clock: &dyn Clock) -> Timestamp {
        self.last = self.last.max(clock.now());
        self.last
    }
}

fn read_replies(bytes: &[u8], expected: usize) -> Vec<Verdict> {
    match decode_replies(bytes) {
        Ok(results) if results.len() == expected => {
            results.into_iter().map(|result| result.map_err(ExecuteError::Refused)).collect()
        }
        _ => {
            tracing::error!(expected, "the volume's state machine gave a reply that cannot be read");
            vec![Err(ExecuteError::Unknown); expected]
        }
    }
}

/// About how long a change is in the log.
fn weight(change: &Change) -> usize {
    const FIXED: usize = 96;
    match change {
        Change::Write { pieces, fresh, .. } | Change::Restage { pieces, fresh, .. } => {
            let inline: usize = pieces
                .iter()
                .map(|piece| match &piece.source {
                    Source::Inline { data } => data.len() + 16,
                    Source::Chunk { .. } => 24,
                })
                .sum();
            FIXED + inline + 48 * fresh.len()
        }
        Change::SetXattr { value, .. } => FIXED + value.len(),
        Change::Reap { inos } => FIXED + 8 * inos.len(),
        _ => 4 * FIXED,
    }
}
