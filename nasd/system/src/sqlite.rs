//! What the rows of all nouns need to read and write SQLite. See `docs/formats/system-state.md`.

use super::noun::RowChange;
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte of the content of rows that are a key and a content.
const CONTENT_VERSION: u8 = 1;

/// Every row of a query, read and taken.
pub fn load<C: RowChange>(
    db: &Connection,
    query: &str,
    mut read: impl FnMut(&Row<'_>) -> Result<C, StateError>,
) -> Result<C::Rows, StateError> {
    let mut taken = C::Rows::default();
    let mut statement = db.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        read(row)?.take(&mut taken);
    }
    Ok(taken)
}

pub fn setting(db: &Connection, name: &str) -> Result<Option<Vec<u8>>, StateError> {
    Ok(db.query_row("SELECT value FROM setting WHERE name = ?", [name], |row| row.get(0)).optional()?)
}

pub fn array<const N: usize>(bytes: Vec<u8>, what: &str) -> Result<[u8; N], StateError> {
    bytes.try_into().map_err(|_| StateError::Damaged(format!("{what} has the wrong length")))
}

pub fn id(value: i64) -> Result<u64, StateError> {
    u64::try_from(value).map_err(|_| StateError::Damaged(format!("the id {value} is negative")))
}

/// Every row of a table with keys and contents. `what`: one of them.
pub fn each<T: DeserializeOwned>(
    db: &Connection,
    table: &str,
    what: &str,
    mut take: impl FnMut(T),
) -> Result<(), StateError> {
    let read = |content: &[u8]| match content.split_first() {
        Some((&CONTENT_VERSION, rest)) => decode_all(rest),
        _ => None,
    };
    let mut statement = db.prepare(&format!("SELECT content FROM {table}"))?;
    for content in statement.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
        take(read(&content?).ok_or_else(|| StateError::Damaged(what.to_owned()))?);
    }
    Ok(())
}

pub fn put(db: &Connection, table: &str, key: &dyn ToSql, row: &impl Serialize) -> Result<(), StateError> {
    let insert = format!("INSERT OR REPLACE INTO {table} (key, content) VALUES (?, ?)");
    db.prepare_cached(&insert)?.execute(params![key, content(row)])?;
    Ok(())
}

pub fn remove(db: &Connection, table: &str, key: &dyn ToSql) -> Result<(), StateError> {
    db.prepare_cached(&format!("DELETE FROM {table} WHERE key = ?"))?.execute([key])?;
    Ok(())
}

pub fn content(row: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(row, vec![CONTENT_VERSION]).expect("rows always encode")
}

pub fn packed<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("rows always encode")
}

pub fn put_setting(db: &Connection, name: &str, value: &[u8]) -> Result<(), StateError> {
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", params![name, value])?;
    Ok(())
}
