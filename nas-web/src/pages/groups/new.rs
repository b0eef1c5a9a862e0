//! Owns making a group.

use super::words;
use crate::flow::create::Create;
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{CreateGroup, Group};
use nasd_base::role::Role;

#[derive(Template)]
#[template(path = "groups/new.html")]
struct NewPage {
    c: Chrome,
    form: Form,
    problems: Problems,
}

pub struct NewGroup;

impl Create for NewGroup {
    type Make = CreateGroup;
    const FIELD: &'static str = "name";

    fn blank(_: &Form) -> Form {
        Form::new(&[("role", Role::Operator.name())])
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateGroup> {
        problems.check(!form.get("name").is_empty(), "name", words::of(member.language()).name_missing);
        let role = problems.need(form.get("role").parse().ok(), "role", member.words().role_missing)?;
        let (name, owned) = (form.get("name").to_owned(), form.names("owned"));
        Some(CreateGroup { name, role, owned, members: form.names("members") })
    }

    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        let c = member.chrome(words::of(member.language()).new);
        Ok(html(problems.status(), NewPage { c, form, problems }))
    }

    async fn done(_: &Member, _: &Form, group: Group) -> Response {
        done("/groups", words::MADE, &group.name)
    }
}
