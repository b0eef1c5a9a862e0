//! Which records of the log somebody asks for, and in which order.

use super::column::{AuditColumn, Mark};
use super::record::AuditRecord;
use super::{COLUMNS, read};
use nasd_state::StateError;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

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
    /// Each in some text of the record, in lower case.
    pub texts: Vec<String>,
    /// A column, what stands there, and whether it is to be that or anything else.
    pub exact: Vec<(AuditColumn, String, bool)>,
    /// The newest first, where none is named.
    pub sort: Option<AuditColumn>,
    pub descending: bool,
    /// Where the page begins, or of which place it is the end: a page's `next` and `previous`.
    pub after: Option<String>,
    pub up_to: Option<String>,
}

/// Some records, and where those around them are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    pub records: Vec<AuditRecord>,
    pub next: Option<String>,
    pub previous: Option<String>,
    pub count: AuditCount,
}

/// How many records the log keeps, how many of them are asked for, and how many of these come before the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditCount {
    pub total: usize,
    pub found: usize,
    pub skipped: usize,
}

/// Conditions with the values of their places.
#[derive(Clone, Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn hold(&mut self, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.sql.push(sql.into());
        self.values.extend(values);
    }

    fn and(&self, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Conditions {
        let mut both = self.clone();
        both.hold(sql, values);
        both
    }

    fn written(&self) -> String {
        if self.sql.is_empty() { "TRUE".to_owned() } else { self.sql.join(" AND ") }
    }

    fn count(&self, db: &Connection) -> Result<usize, StateError> {
        let query = format!("SELECT count(*) FROM audit WHERE {}", self.written());
        let found: i64 =
            db.prepare_cached(&query)?.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(found as usize)
    }

    fn rows(&self, db: &Connection, order: &str, count: u32) -> Result<Vec<AuditRecord>, StateError> {
        // Only what is shown is read: what is sorted may be all.
        let query = format!(
            "SELECT {COLUMNS} FROM audit WHERE seq IN
                (SELECT seq FROM audit WHERE {} ORDER BY {order} LIMIT {count}) ORDER BY {order}",
            self.written()
        );
        let mut statement = db.prepare_cached(&query)?;
        let rows = statement.query_map(params_from_iter(&self.values), read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl AuditAsked {
    /// Up to `count` of them, without looking how many there are.
    pub(super) fn page(&self, db: &Connection, count: u32) -> Result<Vec<AuditRecord>, StateError> {
        let (asked, by) = (self.conditions(), self.by());
        let place = |cursor: &Option<String>| cursor.as_ref().and_then(|cursor| Mark::read(cursor, by));
        match (place(&self.after), place(&self.up_to)) {
            (None, Some(end)) => {
                let (sql, values) = end.in_front(by, self.is_descending());
                let mut rows = asked.and(sql, values).rows(db, &self.order(true), count)?;
                rows.reverse();
                Ok(rows)
            }
            (Some(begin), _) => {
                let (sql, values) = begin.behind(by, self.is_descending());
                asked.and(sql, values).rows(db, &self.order(false), count)
            }
            (None, None) => asked.rows(db, &self.order(false), count),
        }
    }

    /// The same, with what is around them.
    pub(super) fn counted(&self, db: &Connection, count: u32) -> Result<AuditPage, StateError> {
        let (asked, by) = (self.conditions(), self.by());
        let records = self.page(db, count)?;
        let total = Conditions::default().count(db)?;
        let found = asked.count(db)?;
        let skipped = match records.first().map(|first| Mark::of(first, by)) {
            Some(first) => {
                let (sql, values) = first.in_front(by, self.is_descending());
                asked.and(sql, values).count(db)?
            }
            None if self.after.is_some() => found,
            None => 0,
        };
        let mark = |record: Option<&AuditRecord>| record.map(|record| Mark::of(record, by).written());
        let next = mark(records.last()).filter(|_| skipped + records.len() < found);
        let previous = mark(records.first()).or_else(|| self.after.clone()).filter(|_| skipped > 0);
        Ok(AuditPage { records, next, previous, count: AuditCount { total, found, skipped } })
    }

    fn by(&self) -> AuditColumn {
        self.sort.unwrap_or(AuditColumn::Number)
    }

    fn is_descending(&self) -> bool {
        self.sort.is_none() || self.descending
    }

    /// What has the same in the column comes newest first, whichever way the column goes.
    fn order(&self, backwards: bool) -> String {
        let direction = if self.is_descending() == backwards { "ASC" } else { "DESC" };
        let newest = if backwards { "ASC" } else { "DESC" };
        format!("{} {direction}, seq {newest}", self.by().key())
    }

    fn conditions(&self) -> Conditions {
        let mut all = Conditions::default();
        let nanos = |secs: i64| Value::from(secs.saturating_mul(1_000_000_000));
        if let Some(before) = self.before.and_then(|seq| i64::try_from(seq).ok()) {
            all.hold("seq < ?", [before.into()]);
        }
        if let Some(since) = self.since {
            all.hold("at_ns >= ?", [nanos(since)]);
        }
        if let Some(until) = self.until {
            all.hold("at_ns < ?", [nanos(until)]);
        }
        if let Some(actor) = &self.actor {
            all.hold("actor = ?", [actor.clone().into()]);
        }
        if let Some(about) = &self.about {
            all.hold("instr(lower(action), lower(?)) > 0", [about.clone().into()]);
        }
        if let Some(ending) = self.ending {
            all.hold(format!("{} = ?", AuditColumn::Outcome.key()), [(ending as i64).into()]);
        }
        for text in &self.texts {
            let holds = AuditColumn::TEXTS.map(|column| format!("instr({}, ?) > 0", column.key()));
            all.hold(format!("({})", holds.join(" OR ")), holds.map(|_| text.clone().into()));
        }
        for (column, word, is) in &self.exact {
            let (sql, values) = column.exactly(word);
            all.hold(if *is { sql } else { format!("NOT {sql}") }, values);
        }
        all
    }
}
