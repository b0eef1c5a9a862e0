//! The settings' rows.

use crate::noun::RowChange;
use crate::sqlite::{put_setting, setting};
use nasd_state::StateError;
use rusqlite::Connection;

const CLUSTER_NAME: &str = "cluster_name";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterSettings {
    /// Empty until it was named.
    pub cluster_name: String,
}

/// The limits of sessions are a [`crate::nouns::accounts::AccountEffect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsEffect {
    Name(String),
}

impl RowChange for SettingsEffect {
    type Rows = ClusterSettings;

    fn load(db: &Connection) -> Result<ClusterSettings, StateError> {
        let name = String::from_utf8(setting(db, CLUSTER_NAME)?.unwrap_or_default());
        let damaged = |_| StateError::Damaged("the cluster's name is no text".to_owned());
        Ok(ClusterSettings { cluster_name: name.map_err(damaged)? })
    }

    fn take(self, settings: &mut ClusterSettings) {
        let SettingsEffect::Name(name) = self;
        settings.cluster_name = name;
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        let SettingsEffect::Name(name) = self;
        put_setting(db, CLUSTER_NAME, name.as_bytes())
    }
}
