//! Owns making a user.

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
use nasd_api::{CreateUser, Secret};
use nasd_base::role::Role;

#[derive(Template)]
#[template(path = "users/new.html")]
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
    let c = member.chrome(member.words().user_new);
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
    problems.check(!form.get("name").is_empty(), "name", w.user_name_missing);
    problems.check(form.raw("password") == form.raw("again"), "again", w.password_again_wrong);
    let role = form.get("role").parse::<Role>();
    problems.check(role.is_ok(), "role", w.role_missing);
    let (Ok(role), true) = (role, problems.is_empty()) else {
        return Ok(page(&member, form, problems));
    };
    let (name, password) = (form.get("name").to_owned(), Secret::new(form.raw("password")));
    let request = CreateUser { name, role, owned: form.names("owned"), password };
    match member.make::<CreateUser>(&request, &mut form).await {
        Ok(user) => Ok(done("/users", Done::UserMade, &user.name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "name")?;
            Ok(page(&member, form, problems))
        }
    }
}
