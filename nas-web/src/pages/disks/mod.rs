//! Owns the pages of disks: every node's, how full, what is wrong with one, and the device under it.

mod disk;
pub mod words;

use crate::figures::{Percent, bytes, percent};
use crate::page::{
    Chrome, Heading, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, html, paged,
};
use nasd_api::{DiskInfo, ListDisks};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/disks", "disk", |language| words::of(language).nav);

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
    let mut disks: Vec<DiskInfo> = member.all::<ListDisks>().await?;
    disks.sort_by(|a, b| (a.node, &a.path).cmp(&(b.node, &b.path)));
    let holds = |disk: &DiskInfo, q: &str| disk.node_name.contains(q) || disk.path.contains(q);
    let (rows, paging) = paged(disks, &member.visit.query(), "/disks", holds);
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
