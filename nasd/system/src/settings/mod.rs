//! What an administrator sets for the whole cluster.

mod command;

pub use command::{SettingsCommand, describe};

use super::accounts::{AccountEffect, SessionLimits, check_session_limits};
use super::command::SystemError;
use super::decide::{At, Decision, done};
use super::rules::{is_host_name, shown};
use super::sqlite::{put_setting, setting};
use super::tables::{Effect, Tables};
use super::tag::{Tag, hashed};
use nasd_state::StateError;
use rusqlite::Connection;

const CLUSTER_NAME: &str = "cluster_name";

/// Of the settings; the limits of sessions are an [`AccountEffect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsEffect {
    Name(String),
}

pub fn settings_tag(cluster_name: &str, sessions: &SessionLimits) -> Tag {
    hashed("settings", &(cluster_name, sessions))
}

pub fn check_cluster_name(name: &str) -> Result<(), SystemError> {
    if is_host_name(name) { Ok(()) } else { Err(SystemError::BadClusterName(shown(name))) }
}

/// What a command does to the settings: pure.
pub fn decide(_: &Tables, _: &At<'_>, command: &SettingsCommand) -> Decision {
    let SettingsCommand::Change { name, sessions } = command;
    check_cluster_name(name)?;
    check_session_limits(sessions).map_err(SystemError::Account)?;
    let sessions = Effect::Account(AccountEffect::SessionLimits(*sessions));
    done(vec![Effect::Settings(SettingsEffect::Name(name.clone())), sessions])
}

pub fn take(tables: &mut Tables, SettingsEffect::Name(name): SettingsEffect) {
    tables.cluster_name = name;
}

pub fn load(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    if let Some(bytes) = setting(db, CLUSTER_NAME)? {
        let name = String::from_utf8(bytes);
        tables.cluster_name =
            name.map_err(|_| StateError::Damaged("the cluster's name is no text".to_owned()))?;
    }
    Ok(())
}

pub fn write(db: &Connection, SettingsEffect::Name(name): &SettingsEffect) -> Result<(), StateError> {
    put_setting(db, CLUSTER_NAME, name.as_bytes())
}
