//! Owns how refusals are read: what a node refuses has a reason and values, and is put into a sentence where it is read. See
//! `docs/decisions/0034-refusals.md`.
//!
//! They are declared by the nouns, and for any request in `refused`; from outside all of them are here.

mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod variant;

pub use crate::nouns::refused::*;
pub use crate::refused::client::{
    BAD_TOKEN, COMPARE_FINGERPRINT, NARROW_TOKEN, NASD_NOT_THERE, SERVER_NOT_THERE,
};
pub use crate::refused::words::{Hint, Language};
pub use crate::refused::*;
pub(crate) use tables::said_in_korean as in_korean;

use crate::{ApiError, ErrorCode};
use serde::Serialize;
use std::fmt::Display;
use tables::{korean, of_reason};

/// A refusal in the language of whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// One sentence or two, without a full stop at the end.
    pub sentence: String,
    pub hint: Option<String>,
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
            Some(Said { sentence: korean(words, &self.values)?, hint })
        };
        match language {
            Language::English => as_sent(),
            Language::Korean => translated().unwrap_or_else(as_sent),
        }
    }
}

#[cfg(test)]
mod tests;
