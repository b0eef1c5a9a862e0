//! Owns that the answer to a form that was refused has an address: the browser is sent to look at it, so that the way
//! back and a reload lead to it, with everything that was typed, and send nothing twice.
//!
//! Where it is not kept any more, its address is that of the form.

use crate::console::Console;
use crate::cookies::{self, SESSION_COOKIE};
use crate::form::Form;
use crate::kept::Found;
use crate::reply::to;
use crate::visit::{Member, visit_of};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::Response;
use nasd_api::{ClientError, ErrorCode, Secret};
use std::sync::Arc;

/// The field of an address that names a kept answer.
const FIELD: &str = "refused";

pub async fn pass(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let Some(session) = cookies::read(request.headers(), SESSION_COOKIE).map(Secret::new) else {
        return next.run(request).await;
    };
    if request.method().is_safe() {
        let query = Form::parse(request.uri().query().unwrap_or_default().as_bytes());
        return match console.kept.find(&session, query.get(FIELD)) {
            Some(Found { answer, is_new: true }) => answer,
            Some(Found { answer, .. }) => look_again(&console, answer, request, next).await,
            None => next.run(request).await,
        };
    }
    let path = request.uri().path().to_owned();
    let answer = next.run(request).await;
    if !is_refusal(&answer) {
        return answer;
    }
    match console.kept.keep(&session, answer).await {
        Ok(key) => to(&format!("{path}?{FIELD}={key}")),
        Err(answer) => answer,
    }
}

/// An ended session has nothing more to look at; a node that is silent ends none.
async fn look_again(console: &Arc<Console>, answer: Response, request: Request, next: Next) -> Response {
    let (visit, request) = visit_of(request, console);
    let Ok(visit) = visit else { return next.run(request).await };
    match Member::of(&visit).await {
        Err(ClientError::Refused(error)) if error.code == ErrorCode::Unauthenticated => {
            next.run(request).await
        }
        _ => answer,
    }
}

/// Not one that asks for a login: what was typed waits in the page, and the session is none any more.
fn is_refusal(answer: &Response) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    is_page && answer.status().as_u16() >= 400 && answer.status() != StatusCode::UNAUTHORIZED
}
