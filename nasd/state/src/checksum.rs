//! A checksum of a database's content that does not depend on how its pages lie.

use crate::connection::read_mark;
use crate::{Machine, StateDb, StateError};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// The content of all tables, reduced to a number. Equal marks must mean equal hashes on all replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The mark of the view that was read.
    pub mark: Option<Vec<u8>>,
    /// BLAKE3 over tables in name order and rows in primary key order.
    pub hash: [u8; 32],
}

impl<M: Machine> StateDb<M> {
    /// The checksum of the present content. Reads the whole database: for tests and drift checks.
    pub fn checksum(&self) -> Result<Checksum, StateError> {
        self.readers().checksum()
    }
}

/// The checksum as `db`, inside a read transaction, sees the content.
pub(crate) fn of(db: &Connection) -> Result<Checksum, StateError> {
    let mut hasher = blake3::Hasher::new();
    for table in tables(db)? {
        part(&mut hasher, b't', table.as_bytes());
        hash_rows(db, &table, &mut hasher)?;
    }
    Ok(Checksum { mark: read_mark(db)?, hash: hasher.finalize().into() })
}

/// The machine's tables: all but SQLite's own and the mark.
fn tables(db: &Connection) -> Result<Vec<String>, StateError> {
    let mut statement = db.prepare_cached(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND name <> 'applied_mark' ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names)
}

fn hash_rows(db: &Connection, table: &str, hasher: &mut blake3::Hasher) -> Result<(), StateError> {
    let mut keys = db.prepare_cached("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
    let keys: Vec<String> = keys
        .query_map([table], |row| row.get::<_, String>(0))?
        .map(|name| name.map(|name| quoted(&name)))
        .collect::<Result<_, _>>()?;
    let order = if keys.is_empty() { "rowid".to_owned() } else { keys.join(", ") };
    let mut statement = db.prepare(&format!("SELECT * FROM {} ORDER BY {order}", quoted(table)))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        part(hasher, b'r', &[]);
        for column in 0..columns {
            hash_value(hasher, row.get_ref(column)?);
        }
    }
    Ok(())
}

fn hash_value(hasher: &mut blake3::Hasher, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => part(hasher, b'n', &[]),
        ValueRef::Integer(number) => part(hasher, b'i', &number.to_le_bytes()),
        ValueRef::Real(number) => part(hasher, b'f', &number.to_bits().to_le_bytes()),
        ValueRef::Text(text) => part(hasher, b's', text),
        ValueRef::Blob(blob) => part(hasher, b'b', blob),
    }
}

/// Kind and length first, so that no two contents run together.
fn part(hasher: &mut blake3::Hasher, kind: u8, bytes: &[u8]) {
    hasher.update(&[kind]);
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
