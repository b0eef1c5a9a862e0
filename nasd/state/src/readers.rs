//! A pool of read-only connections that any thread may use.

use crate::connection::{Shared, damage, in_transaction, open_reader, set_cache};
use crate::{Checksum, StateError, checksum};
use rusqlite::Connection;
use std::sync::Arc;

/// Read access to a state database; clones share the pool. Fails once the [`crate::StateDb`] was dropped.
#[derive(Clone)]
pub struct Readers(pub(crate) Arc<Shared>);

impl Readers {
    /// Calls `f` with a read-only connection that no one else uses meanwhile. Each statement sees the last
    /// committed batch. Use `prepare_cached`: the pool keeps statements.
    ///
    /// A replacement of the database waits for `f`, and so, at worst, does the end of a checkpoint: keep it
    /// short, and never wait for an `apply` inside.
    pub fn with<T>(&self, f: impl FnOnce(&Connection) -> Result<T, StateError>) -> Result<T, StateError> {
        let _gate = self.0.enter()?;
        let cache_bytes = self.0.cache.reader_bytes();
        let idle = self.0.idle.lock().pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => open_reader(&self.0.path, cache_bytes).map_err(damage)?,
        };
        if reader.cache_bytes != cache_bytes {
            set_cache(&reader.db, cache_bytes).map_err(damage)?;
            reader.cache_bytes = cache_bytes;
        }
        let result = f(&reader.db);
        let mut idle = self.0.idle.lock();
        if reader.db.is_autocommit() && (idle.len() as u64) < self.0.cache.idle_readers_max() {
            idle.push(reader);
        }
        result.map_err(damage)
    }

    /// Like [`Readers::with`], but all statements see the same batch.
    pub fn with_snapshot<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        self.with(|db| in_transaction(db, "BEGIN", f))
    }

    /// The mark of the batch that readers see now.
    pub fn mark(&self) -> Result<Option<Vec<u8>>, StateError> {
        self.with(crate::connection::read_mark)
    }

    /// A checksum of all tables' rows together with the mark they belong to. Reads the whole database.
    pub fn checksum(&self) -> Result<Checksum, StateError> {
        self.with_snapshot(checksum::of)
    }
}
