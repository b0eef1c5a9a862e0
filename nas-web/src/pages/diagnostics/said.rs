//! Owns how findings are shown.

use super::words::Words;
use crate::words::Text;
use nasd_api::{CheckState, Finding};

pub fn state(w: &Words, state: &CheckState) -> Text {
    match state {
        CheckState::Passed => w.passed,
        CheckState::Skipped => w.skipped,
        CheckState::Warning => w.warning,
        CheckState::Failed => w.failed,
        CheckState::Unknown => w.unknown,
    }
}

/// The class and the icon.
pub fn look(state: &CheckState) -> (&'static str, &'static str) {
    match state {
        CheckState::Passed => ("ok", "ok"),
        CheckState::Warning => ("warn", "warn"),
        CheckState::Failed => ("bad", "stop"),
        CheckState::Skipped | CheckState::Unknown => ("", "clock"),
    }
}

/// The worst come first.
pub fn in_order(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.state));
    sorted
}
