//! Alerts: what is or was wrong, who looks after it, and what is to be kept quiet. See
//! `docs/decisions/0041-alerts.md`.

mod book;
mod command;
mod decide;
mod error;
mod rows;
#[cfg(test)]
mod tests;

pub use command::{AlertChange, AlertCommand, Silenced};
pub use error::AlertError;
pub(crate) use rows::AlertEffect;
pub use rows::Alerts;

use nasd_base::Timestamp;
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Open alerts, of which a worse one pushes out a less severe one.
pub const OPEN_MAX: usize = 2_048;
/// Ended ones; the oldest are forgotten.
pub const ENDED_MAX: usize = 1_000;
/// Changes of one command.
pub const CHANGES_MAX: usize = 256;
pub const SILENCES_MAX: usize = 64;
pub const SILENCE_SECONDS_MAX: u32 = 30 * 24 * 3600;
/// Longest note, or reason of a silence, in characters.
pub const NOTE_CHARS_MAX: usize = 200;
/// Of a sentence and of each of its values, in characters; and how many values.
const TEXT_CHARS_MAX: usize = 600;
const VALUES_MAX: usize = 8;

/// What is raised so often within the time is not ended the next time.
const FLAPS: usize = 4;
const FLAPS_WITHIN: Duration = Duration::from_secs(3600);
/// It ends when it was calm for so long.
pub const CALM: Duration = Duration::from_secs(1800);

pub type AlertId = u64;
pub type SilenceId = u64;
/// There is at most one open alert of a kind and object.
pub type AlertKey = (AlertKind, AlertObject);

/// A sentence with its values, as the management interface has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub reason: String,
    /// In English.
    pub text: String,
    pub values: BTreeMap<String, String>,
}

/// Who looks after an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    pub by: String,
    pub at: Timestamp,
    pub note: String,
}

/// A row of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub id: AlertId,
    pub kind: AlertKind,
    pub object: AlertObject,
    pub severity: Severity,
    pub what: Said,
    pub raised: Timestamp,
    /// It would not be without this one, and is no alarm of its own.
    pub cause: Option<AlertId>,
    pub acknowledged: Option<Acknowledged>,
    /// Deliveries were made for it.
    pub told: bool,
    /// It came and went so often that its end is waited for.
    pub flapping: bool,
    /// Of a flapping one: nothing has been wrong since then.
    pub calm_since: Option<Timestamp>,
    /// When it was raised of late, this time included; at most [`FLAPS`].
    pub raises: Vec<Timestamp>,
    pub ended: Option<Timestamp>,
}

impl Alert {
    pub fn key(&self) -> AlertKey {
        (self.kind, self.object.clone())
    }

    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }
}

/// What is raised and not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The index of the entry that made it.
    pub id: SilenceId,
    /// `None`: all kinds, or all objects; never both.
    pub kind: Option<AlertKind>,
    pub object: Option<AlertObject>,
    pub until: Timestamp,
    pub by: String,
    pub why: String,
}

impl Silence {
    pub fn covers(&self, kind: AlertKind, object: &AlertObject, now: Timestamp) -> bool {
        now < self.until
            && self.kind.is_none_or(|of| of == kind)
            && self.object.as_ref().is_none_or(|of| of == object)
    }
}

impl Alerts {
    pub fn open(&self) -> impl Iterator<Item = &Alert> {
        self.all.values().filter(|alert| alert.is_open())
    }

    pub fn is_silenced(&self, kind: AlertKind, object: &AlertObject, now: Timestamp) -> bool {
        self.silences.values().any(|silence| silence.covers(kind, object, now))
    }
}

/// # Errors
/// `BadSilence` for a time that no silence lasts.
pub fn check_silence(seconds: u32) -> Result<(), AlertError> {
    if (60..=SILENCE_SECONDS_MAX).contains(&seconds) { Ok(()) } else { Err(AlertError::BadSilence) }
}
