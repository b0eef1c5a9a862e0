//! The rows of alerts and silences.

use super::{Alert, AlertId, Silence, SilenceId};
use crate::noun::RowChange;
use crate::sqlite::packed;
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Everything that is remembered, by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    pub all: BTreeMap<AlertId, Alert>,
    pub silences: BTreeMap<SilenceId, Silence>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertEffect {
    Alert(Box<Alert>),
    NoAlert(AlertId),
    Silence(Silence),
    NoSilence(SilenceId),
}

impl RowChange for AlertEffect {
    type Rows = Alerts;

    const SCHEMA: &str = "
        CREATE TABLE IF NOT EXISTS alert (id INTEGER PRIMARY KEY, row BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS silence (id INTEGER PRIMARY KEY, row BLOB NOT NULL);
    ";

    fn load(db: &Connection) -> Result<Alerts, StateError> {
        let mut alerts = Alerts::default();
        load(db, "alert", |alert| AlertEffect::Alert(alert).take(&mut alerts))?;
        load(db, "silence", |silence| AlertEffect::Silence(silence).take(&mut alerts))?;
        Ok(alerts)
    }

    fn take(self, alerts: &mut Alerts) {
        match self {
            AlertEffect::Alert(alert) => drop(alerts.all.insert(alert.id, *alert)),
            AlertEffect::NoAlert(id) => drop(alerts.all.remove(&id)),
            AlertEffect::Silence(silence) => drop(alerts.silences.insert(silence.id, silence)),
            AlertEffect::NoSilence(id) => drop(alerts.silences.remove(&id)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            AlertEffect::Alert(alert) => put(db, "alert", alert.id, alert),
            AlertEffect::NoAlert(id) => remove(db, "alert", *id),
            AlertEffect::Silence(silence) => put(db, "silence", silence.id, silence),
            AlertEffect::NoSilence(id) => remove(db, "silence", *id),
        }
    }
}

/// Every row of a table of numbered rows.
pub(in crate::nouns) fn load<T: DeserializeOwned>(
    db: &Connection,
    table: &str,
    mut take: impl FnMut(T),
) -> Result<(), StateError> {
    let mut statement = db.prepare(&format!("SELECT row FROM {table}"))?;
    for row in statement.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
        take(decode_all(&row?).ok_or_else(|| StateError::Damaged(format!("a row of {table}")))?);
    }
    Ok(())
}

pub(in crate::nouns) fn put(
    db: &Connection,
    table: &str,
    id: u64,
    row: &impl Serialize,
) -> Result<(), StateError> {
    db.prepare_cached(&format!("INSERT OR REPLACE INTO {table} (id, row) VALUES (?, ?)"))?
        .execute(params![id as i64, packed(row)])?;
    Ok(())
}

pub(in crate::nouns) fn remove(db: &Connection, table: &str, id: u64) -> Result<(), StateError> {
    db.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?"))?.execute([id as i64])?;
    Ok(())
}
