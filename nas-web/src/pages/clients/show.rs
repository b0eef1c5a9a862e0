//! Owns the page of one client: what it uses, how it is connected, what it was refused.

use super::said::{number, protocol, rate, seen, size};
use crate::figures::{bytes, long};
use crate::page::{Chrome, Member, Path, Refused, Response, StatusCode, Template, html};
use crate::pages::refused_mounts::Section;
use nasd_api::{ClientAt, FileClient, Protocol, ReadClient, RefusedMountsAt};

#[derive(Template)]
#[template(path = "clients/client.html")]
struct ClientPage {
    c: Chrome,
    client: FileClient,
    refused: Section,
}

pub async fn show(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    let client = member.ask::<ReadClient>(ClientAt::new(&name)).await?;
    let at = RefusedMountsAt { client: Some(client.client.clone()), ..RefusedMountsAt::default() };
    let refused = Section::of(&member, at).await;
    let c = member.live(&client.client).await;
    Ok(html(StatusCode::OK, ClientPage { c, client, refused }))
}
