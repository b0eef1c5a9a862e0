//! Copies of the database for peers that are too far behind.

use crate::StateError;
use crate::connection::{PASSING_CACHE_BYTES, Shared, damage, open_reader, read_mark};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// Pages copied between two looks at the result.
const STEP_PAGES: i32 = 4096;
const PREFIX: &str = "snapshot-";

/// Makes copies of a state database while it is written to.
#[derive(Clone)]
pub struct Exporter(pub(crate) Arc<Shared>);

/// A complete copy in one file. The file is removed when this is dropped.
#[derive(Debug)]
pub struct Export {
    path: PathBuf,
    mark: Option<Vec<u8>>,
    bytes: u64,
}

impl Export {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The mark that the copy holds, read in the same view as the copy.
    pub fn mark(&self) -> Option<&[u8]> {
        self.mark.as_deref()
    }

    /// Size of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a sent copy of the state could not be removed");
        }
    }
}

impl Exporter {
    /// Copies the database, as the last committed batch left it, into `snapshot-N.db` beside it. Batches go
    /// on being applied meanwhile; checkpoints pause. The copy is not flushed: it is there to be sent.
    pub fn export(&self) -> Result<Export, StateError> {
        let _gate = self.0.enter()?;
        self.0.exports_running.fetch_add(1, SeqCst);
        let result = self.copy();
        self.0.exports_running.fetch_sub(1, SeqCst);
        result.map_err(damage)
    }

    fn copy(&self) -> Result<Export, StateError> {
        let number = self.0.exports_made.fetch_add(1, SeqCst);
        let path = self.0.dir.join(format!("{PREFIX}{number}.db"));
        let source = open_reader(&self.0.path, PASSING_CACHE_BYTES)?.db;
        // One read transaction around all steps: the copy never starts again because of new batches.
        let view = source.unchecked_transaction()?;
        let mark = read_mark(&view)?;
        let mut export = Export { path, mark, bytes: 0 };
        copy_pages(&view, &export.path)?;
        export.bytes = std::fs::metadata(&export.path)?.len();
        self.0.counters.add_exports(1);
        Ok(export)
    }
}

fn copy_pages(source: &Connection, path: &Path) -> Result<(), StateError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(path, flags)?;
    target.pragma_update(None, "synchronous", "OFF")?;
    target.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    let backup = Backup::new(source, &mut target)?;
    loop {
        match backup.step(STEP_PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            other => {
                return Err(StateError::Io(std::io::Error::other(format!("copying the state: {other:?}"))));
            }
        }
    }
}

/// Removes copies that a crash left behind.
pub(crate) fn remove_leftovers(dir: &Path) -> Result<(), StateError> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.contains(".db") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
