//! The system's tables in SQLite. See `docs/formats/system-state.md`.

use super::audit_gaps::{AuditSeal, LIMITS, owner_of};
use super::command::TokenHash;
use super::tables::{Effect, Tables, Token};
use super::view::{ClusterId, NodeInfo, NodeState, VolumeInfo};
use super::{accounts, audit, audit_gaps, audit_repeats, tasks};
use crate::system::command::decode_all;
use nasd_base::export::{ClientRule, Export};
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, OpId, Timestamp, VolumeId};
use nasd_state::StateError;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS node (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, state INTEGER NOT NULL,
        key BLOB NOT NULL, joined_ns INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS volume (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, replicas BLOB NOT NULL, created_ns INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS volume_limit (volume INTEGER PRIMARY KEY, bytes INTEGER, files INTEGER);
    CREATE TABLE IF NOT EXISTS export (
        path TEXT PRIMARY KEY, volume INTEGER NOT NULL, clients BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS token (
        hash BLOB PRIMARY KEY, expires_ns INTEGER NOT NULL, used_by INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS op (id BLOB PRIMARY KEY, log_index INTEGER NOT NULL, outcome BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS op_age ON op (log_index);
";

/// Outcomes are kept for this many entries: far longer than anybody retries.
const OPS_KEPT: u64 = 4096;

const CLUSTER: &str = "cluster_id";
const CLUSTER_NAME: &str = "cluster_name";
const AUTHORITY: &str = "authority";
const VERSION: &str = "version";
const LAST_VOLUME: &str = "last_volume";

pub fn create(db: &Connection) -> Result<(), StateError> {
    let audit = [audit::SCHEMA, audit_gaps::SCHEMA, audit_repeats::SCHEMA];
    for schema in [SCHEMA, accounts::store::SCHEMA, tasks::store::SCHEMA].into_iter().chain(audit) {
        db.execute_batch(schema)?;
    }
    Ok(())
}

/// Reads everything.
pub fn load(db: &Connection) -> Result<Tables, StateError> {
    let mut tables = Tables::default();
    if let Some(bytes) = setting(db, CLUSTER)? {
        tables.take(Effect::Cluster(ClusterId(array(bytes, "the cluster id")?)));
    }
    if let Some(bytes) = setting(db, CLUSTER_NAME)? {
        let name = String::from_utf8(bytes);
        let name = name.map_err(|_| StateError::Damaged("the cluster's name is no text".to_owned()))?;
        tables.take(Effect::ClusterName(name));
    }
    if let Some(bytes) = setting(db, AUTHORITY)? {
        tables.take(Effect::Authority(array(bytes, "the authority's fingerprint")?));
    }
    if let Some(bytes) = setting(db, VERSION)? {
        tables.take(Effect::Version(u64::from_le_bytes(array(bytes, "the version")?)));
    }
    if let Some(bytes) = setting(db, LAST_VOLUME)? {
        let id = u64::from_le_bytes(array(bytes, "the last volume id")?);
        tables.take(Effect::LastVolume(VolumeId(id)));
    }
    each(
        db,
        "SELECT id, name, address, state, key, joined_ns FROM node",
        |row| Ok(Effect::Node(node(row)?)),
        &mut tables,
    )?;
    each(
        db,
        "SELECT id, name, replicas, created_ns FROM volume",
        |row| Ok(Effect::Volume(volume(row)?)),
        &mut tables,
    )?;
    each(
        db,
        "SELECT volume, bytes, files FROM volume_limit",
        |row| Ok(Effect::Limits(VolumeId(id(row.get(0)?)?), limits(row)?)),
        &mut tables,
    )?;
    each(
        db,
        "SELECT path, volume, clients FROM export",
        |row| Ok(Effect::Export(export(row)?)),
        &mut tables,
    )?;
    each(
        db,
        "SELECT hash, expires_ns, used_by FROM token",
        |row| Ok(Effect::Token(token(row)?)),
        &mut tables,
    )?;
    tables.accounts = Arc::new(accounts::store::load(db)?);
    tables.audit = audit::head(db)?;
    tables.repeats = audit_repeats::load(db)?;
    tables.tasks = Arc::new(tasks::store::load(db)?);
    Ok(tables)
}

fn each(
    db: &Connection,
    query: &str,
    read: impl Fn(&Row<'_>) -> Result<Effect, StateError>,
    tables: &mut Tables,
) -> Result<(), StateError> {
    let mut statement = db.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        tables.take(read(row)?);
    }
    Ok(())
}

fn node(row: &Row<'_>) -> Result<NodeInfo, StateError> {
    let state = match row.get(3)? {
        0 => NodeState::Joining,
        1 => NodeState::Active,
        2 => NodeState::Removed,
        other => return Err(StateError::Damaged(format!("a node has the state {other}"))),
    };
    Ok(NodeInfo {
        id: NodeId(id(row.get(0)?)?),
        name: row.get(1)?,
        address: row.get(2)?,
        state,
        key: array(row.get(4)?, "a node's key")?,
        joined: Timestamp::from_nanos(row.get(5)?),
        volumes: 0,
    })
}

fn volume(row: &Row<'_>) -> Result<VolumeInfo, StateError> {
    let replicas: Vec<u8> = row.get(2)?;
    Ok(VolumeInfo {
        id: VolumeId(id(row.get(0)?)?),
        name: row.get(1)?,
        replicas: decode_all(&replicas)
            .ok_or_else(|| StateError::Damaged("a volume's replicas".to_owned()))?,
        created: Timestamp::from_nanos(row.get(3)?),
    })
}

fn limits(row: &Row<'_>) -> Result<VolumeLimits, StateError> {
    let limit = |column| row.get::<_, Option<i64>>(column)?.map(id).transpose();
    Ok(VolumeLimits { bytes: limit(1)?, files: limit(2)? })
}

fn export(row: &Row<'_>) -> Result<Export, StateError> {
    let clients: Vec<u8> = row.get(2)?;
    let clients: Option<Vec<ClientRule>> = decode_all(&clients);
    Ok(Export {
        path: row.get(0)?,
        volume: VolumeId(id(row.get(1)?)?),
        clients: clients.ok_or_else(|| StateError::Damaged("an export's clients".to_owned()))?,
    })
}

fn token(row: &Row<'_>) -> Result<Token, StateError> {
    let used_by: Option<i64> = row.get(2)?;
    Ok(Token {
        hash: array(row.get(0)?, "a token's hash")?,
        expires: Timestamp::from_nanos(row.get(1)?),
        used_by: used_by.map(id).transpose()?.map(NodeId),
    })
}

fn setting(db: &Connection, name: &str) -> Result<Option<Vec<u8>>, StateError> {
    Ok(db.query_row("SELECT value FROM setting WHERE name = ?", [name], |row| row.get(0)).optional()?)
}

fn array<const N: usize>(bytes: Vec<u8>, what: &str) -> Result<[u8; N], StateError> {
    bytes.try_into().map_err(|_| StateError::Damaged(format!("{what} has the wrong length")))
}

fn id(value: i64) -> Result<u64, StateError> {
    u64::try_from(value).map_err(|_| StateError::Damaged(format!("the id {value} is negative")))
}

/// Writes one row's change.
pub fn write(db: &Connection, effect: &Effect, seal: &AuditSeal) -> Result<(), StateError> {
    match effect {
        Effect::Cluster(ClusterId(bytes)) => put_setting(db, CLUSTER, bytes)?,
        Effect::ClusterName(name) => put_setting(db, CLUSTER_NAME, name.as_bytes())?,
        Effect::Authority(fingerprint) => put_setting(db, AUTHORITY, fingerprint)?,
        Effect::Version(index) => put_setting(db, VERSION, &index.to_le_bytes())?,
        Effect::LastVolume(VolumeId(id)) => put_setting(db, LAST_VOLUME, &id.to_le_bytes())?,
        Effect::Node(node) => put_node(db, node)?,
        Effect::Volume(volume) => db
            .prepare_cached(
                "INSERT OR REPLACE INTO volume (id, name, replicas, created_ns) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![
                volume.id.0 as i64,
                volume.name,
                packed(&volume.replicas),
                volume.created.as_nanos()
            ])?,
        Effect::NoVolume(id) => db.execute("DELETE FROM volume WHERE id = ?", [id.0 as i64])?,
        Effect::Limits(id, limits) if *limits == VolumeLimits::default() => {
            db.execute("DELETE FROM volume_limit WHERE volume = ?", [id.0 as i64])?
        }
        Effect::Limits(id, limits) => db
            .prepare_cached("INSERT OR REPLACE INTO volume_limit (volume, bytes, files) VALUES (?, ?, ?)")?
            .execute(params![
                id.0 as i64,
                limits.bytes.map(|bytes| bytes as i64),
                limits.files.map(|files| files as i64)
            ])?,
        Effect::Export(export) => db
            .prepare_cached("INSERT OR REPLACE INTO export (path, volume, clients) VALUES (?, ?, ?)")?
            .execute(params![export.path, export.volume.0 as i64, packed(&export.clients)])?,
        Effect::NoExport(path) => db.execute("DELETE FROM export WHERE path = ?", [path])?,
        Effect::Token(token) => db
            .prepare_cached("INSERT OR REPLACE INTO token (hash, expires_ns, used_by) VALUES (?, ?, ?)")?
            .execute(params![
                token.hash,
                token.expires.as_nanos(),
                token.used_by.map(|node| node.0 as i64)
            ])?,
        Effect::NoToken(hash) => db.execute("DELETE FROM token WHERE hash = ?", [hash])?,
        Effect::Account(effect) => return accounts::store::write(db, effect),
        Effect::Audit(record, is_strangers) => {
            audit::write(db, record, owner_of(record, *is_strangers), LIMITS, seal)?;
            return audit::put_head(db, record.head(), seal);
        }
        Effect::Repeat(repeat) => return audit_repeats::write(db, repeat),
        Effect::NoRepeat(key) => return audit_repeats::forget(db, key),
        Effect::Task(task) => return tasks::store::write(db, task),
        Effect::NoTask(id) => return tasks::store::forget(db, *id),
    };
    Ok(())
}

fn put_node(db: &Connection, node: &NodeInfo) -> Result<usize, StateError> {
    let state = match node.state {
        NodeState::Joining => 0,
        NodeState::Active => 1,
        NodeState::Removed => 2,
    };
    let row = params![node.id.0 as i64, node.name, node.address, state, node.key, node.joined.as_nanos()];
    let insert =
        "INSERT OR REPLACE INTO node (id, name, address, state, key, joined_ns) VALUES (?, ?, ?, ?, ?, ?)";
    Ok(db.prepare_cached(insert)?.execute(row)?)
}

fn put_setting(db: &Connection, name: &str, value: &[u8]) -> Result<usize, StateError> {
    Ok(db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", params![name, value])?)
}

fn packed<T: serde::Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("rows always encode")
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

/// Kept here so that the table's key and the type cannot part.
const _: () = assert!(size_of::<TokenHash>() == 32);
