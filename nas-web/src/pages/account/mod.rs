//! Owns one's own account: password, second factor, sessions, API tokens.

mod factor;
mod tokens;

pub use factor::proof;

use crate::chrome::{Chrome, html};
use crate::figures::moment;
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::routes::PageRoute;
use crate::visit::{Member, done, to};
use crate::words::{Text, Words};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use nasd_api::{
    ApiTokenInfo, EndOwnSession, ListOwnApiTokens, ListOwnSessions, NewPassword, Nothing, ReadAccount,
    Secret, SessionAt, SessionInfo, SetOwnPassword,
};
use nasd_base::role::Right;

pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/account", show),
        PageRoute::post("/account/password", set_password),
        PageRoute::post("/account/factor", factor::offer),
        PageRoute::post("/account/factor/confirm", factor::confirm),
        PageRoute::post("/account/factor/remove", factor::remove),
        PageRoute::post("/account/sessions/{id}/end", end_session),
        PageRoute::post("/account/tokens", tokens::make),
        PageRoute::post("/account/tokens/revoke", tokens::revoke),
    ]
}

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    c: Chrome,
    sessions: Vec<SessionInfo>,
    tokens: Vec<ApiTokenInfo>,
    rights: Vec<Right>,
    has_factor: bool,
    form: Form,
    problems: Problems,
}

impl AccountPage {
    fn chose(&self, right: &Right) -> bool {
        self.form.all("scope").contains(&right.name())
    }
}

async fn show(member: Member) -> Result<Response, Refused> {
    page(&member, untouched(), Problems::default()).await
}

/// The form of an API token before anybody typed in it.
fn untouched() -> Form {
    Form::new(&[("days", "90")])
}

async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
    let sessions = member.all::<ListOwnSessions>().await?;
    let tokens = member.all::<ListOwnApiTokens>().await?;
    // Whoever is known to nasd alone (root) has no user of its own.
    let has_factor = member.client.ask::<ReadAccount>(Nothing).await.is_ok_and(|user| user.has_second_factor);
    let (c, rights) = (member.chrome(member.words().nav_account), member.whoami.rights.clone());
    Ok(html(problems.status(), AccountPage { c, sessions, tokens, rights, has_factor, form, problems }))
}

/// A right as people call it.
pub fn right_words(w: &Words, right: &Right) -> Text {
    match right {
        Right::ReadStatus => w.right_read_status,
        Right::ChangeStorage => w.right_change_storage,
        Right::DestroyStorage => w.right_destroy_storage,
        Right::ChangeExports => w.right_change_exports,
        Right::ChangeCluster => w.right_change_cluster,
        Right::ReadIdentity => w.right_read_identity,
        Right::ChangeIdentity => w.right_change_identity,
        Right::ReadAudit => w.right_read_audit,
        Right::OwnAccount => w.right_own_account,
    }
}

async fn set_password(Posted { member, form }: Posted) -> Result<Response, Refused> {
    let mut problems = Problems::default();
    if form.is_restored() {
        return Ok(to("/account"));
    }
    problems.check(form.raw("password") == form.raw("again"), "again", member.words().password_again_wrong);
    if !problems.is_empty() {
        return page(&member, untouched(), problems).await;
    }
    let (password, current) = (Secret::new(form.raw("password")), Some(Secret::new(form.raw("current"))));
    let request = NewPassword { password, current, keep_api_tokens: form.has("keep-tokens") };
    match member.client.call::<SetOwnPassword>(Nothing, &request).await {
        Ok(()) => Ok(done("/account", Done::PasswordSet, &member.whoami.user)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "password")?;
            page(&member, untouched(), problems).await
        }
    }
}

async fn end_session(Path(id): Path<String>, Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/account"));
    }
    match member.client.ask::<EndOwnSession>(SessionAt::new(&id)).await {
        Ok(()) => Ok(done("/account", Done::SessionEnded, &member.whoami.user)),
        Err(error) => Err(member.refuse(error)),
    }
}
