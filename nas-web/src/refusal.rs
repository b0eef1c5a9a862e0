//! Owns the pages that say no: what failed, what did not change, what to do next.

use crate::chrome::{Chrome, html};
use crate::reply::to_login;
use crate::silence::{self, Silence};
use crate::words::{Text, Words};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nasd_api::refusal::Said;
use nasd_api::{ClientError, ErrorCode};

/// A page instead of the one that was asked for. Boxed: most results are none.
#[derive(Debug)]
pub struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(response: Response) -> Refused {
        Refused(Box::new(response))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    c: Chrome,
    text: String,
    detail: Option<String>,
    hint: Option<String>,
}

/// A page with the status, what it means, and what whoever refused said.
pub fn page(chrome: Chrome, status: StatusCode, said: Option<Said>) -> Response {
    let text = meaning(&chrome, status).to_string();
    let (detail, hint) = said.map(|said| (said.sentence, said.hint)).unzip();
    let hint = hint.flatten();
    html(status, RefusalPage { c: chrome, text, detail, hint })
}

fn meaning(chrome: &Chrome, status: StatusCode) -> Text {
    let w = chrome.w;
    match status {
        StatusCode::NOT_FOUND => w.refused_not_found,
        StatusCode::FORBIDDEN => w.refused_denied,
        StatusCode::METHOD_NOT_ALLOWED => w.refused_method,
        StatusCode::PAYLOAD_TOO_LARGE => w.refused_too_large,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => w.refused_type,
        StatusCode::TOO_MANY_REQUESTS => w.refused_too_many,
        StatusCode::BAD_REQUEST | StatusCode::CONFLICT => w.refused_request,
        _ => w.refused_fault,
    }
}

/// The heading of a refusal with this status.
pub fn title(status: StatusCode, w: &Words) -> Text {
    match status {
        StatusCode::NOT_FOUND => w.title_not_found,
        StatusCode::FORBIDDEN => w.title_denied,
        StatusCode::PAYLOAD_TOO_LARGE => w.title_too_large,
        _ => w.title_refused,
    }
}

/// The page for a call that failed.
pub fn of_error(w: &Words, chrome: impl FnOnce(Text) -> Chrome, error: ClientError) -> Response {
    match &error {
        ClientError::Refused(refused) if refused.code == ErrorCode::Unauthenticated => {
            to_login(&chrome(w.title_login).here)
        }
        ClientError::Refused(refused) if !error.is_silence() => {
            let status = refused.code.status();
            let chrome = chrome(title(status, w));
            let said = chrome.language.said(&error);
            page(chrome, status, Some(said))
        }
        _ => {
            let chrome = chrome(w.title_recovery);
            let (silence, again) = (Silence::of(&error, chrome.language), chrome.here.clone());
            silence::page(chrome, Some(silence), again)
        }
    }
}
