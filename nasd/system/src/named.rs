//! Owns the rows of nouns whose things are known by a name and by nothing else: in memory by their names, in SQLite as a key
//! and a content.

use crate::noun::RowChange;
use crate::sqlite::{each, put, remove};
use nasd_state::StateError;
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Something that has a name. Its rows are postcard behind a version: append fields only with a new version.
pub trait Named: Serialize + DeserializeOwned {
    const TABLE: &str;
    /// Makes the table, with the columns `key` and `content`.
    const SCHEMA: &str;

    fn name(&self) -> &str;
}

/// One of them is as it is here, or is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedEffect<T> {
    Is(T),
    Gone(String),
}

impl<T: Named> RowChange for NamedEffect<T> {
    type Rows = BTreeMap<String, T>;

    const SCHEMA: &str = T::SCHEMA;

    fn load(db: &Connection) -> Result<Self::Rows, StateError> {
        let mut rows = BTreeMap::new();
        each(db, T::TABLE, T::TABLE, |row| NamedEffect::Is(row).take(&mut rows))?;
        Ok(rows)
    }

    fn take(self, rows: &mut Self::Rows) {
        match self {
            NamedEffect::Is(row) => drop(rows.insert(row.name().to_owned(), row)),
            NamedEffect::Gone(name) => drop(rows.remove(&name)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            NamedEffect::Is(row) => put(db, T::TABLE, &row.name(), row),
            NamedEffect::Gone(name) => remove(db, T::TABLE, name),
        }
    }
}
