//! Owns what the filter of the audit log asks for.

use crate::page::Form;
use nasd_api::{AuditAt, AuditEnding, Zone};

pub const ENDINGS: [(&str, AuditEnding); 3] =
    [("done", AuditEnding::Done), ("refused", AuditEnding::Refused), ("failed", AuditEnding::Failed)];

/// What the filter asks for; what cannot be read asks for nothing.
pub fn wanted(asked: &Form, zone: &Zone) -> AuditAt {
    let text = |name| Some(asked.get(name).to_owned()).filter(|text| !text.is_empty());
    let day = |name, after| zone.day_begins(asked.get(name), after);
    AuditAt {
        user: text("user"),
        about: text("about"),
        ending: ENDINGS.into_iter().find(|(code, _)| asked.is("ending", code)).map(|(_, ending)| ending),
        since: day("since", 0),
        until: day("until", 1),
        ..AuditAt::default()
    }
}
