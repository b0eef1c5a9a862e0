//! Owns what becomes of the alerts while one command is decided: its changes build upon each other.

use super::{
    Alert, AlertChange, AlertEffect, AlertId, AlertKey, Alerts, CALM, ENDED_MAX, FLAPS, FLAPS_WITHIN,
    OPEN_MAX, Said, TEXT_CHARS_MAX, VALUES_MAX,
};
use crate::nouns::Effect;
use crate::nouns::channel::{About, Channels, Desk};
use nasd_base::Timestamp;
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// The alerts, the deliveries that they cause, and what has changed of both so far.
pub struct Book {
    rows: Alerts,
    open: BTreeMap<AlertKey, AlertId>,
    touched: BTreeSet<AlertId>,
    desk: Desk,
    now: Timestamp,
}

/// Something that is wrong.
struct Wrong {
    key: AlertKey,
    severity: Severity,
    what: Said,
    cause: Option<AlertId>,
}

impl Book {
    pub fn of(alerts: &Alerts, channels: &Channels, now: Timestamp) -> Book {
        let rows = alerts.clone();
        let open = rows.open().map(|alert| (alert.key(), alert.id)).collect();
        Book { rows, open, touched: BTreeSet::new(), desk: Desk::of(channels, now), now }
    }

    pub fn take(&mut self, change: &AlertChange) {
        match change.clone() {
            AlertChange::Raise { kind, object, severity, what, cause } => {
                let cause = cause.and_then(|cause| self.open.get(&cause).copied());
                self.raise(Wrong { key: (kind, object), severity, what: bounded(what), cause });
            }
            AlertChange::End { kind, object } => self.end(&(kind, object)),
            AlertChange::Note { kind, object, severity, what, began } => {
                self.note(Wrong { key: (kind, object), severity, what: bounded(what), cause: None }, began);
            }
            AlertChange::Tell { alert } => self.tell(alert),
        }
    }

    /// # Errors
    /// `None`: there is no such alert. `Some(false)`: it is over.
    pub fn acknowledge(&mut self, id: AlertId, acknowledged: super::Acknowledged) -> Option<bool> {
        let alert = self.rows.all.get_mut(&id)?;
        if !alert.is_open() {
            return Some(false);
        }
        alert.acknowledged = Some(acknowledged);
        self.touched.insert(id);
        self.desk.retract(id);
        Some(true)
    }

    pub fn effects(mut self) -> Vec<Effect> {
        self.forget();
        let changed = self.touched.iter().map(|id| match self.rows.all.get(id) {
            Some(alert) => AlertEffect::Alert(Box::new(alert.clone())).into(),
            None => AlertEffect::NoAlert(*id).into(),
        });
        let ended = self.rows.silences.values().filter(|silence| silence.until <= self.now);
        let ended = ended.map(|silence| AlertEffect::NoSilence(silence.id).into());
        let mut effects: Vec<Effect> = changed.chain(ended).collect();
        effects.extend(self.desk.effects().into_iter().map(Effect::from));
        effects
    }

    fn raise(&mut self, wrong: Wrong) {
        let Some(id) = self.open.get(&wrong.key).copied() else { return self.open(wrong, self.now) };
        let now = self.now;
        let Some(alert) = self.rows.all.get_mut(&id) else { return };
        let is_worse = wrong.severity > alert.severity;
        let before = alert.clone();
        if alert.calm_since.take().is_some() {
            remember(&mut alert.raises, now);
        }
        (alert.severity, alert.what) = (wrong.severity, wrong.what);
        alert.cause = wrong.cause.filter(|cause| *cause != id);
        alert.told &= !is_worse;
        if *alert != before {
            self.touched.insert(id);
            self.tell(id);
        }
    }

    fn open(&mut self, wrong: Wrong, raised: Timestamp) {
        if self.open.len() >= OPEN_MAX && !self.push_out(wrong.severity) {
            return;
        }
        let id = self.rows.all.keys().next_back().map_or(1, |last| last + 1);
        let Wrong { key, severity, what, cause } = wrong;
        let mut raises = self.raises_of_late(&key);
        remember(&mut raises, self.now);
        let (kind, object) = key.clone();
        let alert = Alert {
            id,
            kind,
            object,
            severity,
            what,
            raised,
            cause,
            acknowledged: None,
            told: false,
            flapping: false,
            calm_since: None,
            raises,
            ended: None,
        };
        self.rows.all.insert(id, alert);
        self.open.insert(key, id);
        self.touched.insert(id);
        self.tell(id);
    }

