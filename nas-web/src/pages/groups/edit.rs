//! Owns changing a group.

use super::words;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{Group, GroupAt, ReadGroup, UpdateGroup};

#[derive(Template)]
#[template(path = "groups/group.html")]
struct GroupPage {
    c: Chrome,
    /// As it is saved now.
    group: Group,
    form: Form,
    problems: Problems,
    in_conflict: bool,
}

pub struct EditGroup;

impl Edit for EditGroup {
    type Saved = Group;
    type Change = UpdateGroup;
    const FIELD: &'static str = "members";

    async fn read(member: &Member, name: &str) -> Result<Group, Refused> {
        member.ask::<ReadGroup>(GroupAt::new(name)).await
    }

    fn form(group: &Group) -> Form {
        let (owned, members) = (group.owned.join(", "), group.members.join(", "));
        Form::new(&[("role", group.role.name()), ("owned", &owned), ("members", &members)])
    }

    fn at(name: &str) -> GroupAt {
        GroupAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<UpdateGroup> {
        let role = problems.need(form.get("role").parse().ok(), "role", member.words().role_missing)?;
        Some(UpdateGroup { role, owned: form.names("owned"), members: form.names("members") })
    }

    async fn page(member: &Member, name: &str, sheet: Sheet<Group>) -> Result<Response, Refused> {
        let status = sheet.status();
        let Sheet { form, problems, saved, in_conflict } = sheet;
        let group = match saved {
            Some(group) => group,
            None => EditGroup::read(member, name).await?,
        };
        Ok(html(status, GroupPage { c: member.chrome(name), group, form, problems, in_conflict }))
    }

    fn done(name: &str, _: Group) -> Response {
        done("/groups", words::CHANGED, name)
    }
}
