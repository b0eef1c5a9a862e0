//! Owns making a group.

use crate::chrome::{Chrome, html};
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::response::Response;
use nasd_api::CreateGroup;
use nasd_base::role::Role;

#[derive(Template)]
#[template(path = "groups/new.html")]
struct NewPage {
    c: Chrome,
    form: Form,
    problems: Problems,
}

impl NewPage {
    fn has_role(&self, role: &Role) -> bool {
        self.form.is("role", role.name())
    }
}

fn page(member: &Member, form: Form, problems: Problems) -> Response {
    let c = member.chrome(member.words().group_new);
    html(problems.status(), NewPage { c, form, problems })
}

pub async fn show(member: Member) -> Response {
    page(&member, Form::new(&[("role", Role::Operator.name())]), Problems::default())
}

pub async fn make(Posted { member, mut form }: Posted) -> Result<Response, Refused> {
    let (w, mut problems) = (member.words(), Problems::default());
    if form.is_restored() {
        return Ok(page(&member, form, problems));
    }
    problems.check(!form.get("name").is_empty(), "name", w.group_name_missing);
    let role = form.get("role").parse::<Role>();
    problems.check(role.is_ok(), "role", w.role_missing);
    let (Ok(role), true) = (role, problems.is_empty()) else {
        return Ok(page(&member, form, problems));
    };
    let (owned, members) = (form.names("owned"), form.names("members"));
    let request = CreateGroup { name: form.get("name").to_owned(), role, owned, members };
    match member.make::<CreateGroup>(&request, &mut form).await {
        Ok(group) => Ok(done("/groups", Done::GroupMade, &group.name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "name")?;
            Ok(page(&member, form, problems))
        }
    }
}
