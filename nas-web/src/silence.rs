//! Owns the page for when the cluster does not answer: what is known, and what to do, step by step.

use crate::chrome::{Chrome, html};
use crate::words::{Language, Text, of};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::ClientError;

/// Why there is no answer.
pub struct Silence {
    pub what: Text,
    /// What was said instead.
    pub detail: String,
}

impl Silence {
    /// A node that is down is another thing than one that hangs, and than one that answers for a cluster without a
    /// majority.
    pub fn of(error: &ClientError, language: Language) -> Silence {
        let w = of(language);
        let what = match error {
            ClientError::Unreachable { .. } => w.silence_down,
            ClientError::TimedOut { .. } => w.silence_frozen,
            _ => w.recovery_now,
        };
        Silence { what, detail: language.said(error).sentence }
    }
}

#[derive(Template)]
#[template(path = "silence.html")]
struct SilencePage {
    c: Chrome,
    silence: Option<Silence>,
    /// Where to try again.
    again: String,
}

/// Without a silence there is an answer, and the page is only read. `again`: where to ask for it.
pub fn page(c: Chrome, silence: Option<Silence>, again: String) -> Response {
    let status = if silence.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    html(status, SilencePage { c, silence, again })
}
