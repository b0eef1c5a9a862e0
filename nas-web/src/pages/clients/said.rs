//! Owns how the figures of a client are written, on whichever page.

use super::words::Words;
use crate::figures::bytes;
use nasd_api::{FileClient, Protocol, Zone};

pub fn size(count: &Option<u64>) -> String {
    count.map(bytes).unwrap_or_else(|| "–".to_owned())
}

pub fn number(count: &Option<u64>) -> String {
    count.map_or_else(|| "–".to_owned(), |count| count.to_string())
}

pub fn protocol(client: &FileClient, unknown: &str) -> String {
    match client.protocol {
        Protocol::Nfs => "NFS".to_owned(),
        Protocol::Fuse => "FUSE".to_owned(),
        Protocol::Unknown => unknown.to_owned(),
    }
}

/// That it is connected, or when it left.
pub fn seen(client: &FileClient, zone: &Zone, w: &Words) -> String {
    match client.last_seen {
        Some(last) if !client.connected => w.left.of(zone.minute(last)),
        _ => w.now.to_string(),
    }
}

pub fn rate(bytes_per_second: &Option<u64>, w: &Words) -> String {
    bytes_per_second.map_or_else(|| "–".to_owned(), |rate| w.per_second.of(bytes(rate)))
}
