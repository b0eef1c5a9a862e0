//! Owns one's API tokens: made, shown once, revoked.

use super::page::page;
use crate::chrome::{Chrome, html};
use crate::figures::moment;
use crate::flash::Done;
use crate::form::TOKEN_PROOF_FIELD;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::{done, to};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{CreateApiToken, DeleteOwnApiToken, NewApiToken, Nothing, OwnApiTokenAt, Secret};
use nasd_base::role::Right;

const DAY_SECONDS: u32 = 86_400;
const DAYS_MAX: u32 = 365;

#[derive(Template)]
#[template(path = "account/token.html")]
struct TokenPage {
    c: Chrome,
    made: NewApiToken,
}

pub async fn make(Posted { member, form }: Posted) -> Result<Response, Refused> {
    let (w, mut problems) = (member.words(), Problems::default());
    if form.is_restored() {
        return page(&member, form, problems).await;
    }
    let days = form.get("days").parse::<u32>().ok().filter(|days| (1..=DAYS_MAX).contains(days));
    let scopes: Vec<Right> = form.all("scope").into_iter().filter_map(|name| name.parse().ok()).collect();
    problems.check(!form.get("name").is_empty(), "name", w.token_name_missing);
    problems.check(days.is_some(), "days", w.token_days_wrong);
    problems.check(!scopes.is_empty(), "scopes", w.token_scopes_missing);
    let (Some(days), true) = (days, problems.is_empty()) else {
        return page(&member, form, problems).await;
    };
    let (name, valid_seconds) = (form.get("name").to_owned(), days * DAY_SECONDS);
    let current = Secret::new(form.raw(TOKEN_PROOF_FIELD));
    let request = CreateApiToken { name, scopes, valid_seconds, current };
    match member.client.call::<CreateApiToken>(Nothing, &request).await {
        Ok(made) => Ok(html(StatusCode::OK, TokenPage { c: member.chrome(w.token_title), made })),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "name")?;
            page(&member, form, problems).await
        }
    }
}

pub async fn revoke(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/account"));
    }
    let name = form.get("name");
    let at = OwnApiTokenAt { name: name.to_owned() };
    match member.client.ask::<DeleteOwnApiToken>(at).await {
        Ok(()) => Ok(done("/account", Done::TokenRevoked, name)),
        Err(error) => Err(member.refuse(error)),
    }
}
