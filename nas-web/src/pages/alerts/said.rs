//! Owns how alerts are called and look, on whichever page.

use super::words::Words;
use crate::words::{Language, Text};
use nasd_api::refusal::Language as Spoken;
use nasd_api::{Alert, AlertState, alarm};
use nasd_base::alert::{AlertKind, Severity};

fn spoken(language: Language) -> Spoken {
    match language {
        Language::Korean => Spoken::Korean,
        Language::English => Spoken::English,
    }
}

pub fn title(language: Language, kind: &AlertKind) -> &'static str {
    alarm::title(*kind, spoken(language))
}

pub fn severity(language: Language, severity: &Severity) -> &'static str {
    alarm::severity(*severity, spoken(language))
}

/// Class and icon of a severity: never by colour alone.
pub fn look(severity: &Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Critical => ("bad", "stop"),
        Severity::Warning => ("warn", "warn"),
        Severity::Info => ("", "info"),
    }
}

pub fn state(w: &Words, alert: &Alert) -> Text {
    match alert.state {
        AlertState::Ended => w.over,
        AlertState::Acknowledged => w.acknowledged,
        _ if alert.silenced => w.silenced,
        AlertState::Raised | AlertState::Unknown => w.raised,
    }
}
