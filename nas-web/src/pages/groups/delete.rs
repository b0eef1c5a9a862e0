//! Owns deleting a group: who is in it.

use super::words;
use crate::flow::confirm::Confirm;
use crate::page::{Chrome, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{DeleteGroup, Group, GroupAt, ReadGroup};

#[derive(Template)]
#[template(path = "groups/delete.html")]
struct DeletePage {
    c: Chrome,
    group: Group,
    problems: Problems,
}

pub struct Deletion;

impl Confirm for Deletion {
    type Act = DeleteGroup;

    fn at(name: &str) -> GroupAt {
        GroupAt::new(name)
    }

    async fn page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
        let group = member.ask::<ReadGroup>(GroupAt::new(name)).await?;
        let c = member.chrome(words::of(member.language()).delete_title.of(name));
        Ok(html(problems.status(), DeletePage { c, group, problems }))
    }

    fn done(name: &str) -> Response {
        done("/groups", words::DELETED, name)
    }
}
