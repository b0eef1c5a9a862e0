//! Owns what the agent says of itself: SNMPv2-MIB's snmp group (RFC 3418), and the engine's groups (RFC 3411, 3412, 3414).

use super::usm_stats;
use crate::agent::{ANSWER_BYTES_MAX, Counts, Engine};
use crate::tree::TreeBuilder;
use crate::wire::Value;
use tokio::time::Instant;

const SNMP: &[u32] = &[1, 3, 6, 1, 2, 1, 11];
const ENGINE: &[u32] = &[1, 3, 6, 1, 6, 3, 10, 2, 1];
const DISPATCHER: &[u32] = &[1, 3, 6, 1, 6, 3, 11, 2, 1];
const TARGET_CONTEXTS: &[u32] = &[1, 3, 6, 1, 6, 3, 12, 1, 5];
/// `snmpEnableAuthenTraps`: no notification is sent for a wrong community.
const DISABLED: i32 = 2;

pub fn add_to(tree: &mut TreeBuilder, counts: &Counts, engine: Option<&Engine>, now: Instant) {
    let counter = |count: u32| Value::Counter32(count);
    tree.scalars(
        SNMP,
        [
            (1, counter(counts.packets.get())),
            (3, counter(counts.versions.get())),
            (4, counter(counts.communities.get())),
            (5, counter(counts.community_uses.get())),
            (6, counter(counts.syntax.get())),
            (30, Value::Integer(DISABLED)),
            (31, counter(counts.silent.get())),
            (32, counter(0)),
        ],
    );
    tree.scalars(
        DISPATCHER,
        [
            (1, counter(counts.security_models.get())),
            (2, counter(counts.invalid.get())),
            (3, counter(counts.handlers.get())),
        ],
    );
    tree.scalar(TARGET_CONTEXTS, counter(counts.contexts.get()));
    tree.scalars(
        usm_stats::GROUP,
        [
            (1, counter(counts.levels.get())),
            (2, counter(counts.times.get())),
            (3, counter(counts.users.get())),
            (4, counter(counts.engines.get())),
            (5, counter(counts.digests.get())),
            (6, counter(counts.decryptions.get())),
        ],
    );
    if let Some(engine) = engine {
        add_engine(tree, engine, now);
    }
}

fn add_engine(tree: &mut TreeBuilder, engine: &Engine, now: Instant) {
    tree.scalars(
        ENGINE,
        [
            (1, Value::OctetString(engine.id.clone().into())),
            (2, Value::Integer(engine.boots as i32)),
            (3, Value::Integer(engine.time(now) as i32)),
            (4, Value::Integer(ANSWER_BYTES_MAX as i32)),
        ],
    );
}
