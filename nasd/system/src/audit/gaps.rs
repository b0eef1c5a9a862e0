//! What retention took out of the audit log, as gaps in the chain that the cluster vouches for.
//!
//! A user's records make room for that user's own first, so that nobody pushes out what others did. What is taken away
//! leaves a gap that says between which two hashes it was. Gaps and the newest record carry a seal, a keyed hash with a
//! secret that is in no log and no table: whoever can write the tables can make neither.

use super::record::{AuditHead, AuditRecord};
use nasd_state::StateError;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS audit_gap (
        first INTEGER PRIMARY KEY, last INTEGER NOT NULL UNIQUE, before BLOB NOT NULL, after BLOB NOT NULL,
        seal BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS audit_owner (owner TEXT PRIMARY KEY, kept INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS audit_of_owner ON audit (owner, seq);
    CREATE INDEX IF NOT EXISTS audit_owner_kept ON audit_owner (kept, owner);
";

/// Records that are kept, and of them those of one user, and those that strangers cause.
#[derive(Clone, Copy, Debug)]
pub struct AuditLimits {
    pub kept_max: u64,
    pub kept_of_owner_max: u64,
}

pub const LIMITS: AuditLimits = AuditLimits { kept_max: 50_000, kept_of_owner_max: 10_000 };

/// Vouches for what the chain cannot show by itself.
#[derive(Clone)]
pub struct AuditSeal([u8; 32]);

/// Consecutive records that were taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub first: u64,
    pub last: u64,
    /// The hash of the record before the first, and of the last.
    pub before: [u8; 32],
    pub after: [u8; 32],
    pub seal: [u8; 32],
}

impl AuditSeal {
    /// From the cluster's secret, which every node has.
    pub fn derive(cluster_key: &[u8]) -> AuditSeal {
        AuditSeal(blake3::derive_key("gotgan 1 audit seal", cluster_key))
    }

    pub fn of_head(&self, head: AuditHead) -> [u8; 32] {
        self.over(b"head", &[head.seq], &[&head.hash])
    }

    fn of_gap(&self, gap: &Gap) -> [u8; 32] {
        self.over(b"gap ", &[gap.first, gap.last], &[&gap.before, &gap.after])
    }

    /// All parts have one length, so that no two things look the same.
    fn over(&self, what: &[u8; 4], numbers: &[u64], hashes: &[&[u8; 32]]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(what);
        for number in numbers {
            hasher.update(&number.to_le_bytes());
        }
        for hash in hashes {
            hasher.update(*hash);
        }
        hasher.finalize().into()
    }

    pub fn fits_head(&self, head: AuditHead, seal: &[u8]) -> bool {
        same(&self.of_head(head), seal)
    }

    pub fn fits(&self, gap: &Gap) -> bool {
        same(&self.of_gap(gap), &gap.seal)
    }
}

/// In the same time wherever they differ.
fn same(expected: &[u8; 32], found: &[u8]) -> bool {
    found.try_into().is_ok_and(|found: [u8; 32]| blake3::Hash::from(*expected) == blake3::Hash::from(found))
}

/// Counts a new record for its owner, and takes records away as long as there are too many: the owner's oldest, or the
/// oldest of whoever has most.
pub fn make_room(
    db: &Connection,
    owner: &str,
    limits: AuditLimits,
    seal: &AuditSeal,
) -> Result<(), StateError> {
    db.prepare_cached(
        "INSERT INTO audit_owner (owner, kept) VALUES (?, 1) ON CONFLICT (owner) DO UPDATE SET kept = kept + 1",
    )?
    .execute([owner])?;
    while kept_of(db, owner)? > limits.kept_of_owner_max {
        take_oldest_of(db, owner, seal)?;
    }
    while kept(db)? > limits.kept_max {
        let query = "SELECT owner FROM audit_owner ORDER BY kept DESC, owner DESC LIMIT 1";
        let largest: String = db.prepare_cached(query)?.query_row([], |row| row.get(0))?;
        take_oldest_of(db, &largest, seal)?;
    }
    Ok(())
}

fn kept(db: &Connection) -> Result<u64, StateError> {
    let sum = db.prepare_cached("SELECT coalesce(sum(kept), 0) FROM audit_owner")?;
    Ok({ sum }.query_row([], |row| row.get::<_, i64>(0))? as u64)
}

fn kept_of(db: &Connection, owner: &str) -> Result<u64, StateError> {
    let mut kept = db.prepare_cached("SELECT kept FROM audit_owner WHERE owner = ?")?;
    Ok(kept.query_row([owner], |row| row.get::<_, i64>(0)).optional()?.unwrap_or(0) as u64)
}

fn take_oldest_of(db: &Connection, owner: &str, seal: &AuditSeal) -> Result<(), StateError> {
    let query = "SELECT seq, previous, hash FROM audit WHERE owner = ? ORDER BY seq LIMIT 1";
    let oldest = db
        .prepare_cached(query)?
        .query_row([owner], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let counted = "UPDATE audit_owner SET kept = kept - 1 WHERE owner = ?";
    db.prepare_cached(counted)?.execute([owner])?;
    db.prepare_cached("DELETE FROM audit_owner WHERE owner = ? AND kept <= 0")?.execute([owner])?;
    // Where somebody took rows away the count was too high: it is right in the end.
    let Some((seq, before, after)) = oldest else { return Ok(()) };
    db.prepare_cached("DELETE FROM audit WHERE seq = ?")?.execute([seq])?;
    widen(db, Gap { first: seq as u64, last: seq as u64, before, after, seal: [0; 32] }, seal)
}

/// Puts a gap where a record was, as one with those on either side.
fn widen(db: &Connection, mut gap: Gap, seal: &AuditSeal) -> Result<(), StateError> {
    let on_the_left = db
        .prepare_cached("DELETE FROM audit_gap WHERE last = ? RETURNING first, last, before, after, seal")?
        .query_row([gap.first as i64 - 1], read)
        .optional()?;
    let on_the_right = db
        .prepare_cached("DELETE FROM audit_gap WHERE first = ? RETURNING first, last, before, after, seal")?
        .query_row([gap.last as i64 + 1], read)
        .optional()?;
    // A forged gap is not made good by the one that swallows it: the seal stays wrong.
    let honest = [&on_the_left, &on_the_right].into_iter().flatten().all(|gap| seal.fits(gap));
    if let Some(left) = on_the_left {
        (gap.first, gap.before) = (left.first, left.before);
    }
    if let Some(right) = on_the_right {
        (gap.last, gap.after) = (right.last, right.after);
    }
    if honest {
        gap.seal = seal.of_gap(&gap);
    }
    db.prepare_cached("INSERT INTO audit_gap (first, last, before, after, seal) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![gap.first as i64, gap.last as i64, gap.before, gap.after, gap.seal])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Gap> {
    Ok(Gap {
        first: row.get::<_, i64>(0)? as u64,
        last: row.get::<_, i64>(1)? as u64,
        before: row.get(2)?,
        after: row.get(3)?,
        seal: row.get(4)?,
    })
}

/// The gap that begins with this record, if there is one. `Err` for one that cannot be read.
pub fn gap_at(db: &Connection, first: u64) -> Result<Option<Gap>, StateError> {
    let query = "SELECT first, last, before, after, seal FROM audit_gap WHERE first = ?";
    Ok(db.prepare_cached(query)?.query_row([first as i64], read).optional()?)
}

pub fn gap_count(db: &Connection) -> Result<u64, StateError> {
    Ok(db.query_row("SELECT count(*) FROM audit_gap", [], |row| row.get::<_, i64>(0))? as u64)
}

/// Whom a record counts for.
pub fn owner_of(record: &AuditRecord, is_strangers: bool) -> &str {
    if is_strangers { STRANGERS } else { &record.actor.name }
}

/// No user has this name.
const STRANGERS: &str = "-";
