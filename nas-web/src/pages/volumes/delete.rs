//! Owns deleting a volume: what would be lost, and the typed name.

use crate::chrome::{Chrome, html};
use crate::flash::Done;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use nasd_api::{DeleteVolume, Export, ListExports, ReadVolume, VolumeAt, VolumeInfo};

#[derive(Template)]
#[template(path = "volumes/delete.html")]
struct DeletePage {
    c: Chrome,
    volume: VolumeInfo,
    exports: Vec<Export>,
    problems: Problems,
}

pub async fn show(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    page(&member, &name, Problems::default()).await
}

async fn page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
    let volume = member.ask::<ReadVolume>(VolumeAt::new(name)).await?;
    let mut exports = member.all::<ListExports>().await?;
    exports.retain(|export| export.volume == name);
    let c = member.chrome(member.words().volume_delete_title.of(name));
    Ok(html(problems.status(), DeletePage { c, volume, exports, problems }))
}

pub async fn carry_out(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    let mut problems = Problems::default();
    if form.is_restored() {
        return page(&member, &name, problems).await;
    }
    problems.check(form.get("typed") == name, "typed", member.words().typed_wrong);
    if !problems.is_empty() {
        return page(&member, &name, problems).await;
    }
    match member.client.ask::<DeleteVolume>(VolumeAt::new(&name)).await {
        Ok(()) => Ok(done("/volumes", Done::VolumeDeleted, &name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "typed")?;
            page(&member, &name, problems).await
        }
    }
}
