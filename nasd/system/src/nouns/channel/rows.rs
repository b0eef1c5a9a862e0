//! The rows of channels and deliveries.

use super::{About, Channel, Delivery, DeliveryId};
use crate::noun::RowChange;
use crate::sqlite::{each, put, remove};
use nasd_state::StateError;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Channels by their names, and deliveries by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    pub all: BTreeMap<String, Channel>,
    pub deliveries: BTreeMap<DeliveryId, Delivery>,
}

impl Channels {
    /// Whether it is an end of which the beginning has not arrived yet. What is as bad or worse is waited for: the lesser
    /// may have to wait for the end of quiet hours.
    pub fn is_ahead(&self, delivery: &Delivery) -> bool {
        let is_beginning = |earlier: &Delivery| {
            earlier.ended.is_none()
                && earlier.channel == delivery.channel
                && earlier.severity >= delivery.severity
                && earlier.alerts.iter().any(|alert| delivery.alerts.contains(alert))
        };
        delivery.about == About::Ended && self.deliveries.range(..delivery.id).any(|(_, it)| is_beginning(it))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelEffect {
    Channel(Box<Channel>),
    NoChannel(String),
    Delivery(Box<Delivery>),
    NoDelivery(DeliveryId),
}

impl RowChange for ChannelEffect {
    type Rows = Channels;

    const SCHEMA: &str = "
        CREATE TABLE IF NOT EXISTS channel (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS delivery (key INTEGER PRIMARY KEY, content BLOB NOT NULL);
    ";

    fn load(db: &Connection) -> Result<Channels, StateError> {
        let mut channels = Channels::default();
        each(db, "channel", "a channel", |channel| ChannelEffect::Channel(channel).take(&mut channels))?;
        each(db, "delivery", "a delivery", |delivery| ChannelEffect::Delivery(delivery).take(&mut channels))?;
        Ok(channels)
    }

    fn take(self, channels: &mut Channels) {
        match self {
            ChannelEffect::Channel(channel) => {
                drop(channels.all.insert(channel.name.clone(), *channel));
            }
            ChannelEffect::NoChannel(name) => drop(channels.all.remove(&name)),
            ChannelEffect::Delivery(delivery) => {
                drop(channels.deliveries.insert(delivery.id, *delivery));
            }
            ChannelEffect::NoDelivery(id) => drop(channels.deliveries.remove(&id)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            ChannelEffect::Channel(channel) => put(db, "channel", &channel.name, channel),
            ChannelEffect::NoChannel(name) => remove(db, "channel", name),
            ChannelEffect::Delivery(delivery) => put(db, "delivery", &(delivery.id as i64), delivery),
            ChannelEffect::NoDelivery(id) => remove(db, "delivery", &(*id as i64)),
        }
    }
}
