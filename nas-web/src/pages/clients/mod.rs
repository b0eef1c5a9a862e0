//! Owns the pages of clients: who uses the cluster's files, now and of late, on every node that answers; one of them; and
//! the section that the page of a volume has.

pub mod said;
mod section;
mod show;
pub mod words;

pub use section::Section;

use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, html,
};
use nasd_api::{FileClient, ListClients};
use said::{protocol, rate, seen, size};

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
