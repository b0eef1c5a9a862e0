//! Owns sentences that tell how something does: a reason with values, put into words where they are read. See
//! `docs/decisions/0034-refusals.md`.

use crate::refusal::{Language, filled, recognised};
use crate::{happening, verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A statement in every language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sentence {
    /// Which statement it is, for programs: it stays the same when the words change.
    #[serde(default)]
    pub reason: String,
    /// The same in English, with a full stop.
    pub text: String,
    /// What it is about, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// The words of one reason, with `{name}` in the places of values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wording {
    pub reason: &'static str,
    pub english: &'static str,
    pub korean: &'static str,
}

impl Sentence {
    pub(crate) fn of(words: &Wording, values: &[(&str, String)]) -> Sentence {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let text = filled(words.english, &values, &str::to_owned).unwrap_or_default();
        Sentence { reason: words.reason.to_owned(), text, values }
    }

    /// In this language; as it was sent where that is not known.
    pub fn said(&self, language: Language) -> String {
        let translated = || {
            let words = words().find(|words| words.reason == self.reason)?;
            filled(words.korean, &self.values, &in_korean)
        };
        match language {
            Language::English => self.text.clone(),
            Language::Korean => translated().unwrap_or_else(|| self.text.clone()),
        }
    }
}

fn words() -> impl Iterator<Item = &'static Wording> {
    verdict::WORDS.iter().chain(happening::WORDS)
}

/// A sentence within another one; as it is when nobody knows it.
fn in_korean(sentence: &str) -> String {
    let said = |words: &Wording| filled(words.korean, &recognised(words.english, sentence)?, &str::to_owned);
    words().find_map(said).unwrap_or_else(|| sentence.to_owned())
}

/// Declares sentences: a function each, named by its reason.
macro_rules! sentences {
    ($($name:ident($($place:ident),*): $english:literal, $korean:literal;)*) => {
        $(#[doc = $english]
        pub fn $name($($place: impl std::fmt::Display),*) -> $crate::Sentence {
            let words = $crate::sentence::Wording { reason: stringify!($name), english: $english, korean: $korean };
            $crate::Sentence::of(&words, &[$((stringify!($place), $place.to_string())),*])
        })*

        pub(crate) const WORDS: &[$crate::sentence::Wording] = &[$($crate::sentence::Wording {
            reason: stringify!($name),
            english: $english,
            korean: $korean,
        }),*];

        /// One of each, for tests.
        #[cfg(test)]
        pub(crate) fn samples() -> Vec<$crate::Sentence> {
            vec![$($name($(concat!("<", stringify!($place), ">")),*)),*]
        }
    };
}
pub(crate) use sentences;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::testing::check_korean;
    use std::collections::BTreeSet;

    #[test]
    fn every_sentence_can_be_read_in_both_languages() {
        let mut reasons = BTreeSet::new();
        for sentence in verdict::samples().into_iter().chain(happening::samples()) {
            assert!(sentence.text.ends_with(['.', '>']), "{sentence:?}");
            let mut korean = sentence.said(Language::Korean);
            assert_ne!(korean, sentence.text);
            for value in sentence.values.values() {
                assert!(
                    korean.contains(value.as_str()) && sentence.text.contains(value.as_str()),
                    "{sentence:?}"
                );
                korean = korean.replace(value.as_str(), "_");
            }
            check_korean(&korean);
            assert!(!korean.contains("을(를)"), "{korean}");
            assert!(reasons.insert(sentence.reason.clone()), "{sentence:?}");
        }
    }

    #[test]
    fn a_sentence_within_another_is_translated_too() {
        let why = verdict::of_volume("media", verdict::replicas_missing(2, 3).text);
        assert_eq!(why.text, "Volume media: 2 of 3 replicas answer.");
        assert_eq!(why.said(Language::Korean), "볼륨 media: 복제본 3개 중 2개가 응답합니다.");
    }

    #[test]
    fn what_a_newer_node_says_is_shown_as_it_was_sent() {
        let newer = Sentence { reason: "on_fire".into(), text: "It burns.".into(), values: BTreeMap::new() };
        assert_eq!(newer.said(Language::Korean), "It burns.");
    }
}
