//! Owns the settings: what this console is, and in which language it speaks.

use crate::chrome::{Chrome, html};
use crate::figures::fingerprint;
use crate::refusal::Refused;
use crate::routes::PageRoute;
use crate::visit::Member;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::ClusterStatus;

pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/settings", show)]
}

#[derive(Template)]
#[template(path = "settings/settings.html")]
struct SettingsPage {
    c: Chrome,
    status: ClusterStatus,
    fingerprint: String,
}

async fn show(member: Member) -> Result<Response, Refused> {
    let status = member.get("/cluster").await?;
    let fingerprint = fingerprint(&member.visit.console.fingerprint);
    Ok(html(
        StatusCode::OK,
        SettingsPage { c: member.chrome(member.words().nav_settings), status, fingerprint },
    ))
}
