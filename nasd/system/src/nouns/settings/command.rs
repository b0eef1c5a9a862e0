//! What can be asked of the settings.

use crate::SessionLimits;
use crate::noun::Described;
use serde::{Deserialize, Serialize};

/// Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SettingsCommand {
    /// Replaces what the cluster is called and when sessions end.
    Change { name: String, sessions: SessionLimits },
    /// The time zone that people are shown times in, too.
    ChangeAll { name: String, sessions: SessionLimits, time_zone: String },
    /// Who looks after the cluster and where it is, as SNMP tells it. Empty: nothing is told.
    SetContact { contact: String, location: String },
    /// Where the console is, too, which messages link to; empty: nowhere. `time_zone`: `None` keeps it.
    ChangeWithConsole { name: String, sessions: SessionLimits, time_zone: Option<String>, console: String },
}

impl Described for SettingsCommand {
    fn describe(&self) -> String {
        match self {
            SettingsCommand::Change { name, sessions } => changed(name, sessions),
            SettingsCommand::ChangeAll { name, sessions, time_zone } => {
                format!("{}; times are those of {time_zone}", changed(name, sessions))
            }
            SettingsCommand::ChangeWithConsole { name, sessions, time_zone, console } => {
                let zone = time_zone.as_ref().map(|zone| format!("; times are those of {zone}"));
                let (changed, zone) = (changed(name, sessions), zone.unwrap_or_default());
                let console = if console.is_empty() { "-" } else { console };
                format!("{changed}{zone}; the console is at {console}")
            }
            SettingsCommand::SetContact { contact, location } => {
                format!("tell by SNMP the contact {contact}; and the location {location}")
            }
        }
    }
}

fn changed(name: &str, sessions: &SessionLimits) -> String {
    format!(
        "call the cluster {name}; sessions end after {} min without a request, {} min at the latest",
        sessions.idle_minutes, sessions.total_minutes
    )
}
