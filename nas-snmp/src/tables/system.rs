//! Owns SNMPv2-MIB's system group (RFC 3418): which machine this is.

use super::ENTERPRISE;
use crate::tree::TreeBuilder;
use crate::wire::{Oid, Value};
use std::time::Duration;

const GROUP: &[u32] = &[1, 3, 6, 1, 2, 1, 1];
/// What this is: an application (64) that takes part in end-to-end transport (8).
const SERVICES: i32 = 72;
/// `gotganNode` of GOTGAN-MIB.
const NODE: [u32; 2] = [1, 1];

/// What the group says.
#[derive(Clone, Debug, Default)]
pub struct System {
    pub uptime: Duration,
    pub contact: String,
    pub name: String,
    pub location: String,
    pub kernel: String,
}

impl System {
    pub fn add_to(&self, tree: &mut TreeBuilder) {
        let is = Oid::new(ENTERPRISE.into_iter().chain(NODE));
        let description = format!("Gotgan {} on Linux {}", env!("CARGO_PKG_VERSION"), self.kernel);
        tree.scalars(
            GROUP,
            [
                (1, text(&description)),
                (2, Value::ObjectIdentifier(is)),
                (3, ticks(self.uptime)),
                (4, text(&self.contact)),
                (5, text(&self.name)),
                (6, text(&self.location)),
                (7, Value::Integer(SERVICES)),
            ],
        );
    }
}

/// As much of a text as a `DisplayString` holds.
pub fn text(text: &str) -> Value {
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Value::OctetString(text.as_bytes()[..end].to_vec().into())
}

/// Hundredths of a second; they begin again after 497 days.
pub fn ticks(time: Duration) -> Value {
    Value::TimeTicks((time.as_millis() / 10) as u32)
}
