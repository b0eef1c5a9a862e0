//! What a command does to users: pure.

use super::error::AccountError;
use super::guesses;
use super::password::PasswordHash;
use super::rules;
use super::rules::{Changes, find};
use super::tables::{AccountEffect, Accounts, SecretHash, User};
use nasd_base::role::Role;
use nasd_base::{Timestamp, VolumeId};
use std::collections::BTreeMap;

pub fn create_user(
    accounts: &Accounts,
    now: Timestamp,
    name: &str,
    role: Role,
    owned: &[VolumeId],
    password: &PasswordHash,
) -> Changes {
    rules::check_user_name(name)?;
    if accounts.users.contains_key(name) {
        return Err(AccountError::UserExists(name.to_owned()));
    }
    if accounts.users.len() >= rules::USERS_MAX {
        return Err(AccountError::TooMany(format!("users (at most {})", rules::USERS_MAX)));
    }
    if !password.is_sane() {
        return Err(AccountError::Malformed);
    }
    Ok(vec![AccountEffect::User(User {
        name: name.to_owned(),
        role,
        owned: owned.to_vec(),
        disabled: false,
        password: password.clone(),
        created: now,
        offered: None,
        factor: None,
    })])
}

/// Whether the cluster keeps an administrator without this user.
fn spare(accounts: &Accounts, name: &str) -> Result<(), AccountError> {
    let user = find(accounts, name)?;
    let others = accounts.users.values().any(|other| other.name != name && other.administers());
    if user.administers() && !others {
        return Err(AccountError::LastAdministrator(name.to_owned()));
    }
    Ok(())
}

pub fn update_user(
    accounts: &Accounts,
    name: &str,
    role: Role,
    owned: &[VolumeId],
    disabled: bool,
) -> Changes {
    let user = find(accounts, name)?;
    if role != Role::Administrator || disabled {
        spare(accounts, name)?;
    }
    let mut effects = if disabled { end_sessions(accounts, name, None) } else { Vec::new() };
    effects.push(AccountEffect::User(User { role, owned: owned.to_vec(), disabled, ..user.clone() }));
    Ok(effects)
}

pub fn set_password(
    accounts: &Accounts,
    name: &str,
    password: &PasswordHash,
    keep_session: Option<&SecretHash>,
    keep_tokens: bool,
) -> Changes {
    let user = find(accounts, name)?.clone();
    if !password.is_sane() {
        return Err(AccountError::Malformed);
    }
    let mut effects = end_sessions(accounts, name, keep_session);
    if !keep_tokens {
        effects.extend(end_tokens(accounts, name));
    }
    let password = password.clone();
    effects.extend(guesses::forgive(accounts, name));
    effects.push(AccountEffect::User(User { password, ..user }));
    Ok(effects)
}

fn end_sessions(accounts: &Accounts, user: &str, keep: Option<&SecretHash>) -> Vec<AccountEffect> {
    let theirs = accounts.sessions.values().filter(|session| session.user == user);
    let ended = theirs.filter(|session| Some(&session.hash) != keep);
    ended.map(|session| AccountEffect::NoSession(session.hash)).collect()
}

fn end_tokens(accounts: &Accounts, user: &str) -> impl Iterator<Item = AccountEffect> {
    let theirs = accounts.api_tokens.values().filter(move |token| token.user == user);
    theirs.map(|token| AccountEffect::NoApiToken(token.hash))
}

pub fn delete_user(accounts: &Accounts, name: &str) -> Changes {
    spare(accounts, name)?;
    let mut effects = end_sessions(accounts, name, None);
    effects.extend(end_tokens(accounts, name));
    effects.extend(accounts.groups_of(name).map(|group| {
        let mut group = group.clone();
        group.members.remove(name);
        AccountEffect::Group(group)
    }));
    effects.extend(guesses::forgive(accounts, name));
    effects.push(AccountEffect::Familiar(name.to_owned(), BTreeMap::new()));
    effects.push(AccountEffect::NoUser(name.to_owned()));
    Ok(effects)
}

pub fn unlock_user(accounts: &Accounts, name: &str) -> Changes {
    let user = find(accounts, name)?;
    Ok(guesses::forgive(accounts, &user.name))
}