    /// A less severe one gives way.
    fn push_out(&mut self, severity: Severity) -> bool {
        let less = self.rows.open().filter(|alert| alert.severity < severity);
        let Some(id) = less.min_by_key(|alert| (alert.severity, alert.id)).map(|alert| alert.id) else {
            return false;
        };
        self.close(id);
        true
    }

    fn raises_of_late(&self, key: &AlertKey) -> Vec<Timestamp> {
        let mut same = self.rows.all.values().rev().filter(|alert| alert.key() == *key);
        let raises = same.next().map(|alert| alert.raises.clone()).unwrap_or_default();
        raises.into_iter().filter(|at| self.now < at.plus(FLAPS_WITHIN)).collect()
    }

    fn end(&mut self, key: &AlertKey) {
        let Some(id) = self.open.get(key).copied() else { return };
        let now = self.now;
        let Some(alert) = self.rows.all.get_mut(&id) else { return };
        match alert.calm_since {
            Some(since) if now < since.plus(CALM) => {}
            None if flaps(&alert.raises, now) => {
                let is_news = !alert.flapping;
                (alert.flapping, alert.calm_since) = (true, Some(now));
                self.touched.insert(id);
                if is_news && alert.told {
                    self.desk.tell(&alert.clone(), About::Flapping);
                }
            }
            _ => self.close(id),
        }
    }

    /// What it caused stays its consequence: whoever looks says when that lasts too long.
    fn close(&mut self, id: AlertId) {
        let Some(alert) = self.rows.all.get_mut(&id) else { return };
        (alert.ended, alert.calm_since) = (Some(self.now), None);
        let alert = alert.clone();
        self.open.remove(&alert.key());
        self.touched.insert(id);
        self.desk.end(&alert);
    }

    fn note(&mut self, wrong: Wrong, began: Timestamp) {
        let tells_the_same =
            |alert: &Alert| alert.key() == wrong.key && alert.ended.is_none_or(|ended| ended > began);
        if began < self.now && !self.rows.all.values().any(tells_the_same) {
            let key = wrong.key.clone();
            self.open(wrong, began);
            if let Some(id) = self.open.get(&key).copied() {
                self.over(id);
            }
        }
    }

    /// It ends without a word of its own.
    fn over(&mut self, id: AlertId) {
        let Some(alert) = self.rows.all.get_mut(&id) else { return };
        alert.ended = Some(self.now);
        self.open.remove(&alert.key());
    }

    /// Deliveries for it, unless there were some, nobody is to hear of it, or it is another one's consequence.
    fn tell(&mut self, id: AlertId) {
        let Some(alert) = self.rows.all.get_mut(&id) else { return };
        let is_silenced = |silences: &BTreeMap<_, super::Silence>, kind: AlertKind, object: &AlertObject| {
            silences.values().any(|silence| silence.covers(kind, object, self.now))
        };
        let is_quiet = alert.told || alert.cause.is_some() || !alert.is_open();
        if is_quiet || is_silenced(&self.rows.silences, alert.kind, &alert.object) {
            return;
        }
        alert.told = true;
        self.touched.insert(id);
        self.desk.tell(&alert.clone(), About::Raised);
    }

    fn forget(&mut self) {
        let ended: Vec<AlertId> =
            self.rows.all.values().filter(|alert| !alert.is_open()).map(|alert| alert.id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(ENDED_MAX)) {
            self.rows.all.remove(id);
            self.touched.insert(*id);
        }
    }
}

fn remember(raises: &mut Vec<Timestamp>, now: Timestamp) {
    raises.push(now);
    let excess = raises.len().saturating_sub(FLAPS);
    raises.drain(..excess);
}

fn flaps(raises: &[Timestamp], now: Timestamp) -> bool {
    raises.len() >= FLAPS && raises.iter().all(|at| now < at.plus(FLAPS_WITHIN))
}

/// Whatever a node says, within bounds.
fn bounded(said: Said) -> Said {
    let cut =
        |text: String| -> String { text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect() };
    let values = said.values.into_iter().take(VALUES_MAX).map(|(name, value)| (cut(name), cut(value)));
    Said { reason: cut(said.reason), text: cut(said.text), values: values.collect() }
}
