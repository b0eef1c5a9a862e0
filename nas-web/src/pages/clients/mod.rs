//! Owns the page of connected clients: who uses the cluster's files just now, on every node that answers.

pub mod words;

use crate::figures::bytes;
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, html,
};
use nasd_api::{ConnectedClient, ListClients, Protocol};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/clients", "plug", |language| words::of(language).nav);

const LIST: Listing = Listing::by("/clients", "node");

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/clients", list)]
}

#[derive(Template)]
#[template(path = "clients/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<ConnectedClient>,
    paging: Paging,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = LIST.ask::<ListClients>(&member, "").await?;
    let c = member.live(words::of(member.language()).nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging }))
}

fn size(count: &Option<u64>) -> String {
    count.map(bytes).unwrap_or_else(|| "–".to_owned())
}
