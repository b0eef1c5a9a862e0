//! Owns the page for when the cluster does not answer: what is known, and what to do, step by step.

use crate::chrome::{Chrome, html};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "silence.html")]
struct SilencePage {
    c: Chrome,
    /// What was said instead of an answer.
    detail: Option<String>,
    /// Where to try again.
    again: String,
}

/// `detail`: what was said instead of an answer; without it there is one, and the page is only read.
pub fn page(c: Chrome, detail: Option<String>, again: String) -> Response {
    let status = if detail.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    html(status, SilencePage { c, detail, again })
}
