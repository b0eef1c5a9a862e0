//! Owns the page of sessions: everybody's, for who may see them.

pub mod words;

use crate::flow::press;
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Path, Posted, Refused, Response, StatusCode,
    Template, html,
};
use nasd_api::{EndSession, ListSessions, Nothing, ReadSettings, SessionAt, SessionInfo, Settings};
use nasd_base::role::Right;

pub const NOUN: Noun = Noun::new(routes)
    .says(words::TABLE)
    .under(Heading::People, "/sessions", "key", |language| words::of(language).nav)
    .for_who_may(Right::ReadIdentity);

const LIST: Listing = Listing::down_from("/sessions", "last_seen");

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/sessions", list), PageRoute::post("/sessions/{id}/end", end)]
}

#[derive(Template)]
#[template(path = "sessions/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<SessionInfo>,
    paging: Paging,
    settings: Settings,
    may_end: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = LIST.ask::<ListSessions>(&member, "").await?;
    let settings = member.ask::<ReadSettings>(Nothing).await?;
    let (c, may_end) = (member.chrome(words::of(member.language()).nav), member.may(Right::ChangeIdentity));
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, settings, may_end }))
}

async fn end(Path(id): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let user = posted.form.get("user");
    press::<EndSession>(&posted, SessionAt::new(&id), "/sessions", words::ENDED, user).await
}
