//! Owns what is shown of clients that the export rules refused: a page of all, and the section that other pages have.

mod section;
pub mod words;

pub use section::{Row, Section};

use crate::page::{
    Chrome, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, html,
};
use nasd_api::{ListRefusedMounts, RefusedMountsAt};

pub const NOUN: Noun = Noun::new(routes).says(words::TABLE);

const LIST: Listing = Listing::down_from("/exports/refused", "last");

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/exports/refused", list)]
}

#[derive(Template)]
#[template(path = "refused_mounts/list.html")]
struct ListPage {
    c: Chrome,
    refused: Vec<Row>,
    paging: Paging,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let all = member.ask::<ListRefusedMounts>(RefusedMountsAt::default()).await?.items;
    let (rows, paging) = LIST.of(&member, all)?;
    let refused = rows.into_iter().map(|one| Row::of(&member, one)).collect();
    let c = member.live(words::of(member.language()).title).await;
    Ok(html(StatusCode::OK, ListPage { c, refused, paging }))
}
