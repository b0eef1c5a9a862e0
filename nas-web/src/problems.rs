//! Owns what is wrong with a form, so that the page can show it again with everything that was typed.

use crate::refusal::Refused;
use crate::visit::Member;
use crate::words::Text;
use axum::http::StatusCode;
use nasd_api::refusal::Said;
use nasd_api::{ClientError, ErrorCode};

/// Problems of one form; none before it was sent.
#[derive(Default)]
pub struct Problems {
    pub items: Vec<Problem>,
    /// Why nasd refused the whole.
    pub refusal: Option<Refusal>,
    status: StatusCode,
}

pub struct Problem {
    /// The `id` of the field.
    pub field: String,
    pub text: String,
}

/// In words: what failed, in which state things are, what to do.
pub struct Refusal {
    pub meaning: String,
    pub detail: String,
    pub hint: Option<String>,
}

impl Refusal {
    /// What it means for the page, and what nasd said.
    pub fn of(meaning: Text, said: Said) -> Refusal {
        Refusal { meaning: meaning.to_string(), detail: said.sentence, hint: said.hint }
    }
}

impl Problems {
    pub fn add(&mut self, field: &str, text: impl Into<String>) {
        self.items.push(Problem { field: field.to_owned(), text: text.into() });
        self.status = StatusCode::BAD_REQUEST;
    }

    /// The whole was refused.
    pub fn refused(status: StatusCode, refusal: Refusal) -> Problems {
        Problems { items: Vec::new(), refusal: Some(refusal), status }
    }

    /// Adds it unless it is fine.
    pub fn check(&mut self, fine: bool, field: &str, text: Text) {
        if !fine {
            self.add(field, text.to_string());
        }
    }

    /// Passes on what there is; what is missing is a problem.
    pub fn need<T>(&mut self, value: Option<T>, field: &str, text: Text) -> Option<T> {
        self.check(value.is_some(), field, text);
        value
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.refusal.is_none()
    }

    /// What is wrong with this field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.items.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }

    /// For the page that shows them.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What nasd said, beside the form. `field`: where a name that is taken was typed.
    ///
    /// # Errors
    /// Refusals that have a page of their own: the session ended.
    pub fn of_error(member: &Member, error: ClientError, field: &str) -> Result<Problems, Refused> {
        let w = member.words();
        let code = match &error {
            ClientError::Refused(refused) if refused.code == ErrorCode::Unauthenticated => {
                return Err(member.refuse(error));
            }
            ClientError::Refused(refused) => refused.code,
            ClientError::TimedOut { .. } => ErrorCode::TimedOut,
            _ => ErrorCode::Unavailable,
        };
        let mut problems = Problems { status: code.status(), ..Problems::default() };
        if code == ErrorCode::AlreadyExists {
            problems.items.push(Problem { field: field.to_owned(), text: w.taken.to_string() });
        }
        let meaning = match code {
            ErrorCode::Unavailable => w.refused_unavailable,
            ErrorCode::TimedOut => w.refused_timed_out,
            ErrorCode::Denied => w.refused_denied,
            ErrorCode::TooManyAttempts => w.refused_too_many,
            _ => w.refused_unchanged,
        };
        problems.refusal = Some(Refusal::of(meaning, member.visit.language.said(&error)));
        Ok(problems)
    }
}
