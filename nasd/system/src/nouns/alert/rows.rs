//! The rows of alerts and silences.

use super::{Alert, AlertId, Silence, SilenceId};
use crate::noun::RowChange;
use crate::sqlite::{each, put, remove};
use nasd_state::StateError;
use rusqlite::Connection;
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
        CREATE TABLE IF NOT EXISTS alert (key INTEGER PRIMARY KEY, content BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS silence (key INTEGER PRIMARY KEY, content BLOB NOT NULL);
    ";

    fn load(db: &Connection) -> Result<Alerts, StateError> {
        let mut alerts = Alerts::default();
        each(db, "alert", "an alert", |alert| AlertEffect::Alert(alert).take(&mut alerts))?;
        each(db, "silence", "a silence", |silence| AlertEffect::Silence(silence).take(&mut alerts))?;
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
            AlertEffect::Alert(alert) => put(db, "alert", &(alert.id as i64), alert),
            AlertEffect::NoAlert(id) => remove(db, "alert", &(*id as i64)),
            AlertEffect::Silence(silence) => put(db, "silence", &(silence.id as i64), silence),
            AlertEffect::NoSilence(id) => remove(db, "silence", &(*id as i64)),
        }
    }
}
