//! Owns what deeds are called: as the audit log holds them, and as people read them.
//!
//! The log holds an order (`create volume demo`). It is read as what was done or, where it was not, as what somebody tried.
//! What it has by number, a `{member}` or several `{nodes}`, is read by name.

use crate::Deed;
use crate::deed::Words;
use crate::nouns::{self, AuditEnding, AuditRecord};
use crate::refusal::{Language, in_korean};
use crate::refused::{filled, recognised};
use crate::route::Route;

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
            Language::English if is_done => self.said(language, |words| words.english),
            Language::English => {
                self.said(language, |words| words.recorded).map(|it| format!("tried to {it}"))
            }
            Language::Korean => self.said(language, |words| words.korean),
        };
        said.unwrap_or_else(|| self.action.clone())
    }

    fn said(&self, language: Language, form: fn(&Words) -> &'static str) -> Option<String> {
        let named = |number: &str| self.names.get(number).map_or(number, String::as_str).to_owned();
        said(&self.action, form, &|place, value| match place {
            "role" => role(language, value).to_owned(),
            _ if NODES.contains(&place) => value.split(", ").map(named).collect::<Vec<_>>().join(", "),
            _ => value.to_owned(),
        })
    }

    /// From where: an address, or the socket of a node, by its name.
    pub fn place(&self) -> String {
        match self.address.strip_prefix(SOCKET_OF) {
            Some(number) => format!("local:{}", self.names.get(number).map_or(number, String::as_str)),
            None => self.address.clone(),
        }
    }
}

/// How the log calls the local socket of a node, before its number.
const SOCKET_OF: &str = "local:node-";

/// The numbers of nodes that an action and an address name.
pub fn numbers_in(action: &str, address: &str) -> Vec<String> {
    let of_action = all().find_map(|words| recognised(words.recorded, action)).unwrap_or_default();
    let listed = NODES.iter().filter_map(|place| of_action.get(*place)).flat_map(|it| it.split(", "));
    listed.chain(address.strip_prefix(SOCKET_OF)).map(str::to_owned).collect()
}

/// The places of nodes that are recorded by number.
const NODES: [&str; 2] = ["member", "nodes"];

fn role(language: Language, name: &str) -> &str {
    match (language, name) {
        (Language::English, "share_owner") => "share owner",
        (Language::Korean, "administrator") => "관리자",
        (Language::Korean, "operator") => "운영자",
        (Language::Korean, "auditor") => "감사자",
        (Language::Korean, "share_owner") => "공유 소유자",
        _ => name,
    }
}

/// Those of every noun, too.
fn all() -> impl Iterator<Item = &'static Words> {
    nouns::DEEDS.iter().copied().flatten().chain(deeds::WORDS)
}

fn said(
    action: &str,
    form: fn(&Words) -> &'static str,
    told: &dyn Fn(&str, &str) -> String,
) -> Option<String> {
    let exactly = |text: &str| all().find(|words| words.recorded == text).map(form);
    let asked =
        || action.split_once(": ").and_then(|(text, names)| Some(format!("{}: {names}", exactly(text)?)));
    let filled_in = |words: &Words| {
        let mut values = recognised(words.recorded, action)?;
        values.iter_mut().for_each(|(place, value)| *value = told(place, value));
        filled(form(words), &values, &str::to_owned)
    };
    exactly(action).map(str::to_owned).or_else(asked).or_else(|| all().find_map(filled_in))
}

/// What a route is called in Korean: by itself, or as it is recorded.
pub(crate) fn summary_in_korean(route: &Route) -> Option<&'static str> {
    route.korean.or_else(|| called_in_korean(&Deed::asked(route.summary, &[]).what))
}

/// What something that the gate records is called, without values.
fn called_in_korean(recorded: &str) -> Option<&'static str> {
    all().find(|words| words.recorded == recorded).map(|words| words.korean)
}

/// Whether people can read it in every language, for tests.
#[cfg(any(test, feature = "testing"))]
pub fn is_known(action: &str) -> bool {
    said(action, |words| words.korean, &|_, value| value.to_owned()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
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
            names: BTreeMap::new(),
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

    /// "removed node 4": nobody knew any more which machine that had been.
    #[test]
    fn a_node_is_called_by_the_name_that_it_has_or_had() {
        let named = |action: &str| {
            let names = [("2", "beta"), ("4", "delta")].map(|(id, name)| (id.to_owned(), name.to_owned()));
            AuditRecord { names: names.into(), address: "local:node-4".into(), ..record(action, "done") }
        };
        let removed = named("remove node 4");
        assert_eq!(removed.deed(Language::English), "removed node delta");
        assert_eq!(removed.deed(Language::Korean), "노드 delta 제거");
        assert_eq!(removed.place(), "local:delta");
        let placed = named("put volume demo on nodes 2, 4, 7");
        assert_eq!(placed.deed(Language::English), "put volume demo on nodes beta, delta, 7");
        assert_eq!(
            named("mount volume demo at /srv on 4").deed(Language::English),
            "mounted demo at /srv on 4"
        );
        let made = record("create group night, share_owner, of amy, bob", "done");
        assert_eq!(made.deed(Language::English), "created group night, share owner, of amy, bob");
        assert_eq!(made.deed(Language::Korean), "그룹 night 생성, 역할 공유 소유자, 소속 사용자 amy, bob");
        assert_eq!(numbers_in("put volume demo on nodes 2, 4", "local:node-7"), ["2", "4", "7"]);
        assert!(numbers_in("delete volume 4", "192.0.2.4").is_empty());
    }

    #[test]
    fn every_request_is_called_something_in_korean() {
        for route in crate::routes() {
            let korean = summary_in_korean(&route);
            check_korean(korean.unwrap_or_else(|| panic!("{}: say .korean(\"…\")", route.summary)));
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
