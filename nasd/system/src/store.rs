//! What the tables in SQLite hold besides the rows of nouns: settings, the version, and the outcomes of operations.
//! See `docs/formats/system-state.md`.

use super::audit;
use super::nouns::SystemView;
use super::sqlite::{array, put_setting, setting};
use nasd_base::OpId;
use nasd_state::StateError;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS op (id BLOB PRIMARY KEY, log_index INTEGER NOT NULL, outcome BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS op_age ON op (log_index);
";

/// Outcomes are kept for this many entries: far longer than anybody retries.
const OPS_KEPT: u64 = 4096;

const VERSION: &str = "version";

pub fn create(db: &Connection) -> Result<(), StateError> {
    let schemas = [SCHEMA].iter().chain(SystemView::SCHEMAS).chain(&audit::SCHEMAS);
    Ok(schemas.copied().try_for_each(|schema| db.execute_batch(schema))?)
}

/// Reads everything.
pub fn load(db: &Connection) -> Result<SystemView, StateError> {
    let version = setting(db, VERSION)?.map_or(Ok([0; 8]), |bytes| array(bytes, "the version"))?;
    let audit = Arc::new(audit::load(db)?);
    Ok(SystemView { version: u64::from_le_bytes(version), audit, ..SystemView::load(db)? })
}

pub fn put_version(db: &Connection, index: u64) -> Result<(), StateError> {
    put_setting(db, VERSION, &index.to_le_bytes())
}

/// The outcome of an operation that was applied before.
pub fn outcome_of(db: &Connection, op: OpId) -> Result<Option<Vec<u8>>, StateError> {
    let mut statement = db.prepare_cached("SELECT outcome FROM op WHERE id = ?")?;
    Ok(statement.query_row([op.0.to_le_bytes()], |row| row.get(0)).optional()?)
}

/// Remembers an outcome, and forgets old ones.
pub fn remember(db: &Connection, index: u64, op: OpId, outcome: &[u8]) -> Result<(), StateError> {
    db.prepare_cached("INSERT OR REPLACE INTO op (id, log_index, outcome) VALUES (?, ?, ?)")?
        .execute(params![op.0.to_le_bytes(), index as i64, outcome])?;
    let oldest = index.saturating_sub(OPS_KEPT) as i64;
    db.prepare_cached("DELETE FROM op WHERE log_index < ?")?.execute([oldest])?;
    Ok(())
}
