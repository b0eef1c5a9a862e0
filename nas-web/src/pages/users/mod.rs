//! Owns the pages of users: the list, making one, and what can be done with one.

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
use nasd_api::{ListUsers, User};
use nasd_base::role::Right;

pub const NOUN: Noun = Noun::new(routes)
    .says(words::TABLE)
    .under(Heading::People, "/users", "people", |language| words::of(language).nav)
    .for_who_may(Right::ReadIdentity);

const LIST: Listing = Listing::by("/users", "name");

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![
            PageRoute::get("/users", list),
            PageRoute::post("/users/{name}/password", edit::set_password),
            PageRoute::post("/users/{name}/unlock", edit::unlock),
            PageRoute::post("/users/{name}/factor", edit::remove_factor),
        ],
        flow::create::routes::<new::NewUser>("/users/-new"),
        flow::edit::routes::<edit::EditUser>("/users/{name}"),
        flow::confirm::routes::<delete::Deletion>("/users/{name}/delete"),
    ];
    parts.into_iter().flatten().collect()
}

#[derive(Template)]
#[template(path = "users/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<User>,
    paging: Paging,
    may_change: bool,
}

impl ListPage {
    fn role(&self, user: &User) -> Text {
        role_words(self.c.w, user.role)
    }
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = LIST.ask::<ListUsers>(&member, "").await?;
    let may_change = member.may(Right::ChangeIdentity);
    Ok(html(
        StatusCode::OK,
        ListPage { c: member.chrome(words::of(member.language()).nav), rows, paging, may_change },
    ))
}
