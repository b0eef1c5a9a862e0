//! openraft's state machine: batches what is ready into one transaction of a [`StateDb`].
//!
//! A "snapshot" in openraft's sense is the checkpointed database itself: building one moves the applied
//! batches into the main file and says how far that reaches, without copying anything. Only when a peer
//! needs the state is a copy made, by the task that sends it; see [`crate::transfer`].

use crate::codec::mark::Mark;
use crate::config::{APPLY_BYTES_MAX, APPLY_ENTRIES_MAX, APPLY_INLINE_BYTES_MAX};
use crate::counters::RaftCounters;
use crate::transfer::ReceivedFile;
use crate::types::{Entry, LogId, Payload, Proposed, Snapshot, SnapshotMeta, StoredMembership, Types};
use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt};
use nasd_state::{Checkpointer, Exporter, Machine, StateDb, StateError, blocking};
use openraft::OptionalSend;
use openraft::storage::{ApplyResponder, EntryResponder, RaftSnapshotBuilder, RaftStateMachine};
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Between two attempts while the node has too little of something.
const SHORT_PAUSE: Duration = Duration::from_millis(500);

/// A state database without the type of its machine.
trait Replica: Send {
    fn apply(&mut self, entries: &[(u64, Bytes)], mark: &[u8]) -> Result<Vec<Bytes>, StateError>;
    fn install(&mut self, file: &Path, mark: &[u8]) -> Result<(), StateError>;
}

impl<M: Machine> Replica for StateDb<M> {
    fn apply(&mut self, entries: &[(u64, Bytes)], mark: &[u8]) -> Result<Vec<Bytes>, StateError> {
        StateDb::apply(self, entries, mark)
    }

    fn install(&mut self, file: &Path, mark: &[u8]) -> Result<(), StateError> {
        self.install_if(file, |found| found == mark)
    }
}

/// What the state machine shares with the tasks around it.
pub(crate) struct Shared {
    checkpointer: Checkpointer,
    exporter: Exporter,
    pub dir: PathBuf,
    /// What no power cut can take back.
    durable: Mutex<Mark>,
    /// Index of the last applied entry plus one.
    applied_end: AtomicU64,
    /// Command bytes applied since the last checkpoint.
    dirty_bytes: AtomicU64,
    dirty_bytes_max: u64,
    /// A checkpoint should not wait any longer.
    pub checkpoint_due: Notify,
    /// Why the group cannot go on.
    failed: Mutex<Option<String>>,
    /// What the group waits for, if the node has too little of something.
    short: Mutex<Option<String>>,
    /// The replica is being stopped: nothing is waited for any more.
    pub stopping: AtomicBool,
    copies: Mutex<Copies>,
    pub counters: RaftCounters,
}

/// Copies on their way to peers.
#[derive(Default)]
struct Copies {
    running: usize,
    last_end: Option<Instant>,
}

/// A copy on its way to a peer.
pub(crate) struct Copying<'a>(&'a Shared);

impl Drop for Copying<'_> {
    fn drop(&mut self) {
        let mut copies = self.0.copies.lock();
        copies.running -= 1;
        copies.last_end = Some(Instant::now());
    }
}

