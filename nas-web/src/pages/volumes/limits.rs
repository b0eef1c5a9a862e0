//! Owns changing what a volume may hold, and what happens when two administrators do so at once.

use super::new::read_limits;
use super::shown::address;
use crate::chrome::{Chrome, html};
use crate::figures::exact_bytes;
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{ClientError, ErrorCode, Limits, ReadVolume, SetLimits, VolumeAt};

#[derive(Template)]
#[template(path = "volumes/limits.html")]
struct LimitsPage {
    c: Chrome,
    name: String,
    form: Form,
    problems: Problems,
    /// What somebody else saved meanwhile.
    theirs: Option<Limits>,
}

impl LimitsPage {
    fn new(member: &Member, name: String, form: Form) -> LimitsPage {
        let c = member.chrome(member.words().limits_of.of(&name));
        LimitsPage { c, name, form, problems: Problems::default(), theirs: None }
    }

    fn send(self, status: StatusCode) -> Response {
        html(status, self)
    }
}

fn written(limits: &Limits) -> (String, String) {
    let bytes = limits.bytes.map(exact_bytes).unwrap_or_default();
    (bytes, limits.files.map(|files| files.to_string()).unwrap_or_default())
}

pub async fn show(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    let volume = member.ask::<ReadVolume>(VolumeAt::new(&name)).await?;
    let (bytes, files) = written(&volume.limits);
    let form = Form::new(&[("bytes", &bytes), ("files", &files), ("etag", &volume.etag)]);
    Ok(LimitsPage::new(&member, name, form).send(StatusCode::OK))
}

pub async fn set(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    let mut problems = Problems::default();
    let limits = read_limits(&member, &form, &mut problems);
    if form.is_restored() || !problems.is_empty() {
        let status = problems.status();
        return Ok(LimitsPage { problems, ..LimitsPage::new(&member, name, form) }.send(status));
    }
    let etag = Some(form.get("etag").to_owned());
    match member.client.call_if::<SetLimits>(VolumeAt::new(&name), &limits, etag.as_deref()).await {
        Ok(_) => Ok(done(&address(&name), Done::LimitsSet, &name)),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::PreconditionFailed => {
            conflict(&member, name, form).await
        }
        Err(error) => {
            let problems = Problems::of_error(&member, error, "bytes")?;
            let status = problems.status();
            Ok(LimitsPage { problems, ..LimitsPage::new(&member, name, form) }.send(status))
        }
    }
}

/// Both sides beside each other; sending again means to have seen theirs.
async fn conflict(member: &Member, name: String, mut form: Form) -> Result<Response, Refused> {
    let volume = member.ask::<ReadVolume>(VolumeAt::new(&name)).await?;
    form.set("etag", &volume.etag);
    let page = LimitsPage { theirs: Some(volume.limits), ..LimitsPage::new(member, name, form) };
    Ok(page.send(StatusCode::PRECONDITION_FAILED))
}
