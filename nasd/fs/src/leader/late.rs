//! Writes that come late: how a leader knows that one was overtaken.
//!
//! A write may reach the leader twice: its client sends it again through another node, or a router repeats what
//! brought no answer. Repeating it at once is harmless. Carrying it out late is not, when the client has had its
//! answer meanwhile and written something newer to the same place. So a leader remembers the names of the writes that
//! it has carried out ([`crate::Context::op`]), and takes no write that could be the copy of one it does not remember:
//! one that arrived at its gateway before its tenure began, or before the youngest that it has forgotten.
//!
//! That compares moments on two nodes: see [`crate::arrival`] and docs/decisions/0022-late-writes.md.

use crate::arrival::{Arrived, LeaderTime};
use crate::refusal::ExecuteError;
use crate::service::{Reply, Stability, WriteVerifier};
use nasd_base::{Errno, OpId};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Writes that a tenure remembers: seconds of the fastest load, and a few MiB.
const REMEMBERED_MAX: usize = 65_536;

/// How long it remembers them when there are few: longer than any call is pursued.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);

/// What a write came to, for those who ask again.
type Done = Result<(Stability, WriteVerifier), Errno>;

enum Entry {
    InProgress,
    Done(Done),
}

/// The writes of a tenure.
pub(crate) struct Writes {
    tenure: u64,
    began: Instant,
    memory: Arc<Mutex<WriteMemory>>,
}

struct WriteMemory {
    entries: HashMap<OpId, Entry>,
    /// Finished ones, oldest first.
    finished: VecDeque<(OpId, Instant)>,
    /// All writes that were finished after this are remembered.
    complete_since: Instant,
    remembered_max: usize,
}

/// What to do with a write.
pub(super) enum Verdict {
    /// Carry it out and finish the ticket.
    New(WriteTicket),
    /// It was carried out, and this came of it.
    Repeated(Done),
    /// It is being carried out.
    InProgress,
    /// It may be the copy of one that was carried out and forgotten.
    Late(LeaderTime),
}

/// The duty to say what came of a write. Dropped without, it counts as never made.
pub(super) struct WriteTicket {
    op: OpId,
    memory: Arc<Mutex<WriteMemory>>,
}

impl Writes {
    pub(crate) fn new(tenure: u64) -> Writes {
        Writes::remembering(tenure, REMEMBERED_MAX)
    }

    fn remembering(tenure: u64, remembered_max: usize) -> Writes {
        let began = Instant::now();
        let memory = WriteMemory {
            entries: HashMap::new(),
            finished: VecDeque::new(),
            complete_since: began,
            remembered_max,
        };
        Writes { tenure, began, memory: Arc::new(Mutex::new(memory)) }
    }

    pub(crate) fn now(&self) -> LeaderTime {
        LeaderTime { tenure: self.tenure, ms: self.began.elapsed().as_millis() as u64 + 1 }
    }

    /// Looks a write up and marks it as being carried out if it is new.
    pub(super) fn begin(&self, op: OpId, arrived: Arrived) -> Verdict {
        let mut memory = self.memory.lock();
        match memory.entries.get(&op) {
            Some(Entry::InProgress) => return Verdict::InProgress,
            Some(Entry::Done(done)) => return Verdict::Repeated(*done),
            None => {}
        }
        if self.moment(arrived).is_none_or(|arrived| arrived < memory.complete_since) {
            return Verdict::Late(self.now());
        }
        memory.entries.insert(op, Entry::InProgress);
        Verdict::New(WriteTicket { op, memory: Arc::clone(&self.memory) })
    }

    /// The earliest moment that it can have been.
    fn moment(&self, arrived: Arrived) -> Option<Instant> {
        match arrived {
            Arrived::Here(at) => Some(at),
            Arrived::There(Some(LeaderTime { tenure, ms })) if tenure == self.tenure => {
                self.began.checked_add(Duration::from_millis(ms.checked_sub(1)?))
            }
            Arrived::There(_) => None,
        }
    }
}

impl WriteMemory {
    fn forget_old(&mut self, now: Instant) {
        while let Some(&(op, at)) = self.finished.front() {
            if self.finished.len() <= self.remembered_max && now.duration_since(at) <= REMEMBERED_FOR {
                return;
            }
            self.finished.pop_front();
            self.entries.remove(&op);
            self.complete_since = self.complete_since.max(at);
        }
    }
}

