//! Owns the page of one disk: how full it is, the device under it, and what that says of its health.

use crate::page::{Chrome, Member, Path, Refused, Response, StatusCode, Template, html};
use nasd_api::{DiskAt, DiskDetail, ReadDisk};

#[derive(Template)]
#[template(path = "disks/disk.html")]
struct DiskPage {
    c: Chrome,
    detail: DiskDetail,
}

pub async fn show(Path((node, path)): Path<(String, String)>, member: Member) -> Result<Response, Refused> {
    let detail = member.ask::<ReadDisk>(DiskAt::new(&node, &path)).await?;
    let c = member.live(&detail.disk.path).await;
    Ok(html(StatusCode::OK, DiskPage { c, detail }))
}
