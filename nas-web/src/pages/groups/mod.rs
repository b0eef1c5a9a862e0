//! Owns the pages of groups: the list, making one, changing and deleting one.

mod edit;
mod new;

use crate::chrome::{Chrome, html};
use crate::listing::{Paging, paged};
use crate::refusal::Refused;
use crate::role::role_words;
use crate::route::PageRoute;
use crate::visit::Member;
use crate::words::Text;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{Group, ListGroups};
use nasd_base::role::Right;

pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/groups", list),
        PageRoute::get("/groups/new", new::show),
        PageRoute::post("/groups/new", new::make),
        PageRoute::get("/groups/{name}", edit::show),
        PageRoute::post("/groups/{name}", edit::change),
        PageRoute::get("/groups/{name}/delete", edit::show_delete),
        PageRoute::post("/groups/{name}/delete", edit::delete),
    ]
}

#[derive(Template)]
#[template(path = "groups/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<Group>,
    paging: Paging,
    may_change: bool,
}

impl ListPage {
    fn role(&self, group: &Group) -> Text {
        role_words(self.c.w, group.role)
    }
}

async fn list(member: Member) -> Result<Response, Refused> {
    let groups: Vec<Group> = member.all::<ListGroups>().await?;
    let holds = |group: &Group, q: &str| {
        group.name.contains(q) || group.members.iter().any(|member| member.contains(q))
    };
    let (rows, paging) = paged(groups, &member.visit.query(), "/groups", holds);
    let (c, may_change) = (member.chrome(member.words().nav_groups), member.may(Right::ChangeIdentity));
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, may_change }))
}
