//! What a command does to sessions: pure.

use super::error::AccountError;
use super::guesses;
use super::rules;
use super::rules::Changes;
use super::tables::{AccountEffect, Accounts, Factor, SecretHash, Session, User, secret_id};
use nasd_base::Timestamp;
use std::time::Duration;

/// A session's use is written down this often at most.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Longest address on record, in bytes: an IPv6 address with a zone.
const ADDRESS_BYTES_MAX: usize = 80;

/// What a login shows.
pub struct Proof<'a> {
    pub checked: &'a [u8; 32],
    pub step: Option<u64>,
    pub recovery: Option<&'a SecretHash>,
}

pub fn log_in(
    accounts: &Accounts,
    now: Timestamp,
    name: &str,
    proof: &Proof<'_>,
    hash: SecretHash,
    address: &str,
) -> Changes {
    let user = accounts.users.get(name).ok_or(AccountError::BadCredentials)?;
    if let Some(seconds) = accounts.wait_seconds(name, address, now) {
        return Err(AccountError::Locked { name: name.to_owned(), seconds });
    }
    // The password may have changed, or the user been disabled, since the node looked.
    if user.disabled || user.password.id() != *proof.checked {
        return Err(AccountError::BadCredentials);
    }
    if accounts.sessions.contains_key(&hash) || address.len() > ADDRESS_BYTES_MAX {
        return Err(AccountError::Malformed);
    }
    let factor = user.factor.as_ref().map(|factor| use_factor(factor, proof)).transpose()?;
    let mut effects = make_room(accounts, now, name)?;
    effects.extend(guesses::welcome(accounts, now, name, address));
    let (user, address) = (user.clone(), address.to_owned());
    effects.push(AccountEffect::User(User { factor, ..user }));
    let user = name.to_owned();
    effects.push(AccountEffect::Session(Session { hash, user, address, created: now, last_seen: now }));
    Ok(effects)
}

/// The factor after its code was used: no code is good twice.
fn use_factor(factor: &Factor, proof: &Proof<'_>) -> Result<Factor, AccountError> {
    let mut factor = factor.clone();
    if let Some(step) = proof.step {
        if step <= factor.last_step {
            return Err(AccountError::BadCredentials);
        }
        factor.last_step = step;
        return Ok(factor);
    }
    let code = proof.recovery.ok_or(AccountError::FactorNeeded)?;
    let left = factor.recovery.len();
    factor.recovery.retain(|other| other != code);
    if factor.recovery.len() < left { Ok(factor) } else { Err(AccountError::BadCredentials) }
}

/// Forgets sessions that have ended, and the user's least lately used one if it has too many.
fn make_room(accounts: &Accounts, now: Timestamp, user: &str) -> Changes {
    let (alive, ended): (Vec<_>, Vec<_>) =
        accounts.sessions.values().partition(|session| session.is_valid(&accounts.session_limits, now));
    let mut effects: Vec<AccountEffect> =
        ended.iter().map(|session| AccountEffect::NoSession(session.hash)).collect();
    let mut theirs: Vec<&&Session> = alive.iter().filter(|session| session.user == user).collect();
    theirs.sort_by_key(|session| (session.last_seen, session.hash));
    let surplus = (theirs.len() + 1).saturating_sub(rules::USER_SESSIONS_MAX);
    effects.extend(theirs.iter().take(surplus).map(|session| AccountEffect::NoSession(session.hash)));
    match alive.len() - surplus.min(theirs.len()) >= rules::SESSIONS_MAX {
        true => Err(AccountError::TooMany("sessions; end some, or wait until they expire".to_owned())),
        false => Ok(effects),
    }
}

pub fn touch(accounts: &Accounts, now: Timestamp, hash: &SecretHash) -> Changes {
    let session = accounts.sessions.get(hash).filter(|one| one.is_valid(&accounts.session_limits, now));
    let session = session.ok_or(AccountError::UnknownSession)?;
    if now < session.last_seen.plus(TOUCH_EVERY) {
        return Ok(Vec::new());
    }
    Ok(vec![AccountEffect::Session(Session { last_seen: now, ..session.clone() })])
}

pub fn end_session(accounts: &Accounts, id: &str) -> Changes {
    let session = accounts.sessions.keys().find(|hash| secret_id(hash) == id);
    session.map(|hash| vec![AccountEffect::NoSession(*hash)]).ok_or(AccountError::UnknownSession)
}
