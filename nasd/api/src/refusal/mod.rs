//! Owns the words of refusals, in every language: what a node refuses has a reason and values, and is put into a
//! sentence where it is read. See `docs/decisions/0034-refusals.md`.
//!
//! A file for each noun declares what a node refuses by itself, and `state` translates what the replicated state does.

mod account;
mod caller;
mod client;
mod cluster;
mod fill;
mod phrases;
mod request;
mod state;
mod storage;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod variant;

pub use account::*;
pub use caller::*;
pub use client::*;
pub use cluster::*;
pub use request::*;
pub use storage::*;

use crate::{ApiError, ErrorCode};
use fill::{DEPTH_MAX, filled, recognised};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;

/// A language that refusals can be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Korean,
}

/// A refusal in the language of whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// One sentence or two, without a full stop at the end.
    pub sentence: String,
    pub hint: Option<String>,
}

/// What to do about a refusal. `{name}` is the place of a value.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    english: &'static str,
    korean: &'static str,
}

/// The words of one reason.
#[derive(Clone, Copy, Debug)]
struct Words {
    reason: &'static str,
    /// `None` where whoever refuses says it.
    english: Option<&'static str>,
    korean: &'static str,
    hint: Option<Hint>,
}

type Values = BTreeMap<String, String>;

/// Declares refusals that a node makes by itself: a function each, named by its reason.
macro_rules! refusals {
    ($($name:ident($($place:ident),*): $code:ident,
        $english:literal, $korean:literal $(, hint $hint:literal, $hint_korean:literal)?;)*) => {
        $(#[doc = $english]
        pub fn $name($($place: impl std::fmt::Display),*) -> $crate::ApiError {
            let values: &[(&str, String)] = &[$((stringify!($place), $place.to_string())),*];
            $crate::refusal::made($crate::ErrorCode::$code, stringify!($name), values)
        })*

        pub(super) const WORDS: &[super::Words] = &[$(super::Words {
            reason: stringify!($name),
            english: Some($english),
            korean: $korean,
            hint: $crate::refusal::hint!($($hint, $hint_korean)?),
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
        pub(super) const WORDS: &[super::Words] = &[$(super::Words {
            reason: stringify!($name),
            english: $crate::refusal::optional!($($english)?),
            korean: $korean,
            hint: $crate::refusal::hint!($($hint, $hint_korean)?),
        }),*];
    };
}

macro_rules! hint {
    () => {
        None
    };
    ($english:literal, $korean:literal) => {
        Some($crate::refusal::Hint { english: $english, korean: $korean })
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

use {hint, optional, refusals, words};

const DECLARED: [&[Words]; 6] =
    [account::WORDS, caller::WORDS, client::WORDS, cluster::WORDS, request::WORDS, storage::WORDS];

/// The words of this reason.
fn of_reason(reason: &str) -> Option<&'static Words> {
    let known = DECLARED.into_iter().chain([state::WORDS]).flatten();
    known.into_iter().find(|words| words.reason == reason)
}

fn made(code: ErrorCode, reason: &str, values: &[(&str, String)]) -> ApiError {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let words = of_reason(reason);
    let message = words.and_then(|words| filled(words.english?, &values, 0));
    let hint = words.and_then(|words| words.hint?.said(Language::English, &values));
    ApiError { code, reason: reason.to_owned(), message: message.unwrap_or_default(), hint, values }
}

impl ApiError {
    /// A refusal by an error that serde knows: the innermost variant is its reason, and what that holds its values, a
    /// lone one as `it`. The English sentence is the error's own.
    pub fn of(code: ErrorCode, error: &(impl Serialize + Display)) -> ApiError {
        let (reason, values) = variant::reason_of(error);
        let hint = of_reason(&reason).and_then(|words| words.hint?.said(Language::English, &values));
        ApiError { code, reason, message: error.to_string(), hint, values }
    }

    /// In this language; as it was sent where that is not known.
    pub fn said(&self, language: Language) -> Said {
        let as_sent = || Said { sentence: self.message.clone(), hint: self.hint.clone() };
        let translated = || {
            let words = of_reason(&self.reason)?;
            let hint = words.hint.and_then(|hint| hint.said(language, &self.values));
            Some(Said { sentence: filled(words.korean, &self.values, DEPTH_MAX)?, hint })
        };
        match language {
            Language::English => as_sent(),
            Language::Korean => translated().unwrap_or_else(as_sent),
        }
    }
}

impl Hint {
    /// `None` when a value is missing.
    pub fn said(self, language: Language, values: &BTreeMap<String, String>) -> Option<String> {
        let text = match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        };
        filled(text, values, 0)
    }
}

/// A sentence that came as text, in Korean; as it is when nobody knows it.
fn in_korean(sentence: &str, depth: u8) -> String {
    let known = [state::WORDS, phrases::WORDS].into_iter().flatten();
    let said = |words: &Words| filled(words.korean, &recognised(words.english?, sentence)?, depth);
    known.into_iter().find_map(said).unwrap_or_else(|| sentence.to_owned())
}

#[cfg(test)]
mod tests;
