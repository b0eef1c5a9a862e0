//! How every connection to a state database is set up, and what its connections share.

use crate::page_caches::PageCache;
use crate::{StateCounters, StateError};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// Page cache of a connection that reads each page once: to checkpoint, or to copy.
pub(crate) const PASSING_CACHE_BYTES: u64 = 256 << 10;
/// Statements kept prepared per connection; a state machine uses a few dozen.
const STATEMENTS_MAX: usize = 128;
/// How long a connection waits for another one's lock. Only the end of a checkpoint ever holds one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// SQLite's way to the file system for a database that one process has to itself: the index of the WAL and the locks
/// between connections are in memory, where another process would need a mapped file and `fcntl` for each. An
/// operation of two transactions made 27 such calls.
const VFS: &str = "unix-excl";

/// What a checkpoint works with. The file is there only to be flushed. It is closed after the writer: closing any
/// descriptor of a file takes away all of the process's locks on it (fcntl(2)).
pub(crate) struct CheckpointFiles {
    pub db: Connection,
    pub file: File,
}

/// The name of the database in its directory.
pub(crate) const DATABASE: &str = "state.db";

/// What the writer, the readers, the checkpointer and the exporter of one database have in common.
pub(crate) struct Shared {
    pub dir: PathBuf,
    pub path: PathBuf,
    /// Held shared while a connection other than the writer is used, exclusively while the files under
    /// them are replaced.
    pub gate: RwLock<()>,
    /// Readers at rest.
    pub idle: Mutex<Vec<Reader>>,
    pub cache: PageCache,
    pub checkpointer: Mutex<Option<CheckpointFiles>>,
    /// The database was closed: handles that are left refuse to open it again.
    closed: AtomicBool,
    /// Exports that hold an old view open; meanwhile a checkpoint must not wait for readers.
    pub exports_running: AtomicU64,
    pub exports_made: AtomicU64,
    pub counters: StateCounters,
}

impl Shared {
    pub fn new(dir: &Path, cache: PageCache) -> Shared {
        Shared {
            dir: dir.to_owned(),
            path: dir.join(DATABASE),
            gate: RwLock::new(()),
            idle: Mutex::default(),
            cache,
            checkpointer: Mutex::default(),
            closed: AtomicBool::new(false),
            exports_running: AtomicU64::new(0),
            exports_made: AtomicU64::new(0),
            counters: StateCounters::default(),
        }
    }

    /// To be held while a connection other than the writer is used.
    pub fn enter(&self) -> Result<RwLockReadGuard<'_, ()>, StateError> {
        // Recursive: a reader inside a reader must not queue behind a waiting replacement.
        let gate = self.gate.read_recursive();
        match self.closed.load(SeqCst) {
            false => Ok(gate),
            true => Err(std::io::Error::new(std::io::ErrorKind::NotConnected, "the state was closed").into()),
        }
    }

    /// Closes all connections but the writer's, which must be closed already.
    pub fn close_connections(&self) {
        self.idle.lock().clear();
        *self.checkpointer.lock() = None;
    }

    /// Waits for those who use a connection, and lets nobody open one again.
    pub fn close(&self) {
        let _gate = self.gate.write();
        self.closed.store(true, SeqCst);
        self.close_connections();
    }
}

/// A connection that reads, and the size of its page cache.
pub(crate) struct Reader {
    pub db: Connection,
    pub cache_bytes: u64,
}

pub(crate) fn open_writer(path: &Path, cache_bytes: u64) -> Result<Connection, StateError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(path, flags)?;
    // Before the first table exists; without effect afterwards.
    db.pragma_update(None, "page_size", 4096)?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StateError::Damaged(format!("{} cannot use a write-ahead log", path.display())));
    }
    configure(&db)?;
    set_cache(&db, cache_bytes)?;
    db.execute_batch("CREATE TABLE IF NOT EXISTS applied_mark (id INTEGER PRIMARY KEY, mark BLOB NOT NULL)")?;
    Ok(db)
}

pub(crate) fn open_checkpointer(path: &Path) -> Result<CheckpointFiles, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(path, flags)?;
    configure(&db)?;
    set_cache(&db, PASSING_CACHE_BYTES)?;
    Ok(CheckpointFiles { db, file: File::open(path)? })
}

pub(crate) fn open_reader(path: &Path, cache_bytes: u64) -> Result<Reader, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(path, flags)?;
    configure(&db).map_err(|error| told_apart(path, error))?;
    set_cache(&db, cache_bytes)?;
    Ok(Reader { db, cache_bytes })
}

/// Bounds a connection's page cache. What it has too much of goes.
pub(crate) fn set_cache(db: &Connection, bytes: u64) -> Result<(), StateError> {
    Ok(db.pragma_update(None, "cache_size", -((bytes >> 10) as i64))?)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StateError> {
    Connection::open_with_flags_and_vfs(path, flags, VFS).map_err(|error| told_apart(path, error.into()))
}

/// SQLite says that it cannot open a file and not why: the system is asked again.
fn told_apart(path: &Path, error: StateError) -> StateError {
    let unopened = matches!(&error, StateError::Database(inner)
        if inner.sqlite_error_code() == Some(ErrorCode::CannotOpen));
    if !unopened {
        return error;
    }
    // The directory: to close a descriptor of the database would end the process's locks on it. Twice: the database
    // and its log are two files.
    let dir = path.parent().unwrap_or(path);
    match File::open(dir).and_then(|first| File::open(dir).map(|second| (first, second))) {
        Err(cause) if nasd_disk::shortage(&cause).is_some() => StateError::Io(cause),
        _ => error,
    }
}

fn configure(db: &Connection) -> Result<(), StateError> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "foreign_keys", false)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.pragma_update(None, "mmap_size", 0)?;
    db.pragma_update(None, "trusted_schema", false)?;
    // Closing must not do what only a checkpoint may: the mark would move without anybody knowing.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// Makes a file durable. That it failed is final, for want of whatever: nothing in the error may look like a shortage.
pub(crate) fn flush(file: &File) -> Result<(), StateError> {
    file.sync_all().map_err(|error| std::io::Error::other(format!("cannot flush: {error}")).into())
}

/// Runs `f` between `begin` and a commit, or a rollback if it fails. rusqlite's own transactions parse their
/// statements anew each time, which is a tenth of a short one.
pub(crate) fn in_transaction<T>(
    db: &Connection,
    begin: &str,
    f: impl FnOnce(&Connection) -> Result<T, StateError>,
) -> Result<T, StateError> {
    db.prepare_cached(begin)?.execute([])?;
    let open = RollBack(db);
    let value = f(db)?;
    db.prepare_cached("COMMIT")?.execute([])?;
    drop(open);
    Ok(value)
}

/// Ends a transaction that was not committed.
struct RollBack<'a>(&'a Connection);

impl Drop for RollBack<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // Fails only when the database already has.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

/// The mark as `db` sees it now.
pub(crate) fn read_mark(db: &Connection) -> Result<Option<Vec<u8>>, StateError> {
    let mut statement = db.prepare_cached("SELECT mark FROM applied_mark WHERE id = 0")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Turns SQLite's reports of a damaged file into the decision they call for.
pub(crate) fn damage(error: StateError) -> StateError {
    match &error {
        StateError::Database(inner) => match inner.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StateError::Damaged(inner.to_string())
            }
            _ => error,
        },
        _ => error,
    }
}
