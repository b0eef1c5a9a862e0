//! What can be asked of the settings.

use crate::SessionLimits;
use crate::noun::Described;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SettingsCommand {
    /// Replaces what the cluster is called and when sessions end.
    Change { name: String, sessions: SessionLimits },
}

impl Described for SettingsCommand {
    fn describe(&self) -> String {
        match self {
            SettingsCommand::Change { name, sessions } => format!(
                "call the cluster {name}; sessions end after {} min without a request, {} min at the latest",
                sessions.idle_minutes, sessions.total_minutes
            ),
        }
    }
}
