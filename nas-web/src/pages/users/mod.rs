//! Owns the pages of users: the list, making one, and what can be done with one.

mod edit;
mod new;

use crate::chrome::{Chrome, html};
use crate::listing::{Paging, paged};
use crate::refusal::Refused;
use crate::routes::PageRoute;
use crate::visit::Member;
use crate::words::{Text, Words};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{ListUsers, User, percent_encoded};
use nasd_base::role::{Right, Role};

pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/users", list),
        PageRoute::get("/users/new", new::show),
        PageRoute::post("/users/new", new::make),
        PageRoute::get("/users/{name}", edit::show),
        PageRoute::post("/users/{name}", edit::change),
        PageRoute::post("/users/{name}/password", edit::set_password),
        PageRoute::post("/users/{name}/unlock", edit::unlock),
        PageRoute::post("/users/{name}/factor", edit::remove_factor),
        PageRoute::get("/users/{name}/delete", edit::show_delete),
        PageRoute::post("/users/{name}/delete", edit::delete),
    ]
}

pub fn role_words(w: &Words, role: Role) -> Text {
    match role {
        Role::Administrator => w.role_administrator,
        Role::Operator => w.role_operator,
        Role::Auditor => w.role_auditor,
        Role::ShareOwner => w.role_share_owner,
    }
}

/// What a role may do, in a sentence.
pub fn role_meaning(w: &Words, role: Role) -> Text {
    match role {
        Role::Administrator => w.role_administrator_text,
        Role::Operator => w.role_operator_text,
        Role::Auditor => w.role_auditor_text,
        Role::ShareOwner => w.role_share_owner_text,
    }
}

/// Names of volumes or users as they are typed: separated by commas or spaces.
pub fn names(text: &str) -> Vec<String> {
    let names = text.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn address(name: &str) -> String {
    format!("/users/{}", percent_encoded(name))
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
    let mut users: Vec<User> = member.all::<ListUsers>().await?;
    users.sort_by(|a, b| a.name.cmp(&b.name));
    let holds = |user: &User, q: &str| user.name.to_lowercase().contains(q);
    let (rows, paging) = paged(users, &member.visit.query(), "/users", holds);
    let may_change = member.may(Right::ChangeIdentity);
    Ok(html(
        StatusCode::OK,
        ListPage { c: member.chrome(member.words().nav_users), rows, paging, may_change },
    ))
}
