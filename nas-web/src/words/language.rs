//! Owns which languages the console speaks, and which one a browser would rather read.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use nasd_api::refusal::{self, Said};
use nasd_api::{AuditRecord, CheckKind, ClientError, Sentence, finding};

/// A language that the console speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Korean,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::Korean];

    /// As in `lang` attributes and the cookie (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }

    /// What its speakers call it.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Korean => "한국어",
        }
    }

    /// What nasd refused, or that nobody answered.
    pub fn said(self, error: &ClientError) -> Said {
        error.refusal().said(self.of_nasd())
    }

    /// What nasd says of how something does.
    pub fn sentence(self, sentence: &Sentence) -> String {
        sentence.said(self.of_nasd())
    }

    /// What somebody did, or tried.
    pub fn deed(self, record: &AuditRecord) -> String {
        record.deed(self.of_nasd())
    }

    /// Why it was not done.
    pub fn why(self, record: &AuditRecord) -> Option<String> {
        record.why(self.of_nasd())
    }

    /// What a check of a diagnosis is called.
    pub fn check(self, check: CheckKind) -> &'static str {
        finding::title(check, self.of_nasd())
    }

    fn of_nasd(self) -> refusal::Language {
        match self {
            Language::English => refusal::Language::English,
            Language::Korean => refusal::Language::Korean,
        }
    }

    pub fn from_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// What the browser would rather read: the first language of its list that is known, weights aside, for
    /// browsers send the list in order.
    pub fn accepted(headers: &HeaderMap) -> Option<Language> {
        let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut codes = list.split(',').map(|entry| entry.trim().get(..2).unwrap_or_default());
        codes.find_map(|code| Language::from_code(&code.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_of_the_browser_counts() {
        let said = |list: &str| {
            let value = list.parse().expect("a header");
            Language::accepted(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, value)]))
        };
        assert_eq!(said("ko-KR,ko;q=0.9,en;q=0.8"), Some(Language::Korean));
        assert_eq!(said("fr, en-GB;q=0.5"), Some(Language::English));
        assert_eq!(said("fr, é"), None);
        assert_eq!(said(""), None);
    }
}
