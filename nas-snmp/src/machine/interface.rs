//! Owns /proc/net/dev and /sys/class/net: network interfaces.

use super::text::{THINGS_MAX, numbers, value};
use std::path::Path;

/// One interface; what its driver does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    /// The kernel's, never used again while it runs.
    pub index: u32,
    /// ARPHRD: 1 is Ethernet, 772 the loopback.
    pub kind: u32,
    pub mtu: u32,
    /// In millions of bits per second.
    pub megabits: Option<u32>,
    pub address: Vec<u8>,
    pub is_up: bool,
    pub state: String,
    pub alias: String,
    /// It is not made by software.
    pub has_device: bool,
    pub is_promiscuous: bool,
    pub received: Traffic,
    pub sent: Traffic,
}

/// One direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub bytes: u64,
    pub packets: u64,
    pub errors: u64,
    pub dropped: u64,
    /// Only known of what is received.
    pub multicast: u64,
}

const UP: u32 = 0x1;
const PROMISCUOUS: u32 = 0x100;

/// The interfaces, in the order of their indexes.
pub fn look(text: &str, dir: &Path) -> Vec<Interface> {
    let mut interfaces: Vec<Interface> =
        parse(text).into_iter().filter_map(|found| found.described(dir)).collect();
    interfaces.sort_by_key(|interface| interface.index);
    interfaces
}

/// Names and traffic.
pub fn parse(text: &str) -> Vec<Interface> {
    let named = text.lines().filter_map(|line| line.split_once(':'));
    let read = named.filter_map(|(name, rest)| {
        let numbers = numbers(rest);
        let [bytes, packets, errors, dropped, _, _, _, multicast, sent @ ..] = numbers.get(..16)? else {
            return None;
        };
        let received = Traffic {
            bytes: *bytes,
            packets: *packets,
            errors: *errors,
            dropped: *dropped,
            multicast: *multicast,
        };
        let sent =
            Traffic { bytes: sent[0], packets: sent[1], errors: sent[2], dropped: sent[3], multicast: 0 };
        Some(Interface { name: name.trim().to_owned(), received, sent, ..Interface::default() })
    });
    read.take(THINGS_MAX).collect()
}

impl Interface {
    /// With what /sys says of it; one that is gone meanwhile is none.
    fn described(self, dir: &Path) -> Option<Interface> {
        // A name is one part of a path.
        let dir = (!self.name.contains('/') && !self.name.starts_with('.')).then(|| dir.join(&self.name))?;
        let flags = value::<String>(&dir.join("flags")).unwrap_or_default();
        let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or_default();
        Some(Interface {
            index: value(&dir.join("ifindex"))?,
            kind: value(&dir.join("type")).unwrap_or_default(),
            mtu: value(&dir.join("mtu")).unwrap_or_default(),
            megabits: value::<i64>(&dir.join("speed")).and_then(|speed| u32::try_from(speed).ok()),
            address: hardware(&value::<String>(&dir.join("address")).unwrap_or_default()),
            is_up: flags & UP != 0,
            is_promiscuous: flags & PROMISCUOUS != 0,
            state: value(&dir.join("operstate")).unwrap_or_default(),
            alias: value(&dir.join("ifalias")).unwrap_or_default(),
            has_device: dir.join("device").exists(),
            ..self
        })
    }
}

/// `02:42:ac:11:00:02`; nothing for an address of zeros, which a loopback has.
fn hardware(text: &str) -> Vec<u8> {
    let bytes: Option<Vec<u8>> =
        text.split(':').take(32).map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes.filter(|bytes| bytes.iter().any(|byte| *byte != 0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Inter-|   Receive                            |  Transmit\n \
        face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed\n    \
        lo:  100 2 0 0 0 0 0 0 100 2 0 0 0 0 0 0\n  \
        eth0:18446744073709551615 5 1 2 0 0 0 3 900 7 8 9 0 0 0 0\nbad: 1 2 3\n";

    #[test]
    fn traffic_is_read() {
        let read = parse(TEXT);
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].name.as_str(), read[0].received.bytes), ("lo", 100));
        let received = Traffic { bytes: u64::MAX, packets: 5, errors: 1, dropped: 2, multicast: 3 };
        let sent = Traffic { bytes: 900, packets: 7, errors: 8, dropped: 9, multicast: 0 };
        assert_eq!((read[1].received, read[1].sent), (received, sent));
    }

    #[test]
    fn an_interface_is_described() {
        let dir = tempfile::tempdir().unwrap();
        let eth = dir.path().join("eth0");
        std::fs::create_dir(&eth).unwrap();
        for (name, text) in [
            ("ifindex", "7"),
            ("type", "1"),
            ("mtu", "1500"),
            ("speed", "-1"),
            ("address", "02:42:ac:11:00:02"),
            ("flags", "0x1103"),
            ("operstate", "up"),
        ] {
            std::fs::write(eth.join(name), format!("{text}\n")).unwrap();
        }
        let [read] = &look(TEXT, dir.path())[..] else { panic!("lo has no files") };
        assert_eq!((read.index, read.kind, read.mtu, read.megabits), (7, 1, 1500, None));
        assert_eq!(read.address, [2, 0x42, 0xac, 0x11, 0, 2]);
        assert!(read.is_up && read.is_promiscuous && !read.has_device);
        assert_eq!(parse("../../etc: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16").len(), 1);
        assert_eq!(look("../../etc: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", dir.path()), []);
    }

    #[test]
    fn addresses_of_zeros_are_none() {
        assert_eq!(hardware("00:00:00:00:00:00"), [0u8; 0]);
        assert_eq!(hardware("xx:01"), [0u8; 0]);
    }
}
