//! Replacing the whole database by a copy from a peer, at once or not at all.
//!
//! The copy is checked and flushed, then renamed to `install.db`: from then on it is decided. What follows
//! (remove the old write-ahead log, rename onto `state.db`) can be repeated after a crash, and is, when the
//! database is opened next. The order matters: an old write-ahead log beside a new main file would be
//! replayed into it.

use crate::connection::{DATABASE, damage, flush};
use crate::{Machine, StateDb, StateError};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io;
use std::path::Path;

const DECIDED: &str = "install.db";

impl<M: Machine> StateDb<M> {
    /// Replaces the database by `file`, which must be on the same file system, is moved and must not be
    /// open. Waits for readers; their connections are renewed. The machine prepares itself again.
    ///
    /// Durable on return. After an error before the decision the old database is still in use. After a shortage
    /// ([`StateError::is_shortage`]) the same call may come again, whether the file is still there or not.
    ///
    /// # Errors
    /// `Damaged` when the file fails SQLite's check: nothing changed.
    pub fn install(&mut self, file: &Path) -> Result<(), StateError> {
        self.install_if(file, |_| true)
    }

    /// Like [`StateDb::install`], but only if `expected` accepts the mark found in the file; otherwise the
    /// file is called damaged and nothing changes.
    ///
    /// # Errors
    /// As `install`.
    pub fn install_if(
        &mut self,
        file: &Path,
        expected: impl FnOnce(&[u8]) -> bool,
    ) -> Result<(), StateError> {
        if !file.try_exists()? && self.writer.is_none() {
            // An earlier call has decided, and come no further.
            return self.reopen_alone();
        }
        let mark = check(file).map_err(damage)?;
        if !expected(&mark) {
            return Err(StateError::Damaged("the received copy is not the one that was announced".into()));
        }
        flush(&File::open(file)?)?;
        std::fs::rename(file, self.shared.dir.join(DECIDED))?;
        sync_dir(&self.shared.dir)?;

        let shared = self.shared.clone();
        let _gate = shared.gate.write();
        self.writer = None;
        shared.close_connections();
        self.reopen().map_err(damage)?;
        shared.counters.add_installs(1);
        Ok(())
    }
}

/// Finishes a decided replacement, if there is one. No connection may be open.
pub(crate) fn complete(dir: &Path) -> Result<(), StateError> {
    let decided = dir.join(DECIDED);
    if !decided.try_exists()? {
        return Ok(());
    }
    for suffix in ["-wal", "-shm"] {
        remove_if_there(&dir.join(format!("{DATABASE}{suffix}")))?;
    }
    sync_dir(dir)?;
    std::fs::rename(decided, dir.join(DATABASE))?;
    sync_dir(dir)?;
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync_dir(dir: &Path) -> Result<(), StateError> {
    flush(&File::open(dir)?)
}

/// Refuses a file that is not a sound database with a mark in it; returns the mark.
fn check(file: &Path) -> Result<Vec<u8>, StateError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Immutable: no -wal or -shm file appears beside it.
    let db = Connection::open_with_flags(format!("file:{}?immutable=1", escaped(file)?), flags)?;
    db.pragma_update(None, "trusted_schema", false)?;
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StateError::Damaged(format!("the received copy fails its check: {verdict}")));
    }
    crate::connection::read_mark(&db)?
        .ok_or_else(|| StateError::Damaged("the received copy does not say how far it was applied".into()))
}

/// The path as part of a URI.
fn escaped(path: &Path) -> Result<String, StateError> {
    let path =
        path.to_str().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "path is not UTF-8"))?;
    Ok(path.replace('%', "%25").replace('?', "%3f").replace('#', "%23"))
}
