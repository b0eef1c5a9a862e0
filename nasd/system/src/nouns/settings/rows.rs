//! The settings' rows.

use super::UTC;
use crate::noun::RowChange;
use crate::sqlite::{put_setting, setting};
use nasd_state::StateError;
use rusqlite::Connection;

const CLUSTER_NAME: &str = "cluster_name";
const TIME_ZONE: &str = "time_zone";
const CONTACT: &str = "contact";
const LOCATION: &str = "location";
const CONSOLE: &str = "console";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSettings {
    /// Empty until it was named.
    pub cluster_name: String,
    /// That people are shown times in.
    pub time_zone: String,
    /// Who looks after the cluster and where it is, as SNMP tells it; may be empty.
    pub contact: String,
    pub location: String,
    /// Where people open the console; may be empty.
    pub console: String,
}

impl Default for ClusterSettings {
    fn default() -> ClusterSettings {
        let (cluster_name, contact, location, console) = Default::default();
        ClusterSettings { cluster_name, time_zone: UTC.to_owned(), contact, location, console }
    }
}

/// The limits of sessions are a [`crate::nouns::accounts::AccountEffect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsEffect {
    Name(String),
    TimeZone(String),
    Contact(String),
    Location(String),
    Console(String),
}

impl RowChange for SettingsEffect {
    type Rows = ClusterSettings;

    fn load(db: &Connection) -> Result<ClusterSettings, StateError> {
        let text = |name: &str| match setting(db, name)?.map(String::from_utf8) {
            Some(Err(_)) => Err(StateError::Damaged(format!("the setting {name} is no text"))),
            text => Ok(text.and_then(Result::ok)),
        };
        Ok(ClusterSettings {
            cluster_name: text(CLUSTER_NAME)?.unwrap_or_default(),
            time_zone: text(TIME_ZONE)?.unwrap_or_else(|| UTC.to_owned()),
            contact: text(CONTACT)?.unwrap_or_default(),
            location: text(LOCATION)?.unwrap_or_default(),
            console: text(CONSOLE)?.unwrap_or_default(),
        })
    }

    fn take(self, settings: &mut ClusterSettings) {
        match self {
            SettingsEffect::Name(name) => settings.cluster_name = name,
            SettingsEffect::TimeZone(zone) => settings.time_zone = zone,
            SettingsEffect::Contact(contact) => settings.contact = contact,
            SettingsEffect::Location(location) => settings.location = location,
            SettingsEffect::Console(console) => settings.console = console,
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            SettingsEffect::Name(name) => put_setting(db, CLUSTER_NAME, name.as_bytes()),
            SettingsEffect::TimeZone(zone) => put_setting(db, TIME_ZONE, zone.as_bytes()),
            SettingsEffect::Contact(contact) => put_setting(db, CONTACT, contact.as_bytes()),
            SettingsEffect::Location(location) => put_setting(db, LOCATION, location.as_bytes()),
            SettingsEffect::Console(console) => put_setting(db, CONSOLE, console.as_bytes()),
        }
    }
}