impl Shared {
    /// To be held while a copy is made and sent.
    pub fn copying(&self) -> Copying<'_> {
        self.copies.lock().running += 1;
        Copying(self)
    }

    /// Whether a peer is receiving a copy, or has received one so lately that it may still need the entries
    /// that follow it.
    pub fn fills_a_peer(&self, catch_up: Duration) -> bool {
        let copies = self.copies.lock();
        copies.running > 0 || copies.last_end.is_some_and(|end| end.elapsed() < catch_up)
    }

    /// Moves what was applied into the main file, and says how much of it is durable now.
    pub fn checkpoint(&self) -> io::Result<Mark> {
        self.dirty_bytes.store(0, Relaxed);
        match blocking(|| self.checkpointer.run()) {
            Ok(Some(bytes)) => self.now_durable(Mark::decode(&bytes)?),
            Ok(None) => {}
            // What was durable still is, and the next checkpoint is not far.
            Err(error) if error.is_shortage() => {
                self.is_short("checkpoint", &error);
                return Ok(self.durable());
            }
            Err(error) => return Err(self.fail("checkpoint", error)),
        }
        self.has_enough();
        Ok(self.durable())
    }

    /// A copy of the present state and its mark.
    pub fn export(&self) -> Result<(nasd_state::Export, Mark), StateError> {
        let export = blocking(|| self.exporter.export())?;
        let mark = Mark::decode(export.mark().unwrap_or_default())
            .map_err(|error| StateError::Damaged(error.to_string()))?;
        Ok((export, mark))
    }

    pub fn durable(&self) -> Mark {
        self.durable.lock().clone()
    }

    fn now_durable(&self, mark: Mark) {
        let mut durable = self.durable.lock();
        if mark.applied > durable.applied {
            *durable = mark;
        }
    }

    /// Whether something was applied that is not durable yet.
    pub fn is_dirty(&self) -> bool {
        self.applied_end.load(Relaxed) > self.durable.lock().index().map_or(0, |index| index + 1)
    }

    pub fn failed(&self) -> Option<String> {
        self.failed.lock().clone()
    }

    /// Records the first failure, in the operator's words.
    pub fn fail(&self, what: &str, error: StateError) -> io::Error {
        let text = format!("{what}: {error}");
        tracing::error!(dir = %self.dir.display(), "the state of a group failed at {text}");
        self.failed.lock().get_or_insert(text);
        io::Error::other(error)
    }

    /// What the group waits for; it goes on by itself.
    pub fn short_of(&self) -> Option<String> {
        self.short.lock().clone()
    }

    fn is_short(&self, what: &str, error: &StateError) {
        let text = format!("{what}: {error}");
        let before = self.short.lock().replace(text);
        if before.is_none() {
            tracing::error!(dir = %self.dir.display(), %error, "the state of a group waits at {what}; it goes on by itself when there is enough again");
        }
    }

    fn has_enough(&self) {
        if self.short.lock().take().is_some() {
            tracing::info!(dir = %self.dir.display(), "the state of a group goes on");
        }
    }

    fn applied(&self, index: u64, entries: usize, bytes: usize) {
        self.applied_end.store(index + 1, Relaxed);
        self.counters.add_applied(entries as u64);
        self.counters.add_applies(1);
        let dirty = self.dirty_bytes.fetch_add(bytes as u64, Relaxed) + bytes as u64;
        if dirty >= self.dirty_bytes_max {
            self.checkpoint_due.notify_one();
        }
    }
}

/// The state that a snapshot stands for.
#[derive(Clone)]
pub(crate) enum SnapshotData {
    /// This replica's database, to be copied when it is sent.
    Live(Arc<Shared>),
    /// A complete copy received from a peer.
    Received(Arc<ReceivedFile>),
}

impl std::fmt::Debug for SnapshotData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SnapshotData::Live(_) => f.write_str("Live"),
            SnapshotData::Received(file) => write!(f, "Received({})", file.path().display()),
        }
    }
}

pub(crate) struct StateMachine {
    /// Only ever locked through `&mut`: the mutex makes the whole `Sync`.
    replica: Mutex<Box<dyn Replica>>,
    mark: Mark,
    shared: Arc<Shared>,
    /// Dropped last, after the database was closed.
    _closed: oneshot::Sender<()>,
}

impl StateMachine {
    /// Takes over a database. The receiver completes when it was closed again.
    ///
    /// # Errors
    /// When the database cannot be read or checkpointed, or its mark is of an unknown format.
    pub fn new<M: Machine>(
        state: StateDb<M>,
        dirty_bytes_max: u64,
        counters: RaftCounters,
    ) -> Result<(StateMachine, oneshot::Receiver<()>), StateError> {
        let mark = match state.mark()? {
            Some(bytes) => Mark::decode(&bytes).map_err(|error| StateError::Damaged(error.to_string()))?,
            None => Mark::default(),
        };
        let dir = state.dir().to_owned();
        ReceivedFile::remove_leftovers(&dir)?;
        let shared = Arc::new(Shared {
            checkpointer: state.checkpointer(),
            exporter: state.exporter(),
            dir,
            durable: Mutex::default(),
            applied_end: AtomicU64::new(mark.index().map_or(0, |index| index + 1)),
            dirty_bytes: AtomicU64::new(0),
            dirty_bytes_max,
            checkpoint_due: Notify::new(),
            failed: Mutex::default(),
            short: Mutex::default(),
            stopping: AtomicBool::new(false),
            copies: Mutex::default(),
            counters,
        });
        // After a crash of the process alone the mark may be ahead of what is durable.
        shared.checkpoint()?;
        let (closed, on_close) = oneshot::channel();
        let replica: Box<dyn Replica> = Box::new(state);
        Ok((StateMachine { replica: Mutex::new(replica), mark, shared, _closed: closed }, on_close))
    }

    pub fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    async fn apply_batch(&mut self, batch: Batch) -> io::Result<()> {
        let Batch { commands, bytes, waiting, last, membership } = batch;
        let Some(last) = last else { return Ok(()) };
        self.mark.applied = Some(last);
        if let Some(membership) = membership {
            self.mark.membership = membership;
        }
        let mark = self.mark.encode();
        let begun = Instant::now();
        let replies = self.patiently("applying entries", |replica| {
            // To move a worker's tasks to another thread costs more than a short transaction.
            match bytes {
                ..=APPLY_INLINE_BYTES_MAX => replica.apply(&commands, &mark),
                _ => blocking(|| replica.apply(&commands, &mark)),
            }
        });
        let replies = replies.await.map_err(|error| self.shared.fail("applying entries", error))?;
        let applied = begun.elapsed();
        self.shared.counters.count_apply(applied);
        self.shared.applied(last.index, waiting.len(), bytes);
        let mut replies = replies.into_iter();
        for (has_command, responder) in waiting {
            let reply = if has_command { replies.next().unwrap_or_default() } else { Bytes::new() };
            if let Some(responder) = responder {
                responder.send(Proposed { reply, applied });
            }
        }
        Ok(())
    }

