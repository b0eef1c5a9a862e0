//! Owns the audit log as a file (RFC 4180), page by page as it is read.

use super::asked::wanted;
use crate::page::{Member, Refused, Response};
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures::stream;
use nasd_api::{AuditAt, AuditRecord, ClientError, ReadAudit, Zone};
use std::fmt::Write;

const HEAD: &str = "seq,at,actor,address,through,action,outcome,hash,times\r\n";
/// Records that are asked for at once.
const PAGE: u32 = 500;

/// The records that the filter asks for. A file that cannot be read to its end ends with the connection, so that nobody
/// takes it for whole.
pub async fn download(member: Member) -> Result<Response, Refused> {
    let at = AuditAt { limit: Some(PAGE), ..wanted(&member.visit.query(), &member.zone) };
    let first = member.ask::<ReadAudit>(at.clone()).await?.items;
    let begun = Bytes::from(HEAD.to_owned() + &lines(&first, &member.zone));
    let rest = stream::try_unfold(next(&at, &first), move |at| {
        let (client, zone) = (member.client.clone(), member.zone.clone());
        async move {
            let Some(at) = at else { return Ok::<_, ClientError>(None) };
            let records = client.ask::<ReadAudit>(at.clone()).await?.items;
            Ok(Some((Bytes::from(lines(&records, &zone)), next(&at, &records))))
        }
    });
    let body = stream::StreamExt::chain(stream::once(async { Ok(begun) }), rest);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// What to ask for after these.
fn next(at: &AuditAt, records: &[AuditRecord]) -> Option<AuditAt> {
    let last = records.last().filter(|_| records.len() == PAGE as usize)?;
    Some(AuditAt { before: Some(last.seq), ..at.clone() })
}

fn lines(records: &[AuditRecord], zone: &Zone) -> String {
    records.iter().map(|record| line(record, zone)).collect()
}

fn line(record: &AuditRecord, zone: &Zone) -> String {
    let mut line = format!("{},{}", record.seq, zone.exact(record.at));
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
    use proptest::prelude::*;

    fn record(cells: [&str; 6]) -> AuditRecord {
        let [actor, address, through, action, outcome, hash] = cells.map(str::to_owned);
        let names = Default::default();
        AuditRecord { seq: 1, at: 0, actor, address, through, action, outcome, hash, times: 2, names }
    }

    /// As RFC 4180 has it.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted && chars.next_if_eq(&'\n').is_some() => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                other => cell.push(other),
            }
        }
        assert!(!quoted && cell.is_empty() && row.is_empty(), "{text}");
        rows
    }

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        let record = record(["=cmd|' /C calc'!A0", "a\",\"b", "x\r\ny", "-1", "done", "00"]);
        assert_eq!(
            line(&record, &Zone::default()),
            "1,1970-01-01T00:00:00+00:00,\"'=cmd|' /C calc'!A0\",\"a\"\",\"\"b\",\"x\r\ny\",\"'-1\",\"done\",\"00\",2\r\n"
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_none_begins_a_formula(
            cells in prop::array::uniform6("(\\PC|[=+@\t\r\n\",'-]){0,12}"),
        ) {
            let records = [record(cells.each_ref().map(String::as_str)), record(["a", "b", "c", "d", "e", "f"])];
            let rows = read(&(HEAD.to_owned() + &lines(&records, &Zone::default())));
            prop_assert_eq!(rows.len(), 3);
            prop_assert!(rows.iter().all(|row| row.len() == rows[0].len()));
            for (read, written) in rows[1][2..8].iter().zip(&cells) {
                prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t', '\r']));
                prop_assert_eq!(read.strip_prefix('\'').filter(|_| read != written).unwrap_or(read), written);
            }
        }
    }
}
