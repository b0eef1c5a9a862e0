//! What a command does to setup tokens: pure.

use super::error::AccountError;
use super::password::PasswordHash;
use super::rules::SETUP_TOKENS_MAX;
use super::rules::{Changes, after};
use super::tables::{AccountEffect, Accounts, SecretHash, SetupToken};
use super::user::create_user;
use nasd_base::Timestamp;
use nasd_base::role::Role;

const SETUP_SECONDS_MAX: u32 = 7 * 24 * 3600;

pub fn create_setup_token(accounts: &Accounts, now: Timestamp, hash: SecretHash, seconds: u32) -> Changes {
    if accounts.is_set_up() {
        return Err(AccountError::AlreadySetUp);
    }
    let expires = after(now, seconds, SETUP_SECONDS_MAX)?;
    let mut tokens: Vec<&SetupToken> = accounts.setup_tokens.values().collect();
    tokens.sort_by_key(|token| (token.expires, token.hash));
    let surplus = (tokens.len() + 1).saturating_sub(SETUP_TOKENS_MAX);
    let forgotten = tokens.into_iter().take(surplus).map(|token| AccountEffect::NoSetupToken(token.hash));
    Ok(forgotten.chain([AccountEffect::SetupToken(SetupToken { hash, expires })]).collect())
}

pub fn set_up(
    accounts: &Accounts,
    now: Timestamp,
    token: &SecretHash,
    name: &str,
    password: &PasswordHash,
) -> Changes {
    match accounts.setup_tokens.get(token) {
        Some(setup) if now < setup.expires => {}
        Some(_) => return Err(AccountError::SetupTokenExpired),
        None => return Err(AccountError::SetupTokenUnknown),
    }
    if accounts.is_set_up() {
        return Err(AccountError::AlreadySetUp);
    }
    let mut effects = create_user(accounts, now, name, Role::Administrator, &[], password)?;
    effects.extend(accounts.setup_tokens.keys().map(|hash| AccountEffect::NoSetupToken(*hash)));
    Ok(effects)
}
