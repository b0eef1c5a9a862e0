//! Owns the audit log's pages: newest first, by whom and what and when, and checked on request.

mod asked;
mod csv;
pub mod words;

use crate::console::AT_LENGTH;
use crate::page::{
    Chrome, Form, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, Text, html,
};
use asked::{ENDINGS, wanted};
use nasd_api::{AuditAt, AuditEnding, AuditRecord, AuditVerdict, Nothing, ReadAudit, VerifyAudit};
use nasd_base::role::Right;
use words::Words;

const PAGE: u32 = 50;

pub const NOUN: Noun = Noun::new(routes)
    .says(words::TABLE)
    .under(Heading::People, "/audit", "list", |language| words::of(language).nav)
    .for_who_may(Right::ReadAudit);

fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/audit", list),
        PageRoute::get("/audit/verify", verify),
        PageRoute::get("/audit.csv", csv::download),
    ]
}

#[derive(Template)]
#[template(path = "audit/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<AuditRecord>,
    /// Where the older ones begin.
    older: Option<u64>,
    is_first: bool,
    asked: Form,
    verdict: Option<AuditVerdict>,
}

impl ListPage {
    /// The same filter, in an address, from `before` on.
    fn asking(&self, before: impl AsRef<str>) -> String {
        let mut asked = Form::default();
        for name in ["user", "about", "ending", "since", "until"] {
            asked.set(name, self.asked.get(name));
        }
        asked.set("before", before.as_ref());
        match asked.given().encoded() {
            none if none.is_empty() => none,
            asked => format!("?{asked}"),
        }
    }
}

async fn list(member: Member) -> Result<Response, Refused> {
    page(&member, None).await
}

async fn verify(member: Member) -> Result<Response, Refused> {
    let verified = member.client.within(AT_LENGTH).ask::<VerifyAudit>(Nothing).await;
    let verdict = verified.map_err(|error| member.refuse(error))?;
    page(&member, Some(verdict)).await
}

async fn page(member: &Member, verdict: Option<AuditVerdict>) -> Result<Response, Refused> {
    let asked = member.visit.query();
    let at = AuditAt { limit: Some(PAGE), ..wanted(&asked, &member.zone) };
    let is_first = at.before.is_none();
    let rows = member.ask::<ReadAudit>(at).await?.items;
    let older = rows.last().map(|record| record.seq).filter(|_| rows.len() == PAGE as usize);
    let c = member.chrome(words::of(member.language()).nav);
    Ok(html(StatusCode::OK, ListPage { c, rows, older, is_first, asked, verdict }))
}

fn ended(w: &Words, ending: AuditEnding) -> Text {
    match ending {
        AuditEnding::Done => w.done,
        AuditEnding::Refused => w.refused,
        AuditEnding::Failed => w.failed,
    }
}

/// What proved who it was.
fn through(record: &AuditRecord, w: &Words) -> String {
    match record.through.as_str() {
        "session" => w.by_session.to_string(),
        "local socket" => w.by_socket.to_string(),
        "nothing" => w.by_nothing.to_string(),
        other => match other.strip_prefix("API token ") {
            Some(name) => w.by_token.of(name),
            None => other.to_owned(),
        },
    }
}

/// A class of the style sheet, and an icon.
fn look(record: &AuditRecord) -> (&'static str, &'static str) {
    match record.ending() {
        AuditEnding::Done => ("ok", "ok"),
        AuditEnding::Refused => ("warn", "warn"),
        AuditEnding::Failed => ("bad", "stop"),
    }
}
