//! Owns support bundles in the console: collected, looked at, and then fetched.

use super::words;
use crate::figures::bytes;
use crate::page::{
    Chrome, Form, Member, PageRoute, Path, Posted, Refused, Response, StatusCode, Template, html, to,
};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use nasd_api::{
    BundleAt, CreateSupportBundle, ListSupportBundles, Nothing, ReadSupportBundle, SupportBundle,
};

const PAGE: &str = "/diagnostics/bundle";

pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PAGE, show),
        PageRoute::post(PAGE, collect),
        PageRoute::get("/diagnostics/bundle/{id}", download),
    ]
}

#[derive(Template)]
#[template(path = "diagnostics/bundle.html")]
struct BundlePage {
    c: Chrome,
    form: Form,
    bundles: Vec<SupportBundle>,
}

async fn show(member: Member) -> Result<Response, Refused> {
    let bundles = member.all::<ListSupportBundles>().await?;
    let c = member.chrome(words::of(member.language()).bundle);
    Ok(html(StatusCode::OK, BundlePage { c, form: Form::default(), bundles }))
}

async fn collect(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if !form.is_restored() {
        member.ask::<CreateSupportBundle>(Nothing).await?;
    }
    Ok(to(PAGE))
}

async fn download(Path(id): Path<String>, member: Member) -> Result<Response, Refused> {
    let Ok(id) = id.parse::<u64>() else { return Err(member.missing()) };
    let archive = member.ask::<ReadSupportBundle>(BundleAt { id }).await?;
    let headers = [
        (CONTENT_TYPE, "application/zstd".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"gotgan-support-{id}.tar.zst\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, archive).into_response())
}

fn size(count: &u64) -> String {
    bytes(*count)
}
