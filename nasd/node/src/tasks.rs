//! This node's part in the cluster's long operations: begins what the state says, says how far it is, and stops when
//! the state says so. After a restart of the node it begins its part anew.

use crate::upkeep::mend;
use crate::volumes::VolumeKeeper;
use nasd_base::NodeId;
use nasd_cluster::CurrentAuthority;
use nasd_store::{ChunkStore, ScrubCursor};
use nasd_system::{By, TaskCommand, TaskId, TaskKind};
use nasd_system::{System, SystemCommand, SystemView};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// Bytes that are read before clients get a turn.
const STEP_BYTES: u64 = 4 << 20;
/// How often progress goes into the state: each time is an entry of its log.
const NEWS_EVERY: Duration = Duration::from_secs(2);
/// Pause before news is tried again while there is no majority.
const RETRY_EVERY: Duration = Duration::from_secs(2);

/// What a node's part needs.
#[derive(Clone)]
pub struct Worker {
    pub me: NodeId,
    pub system: System,
    pub store: ChunkStore,
    pub volumes: Arc<VolumeKeeper>,
    /// Absent where nobody can join (the simulation).
    pub authority: Option<Arc<CurrentAuthority>>,
}

/// Follows the state. Ends only by being dropped; parts in progress end with it.
pub async fn run(worker: Worker, mut views: watch::Receiver<Arc<SystemView>>) {
    let mut working: BTreeMap<TaskId, Part> = BTreeMap::new();
    loop {
        let view = views.borrow_and_update().clone();
        working.retain(|id, _| is_open(&view, *id, worker.me));
        for task in view.tasks.values().filter(|task| task.open_part(worker.me).is_some()) {
            let part = || Part::begin(&worker, task.id, task.kind);
            working.entry(task.id).or_insert_with(part);
        }
        if views.changed().await.is_err() {
            return;
        }
    }
}

fn is_open(view: &SystemView, task: TaskId, me: NodeId) -> bool {
    view.tasks.get(&task).is_some_and(|task| task.open_part(me).is_some())
}

/// Work in progress; dropping it stops it.
struct Part(JoinHandle<()>);

impl Drop for Part {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Part {
    fn begin(worker: &Worker, task: TaskId, kind: TaskKind) -> Part {
        let worker = worker.clone();
        Part(tokio::spawn(async move {
            match kind {
                TaskKind::VerifyData => worker.verify(task).await,
                TaskKind::RotateAuthority => worker.take_authority(task).await,
            }
        }))
    }
}

impl Worker {
    /// Reads every chunk of this node. Half of the time at most: clients read from the same disks.
    async fn verify(&self, task: TaskId) {
        let (me, begun) = (self.me, Instant::now());
        let total = self.store.space().live_bytes;
        self.tell(task, 0, total, Some(format!("node {me} begins to read {total} bytes of chunks"))).await;
        let (mut cursor, mut told) = (ScrubCursor::default(), Instant::now());
        let (mut bytes, mut chunks, mut damaged) = (0, 0, Vec::new());
        loop {
            let step_begun = Instant::now();
            let step = match self.store.scrub_once(&mut cursor, STEP_BYTES).await {
                Ok(step) => step,
                Err(error) => {
                    self.finish(task, true, format!("node {me} cannot read on: {error}")).await;
                    return;
                }
            };
            bytes += step.bytes;
            chunks += step.chunks;
            damaged.extend(step.damaged.iter().copied());
            mend(&self.volumes, step.damaged);
            if step.finished {
                break;
            }
            if told.elapsed() >= NEWS_EVERY {
                told = Instant::now();
                self.tell(task, bytes.min(total), total, None).await;
            }
            sleep(step_begun.elapsed()).await;
        }
        let seconds = begun.elapsed().as_secs();
        let read = format!("node {me} has read {bytes} bytes in {chunks} chunks within {seconds} s");
        let (failed, line) = match damaged.len() {
            0 => (false, format!("{read}: all are whole")),
            count => (true, format!("{read}: {count} were bad and are being fetched from other replicas")),
        };
        self.finish(task, failed, line).await;
    }

    /// The follower does the work; a node that was off does its part when it is back.
    async fn take_authority(&self, task: TaskId) {
        if let (Some(current), Some(wanted)) = (&self.authority, self.system.view().cluster.authority) {
            current.until(wanted).await;
        }
        self.finish(task, false, format!("node {} works with the new authority", self.me)).await;
    }

    /// Progress that is lost is told again soon.
    async fn tell(&self, task: TaskId, done_bytes: u64, total_bytes: u64, line: Option<String>) {
        let command = TaskCommand::Advance { task, node: self.me, done_bytes, total_bytes, line };
        if let Err(error) = self.system.propose(&By::NODE, SystemCommand::Task(command)).await {
            tracing::debug!(task, %error, "progress could not be told");
        }
    }

    async fn finish(&self, task: TaskId, failed: bool, line: String) {
        let command = TaskCommand::FinishPart { task, node: self.me, failed, line };
        while let Err(error) = self.system.propose(&By::NODE, SystemCommand::Task(command.clone())).await {
            tracing::warn!(task, %error, "the end of a task's part cannot be told yet");
            sleep(RETRY_EVERY).await;
        }
    }
}
