//! Owns the check of whether there are alerts.

use super::report::{Figure, Report, State, said};
use nasd_api::{Alert, AlertState, Client, ClientError, ListAlerts};
use nasd_base::alert::Severity;

pub async fn look(name: &str, client: &Client, unacknowledged: bool) -> Result<Report, ClientError> {
    let mut open = client.all::<ListAlerts>().await?;
    open.retain(|alert| {
        let is_looked_after = unacknowledged && alert.state == AlertState::Acknowledged;
        !alert.silenced && alert.cause.is_none() && !is_looked_after
    });
    open.sort_by_key(|alert| (std::cmp::Reverse(alert.severity), alert.raised));
    let state = open.first().map_or(State::Ok, |gravest| gravest.severity.into());
    let text = match (open.first(), open.len()) {
        (None, _) => "Nothing is wrong.".to_owned(),
        (Some(gravest), 1) => line(gravest),
        (Some(gravest), count) => format!("{} And {} more.", line(gravest), count - 1),
    };
    let figures = Severity::ALL.into_iter().rev().map(|severity| {
        let count = open.iter().filter(|alert| alert.severity == severity).count();
        Figure::count(severity.name(), count)
    });
    Ok(Report::new(name, state, text).with(figures).saying(open.iter().map(line)))
}

/// An alert in a line.
pub fn line(alert: &Alert) -> String {
    format!("{}: {}", alert.severity, said(&alert.what))
}
