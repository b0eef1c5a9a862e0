//! Owns what is said about the audit log, and what can be asked about it.

use crate::access::{Access, Caller};
use crate::described::{AUDIT_PAGE_MAX, Cursor, PageSize};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, SortOf, newest};
use crate::{ApiError, List, Sentence};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Records of a page unless asked otherwise.
pub const AUDIT_PAGE: u32 = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    pub seq: u64,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    pub actor: String,
    pub address: String,
    pub through: String,
    pub action: String,
    /// `done`, or why not.
    pub outcome: String,
    /// How often: what is done again within a minute is one record.
    #[serde(default = "once")]
    pub times: u32,
    /// BLAKE3 in hexadecimal.
    pub hash: String,
    /// What the nodes are called, or were, that the action and the address have by number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

fn once() -> u32 {
    1
}

/// Whether every kept record of the audit log fits the one before, and what is not kept was removed to make room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditVerdict {
    pub intact: bool,
    /// The oldest record that is kept; or, when broken, the first that does not fit.
    pub seq: u64,
    pub verdict: Sentence,
    /// Records that are kept, when whole; and those that were removed to make room.
    #[serde(default)]
    pub kept: u64,
    #[serde(default)]
    pub removed: u64,
    /// The newest record's hash: keep it elsewhere to notice a log that was written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditEnding {
    Done,
    /// Whoever asked may not, or it cannot be.
    Refused,
    /// A password was wrong, or something broke.
    Failed,
}

impl AuditEnding {
    /// Old records hold an HTTP status.
    pub fn of(outcome: &str) -> AuditEnding {
        match outcome {
            "done" => AuditEnding::Done,
            _ if outcome.starts_with('2') => AuditEnding::Done,
            _ if outcome.starts_with("refused") || outcome.starts_with('4') => AuditEnding::Refused,
            _ => AuditEnding::Failed,
        }
    }
}

/// Which part of the log is asked for, newest first unless told otherwise: what is said of it holds for all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditAt {
    /// Records older than this one.
    #[serde(default)]
    #[schemars(with = "u64")]
    pub before: Option<u64>,
    /// So many, at most.
    #[serde(default)]
    #[schemars(with = "PageSize")]
    pub limit: Option<u32>,
    /// By this user.
    #[serde(default)]
    #[schemars(with = "String")]
    pub user: Option<String>,
    /// With this text in what was done.
    #[serde(default)]
    #[schemars(with = "String")]
    pub about: Option<String>,
    /// That ended so.
    #[serde(default)]
    #[schemars(with = "AuditEnding")]
    pub ending: Option<AuditEnding>,
    /// From this second since 1970-01-01 UTC on.
    #[serde(default)]
    #[schemars(with = "i64")]
    pub since: Option<i64>,
    /// Before this second.
    #[serde(default)]
    #[schemars(with = "i64")]
    pub until: Option<i64>,
    /// The column to sort by.
    #[serde(default)]
    #[schemars(with = "SortOf<AuditRecord>")]
    pub sort: Option<String>,
    /// The largest first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// Only what holds each of these words in some column; `column:word` is what is exactly that, `-column:word` what
    /// is not.
    #[serde(default)]
    #[schemars(with = "String")]
    pub filter: Option<String>,
    /// What comes behind this place, a list's `next`.
    #[serde(default)]
    #[schemars(with = "Cursor")]
    pub after: Option<String>,
    /// What comes in front of this place, a list's `previous`.
    #[serde(default)]
    #[schemars(with = "Cursor")]
    pub up_to: Option<String>,
}

impl Listed for AuditRecord {
    const COLUMNS: &'static [Column<AuditRecord>] = &[
        ("at", |record| Cell::time(record.at)),
        ("actor", |record| Cell::text(&record.actor)),
        ("address", |record| Cell::text(&record.address)),
        ("through", |record| Cell::text(&record.through)),
        ("action", |record| Cell::text(&record.action)),
        ("outcome", |record| Cell::word(record.ending(), record.ending() as u64)),
        ("times", |record| Cell::number(u64::from(record.times))),
    ];

    fn place(&self) -> String {
        newest(self.seq)
    }
}

const SEE: Access = Access::Needs(Right::ReadAudit);

/// The audit log, newest first.
pub struct ReadAudit;

impl Operation for ReadAudit {
    type At = AuditAt;
    type Body = Nothing;
    type Reply = List<AuditRecord>;

    const SHAPE: Shape = Shape::get("/audit", SEE, "The audit log, newest first").korean("감사 로그, 최신순");

    fn check(_: &Caller, at: &AuditAt, _: &Nothing) -> Result<(), ApiError> {
        match at.limit.is_none_or(|limit| (1..=AUDIT_PAGE_MAX).contains(&limit)) {
            true => Ok(()),
            false => Err(refusals::audit_page_range(AUDIT_PAGE_MAX)),
        }
    }
}

operations! {
    /// Whether every kept record fits the one before, on the answering node.
    VerifyAudit(Nothing) -> AuditVerdict =
        Shape::get("/audit/verification", SEE, "Whether the audit log is whole").korean("감사 로그가 온전한지 검증");
}

crate::refused::refusals! {
    audit_page_range(max): InvalidRequest,
        "a page has 1 to {max} records",
        "한 페이지의 레코드는 1~{max}개입니다";
}
