//! One replica of a volume on this node: it executes operations while it leads, and keeps chunks always.

use crate::core::{Core, VolumeParts};
use crate::opens::OpenTable;
use crate::service::WriteVerifier;
use crate::sessions::SessionTable;
use crate::stats::VolumeStats;
use nasd_base::{ChunkId, Ino, VolumeId};
use parking_lot::Mutex;
use std::future::Future;
use std::sync::Arc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// A running replica. Its background tasks stop when it is shut down or dropped.
pub struct Volume {
    pub(crate) core: Arc<Core>,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Volume {
    /// Starts a replica and its background tasks. Call it within a tokio runtime.
    pub fn new(parts: VolumeParts) -> Arc<Volume> {
        let volume = Volume { core: Core::new(parts), tasks: Mutex::default() };
        volume.start_tasks();
        Arc::new(volume)
    }

    fn start_tasks(&self) {
        self.run(self.core.clone().follow_leadership());
        self.run(self.core.clone().write_back_loop());
        self.run(self.core.clone().effects_loop());
        self.run(self.core.clone().heal_loop());
        self.run(self.core.clone().reconcile_loop());
        self.run(self.core.clone().orphan_loop());
        self.run(self.core.clone().destage_loop());
        self.run(self.core.clone().coalesce_loop());
        self.run(self.core.clone().session_loop());
        self.run(self.core.clone().limits_loop());
    }

    fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().push(tokio::spawn(task).abort_handle());
    }

    pub fn id(&self) -> VolumeId {
        self.core.id
    }

    /// Whether this node leads the volume and is ready to serve.
    pub fn is_leading(&self) -> bool {
        self.core.tenure().is_ok()
    }

    /// The write verifier of the present tenure; `None` when another node leads.
    pub fn verifier(&self) -> Option<WriteVerifier> {
        Some(self.core.tenure().ok()?.verifier())
    }

    /// Bytes of file data, without holes and before compression, and how many things have a name, as this replica
    /// has applied them. `None` when its database cannot be read.
    pub fn held(&self) -> Option<(u64, u64)> {
        let totals = self.core.meta.totals().ok()?;
        Some((totals.logical_bytes, totals.inodes.saturating_sub(1)))
    }

    /// Where an inode is, as this replica knows: see [`nasd_meta::View::path_of`]. What is not UTF-8 is replaced.
    pub fn path_of(&self, ino: Ino, parent: Option<Ino>) -> Option<String> {
        let names = self.core.meta.path_of(ino, parent).ok()??;
        let path: Vec<u8> = names.into_iter().flat_map(|name| [b"/", &name[..]].concat()).collect();
        Some(if path.is_empty() { "/".to_owned() } else { String::from_utf8_lossy(&path).into_owned() })
    }

    /// Counts since the start.
    pub fn stats(&self) -> VolumeStats {
        self.core.stats.snapshot()
    }

    /// Missing chunks known and not yet fetched.
    pub fn heal_backlog(&self) -> usize {
        self.core.heal.len()
    }

    /// Saves all unsaved data, as far as this node leads: before a clean shutdown or a change of leader.
    pub async fn save_all(&self) {
        if let Ok(tenure) = self.core.tenure() {
            self.core.save_dirty(&tenure, Instant::now()).await;
        }
    }

    /// Chunks that were found damaged in this node's store: fetched from another replica soon, or removed if
    /// nothing needs them. May be repeated until they are whole.
    pub fn mend(&self, chunks: &[ChunkId]) {
        chunks.iter().for_each(|chunk| self.core.heal.add(*chunk));
    }

    /// Compares the store with the metadata: queues what is missing, removes what surely is not needed. Done
    /// unasked at the start, after a snapshot replaced the state, and every hour.
    pub async fn reconcile(&self) {
        self.core.reconcile().await;
    }

    /// Stops all tasks and ends the tenure. Unsaved data is gone: see [`Volume::save_all`].
    pub fn shutdown(&self) {
        self.core.stop();
        self.core.vacate();
        for task in self.tasks.lock().drain(..) {
            task.abort();
        }
    }

    /// Where this node's open files are counted. Orphans are reaped only after this was called.
    pub(crate) fn set_opens(&self, opens: Arc<OpenTable>) {
        self.core.set_opens(opens);
    }

    /// Where this node's mounts are listed. Locks of mounts that are gone are taken back only after this was
    /// called.
    pub(crate) fn set_sessions(&self, sessions: Arc<SessionTable>) {
        self.core.set_sessions(sessions);
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        self.shutdown();
    }
}
