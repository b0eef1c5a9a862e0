//! Owns the pages of groups: the list, making one, changing and deleting one.

mod delete;
mod edit;
mod new;
pub mod words;

use crate::flow;
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, Text,
    html,
};
use crate::role::role_words;
use nasd_api::{Group, ListGroups};
use nasd_base::role::Right;

pub const NOUN: Noun = Noun::new(routes)
    .says(words::TABLE)
    .under(Heading::People, "/groups", "group", |language| words::of(language).nav)
    .for_who_may(Right::ReadIdentity);

const LIST: Listing = Listing::by("/groups", "name");

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![PageRoute::get("/groups", list)],
        flow::create::routes::<new::NewGroup>("/groups/-new"),
        flow::edit::routes::<edit::EditGroup>("/groups/{name}"),
        flow::confirm::routes::<delete::Deletion>("/groups/{name}/delete"),
    ];
    parts.into_iter().flatten().collect()
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
    let (rows, paging) = LIST.ask::<ListGroups>(&member, "").await?;
    let (c, may_change) =
        (member.chrome(words::of(member.language()).nav), member.may(Right::ChangeIdentity));
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, may_change }))
}
