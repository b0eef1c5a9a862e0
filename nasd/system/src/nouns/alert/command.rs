//! What can be asked of alerts.

use super::{AlertId, AlertKey, Said, SilenceId};
use crate::noun::Described;
use crate::rules::shown;
use nasd_base::Timestamp;
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use serde::{Deserialize, Serialize};

/// One step of what the leader has seen. Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertChange {
    /// Something is wrong. Where that is known already, this is how it is now.
    Raise { kind: AlertKind, object: AlertObject, severity: Severity, what: Said, cause: Option<AlertKey> },
    /// It is not any more.
    End { kind: AlertKind, object: AlertObject },
    /// Something was wrong from then on, and is over. Of several that tell of the same time the first is heard.
    Note { kind: AlertKind, object: AlertObject, severity: Severity, what: Said, began: Timestamp },
    /// Nothing silences it any more.
    Tell { alert: AlertId },
}

/// What a silence covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    pub kind: Option<AlertKind>,
    pub object: Option<AlertObject>,
}

/// Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertCommand {
    Change {
        changes: Vec<AlertChange>,
    },
    /// Somebody looks after it.
    Acknowledge {
        alert: AlertId,
        by: String,
        note: String,
    },
    Silence {
        what: Silenced,
        seconds: u32,
        by: String,
        why: String,
    },
    EndSilence {
        silence: SilenceId,
    },
}

impl Described for AlertCommand {
    fn describe(&self) -> String {
        match self {
            AlertCommand::Change { changes } => format!("change {} alerts", changes.len()),
            AlertCommand::Acknowledge { alert, .. } => format!("acknowledge alert {alert}"),
            AlertCommand::Silence { what: Silenced { kind, object }, seconds, .. } => {
                let kind = kind.map_or("any", AlertKind::name);
                let object =
                    object.as_ref().map_or_else(|| "anything".to_owned(), |it| shown(&it.to_string()));
                format!("silence alerts of kind {kind} about {object} for {seconds} s")
            }
            AlertCommand::EndSilence { silence } => format!("end silence {silence}"),
        }
    }
}
