//! Owns the pages of alerts: what is wrong, what was, one of them with what to do, and what is kept quiet.

pub mod said;
mod show;
pub mod words;

use crate::flow::press;
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Path, Posted, Refused, Response, StatusCode,
    Template, html,
};
use nasd_api::{Alert, EndSilence, ListAlerts, ListPastAlerts, ListSilences, Silence, SilenceAt};
use nasd_base::role::Right;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/alerts", "bell", |language| words::of(language).nav);

const OPEN: Listing = Listing::down_from("/alerts", "severity");
const PAST: Listing = Listing::down_from("/past-alerts", "raised");

fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/alerts", open),
        PageRoute::get("/past-alerts", past),
        PageRoute::get("/alerts/{id}", show::show),
        PageRoute::post("/alerts/{id}/acknowledge", show::acknowledge),
        PageRoute::post("/alerts/{id}/silence", show::silence),
        PageRoute::post("/silences/{id}/end", end_silence),
    ]
}

#[derive(Template)]
#[template(path = "alerts/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<Alert>,
    paging: Paging,
    are_open: bool,
    silences: Vec<Silence>,
    may_change: bool,
}

async fn open(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = OPEN.ask::<ListAlerts>(&member, "").await?;
    let silences = member.all::<ListSilences>().await?;
    let c = member.live(words::of(member.language()).nav).await;
    let may_change = member.may(Right::ChangeStorage);
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, are_open: true, silences, may_change }))
}

async fn past(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = PAST.ask::<ListPastAlerts>(&member, "").await?;
    let c = member.live(words::of(member.language()).past).await;
    let (silences, may_change) = (Vec::new(), false);
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, are_open: false, silences, may_change }))
}

async fn end_silence(Path(id): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Ok(number) = id.parse::<u64>() else { return Err(posted.member.missing()) };
    press::<EndSilence>(&posted, SilenceAt { id: number }, "/alerts", words::SILENCE_ENDED, &id).await
}
