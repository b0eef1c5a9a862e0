//! Owns how a sent form is read: bounded, of one type, from a page of this console, by whoever is logged in. What was
//! typed survives a session that ended meanwhile, and a cluster that does not answer.

use crate::chrome::{Chrome, html};
use crate::console::Console;
use crate::form::Form;
use crate::pages::login;
use crate::refusal::{self, Refused};
use crate::visit::{Member, Visit};
use crate::words::Text;
use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Limited};
use nasd_api::{ClientError, ErrorCode, Secret};
use std::sync::Arc;

/// Largest form, in bytes: the largest honest one, an export with hundreds of clients, is a fraction of it.
pub const FORM_BYTES_MAX: usize = 64 << 10;
/// What is read and thrown away of a larger one, so that the browser gets to see the answer.
const DRAINED_BYTES_MAX: usize = 16 << 20;
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// A form that somebody sent who need not be logged in.
pub struct Sent {
    pub visit: Visit,
    pub form: Form,
}

/// A form that a member sent, from a page that was made for the same session.
pub struct Posted {
    pub member: Member,
    pub form: Form,
}

impl FromRequest<Arc<Console>> for Sent {
    type Rejection = Refused;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Sent, Refused> {
        let (parts, body) = request.into_parts();
        let visit = Visit::of(&parts, console)?;
        let refuse = |status| {
            let chrome = visit.chrome(refusal::title(status, &visit));
            Refused::from(refusal::page(chrome, status, None))
        };
        if !is_form(&parts.headers) {
            return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = read(body).await.map_err(refuse)?;
        Ok(Sent { visit, form: Form::parse(&bytes) })
    }
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Refused;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Posted, Refused> {
        let Sent { visit, form } = Sent::from_request(request, console).await?;
        let csrf = Secret::new(form.get("csrf"));
        match Member::of(&visit, Some(csrf.clone())).await {
            Ok(member) if belongs(&member, &csrf) => Ok(Posted { member, form }),
            Ok(member) => Err(carried(&member, &form)),
            Err(ClientError::Refused(error)) if error.code == ErrorCode::Unauthenticated => {
                Err(login::again(&visit, &form))
            }
            Err(error) if error.is_silence() => Err(unanswered(&visit, &form, &error)),
            Err(error) => Err(visit.refuse(error)),
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM_TYPE)
}

async fn read(body: Body) -> Result<bytes::Bytes, StatusCode> {
    let mut body = Limited::new(body, DRAINED_BYTES_MAX);
    let mut read = bytes::BytesMut::new();
    let mut fits = true;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(StatusCode::PAYLOAD_TOO_LARGE) };
        let data = frame.into_data().unwrap_or_default();
        fits = fits && read.len() + data.len() <= FORM_BYTES_MAX;
        if fits {
            read.extend_from_slice(&data);
        }
    }
    if fits { Ok(read.freeze()) } else { Err(StatusCode::PAYLOAD_TOO_LARGE) }
}

/// nasd checks it again with every change; here it covers forms that change nothing.
fn belongs(member: &Member, csrf: &Secret) -> bool {
    let hash = |secret: &Secret| blake3::hash(secret.reveal().as_bytes());
    member.whoami.csrf_token.as_ref().is_some_and(|expected| hash(expected) == hash(csrf))
}

#[derive(Template)]
#[template(path = "carried.html")]
struct CarriedPage {
    c: Chrome,
    text: Text,
    /// What the cluster said, or that it did not.
    detail: Option<String>,
    to: String,
    kept: Vec<(String, String)>,
}

/// The page of another session sent the form: it is not carried out, and not lost either.
fn carried(member: &Member, form: &Form) -> Refused {
    let c = member.chrome(member.words().title_carried);
    html(StatusCode::FORBIDDEN, CarriedPage::new(c, member.words().carried_text, form)).into()
}

/// Nobody could say whose form it is: the browser keeps it until somebody can.
fn unanswered(visit: &Visit, form: &Form, error: &ClientError) -> Refused {
    let w = visit.words();
    let c = Chrome { csrf: form.get("csrf").to_owned(), ..visit.chrome(w.title_unanswered) };
    let page =
        CarriedPage { detail: Some(error.to_string()), ..CarriedPage::new(c, w.unanswered_text, form) };
    html(StatusCode::SERVICE_UNAVAILABLE, page).into()
}

impl CarriedPage {
    fn new(c: Chrome, text: Text, form: &Form) -> CarriedPage {
        let kept = form.kept().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        CarriedPage { to: c.here.clone(), c, text, detail: None, kept }
    }
}
