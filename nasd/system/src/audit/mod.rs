//! The audit log: who changed what, when, from where, and what came of it, each record chained to the one before.
//!
//! Records are rows only; of the log the state keeps its head in memory, and what may be done again. See `docs/formats/system-state.md`.

mod asked;
mod column;
mod gaps;
mod record;
mod repeats;
#[cfg(test)]
mod tests;

pub use asked::{AuditAsked, AuditCount, AuditPage, Ending};
pub use column::AuditColumn;
pub use gaps::AuditSeal;
pub use record::{Actor, AuditHead, AuditRecord, NO_PROOF, is_strangers};
pub use repeats::{Audit, AuditEffect, Deed, record};

use gaps::{AuditLimits, LIMITS, gap_at, gap_count, make_room, owner_of};
use nasd_base::Timestamp;
use nasd_state::{Readers, StateError};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub const SCHEMAS: [&str; 3] = [SCHEMA, gaps::SCHEMA, repeats::SCHEMA];

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS audit (
        seq INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, actor TEXT NOT NULL, address TEXT NOT NULL,
        through TEXT NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL, previous BLOB NOT NULL,
        hash BLOB NOT NULL, times INTEGER NOT NULL, owner TEXT NOT NULL);
";

/// Most records of one page.
pub const PAGE_MAX: u32 = 500;
pub fn take(audit: &mut Audit, effect: AuditEffect) {
    match effect {
        AuditEffect::Record(record, _) => audit.head = record.head(),
        AuditEffect::Repeat(repeat) => drop(audit.repeats.insert(repeat.key, repeat)),
        AuditEffect::NoRepeat(key) => drop(audit.repeats.remove(&key)),
    }
}

pub fn load(db: &Connection) -> Result<Audit, StateError> {
    Ok(Audit { head: head(db)?, repeats: repeats::load(db)? })
}

pub fn write_effect(db: &Connection, effect: &AuditEffect, seal: &AuditSeal) -> Result<(), StateError> {
    match effect {
        AuditEffect::Record(record, is_strangers) => {
            write(db, record, owner_of(record, *is_strangers), LIMITS, seal)?;
            put_head(db, record.head(), seal)
        }
        AuditEffect::Repeat(repeat) => repeats::write(db, repeat),
        AuditEffect::NoRepeat(key) => repeats::forget(db, key),
    }
}

/// Appends a record that counts for `owner`, and takes old ones away where there are too many.
fn write(
    db: &Connection,
    record: &AuditRecord,
    owner: &str,
    limits: AuditLimits,
    seal: &AuditSeal,
) -> Result<(), StateError> {
    db.prepare_cached(
        "INSERT INTO audit (seq, at_ns, actor, address, through, action, outcome, previous, hash, times, owner)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        record.seq as i64,
        record.at.as_nanos(),
        record.actor.name,
        record.actor.address,
        record.actor.through,
        record.action,
        record.outcome,
        record.previous,
        record.hash,
        record.times,
        owner
    ])?;
    make_room(db, owner, limits, seal)
}

const COLUMNS: &str = "seq, at_ns, actor, address, through, action, outcome, previous, hash, times,
    (SELECT coalesce(sum(again.times), 0) FROM audit_repeat again WHERE again.first = seq)";

fn read(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    Ok(AuditRecord {
        seq: row.get::<_, i64>(0)? as u64,
        at: Timestamp::from_nanos(row.get(1)?),
        actor: Actor { name: row.get(2)?, address: row.get(3)?, through: row.get(4)? },
        action: row.get(5)?,
        outcome: row.get(6)?,
        previous: row.get(7)?,
        hash: row.get(8)?,
        times: row.get(9)?,
        pending: row.get(10)?,
    })
}

/// What the chain looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// All records that are kept fit each other, from `first` to the head, and the cluster vouches for the `removed`
    /// ones that were taken away to make room.
    Intact { first: u64, kept: u64, removed: u64, head: AuditHead },
    /// The record `seq` does not fit: it, or what was before it, was altered or taken away.
    Broken { seq: u64, why: String },
}

/// Reads the audit log on this node's disk.
#[derive(Clone)]
pub struct AuditReader {
    readers: Readers,
    seal: AuditSeal,
}

impl AuditReader {
    pub fn new(readers: Readers, seal: AuditSeal) -> AuditReader {
        AuditReader { readers, seal }
    }

    /// Up to `count` of the records (at most [`PAGE_MAX`]). Blocks for as long as it takes to look through
    /// 50,000 rows, where few fit.
    pub fn page(&self, asked: &AuditAsked, count: u32) -> Result<Vec<AuditRecord>, StateError> {
        self.readers.with(|db| asked.page(db, count.min(PAGE_MAX)))
    }

