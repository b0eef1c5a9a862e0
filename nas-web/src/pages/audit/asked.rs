//! Owns what the filter of the audit log asks for.

use crate::figures::read_day;
use crate::page::Form;
use nasd_api::{AuditAt, AuditEnding};

const DAY_SECONDS: i64 = 86_400;

pub const ENDINGS: [(&str, AuditEnding); 3] =
    [("done", AuditEnding::Done), ("refused", AuditEnding::Refused), ("failed", AuditEnding::Failed)];

/// What the filter asks for; what cannot be read asks for nothing.
pub fn wanted(asked: &Form) -> AuditAt {
    let text = |name| Some(asked.get(name).to_owned()).filter(|text| !text.is_empty());
    let day = |name| read_day(asked.get(name)).map(|day| day * DAY_SECONDS);
    AuditAt {
        before: asked.get("before").parse().ok(),
        limit: None,
        user: text("user"),
        about: text("about"),
        ending: ENDINGS.into_iter().find(|(code, _)| asked.is("ending", code)).map(|(_, ending)| ending),
        since: day("since"),
        until: day("until").map(|day| day + DAY_SECONDS),
    }
}
