//! The exports' rows.

use crate::noun::RowChange;
use crate::sqlite::{id, load, packed};
use nasd_base::VolumeId;
use nasd_base::export::{ClientRule, Export};
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportEffect {
    Export(Export),
    NoExport(String),
}

impl RowChange for ExportEffect {
    type Rows = BTreeMap<String, Export>;

    const SCHEMA: &str = "
        CREATE TABLE IF NOT EXISTS export (
            path TEXT PRIMARY KEY, volume INTEGER NOT NULL, clients BLOB NOT NULL) WITHOUT ROWID;
    ";

    fn load(db: &Connection) -> Result<Self::Rows, StateError> {
        load(db, "SELECT path, volume, clients FROM export", |row| Ok(ExportEffect::Export(export(row)?)))
    }

    fn take(self, rows: &mut Self::Rows) {
        match self {
            ExportEffect::Export(export) => drop(rows.insert(export.path.clone(), export)),
            ExportEffect::NoExport(path) => drop(rows.remove(&path)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            ExportEffect::Export(Export { path, volume, clients }) => db
                .prepare_cached("INSERT OR REPLACE INTO export (path, volume, clients) VALUES (?, ?, ?)")?
                .execute(params![path, volume.0 as i64, packed(clients)])?,
            ExportEffect::NoExport(path) => db.execute("DELETE FROM export WHERE path = ?", [path])?,
        };
        Ok(())
    }
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
