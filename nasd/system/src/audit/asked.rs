//! Which records of the log somebody asks for.

use super::record::AuditRecord;
use super::{COLUMNS, read};
use nasd_state::StateError;
use rusqlite::{Connection, named_params};

/// How something ended: records of old hold an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    Refused,
    Failed,
}

/// What is said of a record holds for all that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditAsked {
    /// Older than this one.
    pub before: Option<u64>,
    pub actor: Option<String>,
    /// In the action, in letters of either case.
    pub about: Option<String>,
    pub ending: Option<Ending>,
    /// Seconds since 1970-01-01 UTC, and the one after the last.
    pub since: Option<i64>,
    pub until: Option<i64>,
}

const CONDITIONS: &str = "seq < :before AND at_ns >= :since AND at_ns < :until
    AND (:actor IS NULL OR actor = :actor)
    AND (:about IS NULL OR instr(lower(action), lower(:about)) > 0)
    AND (:ending IS NULL OR :ending = CASE
        WHEN outcome = 'done' OR outcome GLOB '2*' THEN 0
        WHEN outcome GLOB 'refused*' OR outcome GLOB '4*' THEN 1
        ELSE 2 END)";

impl AuditAsked {
    pub(super) fn page(&self, db: &Connection, count: u32) -> Result<Vec<AuditRecord>, StateError> {
        let query = format!("SELECT {COLUMNS} FROM audit WHERE {CONDITIONS} ORDER BY seq DESC LIMIT :count");
        let before = self.before.and_then(|seq| i64::try_from(seq).ok()).unwrap_or(i64::MAX);
        let nanos = |secs: i64| secs.saturating_mul(1_000_000_000);
        let mut statement = db.prepare_cached(&query)?;
        let asked = named_params! {
            ":before": before,
            ":since": self.since.map_or(i64::MIN, nanos),
            ":until": self.until.map_or(i64::MAX, nanos),
            ":actor": self.actor,
            ":about": self.about,
            ":ending": self.ending.map(|ending| ending as i64),
            ":count": count,
        };
        let rows = statement.query_map(asked, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
