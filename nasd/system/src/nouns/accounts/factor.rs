//! What a command does to second factors: pure.

use super::error::AccountError;
use super::rules::{Changes, find};
use super::rules::{RECOVERY_CODES_MAX, SEALED_BYTES_MAX};
use super::tables::{AccountEffect, Accounts, Factor, SecretHash, User};

pub fn offer_factor(accounts: &Accounts, name: &str, sealed: &[u8]) -> Changes {
    let user = find(accounts, name)?.clone();
    if user.factor.is_some() {
        return Err(AccountError::FactorExists(user.name));
    }
    if sealed.len() > SEALED_BYTES_MAX {
        return Err(AccountError::Malformed);
    }
    Ok(vec![AccountEffect::User(User { offered: Some(sealed.to_vec()), ..user })])
}

pub fn confirm_factor(
    accounts: &Accounts,
    name: &str,
    sealed: &[u8],
    step: u64,
    recovery: &[SecretHash],
) -> Changes {
    let user = find(accounts, name)?.clone();
    if user.offered.as_deref() != Some(sealed) {
        return Err(AccountError::NoFactorOffered);
    }
    if recovery.len() > RECOVERY_CODES_MAX {
        return Err(AccountError::Malformed);
    }
    let factor = Factor { sealed: sealed.to_vec(), last_step: step, recovery: recovery.to_vec() };
    Ok(vec![AccountEffect::User(User { offered: None, factor: Some(factor), ..user })])
}

pub fn remove_factor(accounts: &Accounts, name: &str) -> Changes {
    let user = find(accounts, name)?.clone();
    if user.factor.is_none() {
        return Err(AccountError::NoFactor(name.to_owned()));
    }
    Ok(vec![AccountEffect::User(User { offered: None, factor: None, ..user })])
}
