//! Owns the page of one alert: what is wrong, what to do, who looks after it, and keeping quiet about it.

use super::{said, words};
use crate::page::{Chrome, Form, Member, Path, Posted, Problems, Refused, Response, Template, done, html};
use nasd_api::{
    AcknowledgeAlert, Alert, AlertAt, AlertState, CreateSilence, ListAlerts, NOTE_CHARS_MAX, Nothing, Page,
    ReadAlert,
};
use nasd_base::role::Right;

/// Those of its consequences that are listed.
const CONSEQUENCES_MAX: usize = 20;
const HOURS_MAX: u32 = 720;

#[derive(Template)]
#[template(path = "alerts/alert.html")]
struct AlertPage {
    c: Chrome,
    alert: Alert,
    consequences: Vec<Alert>,
    form: Form,
    problems: Problems,
    may_change: bool,
    is_open: bool,
}

pub async fn show(Path(id): Path<String>, member: Member) -> Result<Response, Refused> {
    let Ok(id) = id.parse::<u64>() else { return Err(member.missing()) };
    page(&member, id, Form::new(&[("what", "this"), ("hours", "8")]), Problems::default()).await
}

async fn page(member: &Member, id: u64, form: Form, problems: Problems) -> Result<Response, Refused> {
    let alert = member.ask::<ReadAlert>(AlertAt { id }).await?;
    let consequences = match alert.consequences {
        0 => Vec::new(),
        _ => {
            let filter = Some(format!("cause:{id}"));
            member.ask::<ListAlerts>(Page::first(CONSEQUENCES_MAX).filtered(filter)).await?.items
        }
    };
    let is_open = alert.state != AlertState::Ended;
    let title = format!("{}: {}", said::title(member.language(), &alert.kind), alert.name);
    let (c, may_change) = (member.live(title).await, member.may(Right::ChangeStorage));
    let status = problems.status();
    Ok(html(status, AlertPage { c, alert, consequences, form, problems, may_change, is_open }))
}

pub async fn acknowledge(
    Path(id): Path<String>,
    Posted { member, form }: Posted,
) -> Result<Response, Refused> {
    let Ok(number) = id.parse::<u64>() else { return Err(member.missing()) };
    let back = format!("/alerts/{number}");
    if form.is_restored() {
        return page(&member, number, form, Problems::default()).await;
    }
    let note = form.get("note").chars().take(NOTE_CHARS_MAX).collect();
    let wanted = AcknowledgeAlert { note };
    match member.client.call::<AcknowledgeAlert>(AlertAt { id: number }, &wanted).await {
        Ok(_) => Ok(done(&back, words::ACKNOWLEDGED, &id)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "note")?;
            page(&member, number, form, problems).await
        }
    }
}

pub async fn silence(Path(id): Path<String>, Posted { member, form }: Posted) -> Result<Response, Refused> {
    let Ok(number) = id.parse::<u64>() else { return Err(member.missing()) };
    let mut problems = Problems::default();
    if form.is_restored() {
        return page(&member, number, form, problems).await;
    }
    let hours = form.get("hours").parse::<u32>().ok().filter(|hours| (1..=HOURS_MAX).contains(hours));
    let hours = problems.need(hours, "hours", words::of(member.language()).silence_hours_wrong);
    let Some(hours) = hours else { return page(&member, number, form, problems).await };
    let alert = member.ask::<ReadAlert>(AlertAt { id: number }).await?;
    let (kind, object) = match form.get("what") {
        "object" => (None, Some(alert.object)),
        "kind" => (Some(alert.kind), None),
        _ => (Some(alert.kind), Some(alert.object)),
    };
    let why = form.get("why").chars().take(NOTE_CHARS_MAX).collect();
    let wanted = CreateSilence { kind, object, seconds: hours * 3600, why };
    match member.client.call_once::<CreateSilence>(Nothing, &wanted, &form.idempotency_key()).await {
        Ok(_) => Ok(done("/alerts", words::SILENCED, &hours.to_string())),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "hours")?;
            page(&member, number, form, problems).await
        }
    }
}
