//! What names look like, how much of everything there may be, and what decisions about accounts share.

use super::error::{AccountError, SESSION_MINUTES_MAX, SESSION_MINUTES_MIN};
use super::tables::{AccountEffect, Accounts, SessionLimits, User};
use crate::rules::shown;
use nasd_base::Timestamp;
use nasd_base::role::{Right, Role};
use std::time::Duration;

/// The rows that an accepted command changes.
pub type Changes = Result<Vec<AccountEffect>, AccountError>;

pub const USERS_MAX: usize = 1000;
pub const GROUPS_MAX: usize = 256;
/// Setup tokens that are good at once: whoever lost one makes another.
pub const SETUP_TOKENS_MAX: usize = 16;
/// Sessions of all users.
pub const SESSIONS_MAX: usize = 4096;
/// Sessions of one user; the one that was used least lately makes room.
pub const USER_SESSIONS_MAX: usize = 32;
/// API tokens of all users, expired ones that are still listed included.
pub const API_TOKENS_MAX: usize = 2048;
pub const USER_API_TOKENS_MAX: usize = 64;
/// Volumes that one share owner decides about.
pub const OWNED_MAX: usize = 64;
pub const RECOVERY_CODES_MAX: usize = 16;
/// A sealed key: nonce, key and tag, with room.
pub const SEALED_BYTES_MAX: usize = 128;

const NAME_BYTES_MAX: usize = 32;
const LABEL_BYTES_MAX: usize = 64;

/// 1 to 32 of a-z, 0-9, `-`, `_` and `.`, first a letter.
///
/// # Errors
/// `BadUserName` says the rule.
pub fn check_user_name(name: &str) -> Result<(), AccountError> {
    if is_name(name) { Ok(()) } else { Err(AccountError::BadUserName) }
}

/// As a user's.
///
/// # Errors
/// `BadGroupName` says the rule.
pub fn check_group_name(name: &str) -> Result<(), AccountError> {
    if is_name(name) { Ok(()) } else { Err(AccountError::BadGroupName) }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.as_bytes()[0].is_ascii_lowercase()
        && name.bytes().all(allowed)
}

/// Whether sessions may end so.
///
/// # Errors
/// `BadSessionLimits` says the rule.
pub fn check_session_limits(limits: &SessionLimits) -> Result<(), AccountError> {
    let good = (SESSION_MINUTES_MIN..=SESSION_MINUTES_MAX).contains(&limits.idle_minutes)
        && (limits.idle_minutes..=SESSION_MINUTES_MAX).contains(&limits.total_minutes);
    if good { Ok(()) } else { Err(AccountError::BadSessionLimits) }
}

/// What an API token is called: as a user, up to 64 bytes.
///
/// # Errors
/// `BadLabel` says the rule.
pub fn check_label(label: &str) -> Result<(), AccountError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(allowed);
    if good { Ok(()) } else { Err(AccountError::BadLabel) }
}

/// Only a share owner owns volumes.
pub fn check_owned(role: Role, owned: &[String]) -> Result<(), AccountError> {
    if role != Role::ShareOwner && !owned.is_empty() {
        return Err(AccountError::OwnsWithoutRole);
    }
    if owned.len() > OWNED_MAX {
        return Err(AccountError::TooMany(format!("volumes of one share owner (at most {OWNED_MAX})")));
    }
    match owned.iter().any(|volume| crate::nouns::volume::check_volume_name(volume).is_err()) {
        true => Err(AccountError::BadVolumeName),
        false => Ok(()),
    }
}

/// At least one right, each once.
pub fn check_scopes(scopes: &[Right]) -> Result<(), AccountError> {
    let twice = scopes.iter().enumerate().any(|(at, right)| scopes[..at].contains(right));
    if scopes.is_empty() || twice { Err(AccountError::BadScopes) } else { Ok(()) }
}

/// How long something is good, at the least.
pub const SECONDS_MIN: u32 = 60;

pub fn find<'a>(accounts: &'a Accounts, name: &str) -> Result<&'a User, AccountError> {
    accounts.users.get(name).ok_or_else(|| AccountError::UnknownUser(shown(name)))
}

pub fn after(now: Timestamp, seconds: u32, most: u32) -> Result<Timestamp, AccountError> {
    if !(SECONDS_MIN..=most).contains(&seconds) {
        return Err(AccountError::BadLifetime);
    }
    Ok(Timestamp::from_nanos(now.plus(Duration::from_secs(u64::from(seconds))).as_nanos()))
}
