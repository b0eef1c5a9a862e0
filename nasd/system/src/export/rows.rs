//! The exports' rows.

use crate::sqlite::{each, id, packed};
use crate::tables::Tables;
use nasd_base::VolumeId;
use nasd_base::export::{ClientRule, Export};
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS export (
        path TEXT PRIMARY KEY, volume INTEGER NOT NULL, clients BLOB NOT NULL) WITHOUT ROWID;
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportEffect {
    Export(Export),
    NoExport(String),
}

pub fn take(tables: &mut Tables, effect: ExportEffect) {
    match effect {
        ExportEffect::Export(export) => drop(tables.exports.insert(export.path.clone(), export)),
        ExportEffect::NoExport(path) => drop(tables.exports.remove(&path)),
    }
}

pub fn load(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    each(db, "SELECT path, volume, clients FROM export", |row| {
        take(tables, ExportEffect::Export(export(row)?));
        Ok(())
    })
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

pub fn write(db: &Connection, effect: &ExportEffect) -> Result<(), StateError> {
    match effect {
        ExportEffect::Export(Export { path, volume, clients }) => db
            .prepare_cached("INSERT OR REPLACE INTO export (path, volume, clients) VALUES (?, ?, ?)")?
            .execute(params![path, volume.0 as i64, packed(clients)])?,
        ExportEffect::NoExport(path) => db.execute("DELETE FROM export WHERE path = ?", [path])?,
    };
    Ok(())
}
