//! Owns ending an export: who would lose access; the volume stays.

use super::find::find;
use crate::chrome::{Chrome, html};
use crate::flash::Done;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::response::Response;
use nasd_api::{DeleteExport, Export, ExportAt};

#[derive(Template)]
#[template(path = "exports/delete.html")]
struct DeletePage {
    c: Chrome,
    export: Export,
    problems: Problems,
}

pub async fn show(member: Member) -> Result<Response, Refused> {
    let path = member.visit.query().get("path").to_owned();
    page(&member, &path, Problems::default()).await
}

async fn page(member: &Member, path: &str, problems: Problems) -> Result<Response, Refused> {
    let export = find(member, path).await?;
    let c = member.chrome(member.words().export_delete_title.of(path));
    Ok(html(problems.status(), DeletePage { c, export, problems }))
}

pub async fn carry_out(Posted { member, form }: Posted) -> Result<Response, Refused> {
    let path = form.get("path").to_owned();
    if form.is_restored() {
        return page(&member, &path, Problems::default()).await;
    }
    let at = ExportAt { path: path.clone() };
    match member.client.ask::<DeleteExport>(at).await {
        Ok(()) => Ok(done("/exports", Done::ExportDeleted, &path)),
        Err(nasd_api::ClientError::Refused(error)) if error.code == nasd_api::ErrorCode::NotFound => {
            Err(member.missing())
        }
        Err(error) => {
            let problems = Problems::of_error(&member, error, "path")?;
            page(&member, &path, problems).await
        }
    }
}
