//! Owns `gotganActiveAlertTable`: what is wrong now.

use super::place::{ALERT_ENTRY, index, ours};
use crate::cluster::Said;
use crate::tables::values::{date, gauge, text, truth};
use crate::tree::TreeBuilder;
use crate::wire::Value;
use nasd_api::{Alert, AlertState};
use nasd_base::alert::Severity;

pub fn add_to(tree: &mut TreeBuilder, said: &Said) {
    let entry = ours(&ALERT_ENTRY);
    for alert in &said.alerts {
        if let Some(number) = index(alert.id) {
            tree.row(&entry, &[number], row(alert));
        }
    }
}

/// Those that somebody should look at now.
pub fn critical(alerts: &[Alert]) -> usize {
    alerts.iter().filter(|alert| alert.severity == Severity::Critical && alert.cause.is_none()).count()
}

fn row(alert: &Alert) -> [(u32, Option<Value>); 8] {
    let severity = match alert.severity {
        Severity::Info => 1,
        Severity::Warning => 2,
        Severity::Critical => 3,
    };
    [
        (2, Some(text(alert.kind.name()))),
        (3, Some(Value::Integer(severity))),
        (4, Some(text(&alert.name))),
        (5, Some(text(&alert.what.text))),
        (6, date(alert.raised)),
        (7, Some(truth(alert.state == AlertState::Acknowledged))),
        (8, Some(truth(alert.silenced))),
        (9, Some(gauge(alert.cause.unwrap_or(0)))),
    ]
}
