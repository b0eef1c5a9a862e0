//! Owns sentences that tell how something does: a reason with values, put into words where they are read. See
//! `docs/decisions/0034-refusals.md`.

use crate::refused::filled;
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
