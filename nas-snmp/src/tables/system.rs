//! Owns SNMPv2-MIB's system group (RFC 3418): which machine this is.

use super::ENTERPRISE;
use super::values::{oid, text, ticks};
use crate::tree::TreeBuilder;
use crate::wire::Value;
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
        let description = format!("Gotgan {} on Linux {}", env!("CARGO_PKG_VERSION"), self.kernel);
        tree.scalars(
            GROUP,
            [
                (1, text(&description)),
                (2, oid(&[&ENTERPRISE[..], &NODE].concat())),
                (3, ticks(self.uptime)),
                (4, text(&self.contact)),
                (5, text(&self.name)),
                (6, text(&self.location)),
                (7, Value::Integer(SERVICES)),
            ],
        );
    }
}
