//! What the rows of all nouns need to read and write SQLite. See `docs/formats/system-state.md`.

use super::noun::RowChange;
use nasd_state::StateError;
use rusqlite::{Connection, OptionalExtension, Row, params};

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

pub fn packed<T: serde::Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("rows always encode")
}

pub fn put_setting(db: &Connection, name: &str, value: &[u8]) -> Result<(), StateError> {
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", params![name, value])?;
    Ok(())
}
