//! Owns which changes of the alerts follow from what is known: pure.

use super::facts::{Facts, Fault, patience};
use nasd_api::Sentence;
use nasd_base::Timestamp;
use nasd_base::alert::AlertKind;
use nasd_system::{Alert, AlertChange, AlertId, AlertKey, Alerts, CALM, Said};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Since when each fault has been so, with a cause or as an alarm of its own.
#[derive(Debug, Default)]
pub struct Lasting(BTreeMap<(AlertKey, bool), Instant>);

impl Lasting {
    /// For how long each of the faults has lasted.
    pub fn look(&mut self, faults: Vec<Fault>, now: Instant) -> Vec<(Fault, Duration)> {
        let key = |fault: &Fault| (fault.key.clone(), fault.cause.is_some());
        let since = |fault: &Fault| self.0.get(&key(fault)).copied().unwrap_or(now);
        let seen: Vec<(Fault, Instant)> =
            faults.into_iter().map(|fault| (fault.clone(), since(&fault))).collect();
        self.0 = seen.iter().map(|(fault, since)| (key(fault), *since)).collect();
        seen.into_iter().map(|(fault, since)| (fault, now.duration_since(since))).collect()
    }
}

/// What has to change, in the order in which it is to be decided.
pub fn plan(
    alerts: &Alerts,
    facts: &Facts,
    faults: &[(Fault, Duration)],
    now: Timestamp,
) -> Vec<AlertChange> {
    let open: BTreeMap<AlertKey, &Alert> = alerts.open().map(|alert| (alert.key(), alert)).collect();
    let mut ripe = Ripe { open: &open, raised: Vec::new(), changes: Vec::new() };
    let of_its_own = faults.iter().filter(|(fault, _)| fault.cause.is_none());
    let consequences = faults.iter().filter(|(fault, _)| fault.cause.is_some());
    of_its_own.chain(consequences).for_each(|(fault, lasted)| ripe.add(fault, *lasted));
    let mut changes = ripe.changes;
    let is_wrong = |key: &AlertKey| faults.iter().any(|(fault, _)| fault.key == *key);
    let is_calm = |alert: &Alert| alert.calm_since.is_some_and(|since| now < since.plus(CALM));
    let over = open.iter().filter(|(key, alert)| !is_wrong(key) && facts.denies(key) && !is_calm(alert));
    changes.extend(over.map(|((kind, object), _)| AlertChange::End { kind: *kind, object: object.clone() }));
    let untold = open.values().filter(|alert| !alert.told && alert.cause.is_none());
    let untold = untold.filter(|alert| !alerts.is_silenced(alert.kind, &alert.object, now));
    changes.extend(untold.map(|alert| AlertChange::Tell { alert: alert.id }));
    changes
}

struct Ripe<'a> {
    open: &'a BTreeMap<AlertKey, &'a Alert>,
    raised: Vec<AlertKey>,
    changes: Vec<AlertChange>,
}

impl Ripe<'_> {
    fn add(&mut self, fault: &Fault, lasted: Duration) {
        let has_lasted = lasted >= patience(fault.key.0);
        let cause = fault.cause.as_ref().and_then(|cause| self.open.get(cause)).map(|alert| alert.id);
        let is_due = match self.open.get(&fault.key) {
            Some(alert) => is_news(alert, fault, cause, has_lasted),
            None => match &fault.cause {
                None => has_lasted,
                Some(key) => cause.is_some() || self.raised.contains(key),
            },
        };
        if is_due {
            let ((kind, object), what) = (fault.key.clone(), said(&fault.what));
            let (severity, cause) = (fault.severity, fault.cause.clone());
            self.raised.push(fault.key.clone());
            self.changes.push(AlertChange::Raise { kind, object, severity, what, cause });
        }
    }
}

/// Whether what is known of an alert is another thing now. Figures that go up and down are none.
fn is_news(alert: &Alert, fault: &Fault, cause: Option<AlertId>, has_lasted: bool) -> bool {
    let lost_its_cause = alert.cause.is_some() && fault.cause.is_none();
    if lost_its_cause && !has_lasted {
        return false;
    }
    let says_another_thing = match fault.key.0 {
        AlertKind::VolumeDegraded | AlertKind::VolumeUnavailable => alert.what.text != said(&fault.what).text,
        _ => alert.what.reason != fault.what.reason,
    };
    let has_another_cause = lost_its_cause || (cause.is_some() && cause != alert.cause);
    says_another_thing || has_another_cause || alert.severity != fault.severity || alert.calm_since.is_some()
}

/// As the state keeps it: without control characters, which reasons of failures may hold.
pub fn said(what: &Sentence) -> Said {
    let plain = |text: &String| -> String { text.chars().filter(|c| !c.is_control()).collect() };
    let values = what.values.iter().map(|(name, value)| (name.clone(), plain(value)));
    Said { reason: what.reason.clone(), text: plain(&what.text), values: values.collect() }
}
