//! Owns the audit log's pages: newest first, checked on request, and as a file.

pub mod words;

use crate::console::AT_LENGTH;
use crate::figures::moment;
use crate::page::{Chrome, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, html};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use nasd_api::{AuditAt, AuditRecord, AuditVerdict, Nothing, ReadAudit, VerifyAudit};
use nasd_base::role::Right;
use std::fmt::Write;

const PAGE: usize = 50;
/// Records of a page of the interface, for the file.
const FILE_PAGE: usize = 500;
/// As many as the cluster keeps.
const FILE_RECORDS_MAX: usize = 50_000;

pub const NOUN: Noun = Noun::new(routes)
    .says(words::TABLE)
    .under(Heading::People, "/audit", "list", |language| words::of(language).nav)
    .for_who_may(Right::ReadAudit);

fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/audit", list),
        PageRoute::get("/audit/verify", verify),
        PageRoute::get("/audit/audit.csv", download),
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
    verdict: Option<AuditVerdict>,
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
    let before = member.visit.query().get("before").parse::<u64>().ok();
    let rows = records(member, before, PAGE).await?;
    let older = rows.last().map(|record| record.seq).filter(|_| rows.len() == PAGE);
    let c = member.chrome(words::of(member.language()).nav);
    Ok(html(StatusCode::OK, ListPage { c, rows, older, is_first: before.is_none(), verdict }))
}

async fn records(member: &Member, before: Option<u64>, limit: usize) -> Result<Vec<AuditRecord>, Refused> {
    let limit = u32::try_from(limit).ok();
    member.ask::<ReadAudit>(AuditAt { before, limit }).await.map(|list| list.items)
}

async fn download(member: Member) -> Result<Response, Refused> {
    let mut text = String::from("seq,at,actor,address,through,action,outcome,hash,times\r\n");
    let (mut before, mut count) = (None, 0);
    loop {
        let page = records(&member, before, FILE_PAGE).await?;
        for record in &page {
            text.push_str(&line(record));
        }
        count += page.len();
        before = page.last().map(|record| record.seq);
        if page.len() < FILE_PAGE || count >= FILE_RECORDS_MAX {
            break;
        }
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}

/// One line of the file (RFC 4180).
fn line(record: &AuditRecord) -> String {
    let mut line = format!("{},{}", record.seq, moment(record.at));
    for cell in
        [&record.actor, &record.address, &record.through, &record.action, &record.outcome, &record.hash]
    {
        let _ = write!(line, ",\"{}\"", harmless(cell).replace('"', "\"\""));
    }
    let _ = write!(line, ",{}\r\n", record.times);
    line
}

/// A spreadsheet takes these at the beginning of a cell for a formula.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        let record = AuditRecord {
            seq: 1,
            at: 0,
            actor: "=cmd|' /C calc'!A0".into(),
            address: "a\",\"b".into(),
            through: "x\r\ny".into(),
            action: "-1".into(),
            outcome: "done".into(),
            times: 2,
            hash: "00".into(),
        };
        let line = line(&record);
        assert_eq!(
            line,
            "1,1970-01-01 00:00,\"'=cmd|' /C calc'!A0\",\"a\"\",\"\"b\",\"x\r\ny\",\"'-1\",\"done\",\"00\",2\r\n"
        );
    }
}
