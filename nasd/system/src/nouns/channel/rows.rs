//! The rows of channels and deliveries.

use super::{Channel, Delivery, DeliveryId};
use crate::noun::RowChange;
use crate::nouns::alert::rows::{load, put, remove};
use crate::sqlite::packed;
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Channels by their names, and deliveries by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    pub all: BTreeMap<String, Channel>,
    pub deliveries: BTreeMap<DeliveryId, Delivery>,
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
        CREATE TABLE IF NOT EXISTS channel (name TEXT PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY, row BLOB NOT NULL);
    ";

    fn load(db: &Connection) -> Result<Channels, StateError> {
        let mut channels = Channels::default();
        let damaged = || StateError::Damaged("a channel".to_owned());
        let mut statement = db.prepare("SELECT row FROM channel")?;
        for row in statement.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
            ChannelEffect::Channel(decode_all(&row?).ok_or_else(damaged)?).take(&mut channels);
        }
        load(db, "delivery", |delivery| ChannelEffect::Delivery(delivery).take(&mut channels))?;
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
            ChannelEffect::Channel(channel) => {
                db.prepare_cached("INSERT OR REPLACE INTO channel (name, row) VALUES (?, ?)")?
                    .execute(params![channel.name, packed(channel)])?;
                Ok(())
            }
            ChannelEffect::NoChannel(name) => {
                db.execute("DELETE FROM channel WHERE name = ?", [name])?;
                Ok(())
            }
            ChannelEffect::Delivery(delivery) => put(db, "delivery", delivery.id, delivery),
            ChannelEffect::NoDelivery(id) => remove(db, "delivery", *id),
        }
    }
}
