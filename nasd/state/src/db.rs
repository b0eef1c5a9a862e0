//! The database's one writer: opening, and applying batches.

use crate::connection::{Shared, damage, in_transaction, open_writer, read_mark, set_cache};
use crate::{
    Checkpointer, Export, Exporter, Machine, PageCaches, Readers, StateCounters, StateError, install,
};
use bytes::Bytes;
use nasd_files::Folder;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

/// A state machine and the database it lives in. Owns the only connection that writes. When it is dropped the
/// database is closed: readers and checkpointers that are left fail from then on.
pub struct StateDb<M: Machine> {
    /// Closed only while the files are replaced, or after that has failed.
    pub(crate) writer: Option<Connection>,
    writer_cache_bytes: u64,
    pub(crate) machine: M,
    pub(crate) shared: Arc<Shared>,
    condition: Condition,
}

/// Whether the machine and its tables fit each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Sound,
    /// For want of something a batch was not kept, or the database not opened again: that is to be done first.
    ToReopen,
    /// A batch failed: what the machine keeps in memory no longer fits its tables.
    Stopped,
}

impl<M: Machine> StateDb<M> {
    /// Opens or creates `dir/state.db` and lets the machine prepare its tables. A replacement that a crash
    /// interrupted is completed first; copies left over from exports are removed.
    ///
    /// # Errors
    /// `Damaged` when the file is not a usable database.
    pub fn open(dir: &Path, machine: M) -> Result<Self, StateError> {
        StateDb::open_within(dir, machine, &PageCaches::default())
    }

    /// The same, with a part of the memory that the process's databases share.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_within(dir: &Path, machine: M, caches: &PageCaches) -> Result<Self, StateError> {
        nasd_files::make_dir(dir)?;
        crate::export::remove_leftovers(dir)?;
        let shared = Arc::new(Shared::new(dir, caches.join()));
        let mut db =
            StateDb { writer: None, writer_cache_bytes: 0, machine, shared, condition: Condition::ToReopen };
        db.reopen().map_err(damage)?;
        // What a checkpoint makes durable must not lose its name.
        Folder::new(dir).flush_names()?;
        Ok(db)
    }

    /// Opens the database and lets the machine read it. After an error it can be tried again.
    pub(crate) fn reopen(&mut self) -> Result<(), StateError> {
        self.condition = Condition::ToReopen;
        self.writer = None;
        install::complete(&self.shared.dir)?;
        self.writer_cache_bytes = self.shared.cache.writer_bytes();
        let writer = open_writer(&self.shared.path, self.writer_cache_bytes)?;
        self.machine.prepare(&writer)?;
        self.writer = Some(writer);
        self.condition = Condition::Sound;
        Ok(())
    }

    /// The same while readers may be about.
    pub(crate) fn reopen_alone(&mut self) -> Result<(), StateError> {
        let shared = self.shared.clone();
        let _gate = shared.gate.write();
        shared.close_connections();
        self.reopen().map_err(damage)
    }

    pub(crate) fn writer(&self) -> Result<&Connection, StateError> {
        self.writer.as_ref().ok_or_else(|| StateError::Damaged("its replacement failed half way".into()))
    }

    /// Applies commands `(index, command)` in one transaction that also stores `mark`, and returns their
    /// replies in order. With no commands only the mark moves.
    ///
    /// On return the transaction is visible to readers and survives the death of the process, but a power
    /// cut may undo it until a checkpoint has covered it: the mark then says so.
    ///
    /// # Errors
    /// Nothing of the batch is kept. After a shortage ([`StateError::is_shortage`]) the same call may come again; after
    /// anything else every later call is refused, and the database must be opened again.
    pub fn apply(&mut self, entries: &[(u64, Bytes)], mark: &[u8]) -> Result<Vec<Bytes>, StateError> {
        match self.condition {
            Condition::Sound => {}
            Condition::ToReopen => self.reopen_alone()?,
            Condition::Stopped => {
                return Err(StateError::Damaged("an earlier batch could not be applied".into()));
            }
        }
        let replies = self.transact(entries, mark).map_err(damage);
        match &replies {
            Ok(_) => {
                self.machine.committed();
                self.shared.counters.add_transactions(1);
                self.shared.counters.add_entries(entries.len() as u64);
            }
            Err(error) if error.is_shortage() => self.condition = Condition::ToReopen,
            Err(_) => self.condition = Condition::Stopped,
        }
        replies
    }

    fn transact(&mut self, entries: &[(u64, Bytes)], mark: &[u8]) -> Result<Vec<Bytes>, StateError> {
        let cache_bytes = self.shared.cache.writer_bytes();
        if self.writer_cache_bytes != cache_bytes {
            set_cache(self.writer()?, cache_bytes)?;
            self.writer_cache_bytes = cache_bytes;
        }
        self.writer()?;
        let StateDb { writer: Some(writer), machine, .. } = self else { unreachable!("checked above") };
        in_transaction(writer, "BEGIN IMMEDIATE", |db| {
            let mut replies = Vec::with_capacity(entries.len());
            for (index, command) in entries {
                replies.push(machine.apply(db, *index, command)?);
            }
            db.prepare_cached("INSERT OR REPLACE INTO applied_mark (id, mark) VALUES (0, ?1)")?
                .execute([mark])?;
            Ok(replies)
        })
    }

    /// The mark stored by the last applied batch, `None` in a new database.
    pub fn mark(&self) -> Result<Option<Vec<u8>>, StateError> {
        read_mark(self.writer()?).map_err(damage)
    }

    /// Connections for reading, from any thread.
    pub fn readers(&self) -> Readers {
        Readers(self.shared.clone())
    }

    /// What moves applied batches into the main file, durably.
    pub fn checkpointer(&self) -> Checkpointer {
        Checkpointer(self.shared.clone())
    }

    /// What makes copies for peers.
    pub fn exporter(&self) -> Exporter {
        Exporter(self.shared.clone())
    }

    /// A consistent copy of the database as of now; see [`Exporter::export`].
    pub fn export(&self) -> Result<Export, StateError> {
        self.exporter().export()
    }

    /// The machine's own view of its state, for callers that keep caches in it.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The directory that holds the database, on one file system with it.
    pub fn dir(&self) -> &Path {
        &self.shared.dir
    }

    /// Counts since the database was opened; the handle stays valid after the database is closed.
    pub fn counters(&self) -> StateCounters {
        self.shared.counters.clone()
    }
}

impl<M: Machine> Drop for StateDb<M> {
    fn drop(&mut self) {
        self.writer = None;
        self.shared.close();
    }
}
