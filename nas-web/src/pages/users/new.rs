//! Owns making a user.

use super::words;
use crate::credentials::check_again;
use crate::flow::create::Create;
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{CreateUser, Secret, User};
use nasd_base::role::Role;

#[derive(Template)]
#[template(path = "users/new.html")]
struct NewPage {
    c: Chrome,
    form: Form,
    problems: Problems,
}

pub struct NewUser;

impl Create for NewUser {
    type Make = CreateUser;
    const FIELD: &'static str = "name";

    fn blank(_: &Form) -> Form {
        Form::new(&[("role", Role::Operator.name())])
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateUser> {
        let w = member.words();
        problems.check(!form.get("name").is_empty(), "name", w.user_name_missing);
        check_again(form, w, problems);
        let role = problems.need(form.get("role").parse().ok(), "role", w.role_missing)?;
        let (name, password) = (form.get("name").to_owned(), Secret::new(form.raw("password")));
        Some(CreateUser { name, role, owned: form.names("owned"), password })
    }

    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        let c = member.chrome(words::of(member.language()).new);
        Ok(html(problems.status(), NewPage { c, form, problems }))
    }

    async fn done(_: &Member, _: &Form, user: User) -> Response {
        done("/users", words::MADE, &user.name)
    }
}
