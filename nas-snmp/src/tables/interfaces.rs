//! Owns IF-MIB (RFC 2863): network interfaces.

use super::history::History;
use super::values::{counter, gauge, int, long, text, ticks, truth};
use crate::machine::interface::Interface;
use crate::tree::TreeBuilder;
use crate::wire::{Oid, Value};

const NUMBER: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 1];
const ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1];
const X_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1];
/// `linkUpDownTrapEnable` is disabled: no such notification is sent.
const NO_TRAPS: i32 = 2;

pub fn add_to(tree: &mut TreeBuilder, interfaces: &[Interface], history: &History) {
    tree.scalar(NUMBER, int(interfaces.len() as u64));
    for interface in interfaces {
        tree.row(ENTRY, &[interface.index], row(interface, history));
        tree.row(X_ENTRY, &[interface.index], long_row(interface));
    }
}

fn row(interface: &Interface, history: &History) -> [(u32, Option<Value>); 18] {
    let (received, sent) = (&interface.received, &interface.sent);
    [
        (1, Some(int(interface.index.into()))),
        (2, Some(text(&interface.name))),
        (3, Some(int(kind(interface.kind)))),
        (4, Some(int(interface.mtu.into()))),
        (5, Some(gauge(u64::from(interface.megabits.unwrap_or(0)) * 1_000_000))),
        (6, Some(Value::OctetString(interface.address.clone().into()))),
        (7, Some(Value::Integer(if interface.is_up { 1 } else { 2 }))),
        (8, Some(Value::Integer(state(interface)))),
        (9, Some(ticks(history.changed(interface.index)))),
        (10, Some(counter(received.bytes))),
        (11, Some(counter(received.packets.saturating_sub(received.multicast)))),
        (13, Some(counter(received.dropped))),
        (14, Some(counter(received.errors))),
        (16, Some(counter(sent.bytes))),
        (17, Some(counter(sent.packets))),
        (19, Some(counter(sent.dropped))),
        (20, Some(counter(sent.errors))),
        (22, Some(Value::ObjectIdentifier(Oid::from_slice(&[0, 0])))),
    ]
}

fn long_row(interface: &Interface) -> [(u32, Option<Value>); 13] {
    let (received, sent) = (&interface.received, &interface.sent);
    [
        (1, Some(text(&interface.name))),
        (2, Some(counter(received.multicast))),
        (6, Some(long(received.bytes))),
        (7, Some(long(received.packets.saturating_sub(received.multicast)))),
        (8, Some(long(received.multicast))),
        (10, Some(long(sent.bytes))),
        (11, Some(long(sent.packets))),
        (14, Some(Value::Integer(NO_TRAPS))),
        (15, Some(gauge(interface.megabits.unwrap_or(0).into()))),
        (16, Some(truth(interface.is_promiscuous))),
        (17, Some(truth(interface.has_device))),
        (18, Some(text(&interface.alias))),
        (19, Some(Value::TimeTicks(0))),
    ]
}

/// IANAifType of what Linux calls ARPHRD.
fn kind(arphrd: u32) -> u64 {
    match arphrd {
        1 => 6,
        772 => 24,
        512 => 23,
        768 | 769 | 776 | 778 => 131,
        _ => 1,
    }
}

/// RFC 2863 3.1.14 of what the kernel says.
fn state(interface: &Interface) -> i32 {
    match interface.state.as_str() {
        "up" => 1,
        "down" => 2,
        "testing" => 3,
        "dormant" => 5,
        "notpresent" => 6,
        "lowerlayerdown" => 7,
        // A loopback never says more than that it is up.
        _ if interface.is_up && interface.kind == 772 => 1,
        _ => 4,
    }
}
