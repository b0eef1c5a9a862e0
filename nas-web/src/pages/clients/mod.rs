//! Owns the pages of clients: who uses the cluster's files, now and of late, on every node that answers; one of them; and
//! the section that the page of a volume has.

mod section;
mod show;
pub mod words;

pub use section::Section;

use crate::figures::bytes;
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, html,
};
use nasd_api::{FileClient, ListClients, Protocol, Zone};
use words::Words;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/clients", "plug", |language| words::of(language).nav);

const LIST: Listing = Listing::down_from("/clients", "seen");

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/clients", list), PageRoute::get("/clients/{client}", show::show)]
}

#[derive(Template)]
#[template(path = "clients/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<FileClient>,
    paging: Paging,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = LIST.ask::<ListClients>(&member, "").await?;
    let c = member.live(words::of(member.language()).nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging }))
}

pub(super) fn size(count: &Option<u64>) -> String {
    count.map(bytes).unwrap_or_else(|| "–".to_owned())
}

fn number(count: &Option<u64>) -> String {
    count.map_or_else(|| "–".to_owned(), |count| count.to_string())
}

fn protocol(client: &FileClient, unknown: &str) -> String {
    match client.protocol {
        Protocol::Nfs => "NFS".to_owned(),
        Protocol::Fuse => "FUSE".to_owned(),
        Protocol::Unknown => unknown.to_owned(),
    }
}

/// That it is connected, or when it left.
pub(super) fn seen(client: &FileClient, zone: &Zone, w: &Words) -> String {
    match client.last_seen {
        Some(last) if !client.connected => w.left.of(zone.minute(last)),
        _ => w.now.to_string(),
    }
}

fn rate(bytes_per_second: &Option<u64>, w: &Words) -> String {
    bytes_per_second.map_or_else(|| "–".to_owned(), |rate| w.per_second.of(bytes(rate)))
}
