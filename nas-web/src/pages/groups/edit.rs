//! Owns changing a group and deleting it.

use crate::chrome::{Chrome, html};
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{ClientError, DeleteGroup, ErrorCode, Group, GroupAt, ReadGroup, UpdateGroup};
use nasd_base::role::Role;

#[derive(Template)]
#[template(path = "groups/group.html")]
struct GroupPage {
    c: Chrome,
    group: Group,
    form: Form,
    problems: Problems,
    /// Somebody else changed the group meanwhile; `group` is what is saved now.
    in_conflict: bool,
}

impl GroupPage {
    fn has_role(&self, role: &Role) -> bool {
        self.form.is("role", role.name())
    }
}

#[derive(Template)]
#[template(path = "groups/delete.html")]
struct DeletePage {
    c: Chrome,
    group: Group,
    problems: Problems,
}

fn form_of(group: &Group) -> Form {
    let (owned, members) = (group.owned.join(", "), group.members.join(", "));
    Form::new(&[("role", group.role.name()), ("owned", &owned), ("members", &members), ("etag", &group.etag)])
}

/// `form`: what was typed, where something was.
async fn page(
    member: &Member,
    name: &str,
    form: Option<Form>,
    problems: Problems,
) -> Result<Response, Refused> {
    let group = member.ask::<ReadGroup>(GroupAt::new(name)).await?;
    let form = form.unwrap_or_else(|| form_of(&group));
    let (status, c) = (problems.status(), member.chrome(name));
    Ok(html(status, GroupPage { c, group, form, problems, in_conflict: false }))
}

pub async fn show(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    page(&member, &name, None, Problems::default()).await
}

pub async fn change(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    let mut problems = Problems::default();
    let role = form.get("role").parse::<Role>();
    problems.check(role.is_ok() || form.is_restored(), "role", member.words().role_missing);
    let (Ok(role), false) = (role, form.is_restored()) else {
        return page(&member, &name, Some(form), problems).await;
    };
    let (owned, members) = (form.names("owned"), form.names("members"));
    let request = UpdateGroup { role, owned, members };
    let etag = Some(form.get("etag").to_owned());
    match member.client.call_if::<UpdateGroup>(GroupAt::new(&name), &request, etag.as_deref()).await {
        Ok(_) => Ok(done("/groups", Done::GroupChanged, &name)),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::PreconditionFailed => {
            conflict(&member, &name, form).await
        }
        Err(error) => {
            let problems = Problems::of_error(&member, error, "members")?;
            page(&member, &name, Some(form), problems).await
        }
    }
}

/// Both sides beside each other; sending again means to have seen theirs.
async fn conflict(member: &Member, name: &str, mut form: Form) -> Result<Response, Refused> {
    let group = member.ask::<ReadGroup>(GroupAt::new(name)).await?;
    form.set("etag", &group.etag);
    let (c, problems) = (member.chrome(name), Problems::default());
    Ok(html(StatusCode::PRECONDITION_FAILED, GroupPage { c, group, form, problems, in_conflict: true }))
}

pub async fn show_delete(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    delete_page(&member, &name, Problems::default()).await
}

async fn delete_page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
    let group = member.ask::<ReadGroup>(GroupAt::new(name)).await?;
    let c = member.chrome(member.words().group_delete_title.of(name));
    Ok(html(problems.status(), DeletePage { c, group, problems }))
}

pub async fn delete(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    if form.is_restored() {
        return delete_page(&member, &name, Problems::default()).await;
    }
    match member.client.ask::<DeleteGroup>(GroupAt::new(&name)).await {
        Ok(()) => Ok(done("/groups", Done::GroupDeleted, &name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "")?;
            delete_page(&member, &name, problems).await
        }
    }
}
