//! Owns one's API tokens: made, shown once, revoked.

use super::page::page;
use super::words;
use crate::flow::create::Create;
use crate::flow::press;
use crate::form::TOKEN_PROOF_FIELD;
use crate::page::{Chrome, Form, Member, Posted, Problems, Refused, Response, StatusCode, Template, html};
use nasd_api::{CreateApiToken, DeleteOwnApiToken, NewApiToken, OwnApiTokenAt, Secret};
use nasd_base::role::Right;

const DAY_SECONDS: u32 = 86_400;
const DAYS_MAX: u32 = 365;

#[derive(Template)]
#[template(path = "account/token.html")]
struct TokenPage {
    c: Chrome,
    made: NewApiToken,
}

/// On the account's page, beside other forms.
pub struct NewToken;

impl Create for NewToken {
    type Make = CreateApiToken;
    const FIELD: &'static str = "name";

    fn blank(_: &Form) -> Form {
        Form::new(&[("days", "90")])
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateApiToken> {
        let w = words::of(member.language());
        let days = form.get("days").parse::<u32>().ok().filter(|days| (1..=DAYS_MAX).contains(days));
        let scopes: Vec<Right> = form.all("scope").into_iter().filter_map(|name| name.parse().ok()).collect();
        problems.check(!form.get("name").is_empty(), "name", w.token_name_missing);
        problems.check(days.is_some(), "days", w.token_days_wrong);
        problems.check(!scopes.is_empty(), "scopes", w.token_scopes_missing);
        let (name, valid_seconds) = (form.get("name").to_owned(), days? * DAY_SECONDS);
        let current = Secret::new(form.raw(TOKEN_PROOF_FIELD));
        Some(CreateApiToken { name, scopes, valid_seconds, current })
    }

    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        page(member, form, problems).await
    }

    async fn done(member: &Member, _: &Form, made: NewApiToken) -> Response {
        html(StatusCode::OK, TokenPage { c: member.chrome(words::of(member.language()).token_title), made })
    }
}

pub async fn revoke(posted: Posted) -> Result<Response, Refused> {
    let name = posted.form.get("name");
    let at = OwnApiTokenAt { name: name.to_owned() };
    press::<DeleteOwnApiToken>(&posted, at, "/account", words::TOKEN_REVOKED, name).await
}
