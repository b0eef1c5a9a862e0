//! Owns what deeds are called: as the audit log holds them, and as people read them.
//!
//! The log holds an order (`create volume demo`). It is read as what was done or, where it was not, as what somebody tried.

use crate::deed::Words;
use crate::nouns::{self, AuditEnding, AuditRecord};
use crate::refusal::{Language, in_korean};
use crate::refused::{filled, recognised};

// Of what is no noun: a node's certificate.
crate::deed::deeds! {
    "replace the HTTPS certificate on {node}":
        "replaced the HTTPS certificate on {node}",
        "{node} 노드의 HTTPS 인증서 교체";
    "go back to a self-signed certificate on {node}":
        "went back to a self-signed certificate on {node}",
        "{node} 노드의 인증서를 자체 서명 인증서로 교체";
    "replace the answering node's HTTPS certificate":
        "replaced the HTTPS certificate",
        "HTTPS 인증서 교체";
    "go back to a new self-signed certificate":
        "went back to a self-signed certificate",
        "자체 서명 인증서로 교체";
}

impl AuditRecord {
    /// How it ended.
    pub fn ending(&self) -> AuditEnding {
        AuditEnding::of(&self.outcome)
    }

    /// Why it was not done.
    pub fn why(&self, language: Language) -> Option<String> {
        let why = match self.outcome.split_once(": ") {
            _ if self.ending() == AuditEnding::Done => return None,
            Some(("refused" | "failed", why)) => why,
            _ => &self.outcome,
        };
        Some(match language {
            Language::English => why.to_owned(),
            Language::Korean => in_korean(why),
        })
    }

    /// What was done, or tried: in this language, as it was recorded where nobody knows it.
    pub fn deed(&self, language: Language) -> String {
        let is_done = self.ending() == AuditEnding::Done;
        let said = match language {
            Language::English if is_done => said(&self.action, |words| words.english),
            Language::English => {
                said(&self.action, |words| words.recorded).map(|it| format!("tried to {it}"))
            }
            Language::Korean => said(&self.action, |words| words.korean),
        };
        said.unwrap_or_else(|| self.action.clone())
    }
}

/// Those of every noun, too.
fn all() -> impl Iterator<Item = &'static Words> {
    nouns::DEEDS.iter().copied().flatten().chain(deeds::WORDS)
}

fn said(action: &str, form: fn(&Words) -> &'static str) -> Option<String> {
    let exactly = |text: &str| all().find(|words| words.recorded == text).map(form);
    let asked =
        || action.split_once(": ").and_then(|(text, names)| Some(format!("{}: {names}", exactly(text)?)));
    let filled_in = |words: &Words| filled(form(words), &recognised(words.recorded, action)?, &str::to_owned);
    exactly(action).map(str::to_owned).or_else(asked).or_else(|| all().find_map(filled_in))
}

/// Whether people can read it in every language, for tests.
#[cfg(any(test, feature = "testing"))]
pub fn is_known(action: &str) -> bool {
    said(action, |words| words.korean).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Deed;
    use crate::refusal::testing::check_korean;
    use std::collections::{BTreeMap, BTreeSet};

    fn record(action: &str, outcome: &str) -> AuditRecord {
        AuditRecord {
            seq: 1,
            at: 0,
            actor: "amy".into(),
            address: "192.0.2.1".into(),
            through: "session".into(),
            action: action.into(),
            outcome: outcome.into(),
            times: 1,
            hash: String::new(),
        }
    }

    #[test]
    fn every_deed_can_be_read_in_both_languages() {
        let mut seen = BTreeSet::new();
        for words in all() {
            let places = |text: &str| -> BTreeSet<String> {
                let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
                names.map(|(name, _)| name.to_owned()).collect()
            };
            assert_eq!(places(words.recorded), places(words.english), "{}", words.recorded);
            assert_eq!(places(words.recorded), places(words.korean), "{}", words.recorded);
            assert!(seen.insert(words.recorded), "{}", words.recorded);
            let values: BTreeMap<String, String> =
                places(words.recorded).into_iter().map(|name| (name, "_".to_owned())).collect();
            let action = filled(words.recorded, &values, &str::to_owned).unwrap();
            let record = record(&action, "done");
            assert_eq!(
                record.deed(Language::English),
                filled(words.english, &values, &str::to_owned).unwrap()
            );
            check_korean(&record.deed(Language::Korean));
        }
    }

    #[test]
    fn whatever_is_refused_before_it_is_looked_at_has_words() {
        let changes = crate::routes().into_iter().filter(|route| !route.method.is_safe());
        for route in changes.filter(|route| route.access != crate::Access::Everybody) {
            for names in [vec![], vec!["a b: c".to_owned()]] {
                assert!(is_known(&Deed::asked(route.summary, &names).what), "{}", route.summary);
            }
        }
    }

    #[test]
    fn what_was_done_and_what_was_tried_are_told_apart() {
        let at = Deed { what: "mount volume demo at /srv/a on b".into(), here: true };
        let done = record(&at.recorded("node2"), "done");
        assert_eq!(done.deed(Language::English), "mounted demo at /srv/a on b on node2");
        let failed = record("log in as amy", "failed: wrong password or code");
        assert_eq!(failed.deed(Language::English), "tried to log in as amy");
        assert_eq!(failed.why(Language::English).unwrap(), "wrong password or code");
        assert_eq!(failed.why(Language::Korean).unwrap(), "비밀번호나 코드가 틀렸습니다");
        let refusal = crate::refusal::right_missing("amy", nasd_base::role::Right::ChangeIdentity);
        let refused = record("delete a user: bob", &format!("refused: {refusal}"));
        assert_eq!(refused.deed(Language::English), "tried to delete a user: bob");
        assert_eq!(refused.deed(Language::Korean), "사용자 삭제: bob");
        check_korean(&refused.why(Language::Korean).unwrap().replace("change_identity", "_"));
    }

    #[test]
    fn old_records_stay_as_they_are() {
        let old = |outcome| record("POST /api/v1/mounts", outcome);
        assert_eq!((old("200 OK").ending(), old("200 OK").why(Language::Korean)), (AuditEnding::Done, None));
        assert_eq!(old("200 OK").deed(Language::Korean), "POST /api/v1/mounts");
        assert_eq!(old("409 Conflict").ending(), AuditEnding::Refused);
        assert_eq!(old("409 Conflict").why(Language::English).unwrap(), "409 Conflict");
        assert_eq!(old("500 Internal Server Error").ending(), AuditEnding::Failed);
    }
}
