//! Owns how a sent form is read: bounded, of one type, from a page of this console, by whoever is logged in. What was
//! typed survives a session that ended meanwhile, and a cluster that does not answer.

use crate::chrome::{Chrome, html};
use crate::console::Console;
use crate::form::Form;
use crate::login;
use crate::refusal::{self, Refused};
use crate::room::StrangersForms;
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
/// What a stranger's form has room for, always: a login.
const STRANGERS_FORM_BYTES: usize = 4 << 10;
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
        let form = form_of(&visit, &parts.headers, body, Some(&console.forms)).await?;
        Ok(Sent { visit, form })
    }
}

/// Who sends it is asked before the form is read: a stranger's is small, or has to find room.
impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Refused;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Posted, Refused> {
        let (parts, body) = request.into_parts();
        let visit = Visit::of(&parts, console)?;
        let member = Member::of(&visit).await;
        let room = member.is_err().then_some(&console.forms);
        let form = form_of(&visit, &parts.headers, body, room).await?;
        let csrf = Secret::new(form.get("csrf"));
        match member {
            Ok(mut member) if belongs(&member, &csrf) => {
                member.bring(csrf);
                Ok(Posted { member, form })
            }
            Ok(member) => Err(carried(&member, &form)),
            Err(ClientError::Refused(error)) if error.code == ErrorCode::Unauthenticated => {
                Err(login::again(&visit, &form))
            }
            Err(error) if error.is_silence() => Err(unanswered(&visit, &form, &error)),
            Err(error) => Err(visit.refuse(error)),
        }
    }
}

async fn form_of(
    visit: &Visit,
    headers: &HeaderMap,
    body: Body,
    room: Option<&StrangersForms>,
) -> Result<Form, Refused> {
    let refuse = |status| {
        let chrome = visit.chrome(refusal::title(status, visit.words()));
        Refused::from(refusal::page(chrome, status, None))
    };
    if !is_form(headers) {
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    Ok(Form::parse(&read(body, room).await.map_err(refuse)?))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM_TYPE)
}

/// `room`: where a stranger's form has to find it.
async fn read(body: Body, room: Option<&StrangersForms>) -> Result<bytes::Bytes, StatusCode> {
    let drained = if room.is_some() { FORM_BYTES_MAX } else { DRAINED_BYTES_MAX };
    let mut body = Limited::new(body, drained);
    let (mut read, mut held) = (bytes::BytesMut::new(), Vec::new());
    let mut fits = true;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(StatusCode::PAYLOAD_TOO_LARGE) };
        let data = frame.into_data().unwrap_or_default();
        fits = fits && read.len() + data.len() <= FORM_BYTES_MAX;
        if !fits {
            continue;
        }
        if let Some(room) = room
            && read.len() + data.len() > STRANGERS_FORM_BYTES
        {
            held.push(room.take(data.len()).ok_or(StatusCode::SERVICE_UNAVAILABLE)?);
        }
        read.extend_from_slice(&data);
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
    let page = CarriedPage {
        detail: Some(visit.language.said(error).sentence),
        ..CarriedPage::new(c, w.unanswered_text, form)
    };
    html(StatusCode::SERVICE_UNAVAILABLE, page).into()
}

impl CarriedPage {
    fn new(c: Chrome, text: Text, form: &Form) -> CarriedPage {
        let kept = form.kept().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        CarriedPage { to: c.here.clone(), c, text, detail: None, kept }
    }
}