    /// Does something to the database, again and again while the node has too little of something: openraft takes an
    /// error for the end of the replica.
    async fn patiently<T>(
        &mut self,
        what: &str,
        mut work: impl FnMut(&mut dyn Replica) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        loop {
            match work(&mut **self.replica.get_mut()) {
                Err(error) if error.is_shortage() && !self.shared.stopping.load(Relaxed) => {
                    self.shared.is_short(what, &error);
                    tokio::time::sleep(SHORT_PAUSE).await;
                }
                outcome => {
                    if outcome.is_ok() {
                        self.shared.has_enough();
                    }
                    return outcome;
                }
            }
        }
    }

    async fn install_live(&mut self, meta: &SnapshotMeta, source: &Shared) -> Result<(), StateError> {
        let (export, _) = source.export()?;
        let file = ReceivedFile::new(&self.shared.dir, 0);
        std::fs::copy(export.path(), file.path())?;
        self.install(meta, file.path()).await
    }

    async fn install(&mut self, meta: &SnapshotMeta, file: &Path) -> Result<(), StateError> {
        let mark = Mark { applied: meta.last_log_id, membership: meta.last_membership.clone() };
        let encoded = mark.encode();
        self.patiently("installing a copy", |replica| blocking(|| replica.install(file, &encoded))).await?;
        self.shared.applied_end.store(mark.index().map_or(0, |index| index + 1), Relaxed);
        self.shared.now_durable(mark.clone());
        self.shared.counters.add_copies_installed(1);
        self.mark = mark;
        Ok(())
    }
}

/// What goes into one transaction.
#[derive(Default)]
struct Batch {
    commands: Vec<(u64, Bytes)>,
    bytes: usize,
    /// Per entry: whether it has a command, and who waits for the reply.
    waiting: Vec<(bool, Option<ApplyResponder<Types>>)>,
    last: Option<LogId>,
    membership: Option<StoredMembership>,
}

impl Batch {
    fn push(&mut self, (Entry { log_id, payload }, responder): EntryResponder<Types>) {
        let mut has_command = false;
        match payload {
            Payload::Blank => {}
            Payload::Normal(command) => {
                has_command = true;
                self.bytes += command.0.len();
                self.commands.push((log_id.index, command.0));
            }
            Payload::Membership(membership) => {
                self.membership = Some(StoredMembership::new(Some(log_id), membership));
            }
        }
        self.waiting.push((has_command, responder));
        self.last = Some(log_id);
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= APPLY_ENTRIES_MAX || self.bytes >= APPLY_BYTES_MAX
    }
}

impl RaftStateMachine<Types> for StateMachine {
    type SnapshotData = SnapshotData;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        Ok((self.mark.applied, self.mark.membership.clone()))
    }

    async fn apply<Strm>(&mut self, mut entries: Strm) -> Result<(), io::Error>
    where
        Strm: Stream<Item = Result<EntryResponder<Types>, io::Error>> + Unpin + OptionalSend,
    {
        while let Some(first) = entries.next().await {
            let mut batch = Batch::default();
            batch.push(first?);
            // Only what is there already: nobody's reply waits for a later entry.
            while !batch.is_full()
                && let Some(Some(entry)) = entries.next().now_or_never()
            {
                batch.push(entry?);
            }
            self.apply_batch(batch).await?;
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        SnapshotBuilder(self.shared.clone())
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        snapshot: SnapshotData,
    ) -> Result<(), io::Error> {
        let result = match snapshot {
            SnapshotData::Received(file) => self.install(meta, file.path()).await,
            SnapshotData::Live(source) => self.install_live(meta, &source).await,
        };
        result.map_err(|error| self.shared.fail("installing a copy of the state", error))
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        let durable = self.shared.durable();
        Ok(durable.applied.map(|_| snapshot(&self.shared, durable)))
    }
}

fn snapshot(shared: &Arc<Shared>, mark: Mark) -> Snapshot {
    Snapshot { meta: mark.meta(), snapshot: SnapshotData::Live(shared.clone()) }
}

/// Makes the state durable where it is.
pub(crate) struct SnapshotBuilder(Arc<Shared>);

impl RaftSnapshotBuilder<Types> for SnapshotBuilder {
    type SnapshotData = SnapshotData;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let mark = self.0.checkpoint()?;
        Ok(snapshot(&self.0, mark))
    }
}
