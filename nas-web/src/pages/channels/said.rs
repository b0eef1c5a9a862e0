//! Owns how channels and deliveries are called.

use super::words::Words;
use crate::words::Text;
use nasd_api::{Delivery, DeliveryAbout, DeliveryState};
use nasd_base::channel::ChannelKind;

pub fn kind(w: &Words, kind: ChannelKind) -> Text {
    match kind {
        ChannelKind::Email => w.email,
        ChannelKind::Webhook => w.webhook,
        ChannelKind::Syslog => w.syslog,
        ChannelKind::Snmp => w.snmp,
    }
}

pub fn about(w: &Words, delivery: &Delivery) -> String {
    match delivery.about {
        DeliveryAbout::Raised | DeliveryAbout::Unknown => w.about_raised.to_string(),
        DeliveryAbout::Ended => w.about_ended.to_string(),
        DeliveryAbout::Flapping => w.about_flapping.to_string(),
        DeliveryAbout::Digest => w.about_digest.of(delivery.count),
        DeliveryAbout::Test => w.about_test.to_string(),
    }
}

/// Class, icon and words of how far it is.
pub fn state(w: &Words, state: &DeliveryState) -> (&'static str, &'static str, Text) {
    match state {
        DeliveryState::Waiting | DeliveryState::Unknown => ("", "clock", w.waiting),
        DeliveryState::UnderWay => ("", "clock", w.under_way),
        DeliveryState::Delivered => ("ok", "ok", w.delivered),
        DeliveryState::GivenUp => ("bad", "stop", w.given_up),
        DeliveryState::Retracted => ("", "info", w.retracted),
    }
}
