//! The system's tables in SQLite: those of all nouns. See `docs/formats/system-state.md`.

use super::audit::{self, AuditSeal};
use super::sqlite::{array, put_setting, setting};
use super::tables::{Effect, Tables};
use super::{accounts, cluster, export, node, settings, task, token, volume};
use nasd_base::OpId;
use nasd_state::StateError;
use rusqlite::{Connection, OptionalExtension, params};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS op (id BLOB PRIMARY KEY, log_index INTEGER NOT NULL, outcome BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS op_age ON op (log_index);
";

/// Outcomes are kept for this many entries: far longer than anybody retries.
const OPS_KEPT: u64 = 4096;

const VERSION: &str = "version";

pub fn create(db: &Connection) -> Result<(), StateError> {
    let nouns = [node::SCHEMA, volume::SCHEMA, export::SCHEMA, token::SCHEMA, task::SCHEMA];
    let accounts = [accounts::store::SCHEMA];
    for schema in [SCHEMA].into_iter().chain(nouns).chain(accounts).chain(audit::SCHEMAS) {
        db.execute_batch(schema)?;
    }
    Ok(())
}

/// Reads everything.
pub fn load(db: &Connection) -> Result<Tables, StateError> {
    let mut tables = Tables::default();
    if let Some(bytes) = setting(db, VERSION)? {
        tables.version = u64::from_le_bytes(array(bytes, "the version")?);
    }
    let nouns = [
        cluster::load,
        settings::load,
        node::load,
        volume::load,
        export::load,
        token::load,
        accounts::store::load_into,
        audit::load,
        task::load,
    ];
    nouns.iter().try_for_each(|load| load(db, &mut tables))?;
    Ok(tables)
}

/// Writes one row's change.
pub fn write(db: &Connection, effect: &Effect, seal: &AuditSeal) -> Result<(), StateError> {
    match effect {
        Effect::Version(index) => put_setting(db, VERSION, &index.to_le_bytes()),
        Effect::Cluster(effect) => cluster::write(db, effect),
        Effect::Settings(effect) => settings::write(db, effect),
        Effect::Node(node) => node::write(db, node),
        Effect::Volume(effect) => volume::write(db, effect),
        Effect::Export(effect) => export::write(db, effect),
        Effect::Token(effect) => token::write(db, effect),
        Effect::Account(effect) => accounts::store::write(db, effect),
        Effect::Audit(effect) => audit::write_effect(db, effect, seal),
        Effect::Task(effect) => task::write(db, effect),
    }
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
