//! What one operation is known by on every node, and what it has taken so far.

use super::kind::OperationKind;
use super::stage::{STAGES, Stage, Stages};
use nasd_base::{Ino, NodeId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;
use tokio::time::Instant;

/// The name of one client's operation in logs and metrics, on each node that had to do with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId {
    /// Where it came in.
    pub node: NodeId,
    /// 0: it has none yet.
    pub number: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}", self.node, self.number)
    }
}

/// What an operation was about: the least telling question of several is forgotten.
const NOTHING: u8 = 0;
const A_LOOK: u8 = 1;
const KIND: u8 = 2;

/// An operation's id, stages and subject. One task counts here at a time, on whichever thread: what others do for the
/// operation they count in copies of their own, which are absorbed. So no addition needs to be one for the processor.
///
/// Two are equal if they are of the same operation, and only its id travels to other nodes.
#[derive(Default)]
pub struct Trace {
    node: AtomicU64,
    number: AtomicU64,
    stages: [AtomicU32; STAGES],
    /// `NOTHING`, `A_LOOK`, or `KIND` and more.
    kind: AtomicU8,
    /// 0: none.
    file: AtomicU64,
    directory: AtomicU64,
    bytes: AtomicU64,
}

/// What an operation was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: OperationKind,
    pub file: Option<Ino>,
    pub directory: Option<Ino>,
    /// Of files, that were read or written.
    pub bytes: u64,
}

impl Trace {
    pub fn new(id: RequestId) -> Trace {
        let trace = Trace::default();
        trace.name(id);
        trace
    }

    /// Forgets an operation before, whose context is used again.
    pub(crate) fn begin(&self, id: RequestId) {
        self.stages.iter().for_each(|stage| stage.store(0, Relaxed));
        self.kind.store(NOTHING, Relaxed);
        self.bytes.store(0, Relaxed);
        self.name(id);
    }

    fn name(&self, id: RequestId) {
        self.node.store(id.node.0, Relaxed);
        self.number.store(id.number, Relaxed);
    }

    pub fn id(&self) -> RequestId {
        RequestId { node: NodeId(self.node.load(Relaxed)), number: self.number.load(Relaxed) }
    }

    pub fn count(&self, stage: Stage, took: Duration) {
        self.count_micros(stage, took.as_micros() as u64);
    }

    pub(crate) fn count_all(&self, stages: &Stages) {
        Stage::ALL.into_iter().for_each(|stage| self.count_micros(stage, stages.of(stage)));
    }

    fn count_micros(&self, stage: Stage, micros: u64) {
        let sum = &self.stages[stage as usize];
        if micros > 0 {
            let more = u32::try_from(micros).unwrap_or(u32::MAX);
            sum.store(sum.load(Relaxed).saturating_add(more), Relaxed);
        }
    }

    pub fn stages(&self) -> Stages {
        Stages(std::array::from_fn(|stage| u64::from(self.stages[stage].load(Relaxed))))
    }

    /// Counts all that `work` takes.
    pub(crate) async fn timed<T>(&self, stage: Stage, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        self.count(stage, begun.elapsed());
        done
    }

    /// Counts what `waiting` takes if it does wait: no clock is read for what is there at once.
    pub async fn waited<T>(&self, stage: Stage, waiting: impl Future<Output = T>) -> T {
        let mut waiting = pin!(waiting);
        let at_once = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await;
        match at_once {
            Poll::Ready(done) => done,
            Poll::Pending => self.timed(stage, waiting).await,
        }
    }

    /// Takes over what a part of the operation, or a copy of its context, has counted.
    pub fn absorb(&self, part: &Trace) {
        for (stage, taken) in Stage::ALL.into_iter().zip(&part.stages) {
            let more = taken.load(Relaxed);
            if more > 0 {
                taken.store(0, Relaxed);
                self.count_micros(stage, u64::from(more));
            }
        }
        self.is_about(part.kind.load(Relaxed), part.file.load(Relaxed), part.directory.load(Relaxed));
        self.note_bytes(part.bytes.load(Relaxed));
        part.bytes.store(0, Relaxed);
    }

    fn is_about(&self, kind: u8, file: u64, directory: u64) {
        let known = self.kind.load(Relaxed);
        if kind > A_LOOK || known == NOTHING {
            self.kind.store(kind, Relaxed);
            self.file.store(file, Relaxed);
            self.directory.store(directory, Relaxed);
        }
    }

    /// Notes what is asked for; `is_look`: only to know something about it.
    pub(crate) fn note(&self, kind: OperationKind, is_look: bool, file: Option<Ino>, directory: Option<Ino>) {
        let number = |ino: Option<Ino>| ino.map_or(0, |ino| ino.0);
        let kind = if is_look { A_LOOK } else { KIND + kind as u8 };
        self.is_about(kind, number(file), number(directory));
    }

    /// Notes which file a name means.
    pub(crate) fn note_file(&self, file: Ino) {
        self.file.store(file.0, Relaxed);
    }

    pub(crate) fn note_bytes(&self, moved: u64) {
        self.bytes.store(self.bytes.load(Relaxed).saturating_add(moved), Relaxed);
    }

    /// `None`: nothing was asked of a volume.
    pub fn subject(&self) -> Option<Subject> {
        let kind = match self.kind.load(Relaxed) {
            NOTHING => return None,
            A_LOOK => OperationKind::Lookup,
            kind => *OperationKind::ALL.get(usize::from(kind - KIND))?,
        };
        let ino = |number: &AtomicU64| Some(number.load(Relaxed)).filter(|ino| *ino != 0).map(Ino);
        let (file, directory) = (ino(&self.file), ino(&self.directory));
        Some(Subject { kind, file, directory, bytes: self.bytes.load(Relaxed) })
    }
}

impl Clone for Trace {
    /// For a part of the operation: under its id, with nothing counted yet.
    fn clone(&self) -> Trace {
        Trace::new(self.id())
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Trace) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Trace {}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({}, {:?})", self.id(), self.stages())
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Trace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Trace, D::Error> {
        RequestId::deserialize(deserializer).map(Trace::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_waits_is_counted_and_parts_add_up_once() {
        let trace = Trace::new(RequestId { node: NodeId(3), number: 0x1f });
        trace.waited(Stage::Queue, std::future::ready(())).await;
        assert_eq!(trace.stages().total(), 0);
        let part = trace.clone();
        part.waited(Stage::Queue, tokio::time::sleep(Duration::from_millis(2))).await;
        part.timed(Stage::Flush, tokio::time::sleep(Duration::from_millis(5))).await;
        trace.absorb(&part);
        trace.absorb(&part);
        let stages = trace.stages();
        assert_eq!((stages.of(Stage::Queue), stages.of(Stage::Flush), stages.total()), (2_000, 5_000, 7_000));
        assert_eq!((trace.id().to_string(), trace == part), ("3-1f".into(), true));
    }
}
