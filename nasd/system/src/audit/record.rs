//! A record: who asked for what and what came of it, hashed with the one before.

use nasd_base::Timestamp;
use serde::{Deserialize, Serialize};

/// Longest text of a field, in characters.
const FIELD_CHARS_MAX: usize = 300;
/// The [`Actor::through`] of somebody who proved nothing.
pub const NO_PROOF: &str = "nothing";
/// What the first record's predecessor hashes to.
const ORIGIN: [u8; 32] = [0; 32];

/// Who asked for a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub name: String,
    /// Where from: an IP address, or `local:node-N` for the local socket of a node.
    pub address: String,
    /// How it was proved: `session`, `API token NAME`, `local socket`.
    pub through: String,
}

/// The newest record: where the chain goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditHead {
    /// 0 before the first record, which is 1.
    pub seq: u64,
    pub hash: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    pub seq: u64,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: String,
    /// `done`, or why not.
    pub outcome: String,
    /// How often it was: more than once in a record of what was done again within a minute.
    pub times: u32,
    /// How often it was done again since, of which no record is written yet.
    pub pending: u32,
    pub previous: [u8; 32],
    pub hash: [u8; 32],
}

/// What is hashed, with `previous` before it.
#[derive(Serialize)]
struct Content<'a> {
    seq: u64,
    at: Timestamp,
    actor: &'a Actor,
    action: &'a str,
    outcome: &'a str,
}

/// The same of a record that stands for several.
#[derive(Serialize)]
struct RepeatedContent<'a> {
    content: Content<'a>,
    times: u32,
}

impl AuditRecord {
    /// The record after `head`.
    pub fn after(head: AuditHead, at: Timestamp, actor: &Actor, action: &str, outcome: &str) -> AuditRecord {
        let actor = Actor {
            name: bounded(&actor.name),
            address: bounded(&actor.address),
            through: bounded(&actor.through),
        };
        let mut record = AuditRecord {
            seq: head.seq + 1,
            at,
            actor,
            action: bounded(action),
            outcome: bounded(outcome),
            times: 1,
            pending: 0,
            previous: head.hash,
            hash: ORIGIN,
        };
        record.hash = record.computed();
        record
    }

    /// The same of what was done so many times.
    pub fn repeated(self, times: u32) -> AuditRecord {
        let mut record = AuditRecord { times, ..self };
        record.hash = record.computed();
        record
    }

    pub fn head(&self) -> AuditHead {
        AuditHead { seq: self.seq, hash: self.hash }
    }

    pub fn computed(&self) -> [u8; 32] {
        let AuditRecord { seq, at, actor, action, outcome, times, .. } = self;
        let content = Content { seq: *seq, at: *at, actor, action, outcome };
        let encoded = match *times {
            1 => postcard::to_stdvec(&content),
            times => postcard::to_stdvec(&RepeatedContent { content, times }),
        };
        let mut hasher = blake3::Hasher::new_derive_key("gotgan 1 audit record");
        hasher.update(&self.previous);
        hasher.update(&encoded.expect("records always encode"));
        hasher.finalize().into()
    }
}

/// Short, and without control characters: it will be shown in terminals and pages.
fn bounded(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    plain.take(FIELD_CHARS_MAX).collect()
}

/// Whether a command comes from somebody who proved nothing: its records count for strangers, who cannot push
/// out those of the user that they say they are.
pub fn is_strangers(actor: &Actor) -> bool {
    actor.through == NO_PROOF
}
