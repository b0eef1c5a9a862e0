//! Owns what a notification says: GOTGAN-MIB's notifications with their objects.

use crate::tables::ENTERPRISE;
use crate::tables::values::{text, ticks};
use crate::wire::{Oid, Value, push_binding};
use std::time::Duration;

const UPTIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
const TRAP_OID: &[u32] = &[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];
/// `gotganAlerts`.
const ALERTS: [u32; 2] = [2, 13];

/// `gotganTest`.
pub const TEST: u32 = 1;

/// The notifications of a kind of alert, by their numbers in GOTGAN-MIB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The kind's name in the management interface.
    pub kind: &'static str,
    pub raised: u32,
    pub ended: u32,
}

const fn pair(kind: &'static str, raised: u32) -> Pair {
    Pair { kind, raised, ended: raised + 1 }
}

/// Something that happens and is over: there is one of it.
const fn once(kind: &'static str, raised: u32) -> Pair {
    Pair { kind, raised, ended: raised }
}

/// Of every kind of alert.
pub const KINDS: [Pair; 18] = [
    pair("no_majority", 2),
    pair("node_down", 4),
    pair("node_faulty", 6),
    pair("node_lagging", 8),
    pair("clock_skew", 10),
    pair("cert_expiring", 12),
    pair("volume_unavailable", 14),
    pair("volume_degraded", 16),
    pair("near_full", 18),
    pair("quota_exceeded", 20),
    pair("disk_failing", 22),
    pair("disk_failed", 24),
    pair("checksum_repaired", 26),
    pair("scrub_errors", 28),
    pair("login_burst", 30),
    pair("leader_flapping", 32),
    once("failover", 34),
    pair("diagnosis_failed", 35),
];

/// How bad it is, as GOTGAN-MIB counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Info = 1,
    Warning = 2,
    Critical = 3,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which one of GOTGAN-MIB's.
    pub number: u32,
    pub alert: u64,
    pub severity: Severity,
    /// 0 for none.
    pub node: u32,
    pub object: String,
    pub text: String,
}

impl Notice {
    /// What it carries, encoded; `uptime` is that of the sender.
    pub(super) fn bindings(&self, uptime: Duration) -> Vec<u8> {
        let below = |arcs: &[u32]| Oid::new(ENTERPRISE.into_iter().chain(arcs.iter().copied()));
        let mut list = Vec::new();
        push_binding(&mut list, &Oid::from_slice(UPTIME), ticks(uptime));
        let which = Value::ObjectIdentifier(below(&[0, self.number]));
        push_binding(&mut list, &Oid::from_slice(TRAP_OID), which);
        for (object, value) in [
            (1, Value::Counter64(self.alert)),
            (2, Value::Integer(self.severity as i32)),
            (3, Value::Gauge32(self.node)),
            (4, text(&self.object)),
            (5, text(&self.text)),
        ] {
            push_binding(&mut list, &below(&[ALERTS[0], ALERTS[1], object, 0]), value);
        }
        list
    }
}
