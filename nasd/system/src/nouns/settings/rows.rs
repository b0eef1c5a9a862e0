//! The settings' rows.

use super::UTC;
use crate::noun::RowChange;
use crate::sqlite::{put_setting, setting};
use nasd_state::StateError;
use rusqlite::Connection;

const CLUSTER_NAME: &str = "cluster_name";
const TIME_ZONE: &str = "time_zone";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSettings {
    /// Empty until it was named.
    pub cluster_name: String,
    /// That people are shown times in.
    pub time_zone: String,
}

impl Default for ClusterSettings {
    fn default() -> ClusterSettings {
        ClusterSettings { cluster_name: String::new(), time_zone: UTC.to_owned() }
    }
}

/// The limits of sessions are a [`crate::nouns::accounts::AccountEffect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsEffect {
    Name(String),
    TimeZone(String),
}

impl RowChange for SettingsEffect {
    type Rows = ClusterSettings;

    fn load(db: &Connection) -> Result<ClusterSettings, StateError> {
        let text = |name: &str| match setting(db, name)?.map(String::from_utf8) {
            Some(Err(_)) => Err(StateError::Damaged(format!("the setting {name} is no text"))),
            text => Ok(text.and_then(Result::ok)),
        };
        let ClusterSettings { cluster_name, time_zone } = ClusterSettings::default();
        Ok(ClusterSettings {
            cluster_name: text(CLUSTER_NAME)?.unwrap_or(cluster_name),
            time_zone: text(TIME_ZONE)?.unwrap_or(time_zone),
        })
    }

    fn take(self, settings: &mut ClusterSettings) {
        match self {
            SettingsEffect::Name(name) => settings.cluster_name = name,
            SettingsEffect::TimeZone(zone) => settings.time_zone = zone,
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            SettingsEffect::Name(name) => put_setting(db, CLUSTER_NAME, name.as_bytes()),
            SettingsEffect::TimeZone(zone) => put_setting(db, TIME_ZONE, zone.as_bytes()),
        }
    }
}