    /// The same, with where those around them are, and how many there are: that looks through all rows.
    pub fn counted(&self, asked: &AuditAsked, count: u32) -> Result<AuditPage, StateError> {
        self.readers.with_snapshot(|db| asked.counted(db, count.min(PAGE_MAX)))
    }

    /// Checks every record that is kept, in pages, and that the newest is the one the state knows. Blocks for
    /// as long as it takes to read 50,000 rows.
    pub fn verify(&self) -> Result<AuditVerdict, StateError> {
        self.readers.with_snapshot(|db| verify(db, &self.seal))
    }
}

/// The chain in one moment of the database.
fn verify(db: &Connection, seal: &AuditSeal) -> Result<AuditVerdict, StateError> {
    let (head, head_seal) = sealed_head(db)?;
    let query = format!("SELECT {COLUMNS} FROM audit ORDER BY seq");
    let mut statement = db.prepare(&query)?;
    let mut rows = statement.query([])?;
    let mut walk = Walk { db, seal, at: AuditHead::default(), first: None, kept: 0, gaps: 0 };
    let broken = |seq, why: &str| Ok(AuditVerdict::Broken { seq, why: why.to_owned() });
    while let Some(row) = rows.next()? {
        let seq = row.get::<_, i64>(0)? as u64;
        // Whatever was put into the columns, it is the log that is broken and not the node.
        let Ok(record) = read(row) else { return broken(seq, "the record cannot be read") };
        if let Err(why) = walk.cross_gaps().and_then(|()| walk.step(&record)) {
            return broken(seq, why);
        }
    }
    if let Err(why) = walk.cross_gaps() {
        return broken(walk.at.seq + 1, why);
    }
    if walk.at != head {
        return broken(walk.at.seq + 1, "the newest records are missing or were replaced");
    }
    if walk.gaps != gap_count(db)? {
        return broken(head.seq, "there are gaps where no records were");
    }
    if head.seq > 0 && !seal.fits_head(head, &head_seal) {
        return broken(head.seq, "the newest record is not sealed by this cluster: the log was written anew");
    }
    let (first, kept) = (walk.first.unwrap_or(1), walk.kept);
    Ok(AuditVerdict::Intact { first, kept, removed: head.seq - kept, head })
}

/// The way along the chain, over records and gaps.
struct Walk<'a> {
    db: &'a Connection,
    seal: &'a AuditSeal,
    at: AuditHead,
    first: Option<u64>,
    kept: u64,
    gaps: u64,
}

impl Walk<'_> {
    fn cross_gaps(&mut self) -> Result<(), &'static str> {
        const UNREADABLE: &str = "what retention wrote before this record cannot be read";
        while let Some(gap) = gap_at(self.db, self.at.seq + 1).map_err(|_| UNREADABLE)? {
            if !self.seal.fits(&gap) || gap.last < gap.first {
                return Err("records before this one are missing, and not by retention");
            }
            if gap.before != self.at.hash {
                return Err("the record before the removed ones was replaced");
            }
            self.at = AuditHead { seq: gap.last, hash: gap.after };
            self.gaps += 1;
        }
        Ok(())
    }

    fn step(&mut self, record: &AuditRecord) -> Result<(), &'static str> {
        if record.computed() != record.hash {
            return Err("the record was altered");
        }
        if record.seq != self.at.seq + 1 {
            return Err("records before this one are missing");
        }
        if record.previous != self.at.hash {
            return Err(match self.at.seq {
                0 => "the first record was replaced",
                _ => "the record before this one was replaced",
            });
        }
        self.at = record.head();
        self.first.get_or_insert(record.seq);
        self.kept += 1;
        Ok(())
    }
}

const HEAD: &str = "audit_head";

fn put_head(db: &Connection, head: AuditHead, seal: &AuditSeal) -> Result<(), StateError> {
    let value = [&head.seq.to_le_bytes()[..], &head.hash, &seal.of_head(head)].concat();
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", params![HEAD, value])?;
    Ok(())
}

/// The head as the state has it.
fn head(db: &Connection) -> Result<AuditHead, StateError> {
    sealed_head(db).map(|(head, _)| head)
}

/// With its seal, which the first one does not have.
fn sealed_head(db: &Connection) -> Result<(AuditHead, Vec<u8>), StateError> {
    let query = "SELECT value FROM setting WHERE name = ?";
    let value: Option<Vec<u8>> = db.query_row(query, [HEAD], |row| row.get(0)).optional()?;
    let Some(value) = value else { return Ok((AuditHead::default(), Vec::new())) };
    let damaged = || StateError::Damaged("the audit log's head".to_owned());
    let (seq, rest) = value.split_first_chunk::<8>().ok_or_else(damaged)?;
    let (hash, seal) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
    Ok((AuditHead { seq: u64::from_le_bytes(*seq), hash: *hash }, seal.to_vec()))
}
