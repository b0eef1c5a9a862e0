//! Owns changing what holds for the whole cluster: its name, and when sessions end.

use crate::chrome::{Chrome, html};
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{
    ChangeSettings, ClientError, ErrorCode, Nothing, ReadSettings, SESSION_MINUTES_MAX, SESSION_MINUTES_MIN,
    Settings,
};

#[derive(Template)]
#[template(path = "settings/cluster.html")]
struct ClusterPage {
    c: Chrome,
    form: Form,
    problems: Problems,
    /// What somebody else saved meanwhile.
    theirs: Option<Settings>,
}

fn page(member: &Member, form: Form, problems: Problems) -> Response {
    let c = member.chrome(member.words().settings_change);
    html(problems.status(), ClusterPage { c, form, problems, theirs: None })
}

pub async fn show(member: Member) -> Result<Response, Refused> {
    let settings = member.ask::<ReadSettings>(Nothing).await?;
    let (idle, total) = (settings.session_idle_minutes.to_string(), settings.session_minutes.to_string());
    let fields = [("name", &settings.name), ("idle", &idle), ("lifetime", &total), ("etag", &settings.etag)];
    let form = Form::new(&fields.map(|(name, value)| (name, value.as_str())));
    Ok(page(&member, form, Problems::default()))
}

fn minutes(form: &Form, field: &str) -> Option<u32> {
    form.get(field)
        .parse()
        .ok()
        .filter(|minutes| (SESSION_MINUTES_MIN..=SESSION_MINUTES_MAX).contains(minutes))
}

pub async fn change(Posted { member, form }: Posted) -> Result<Response, Refused> {
    let (w, mut problems) = (member.words(), Problems::default());
    if form.is_restored() {
        return Ok(page(&member, form, problems));
    }
    problems.check(!form.get("name").is_empty(), "name", w.settings_name_missing);
    let (idle, total) = (minutes(&form, "idle"), minutes(&form, "lifetime"));
    for (field, value) in [("idle", idle), ("lifetime", total)] {
        if value.is_none() {
            problems.add(field, w.settings_minutes_wrong.of2(SESSION_MINUTES_MIN, SESSION_MINUTES_MAX));
        }
    }
    if let (Some(idle), Some(total)) = (idle, total) {
        problems.check(idle <= total, "lifetime", w.settings_lifetime_short);
    }
    let (Some(session_idle_minutes), Some(session_minutes), true) = (idle, total, problems.is_empty()) else {
        return Ok(page(&member, form, problems));
    };
    let request = ChangeSettings { name: form.get("name").to_owned(), session_idle_minutes, session_minutes };
    let etag = Some(form.get("etag").to_owned());
    match member.client.call_if::<ChangeSettings>(Nothing, &request, etag.as_deref()).await {
        Ok(settings) => Ok(done("/settings", Done::SettingsChanged, &settings.name)),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::PreconditionFailed => {
            conflict(&member, form).await
        }
        Err(error) => {
            let problems = Problems::of_error(&member, error, "name")?;
            Ok(page(&member, form, problems))
        }
    }
}

/// Both sides beside each other; sending again means to have seen theirs.
async fn conflict(member: &Member, mut form: Form) -> Result<Response, Refused> {
    let settings = member.ask::<ReadSettings>(Nothing).await?;
    form.set("etag", &settings.etag);
    let c = member.chrome(member.words().settings_change);
    let page = ClusterPage { c, form, problems: Problems::default(), theirs: Some(settings) };
    Ok(html(StatusCode::PRECONDITION_FAILED, page))
}
