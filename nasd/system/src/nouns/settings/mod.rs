//! What an administrator sets for the whole cluster.

mod command;
mod decide;
mod error;
mod rows;

pub use command::SettingsCommand;
pub use error::SettingsError;
pub(crate) use rows::SettingsEffect;

use super::accounts::SessionLimits;
use crate::noun::{Tag, hashed};
use crate::rules::{is_host_name, shown};

pub fn settings_tag(cluster_name: &str, sessions: &SessionLimits) -> Tag {
    hashed("settings", &(cluster_name, sessions))
}

pub fn check_cluster_name(name: &str) -> Result<(), SettingsError> {
    if is_host_name(name) { Ok(()) } else { Err(SettingsError::BadClusterName(shown(name))) }
}