impl WriteTicket {
    pub(super) fn finish(self, result: &Result<Reply, ExecuteError>) {
        let done = match result {
            Ok(Reply::Written { stability, verifier, .. }) => Ok((*stability, *verifier)),
            Err(ExecuteError::Refused(errno)) => Err(*errno),
            _ => return,
        };
        let now = Instant::now();
        let mut memory = self.memory.lock();
        memory.entries.insert(self.op, Entry::Done(done));
        memory.finished.push_back((self.op, now));
        memory.forget_old(now);
    }
}

impl Drop for WriteTicket {
    fn drop(&mut self) {
        let mut memory = self.memory.lock();
        if matches!(memory.entries.get(&self.op), Some(Entry::InProgress)) {
            memory.entries.remove(&self.op);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrival::LeaderTimes;
    use nasd_base::{NodeId, VolumeId};

    fn done() -> Result<Reply, ExecuteError> {
        Err(ExecuteError::Refused(Errno::NoSpace))
    }

    fn carry_out(writes: &Writes, op: u128, arrived: Arrived) {
        match writes.begin(OpId(op), arrived) {
            Verdict::New(ticket) => ticket.finish(&done()),
            _ => panic!("write {op} is not new"),
        }
    }

    async fn pass(ms: u64) {
        tokio::time::advance(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_is_carried_out_once() {
        let writes = Writes::new(1);
        let arrived = Arrived::Here(Instant::now());
        let Verdict::New(ticket) = writes.begin(OpId(1), arrived) else { panic!("new") };
        assert!(matches!(writes.begin(OpId(1), arrived), Verdict::InProgress));
        ticket.finish(&done());
        assert!(matches!(writes.begin(OpId(1), arrived), Verdict::Repeated(Err(Errno::NoSpace))));
        let Verdict::New(ticket) = writes.begin(OpId(2), arrived) else { panic!("new") };
        drop(ticket);
        carry_out(&writes, 2, arrived);
    }

    #[tokio::test(start_paused = true)]
    async fn what_arrived_before_the_tenure_or_before_what_is_forgotten_is_late() {
        let early = Instant::now();
        pass(10).await;
        let writes = Writes::remembering(7, 2);
        let is_late = |op, arrived| matches!(writes.begin(OpId(op), arrived), Verdict::Late(_));
        let there = |ms| Arrived::There(Some(LeaderTime { tenure: 7, ms }));
        assert!(is_late(1, Arrived::Here(early)) && is_late(1, there(0)) && is_late(1, Arrived::There(None)));
        assert!(is_late(1, Arrived::There(Some(LeaderTime { tenure: 6, ms: 5 }))));
        for op in 1..=4 {
            carry_out(&writes, op, there(writes.now().ms));
            pass(10).await;
        }
        // The second of four, at 10 ms, is forgotten; the third is not.
        assert!(is_late(2, there(1)) && is_late(9, there(10)));
        assert!(matches!(writes.begin(OpId(3), there(1)), Verdict::Repeated(_)));
        carry_out(&writes, 9, there(12));
    }

    #[tokio::test(start_paused = true)]
    async fn an_arrival_is_never_named_later_than_it_was() {
        let writes = Writes::new(7);
        let (volume, leader, times) = (VolumeId(1), NodeId(2), LeaderTimes::default());
        let before = Instant::now();
        assert_eq!(times.arrival(volume, leader, before), None);
        pass(100).await;
        let said = writes.now();
        pass(30).await;
        times.learn(volume, leader, said);
        let now = Instant::now();
        assert_eq!(times.arrival(volume, leader, now), Some(LeaderTime { tenure: 7, ms: 101 }));
        assert_eq!(times.arrival(volume, leader, before), Some(LeaderTime { tenure: 7, ms: 0 }));
        assert_eq!(times.arrival(volume, NodeId(3), now), None);
        // Told at once, it says more; told slowly, less.
        times.learn(volume, leader, writes.now());
        assert_eq!(times.arrival(volume, leader, now), Some(LeaderTime { tenure: 7, ms: 131 }));
        times.learn(volume, leader, said);
        assert_eq!(times.arrival(volume, leader, now), Some(LeaderTime { tenure: 7, ms: 131 }));
        pass(61_000).await;
        assert_eq!(times.arrival(volume, leader, now), None);
    }
}
