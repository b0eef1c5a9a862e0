//! Moving applied batches from the write-ahead log into the main file, durably.

use crate::StateError;
use crate::connection::{CheckpointFiles, Shared, damage, flush, open_checkpointer, read_mark};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the last step may keep the writer waiting for readers of an old view.
const PATIENCE: Duration = Duration::from_millis(50);

/// Checkpoints a state database through a connection of its own, beside the writer.
#[derive(Clone)]
pub struct Checkpointer(pub(crate) Arc<Shared>);

/// What `PRAGMA wal_checkpoint` reports.
struct Progress {
    busy: bool,
    frames: i64,
    moved: i64,
}

impl Checkpointer {
    /// Moves what was applied before the call into the main file and returns its mark: from then on a power
    /// cut cannot take the database back to before that mark. `None` when nothing was ever applied, or when
    /// readers of an old view were in the way; the next call makes up for it.
    ///
    /// The bulk moves beside the writer; only what was written meanwhile moves while it waits. Usually the
    /// write-ahead log is empty afterwards, so all that is ever in it is newer than the last mark returned.
    ///
    /// # Errors
    /// After a failed flush nobody knows what is on the disk: stop applying.
    pub fn run(&self) -> Result<Option<Vec<u8>>, StateError> {
        let _gate = self.0.enter()?;
        let mut slot = self.0.checkpointer.lock();
        if slot.is_none() {
            *slot = Some(open_checkpointer(&self.0.path).map_err(damage)?);
        }
        let files = slot.as_ref().expect("opened above");
        self.checkpoint(files).map_err(damage)
    }

    /// Bytes in the write-ahead log's file.
    pub fn wal_bytes(&self) -> u64 {
        let mut path = self.0.path.clone().into_os_string();
        path.push("-wal");
        std::fs::metadata(path).map_or(0, |meta| meta.len())
    }

    fn checkpoint(&self, files: &CheckpointFiles) -> Result<Option<Vec<u8>>, StateError> {
        let CheckpointFiles { db, file } = files;
        // The mark is read first: its frames are in the log when the checkpoint starts.
        let Some(mark) = read_mark(db)? else { return Ok(None) };
        let passive = step(db, "PASSIVE")?;
        let old_views = passive.moved < passive.frames || self.0.exports_running.load(Ordering::SeqCst) > 0;
        if passive.busy || old_views {
            return Ok(None);
        }
        // The long flush, while the writer goes on.
        flush(file)?;
        db.busy_timeout(PATIENCE)?;
        // PASSIVE leaves the main file unflushed when the writer was active meanwhile. FULL holds the writer
        // off, moves the rest and flushes: if it is not busy, all frames and with them the mark are safe.
        let full = step(db, "FULL")?;
        if full.busy || full.moved < full.frames {
            return Ok(None);
        }
        self.0.counters.add_checkpoints(1);
        // Only to give the space back: the mark is safe either way.
        step(db, "TRUNCATE")?;
        Ok(Some(mark))
    }
}

fn step(db: &Connection, mode: &str) -> Result<Progress, StateError> {
    let progress = db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok(Progress { busy: row.get::<_, i64>(0)? != 0, frames: row.get(1)?, moved: row.get(2)? })
    })?;
    Ok(progress)
}
