//! Owns the settings: of the cluster, this console's certificate, and in which language it speaks.

mod certificate;
mod cluster;
pub mod words;

use crate::figures::fingerprint;
use crate::flow;
use crate::page::{Chrome, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, html};
use nasd_api::{
    CertificateInfo, ClusterStatus, Nothing, ReadCertificate, ReadCluster, ReadSettings, Settings,
};
use nasd_base::role::Right;
use nasd_base::{Clock, SystemClock};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::System, "/settings", "sliders", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![PageRoute::get("/settings", show)],
        flow::edit::routes::<cluster::EditSettings>("/settings/cluster"),
        flow::create::routes::<certificate::NewPair>("/settings/certificate"),
        flow::confirm::routes::<certificate::Reset>("/settings/certificate/reset"),
    ];
    parts.into_iter().flatten().collect()
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
    let certificate = member.ask::<ReadCertificate>(Nothing).await?;
    let warnings = certificate::warnings(member.language(), &certificate, SystemClock.now().secs);
    let may_change = member.may(Right::ChangeCluster);
    let c = member.chrome(words::of(member.language()).nav);
    Ok(html(StatusCode::OK, SettingsPage { c, status, settings, certificate, warnings, may_change }))
}
