//! The columns that the log is sorted and searched by, and places in it.

use super::record::AuditRecord;
use rusqlite::types::Value;

/// What a record has, as far as orders and filters care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditColumn {
    /// As they were written: clocks of two leaders may differ.
    Number,
    At,
    Actor,
    Address,
    Through,
    Action,
    Outcome,
    Times,
}

use AuditColumn::*;

impl AuditColumn {
    pub const ALL: [(&'static str, AuditColumn); 7] = [
        ("at", At),
        ("actor", Actor),
        ("address", Address),
        ("through", Through),
        ("action", Action),
        ("outcome", Outcome),
        ("times", Times),
    ];
    pub(super) const TEXTS: [AuditColumn; 4] = [Actor, Address, Through, Action];

    pub fn named(name: &str) -> Option<AuditColumn> {
        AuditColumn::ALL.into_iter().find(|(own, _)| *own == name).map(|(_, column)| column)
    }

    /// What rows are compared by.
    pub(super) fn key(self) -> &'static str {
        match self {
            Number => "seq",
            At => "(at_ns / 1000000000)",
            Actor => "lower(actor)",
            Address => "lower(address)",
            Through => "lower(through)",
            Action => "lower(action)",
            Outcome => {
                "(CASE WHEN outcome = 'done' OR outcome GLOB '2*' THEN 0
                  WHEN outcome GLOB 'refused*' OR outcome GLOB '4*' THEN 1 ELSE 2 END)"
            }
            Times => {
                "(times + (SELECT coalesce(sum(again.times), 0) FROM audit_repeat again WHERE again.first = seq))"
            }
        }
    }

    /// That the column holds a word and nothing else.
    pub(super) fn exactly(self, word: &str) -> (String, Vec<Value>) {
        let number = |number: Option<i64>| match number {
            Some(number) => (format!("{} = ?", self.key()), vec![number.into()]),
            None => ("FALSE".to_owned(), Vec::new()),
        };
        let text = |column: &str| (format!("{column} = ?"), vec![word.to_owned().into()]);
        match self {
            Actor => text("actor"),
            Address => text("address"),
            Through => text("through"),
            Action => text("action"),
            Outcome => {
                number(["done", "refused", "failed"].iter().position(|own| *own == word).map(|at| at as i64))
            }
            Number | At | Times => number(word.parse().ok()),
        }
    }

    fn is_text(self) -> bool {
        AuditColumn::TEXTS.contains(&self)
    }
}

/// A place in the log: what a record has in the column, and which one it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    key: Value,
    seq: i64,
}

impl Mark {
    pub fn of(record: &AuditRecord, by: AuditColumn) -> Mark {
        let text = |text: &str| Value::from(text.to_ascii_lowercase());
        let outcome = record.outcome.as_str();
        let key = match by {
            Number => (record.seq as i64).into(),
            At => record.at.as_nanos().div_euclid(1_000_000_000).into(),
            Actor => text(&record.actor.name),
            Address => text(&record.actor.address),
            Through => text(&record.actor.through),
            Action => text(&record.action),
            Outcome if outcome == "done" || outcome.starts_with('2') => 0.into(),
            Outcome if outcome.starts_with("refused") || outcome.starts_with('4') => 1.into(),
            Outcome => 2.into(),
            Times => (i64::from(record.times) + i64::from(record.pending)).into(),
        };
        Mark { key, seq: record.seq as i64 }
    }

    pub fn written(&self) -> String {
        match &self.key {
            Value::Text(text) => format!("{} {text}", self.seq),
            Value::Integer(number) => format!("{} {number}", self.seq),
            _ => self.seq.to_string(),
        }
    }

    /// `None` for what was never a place in this order.
    pub fn read(cursor: &str, by: AuditColumn) -> Option<Mark> {
        let (seq, key) = cursor.split_once(' ')?;
        let key = if by.is_text() { key.to_owned().into() } else { key.parse::<i64>().ok()?.into() };
        Some(Mark { key, seq: seq.parse().ok()? })
    }

    pub fn behind(&self, by: AuditColumn, descending: bool) -> (String, [Value; 3]) {
        self.beyond(by, if descending { "<" } else { ">" }, "<")
    }

    pub fn in_front(&self, by: AuditColumn, descending: bool) -> (String, [Value; 3]) {
        self.beyond(by, if descending { ">" } else { "<" }, ">")
    }

    fn beyond(&self, by: AuditColumn, key: &str, seq: &str) -> (String, [Value; 3]) {
        let column = by.key();
        let sql = format!("({column} {key} ? OR ({column} = ? AND seq {seq} ?))");
        (sql, [self.key.clone(), self.key.clone(), self.seq.into()])
    }
}
