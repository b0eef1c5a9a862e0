//! Owns how words are declared: the macros of the files beside this one, and what they make.

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
    pub(super) english: &'static str,
    pub(super) korean: &'static str,
}

/// The words of one reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub reason: &'static str,
    /// `None` where whoever refuses says it.
    pub english: Option<&'static str>,
    pub korean: &'static str,
    pub hint: Option<Hint>,
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
pub(super) fn made(code: ErrorCode, words: &[Words], reason: &str, values: &[(&str, String)]) -> ApiError {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let words = words.iter().find(|words| words.reason == reason);
    let message = words.and_then(|words| filled(words.english?, &values, &str::to_owned));
    let hint = words.and_then(|words| words.hint?.said(Language::English, &values));
    ApiError { code, reason: reason.to_owned(), message: message.unwrap_or_default(), hint, values }
}

/// Declares refusals that a node makes by itself: a function each, named by its reason.
macro_rules! refusals {
    ($($name:ident($($place:ident),*): $code:ident,
        $english:literal, $korean:literal $(, hint $hint:literal, $hint_korean:literal)?;)*) => {
        $(#[doc = $english]
        pub fn $name($($place: impl std::fmt::Display),*) -> $crate::ApiError {
            let values: &[(&str, String)] = &[$((stringify!($place), $place.to_string())),*];
            $crate::refusal::words::made($crate::ErrorCode::$code, WORDS, stringify!($name), values)
        })*

        pub(super) const WORDS: &[$crate::refusal::words::Words] = &[$($crate::refusal::words::Words {
            reason: stringify!($name),
            english: Some($english),
            korean: $korean,
            hint: $crate::refusal::words::hint!($($hint, $hint_korean)?),
        }),*];

        /// One of each, for tests.
        #[cfg(test)]
        pub(super) fn samples() -> Vec<$crate::ApiError> {
            vec![$($name($(concat!("<", stringify!($place), ">")),*)),*]
        }
    };
}

/// Words for what is refused elsewhere: the Korean, and the English where it has to be recognised.
macro_rules! words {
    ($($name:ident $(($english:literal))?: $korean:literal
        $(, hint $hint:literal, $hint_korean:literal)?;)*) => {
        pub(super) const WORDS: &[$crate::refusal::words::Words] = &[$($crate::refusal::words::Words {
            reason: stringify!($name),
            english: $crate::refusal::words::optional!($($english)?),
            korean: $korean,
            hint: $crate::refusal::words::hint!($($hint, $hint_korean)?),
        }),*];
    };
}

macro_rules! hint {
    () => {
        None
    };
    ($english:literal, $korean:literal) => {
        Some($crate::refusal::words::Hint { english: $english, korean: $korean })
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

pub(super) use {hint, optional, refusals, words};
