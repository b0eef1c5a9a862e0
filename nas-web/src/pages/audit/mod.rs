//! Owns the audit log's pages: newest first, by whom and what and when, and checked on request.

mod asked;
mod csv;
pub mod words;

use crate::console::AT_LENGTH;
use crate::listing::ROWS;
use crate::page::{
    Chrome, Form, Heading, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template,
    Text, html,
};
use asked::{ENDINGS, wanted};
use nasd_api::{AuditAt, AuditEnding, AuditRecord, AuditVerdict, Nothing, ReadAudit, VerifyAudit};
use nasd_base::role::Right;
use words::Words;

const LIST: Listing = Listing::down_from("/audit", "at");

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
    paging: Paging,
    asked: Form,
    verdict: Option<AuditVerdict>,
}

impl ListPage {
    /// The same filter, in an address.
    fn asking(&self) -> String {
        let mut asked = Form::default();
        for name in ["user", "about", "ending", "since", "until"] {
            asked.set(name, self.asked.get(name));
        }
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
    let log = LIST.by_asking(member, async |paging| {
        let (sort, descending) = (Some(paging.sort.clone()), paging.descending);
        let (after, up_to, limit) = (paging.after.clone(), paging.before.clone(), Some(ROWS as u32));
        let wanted = wanted(&asked, &member.zone);
        member.ask::<ReadAudit>(AuditAt { sort, descending, after, up_to, limit, ..wanted }).await
    });
    let (rows, paging) = log.await?;
    let c = member.chrome(words::of(member.language()).nav);
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, asked, verdict }))
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
        "password" => w.by_password.to_string(),
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
