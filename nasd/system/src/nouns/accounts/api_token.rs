//! What a command does to API tokens: pure.

use super::error::AccountError;
use super::rules;
use super::rules::{Changes, after, find};
use super::tables::{AccountEffect, Accounts, ApiToken, SecretHash};
use crate::rules::shown;
use nasd_base::Timestamp;
use nasd_base::role::Right;
use std::time::Duration;

pub const API_TOKEN_SECONDS_MAX: u32 = 365 * 24 * 3600;

/// An API token is listed this long after it expired.
const API_TOKEN_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

pub fn create_api_token(
    accounts: &Accounts,
    now: Timestamp,
    user: &str,
    name: &str,
    hash: SecretHash,
    scopes: &[Right],
    seconds: u32,
) -> Changes {
    let user = find(accounts, user)?.name.clone();
    rules::check_label(name)?;
    rules::check_scopes(scopes)?;
    let expires = after(now, seconds, API_TOKEN_SECONDS_MAX)?;
    let forgotten = |token: &&ApiToken| token.expires.plus(API_TOKEN_KEPT) < now;
    let mut effects: Vec<AccountEffect> = accounts
        .api_tokens
        .values()
        .filter(forgotten)
        .map(|token| AccountEffect::NoApiToken(token.hash))
        .collect();
    let kept = || accounts.api_tokens.values().filter(|token| !forgotten(token));
    if kept().any(|token| token.user == user && token.name == name) {
        return Err(AccountError::ApiTokenExists { user, name: name.to_owned() });
    }
    let theirs = kept().filter(|token| token.user == user).count();
    if theirs >= rules::USER_API_TOKENS_MAX || kept().count() >= rules::API_TOKENS_MAX {
        return Err(AccountError::TooMany("API tokens; delete some".to_owned()));
    }
    if accounts.api_tokens.contains_key(&hash) {
        return Err(AccountError::Malformed);
    }
    let (name, scopes) = (name.to_owned(), scopes.to_vec());
    effects.push(AccountEffect::ApiToken(ApiToken { hash, user, name, scopes, created: now, expires }));
    Ok(effects)
}

pub fn delete_api_token(accounts: &Accounts, user: &str, name: &str) -> Changes {
    let token = accounts.api_tokens.values().find(|token| token.user == user && token.name == name);
    let unknown = || AccountError::UnknownApiToken { user: shown(user), name: shown(name) };
    token.map(|token| vec![AccountEffect::NoApiToken(token.hash)]).ok_or_else(unknown)
}
