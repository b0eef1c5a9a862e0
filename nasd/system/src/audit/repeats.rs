//! What somebody does again and again: the first time is a record at once, and what follows within a minute is one
//! more, with how often it was.

use super::record::{Actor, AuditHead, AuditRecord};
use nasd_base::Timestamp;
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS audit_repeat (
        key BLOB PRIMARY KEY, first INTEGER NOT NULL, began_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
        actor TEXT NOT NULL, address TEXT NOT NULL, through TEXT NOT NULL, action TEXT NOT NULL,
        outcome TEXT NOT NULL, strangers INTEGER NOT NULL, times INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS audit_repeat_first ON audit_repeat (first);
";

/// How long after the first time.
const WINDOW_SECS: i64 = 60;
/// Things that are watched for being done again; with more of them the oldest is not watched any longer.
const WATCHED_MAX: usize = 256;

/// Who did what and what came of it, whatever the address.
pub type RepeatKey = [u8; 16];

/// What is watched for being done again, by its key.
pub type Repeats = BTreeMap<RepeatKey, Repeat>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    pub key: RepeatKey,
    /// The record of the first time.
    pub first: u64,
    pub began: Timestamp,
    pub last: Timestamp,
    pub actor: Actor,
    pub action: String,
    pub outcome: String,
    pub is_strangers: bool,
    /// After the first time.
    pub times: u32,
}

impl Repeat {
    /// The record after `head` of what was done again.
    fn record(&self, head: AuditHead) -> AuditRecord {
        let record = AuditRecord::after(head, self.last, &self.actor, &self.action, &self.outcome);
        record.repeated(self.times)
    }
}

/// What of the log is in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub head: AuditHead,
    pub repeats: Repeats,
}

/// One row's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditEffect {
    /// And whether it was done by a stranger.
    Record(AuditRecord, bool),
    Repeat(Repeat),
    NoRepeat(RepeatKey),
}

/// Something that is to be recorded.
pub struct Deed<'a> {
    pub actor: &'a Actor,
    pub action: String,
    pub outcome: String,
    /// It was done by somebody who proved nothing.
    pub is_strangers: bool,
}

impl Deed<'_> {
    fn key(&self) -> RepeatKey {
        let mut hasher = blake3::Hasher::new_derive_key("gotgan 1 audit repeat");
        for part in [&self.actor.name, &self.action, &self.outcome] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.finalize().as_bytes()[..16].try_into().expect("half of it")
    }
}

/// The rows that a deed leaves: a record, or one more time of what is watched; and the records of what was watched for
/// long enough.
pub fn record(audit: &Audit, now: Timestamp, deed: Deed<'_>) -> Vec<AuditEffect> {
    let Audit { mut head, ref repeats } = *audit;
    let key = deed.key();
    let ended = |repeat: &&Repeat| repeat.began.secs + WINDOW_SECS <= now.secs;
    let mut over: Vec<&Repeat> = repeats.values().filter(ended).collect();
    let goes_on = repeats.get(&key).filter(|repeat| !ended(repeat));
    if goes_on.is_none() && repeats.len() - over.len() >= WATCHED_MAX {
        let watched = repeats.values().filter(|repeat| !ended(repeat));
        over.extend(watched.min_by_key(|repeat| (repeat.began, repeat.key)));
    }
    let mut effects = Vec::new();
    for repeat in over {
        if repeat.times > 0 {
            let record = repeat.record(head);
            head = record.head();
            effects.push(AuditEffect::Record(record, repeat.is_strangers));
        }
        effects.push(AuditEffect::NoRepeat(repeat.key));
    }
    let Deed { actor, action, outcome, is_strangers } = deed;
    match goes_on {
        Some(repeat) => {
            let times = repeat.times.saturating_add(1);
            effects.push(AuditEffect::Repeat(Repeat {
                last: now,
                actor: actor.clone(),
                times,
                ..repeat.clone()
            }));
        }
        None => {
            let record = AuditRecord::after(head, now, actor, &action, &outcome);
            let AuditRecord { seq: first, actor, action, outcome, .. } = record.clone();
            effects.push(AuditEffect::Record(record, is_strangers));
            effects.push(AuditEffect::Repeat(Repeat {
                key,
                first,
                began: now,
                last: now,
                actor,
                action,
                outcome,
                is_strangers,
                times: 0,
            }));
        }
    }
    effects
}

pub(super) fn write(db: &Connection, repeat: &Repeat) -> Result<(), StateError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO audit_repeat
         (key, first, began_ns, last_ns, actor, address, through, action, outcome, strangers, times)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        repeat.key,
        repeat.first as i64,
        repeat.began.as_nanos(),
        repeat.last.as_nanos(),
        repeat.actor.name,
        repeat.actor.address,
        repeat.actor.through,
        repeat.action,
        repeat.outcome,
        repeat.is_strangers,
        repeat.times
    ])?;
    Ok(())
}

pub(super) fn forget(db: &Connection, key: &RepeatKey) -> Result<(), StateError> {
    db.prepare_cached("DELETE FROM audit_repeat WHERE key = ?")?.execute([key])?;
    Ok(())
}

pub(super) fn load(db: &Connection) -> Result<Repeats, StateError> {
    let columns = "key, first, began_ns, last_ns, actor, address, through, action, outcome, strangers, times";
    let mut statement = db.prepare(&format!("SELECT {columns} FROM audit_repeat"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<(RepeatKey, Repeat)> {
    let key = row.get(0)?;
    let repeat = Repeat {
        key,
        first: row.get::<_, i64>(1)? as u64,
        began: Timestamp::from_nanos(row.get(2)?),
        last: Timestamp::from_nanos(row.get(3)?),
        actor: Actor { name: row.get(4)?, address: row.get(5)?, through: row.get(6)? },
        action: row.get(7)?,
        outcome: row.get(8)?,
        is_strangers: row.get(9)?,
        times: row.get(10)?,
    };
    Ok((key, repeat))
}
