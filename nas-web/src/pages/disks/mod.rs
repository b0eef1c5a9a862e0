//! Owns the pages of disks: every node's, how full, what is wrong with one, and the device under it.

mod disk;
pub mod words;

use crate::figures::{Percent, bytes, percent};
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, html,
};
use nasd_api::{DiskInfo, ListDisks};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/disks", "disk", |language| words::of(language).nav);

const LIST: Listing = Listing::by("/disks", "node");

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/disks", list), PageRoute::get("/disks/{node}/{path}", disk::show)]
}

#[derive(Template)]
#[template(path = "disks/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<DiskInfo>,
    paging: Paging,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = LIST.ask::<ListDisks>(&member, "").await?;
    let c = member.live(words::of(member.language()).nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging }))
}

/// Whoever filled it.
fn fullness(disk: &DiskInfo) -> Percent {
    percent(disk.total_bytes.saturating_sub(disk.available_bytes), disk.total_bytes)
}

fn size(count: &u64) -> String {
    bytes(*count)
}
