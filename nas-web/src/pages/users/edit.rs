//! Owns what can be done with a user: role, volumes, password, lock, second factor, deletion.

use crate::chrome::{Chrome, html};
use crate::credentials::{new_password, proof};
use crate::flash::Done;
use crate::form::{Form, PROOF_FIELD};
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::{done, to};
use crate::visit::Member;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{
    ApiTokenInfo, ClientError, DeleteUser, ErrorCode, ListApiTokens, ListSessions, ReadUser, RemoveFactor,
    SessionInfo, SetPassword, UnlockUser, UpdateUser, User, UserAt, percent_encoded,
};
use nasd_base::role::Role;

#[derive(Template)]
#[template(path = "users/user.html")]
struct UserPage {
    c: Chrome,
    user: User,
    form: Form,
    problems: Problems,
    /// Somebody else changed the user meanwhile; `user` is what is saved now.
    in_conflict: bool,
}

impl UserPage {
    fn has_role(&self, role: &Role) -> bool {
        self.form.is("role", role.name())
    }
}

#[derive(Template)]
#[template(path = "users/delete.html")]
struct DeletePage {
    c: Chrome,
    user: User,
    /// What ends with it.
    sessions: usize,
    tokens: usize,
    problems: Problems,
}

fn address(name: &str) -> String {
    format!("/users/{}", percent_encoded(name))
}

fn form_of(user: &User) -> Form {
    let owned = user.owned.join(", ");
    let mut form = Form::new(&[("role", user.role.name()), ("owned", &owned), ("etag", &user.etag)]);
    if user.disabled {
        form.set("disabled", "1");
    }
    form
}

/// `form`: what was typed, where something was.
async fn page(
    member: &Member,
    name: &str,
    form: Option<Form>,
    problems: Problems,
) -> Result<Response, Refused> {
    let user = member.ask::<ReadUser>(UserAt::new(name)).await?;
    let form = form.unwrap_or_else(|| form_of(&user));
    let (status, c) = (problems.status(), member.chrome(name));
    Ok(html(status, UserPage { c, user, form, problems, in_conflict: false }))
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
    let request = UpdateUser { role, owned: form.names("owned"), disabled: form.has("disabled") };
    let etag = Some(form.get("etag").to_owned());
    match member.client.call_if::<UpdateUser>(UserAt::new(&name), &request, etag.as_deref()).await {
        Ok(_) => Ok(done("/users", Done::UserChanged, &name)),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::PreconditionFailed => {
            conflict(&member, &name, form).await
        }
        Err(error) => {
            let problems = Problems::of_error(&member, error, "role")?;
            page(&member, &name, Some(form), problems).await
        }
    }
}

/// Both sides beside each other; sending again means to have seen theirs.
async fn conflict(member: &Member, name: &str, mut form: Form) -> Result<Response, Refused> {
    let user = member.ask::<ReadUser>(UserAt::new(name)).await?;
    form.set("etag", &user.etag);
    let (c, problems) = (member.chrome(name), Problems::default());
    Ok(html(StatusCode::PRECONDITION_FAILED, UserPage { c, user, form, problems, in_conflict: true }))
}

pub async fn set_password(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    let mut problems = Problems::default();
    if form.is_restored() {
        return Ok(to(&address(&name)));
    }
    let request = new_password(&form, member.words(), &mut problems);
    if !problems.is_empty() {
        return page(&member, &name, None, problems).await;
    }
    match member.client.call::<SetPassword>(UserAt::new(&name), &request).await {
        Ok(()) => Ok(done(&address(&name), Done::PasswordSet, &name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "password")?;
            page(&member, &name, None, problems).await
        }
    }
}

pub async fn unlock(Path(name): Path<String>, Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to(&address(&name)));
    }
    match member.client.ask::<UnlockUser>(UserAt::new(&name)).await {
        Ok(()) => Ok(done(&address(&name), Done::UserUnlocked, &name)),
        Err(error) => Err(member.refuse(error)),
    }
}

pub async fn remove_factor(
    Path(name): Path<String>,
    Posted { member, form }: Posted,
) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to(&address(&name)));
    }
    match member.client.call::<RemoveFactor>(UserAt::new(&name), &proof(&form)).await {
        Ok(()) => Ok(done(&address(&name), Done::FactorRemoved, &name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, PROOF_FIELD)?;
            page(&member, &name, None, problems).await
        }
    }
}

pub async fn show_delete(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    delete_page(&member, &name, Problems::default()).await
}

async fn delete_page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
    let user = member.ask::<ReadUser>(UserAt::new(name)).await?;
    let sessions: Vec<SessionInfo> = member.all::<ListSessions>().await?;
    let tokens: Vec<ApiTokenInfo> = member.all::<ListApiTokens>().await?;
    let sessions = sessions.iter().filter(|session| session.user == name).count();
    let tokens = tokens.iter().filter(|token| token.user == name).count();
    let c = member.chrome(member.words().user_delete_title.of(name));
    Ok(html(problems.status(), DeletePage { c, user, sessions, tokens, problems }))
}

pub async fn delete(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    if form.is_restored() {
        return delete_page(&member, &name, Problems::default()).await;
    }
    match member.client.ask::<DeleteUser>(UserAt::new(&name)).await {
        Ok(()) => Ok(done("/users", Done::UserDeleted, &name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "")?;
            delete_page(&member, &name, problems).await
        }
    }
}
