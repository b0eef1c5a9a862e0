//! Owns which deliveries a change of alerts causes.

use super::{
    About, Channel, ChannelEffect, Channels, DIGEST_AFTER, DIGEST_TIME, Delivery, DeliveryEnd, DeliveryId,
    NAMED_MAX, OVER_MAX, WAITING_MAX,
};
use crate::nouns::alert::{Alert, AlertId};
use nasd_base::Timestamp;
use nasd_base::alert::Severity;
use std::collections::BTreeSet;
use std::time::Duration;

/// The deliveries while one command is decided.
pub struct Desk {
    rows: Channels,
    touched: BTreeSet<DeliveryId>,
    now: Timestamp,
}

impl Desk {
    pub fn of(channels: &Channels, now: Timestamp) -> Desk {
        Desk { rows: channels.clone(), touched: BTreeSet::new(), now }
    }

    /// On every channel that takes it.
    pub fn tell(&mut self, alert: &Alert, about: About) {
        for channel in self.takers(|channel| alert.severity >= channel.plan.least) {
            let due = self.now.plus(wait(&channel));
            self.add(&channel.name, about, alert.severity, alert.id, due);
        }
    }

    /// Whoever was told of it is told of its end.
    pub fn end(&mut self, alert: &Alert) {
        let told =
            self.takers(|channel| alert.severity >= channel.plan.least || self.was_sent(alert.id, channel));
        self.retract(alert.id);
        let now = self.now;
        for channel in told.into_iter().filter(|channel| alert.told && was_told(alert, channel, now)) {
            self.add(&channel.name, About::Ended, alert.severity, alert.id, self.now);
        }
    }

    /// What waits to be told of it, and nobody has tried yet.
    pub fn retract(&mut self, alert: AlertId) {
        let now = self.now;
        let waits = |delivery: &&mut Delivery| {
            delivery.is_untouched()
                && delivery.due > now
                && delivery.about != About::Digest
                && delivery.alerts == [alert]
        };
        for delivery in self.rows.deliveries.values_mut().filter(waits) {
            delivery.end(now, DeliveryEnd::Retracted);
            self.touched.insert(delivery.id);
        }
    }

    pub fn test(&mut self, channel: &str) {
        self.make(channel, About::Test, Severity::Info, None, self.now);
    }

    pub fn change(&mut self, id: DeliveryId, change: impl FnOnce(&mut Delivery)) {
        if let Some(delivery) = self.rows.deliveries.get_mut(&id) {
            change(delivery);
            self.touched.insert(id);
        }
    }

    pub fn effects(mut self) -> Vec<ChannelEffect> {
        self.forget();
        let changed = self.touched.iter().map(|id| match self.rows.deliveries.get(id) {
            Some(delivery) => ChannelEffect::Delivery(Box::new(delivery.clone())),
            None => ChannelEffect::NoDelivery(*id),
        });
        changed.collect()
    }

    fn takers(&self, takes: impl Fn(&Channel) -> bool) -> Vec<Channel> {
        self.rows.all.values().filter(|channel| channel.plan.on && takes(channel)).cloned().collect()
    }

    /// It may have been worse then.
    fn was_sent(&self, alert: AlertId, channel: &Channel) -> bool {
        let mut sent = self.rows.deliveries.values().filter(|it| !it.is_retracted());
        sent.any(|it| it.channel == channel.name && it.alerts.contains(&alert))
    }

    /// A delivery of its own, or a part of one that tells of many.
    fn add(&mut self, channel: &str, about: About, severity: Severity, alert: AlertId, due: Timestamp) {
        let of_channel = || self.rows.deliveries.values().filter(|delivery| delivery.channel == channel);
        let recent =
            of_channel().filter(|delivery| self.now < delivery.made.plus(DIGEST_TIME)).map(|it| it.count);
        let waiting = of_channel().filter(|delivery| delivery.ended.is_none()).count();
        let is_crowded = waiting >= WAITING_MAX;
        if recent.sum::<u32>() < DIGEST_AFTER as u32 && !is_crowded {
            return self.make(channel, about, severity, Some(alert), due);
        }
        let gathers = |delivery: &&Delivery| {
            delivery.about == About::Digest
                && delivery.is_untouched()
                && (delivery.due > self.now || is_crowded)
        };
        match of_channel().find(gathers).map(|delivery| delivery.id) {
            Some(id) => self.change(id, |digest| digest.gather(severity, alert)),
            None => {
                let due = due.max(self.now.plus(DIGEST_TIME));
                self.make(channel, About::Digest, severity, Some(alert), due);
            }
        }
    }

    fn make(
        &mut self,
        channel: &str,
        about: About,
        severity: Severity,
        alert: Option<AlertId>,
        due: Timestamp,
    ) {
        let id = self.rows.deliveries.keys().next_back().map_or(1, |last| last + 1);
        let delivery = Delivery {
            id,
            channel: channel.to_owned(),
            about,
            severity,
            alerts: alert.into_iter().collect(),
            count: 1,
            made: self.now,
            due,
            attempts: 0,
            lease: None,
            ended: None,
            failure: None,
        };
        self.rows.deliveries.insert(id, delivery);
        self.touched.insert(id);
    }

    fn forget(&mut self) {
        let over = self.rows.deliveries.values().filter(|delivery| delivery.ended.is_some());
        let over: Vec<DeliveryId> = over.map(|delivery| delivery.id).collect();
        for id in over.iter().take(over.len().saturating_sub(OVER_MAX)) {
            self.rows.deliveries.remove(id);
            self.touched.insert(*id);
        }
    }
}

impl Delivery {
    fn is_retracted(&self) -> bool {
        matches!(self.ended, Some((_, DeliveryEnd::Retracted)))
    }

    fn gather(&mut self, severity: Severity, alert: AlertId) {
        self.severity = self.severity.max(severity);
        self.count += 1;
        if self.alerts.len() < NAMED_MAX && !self.alerts.contains(&alert) {
            self.alerts.push(alert);
        }
    }
}

fn wait(channel: &Channel) -> Duration {
    Duration::from_secs(u64::from(channel.plan.after_minutes) * 60)
}

/// Whether its time to be told had come before somebody looked after it, or it was over.
fn was_told(alert: &Alert, channel: &Channel, now: Timestamp) -> bool {
    let due = alert.raised.plus(wait(channel));
    let until = alert.acknowledged.as_ref().map_or(now, |acknowledged| acknowledged.at);
    due <= until
}
