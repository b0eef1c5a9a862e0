//! What a replicated state machine must be able to do.

use bytes::Bytes;
use nasd_disk::shortage;
use rusqlite::{Connection, ErrorCode};

/// A deterministic function from a history of commands to tables in SQLite.
///
/// The same commands in the same order give the same tables and replies on every node: no clock, no
/// randomness, no iteration over a hash map may reach either.
pub trait Machine: Send + 'static {
    /// Creates the tables that are missing and loads what is kept in memory. Called when the database is
    /// opened, again when a snapshot replaced it, and after a batch that could not be kept.
    fn prepare(&mut self, db: &Connection) -> Result<(), StateError>;

    /// Applies one command inside the open transaction and returns its reply. A command that is refused
    /// changes nothing and says so in its reply.
    ///
    /// # Errors
    /// Only for a damaged database or a failing disk: the group stops, and nothing of the batch is kept.
    fn apply(&mut self, db: &Connection, index: u64, command: &[u8]) -> Result<Bytes, StateError>;

    /// The transaction that held the last commands has committed; their replies go out after this returns.
    fn committed(&mut self) {}
}

/// Why a state machine cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("state database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("state database files: {0}")]
    Io(#[from] std::io::Error),
    #[error("the state is damaged: {0}; it must be rebuilt from another replica")]
    Damaged(String),
}

impl StateError {
    /// Whether the node lacks descriptors, memory or disk space for it, and nothing is broken: it can be tried again.
    /// What SQLite could not flush is never such an error.
    pub fn is_shortage(&self) -> bool {
        match self {
            StateError::Database(error) => match error.sqlite_error() {
                Some(cause) => {
                    matches!(cause.code, ErrorCode::DiskFull | ErrorCode::OutOfMemory)
                        || cause.extended_code == rusqlite::ffi::SQLITE_IOERR_NOMEM
                }
                None => false,
            },
            StateError::Io(error) => shortage(error).is_some(),
            StateError::Damaged(_) => false,
        }
    }
}
