//! Owns how words are declared: the macros of nouns and of the files beside this one, and what they make.

use super::fill::filled;
use crate::{ApiError, ErrorCode};
use std::collections::BTreeMap;

/// A language that refusals can be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Korean,
}

/// What to do about a refusal. `{name}` is the place of a value.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    pub(crate) english: &'static str,
    pub(crate) korean: &'static str,
}

/// The words of one reason.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub reason: &'static str,
    /// `None` where whoever refuses says it.
    pub english: Option<&'static str>,
    pub korean: &'static str,
    pub hint: Option<Hint>,
}

/// What is refused about one thing.
pub(crate) struct Table {
    /// By a node itself.
    pub own: &'static [Words],
    /// By the replicated state.
    pub of_state: &'static [Words],
}

impl Hint {
    /// `None` when a value is missing.
    pub fn said(self, language: Language, values: &BTreeMap<String, String>) -> Option<String> {
        let text = match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        };
        filled(text, values, &str::to_owned)
    }
}

/// The refusal with its English out of these words.
pub(crate) fn made(code: ErrorCode, words: &[Words], reason: &str, values: &[(&str, String)]) -> ApiError {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let words = words.iter().find(|words| words.reason == reason);
    let message = words.and_then(|words| filled(words.english?, &values, &str::to_owned));
    let hint = words.and_then(|words| words.hint?.said(Language::English, &values));
    ApiError { code, reason: reason.to_owned(), message: message.unwrap_or_default(), hint, values }
}

/// Declares refusals that a node makes by itself: a function each, named by its reason. In braces after them stands what
/// the replicated state refuses, as in [`words`].
macro_rules! refusals {
    ($($name:ident($($place:ident),*): $code:ident,
        $english:literal, $korean:literal $(, hint $hint:literal, $hint_korean:literal)?;)*
        $({ $($of_state:tt)* })?) => {
        /// What is refused here, in words.
        pub(crate) mod refusals {
            use $crate::refused::words;

            $(#[doc = $english]
            pub fn $name($($place: impl std::fmt::Display),*) -> $crate::ApiError {
                let values: &[(&str, String)] = &[$((stringify!($place), $place.to_string())),*];
                words::made($crate::ErrorCode::$code, TABLE.own, stringify!($name), values)
            })*

            words::words! { $($($of_state)*)? }

            pub(crate) const TABLE: words::Table = words::Table {
                own: &[$(words::Words {
                    reason: stringify!($name),
                    english: Some($english),
                    korean: $korean,
                    hint: words::hint!($($hint, $hint_korean)?),
                }),*],
                of_state: WORDS,
            };

            /// One of each, for tests.
            #[cfg(test)]
            pub(crate) fn samples() -> Vec<$crate::ApiError> {
                vec![$($name($(concat!("<", stringify!($place), ">")),*)),*]
            }
        }
    };
}

/// Words for what is refused elsewhere: the Korean, and the English where it has to be recognised.
macro_rules! words {
    ($($name:ident $(($english:literal))?: $korean:literal
        $(, hint $hint:literal, $hint_korean:literal)?;)*) => {
        pub(crate) const WORDS: &[$crate::refused::words::Words] = &[$($crate::refused::words::Words {
            reason: stringify!($name),
            english: $crate::refused::words::optional!($($english)?),
            korean: $korean,
            hint: $crate::refused::words::hint!($($hint, $hint_korean)?),
        }),*];
    };
}

macro_rules! hint {
    () => {
        None
    };
    ($english:literal, $korean:literal) => {
        Some($crate::refused::words::Hint { english: $english, korean: $korean })
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($it:literal) => {
        Some($it)
    };
}

pub(crate) use {hint, optional, refusals, words};
