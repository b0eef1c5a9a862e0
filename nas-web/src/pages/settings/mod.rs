//! Owns the settings: of the cluster, this console's certificate, and in which language it speaks.

mod certificate;
mod cluster;

use crate::chrome::{Chrome, html};
use crate::figures::{fingerprint, moment};
use crate::refusal::Refused;
use crate::route::PageRoute;
use crate::visit::Member;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{
    CertificateInfo, ClusterStatus, Nothing, ReadCertificate, ReadCluster, ReadSettings, Settings,
};
use nasd_base::role::Right;
use nasd_base::{Clock, SystemClock};

pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/settings", show),
        PageRoute::get("/settings/cluster", cluster::show),
        PageRoute::post("/settings/cluster", cluster::change),
        PageRoute::get("/settings/certificate", certificate::show_replace),
        PageRoute::post("/settings/certificate", certificate::replace),
        PageRoute::get("/settings/certificate/reset", certificate::show_reset),
        PageRoute::post("/settings/certificate/reset", certificate::reset),
    ]
}

#[derive(Template)]
#[template(path = "settings/settings.html")]
struct SettingsPage {
    c: Chrome,
    status: ClusterStatus,
    settings: Settings,
    certificate: CertificateInfo,
    warnings: Vec<String>,
    may_change: bool,
}

async fn show(member: Member) -> Result<Response, Refused> {
    let status = member.ask::<ReadCluster>(Nothing).await?;
    let settings = member.ask::<ReadSettings>(Nothing).await?;
    let certificate =
        member.client.ask::<ReadCertificate>(Nothing).await.map_err(|error| member.refuse(error))?;
    let warnings = certificate::warnings(member.words(), &certificate, SystemClock.now().secs);
    let may_change = member.may(Right::ChangeCluster);
    let c = member.chrome(member.words().nav_settings);
    Ok(html(StatusCode::OK, SettingsPage { c, status, settings, certificate, warnings, may_change }))
}
