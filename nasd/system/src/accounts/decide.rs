//! What a command does to users, sessions and API tokens: pure, so that every replica decides the same.

use super::command::{AccountCommand, AccountError, WantedGroup};
use super::guesses;
use super::password::PasswordHash;
use super::rules::{self, RECOVERY_CODES_MAX, SEALED_BYTES_MAX};
use super::tables::{
    AccountEffect, Accounts, ApiToken, Factor, Group, SecretHash, Session, SetupToken, User, secret_id,
};
use crate::volume::VolumeInfo;
use nasd_base::role::{Right, Role};
use nasd_base::{Timestamp, VolumeId};
use std::collections::BTreeMap;
use std::time::Duration;

pub const API_TOKEN_SECONDS_MAX: u32 = 365 * 24 * 3600;
const SETUP_SECONDS_MAX: u32 = 7 * 24 * 3600;
pub const SECONDS_MIN: u32 = 60;
/// A session's use is written down this often at most.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// An API token is listed this long after it expired.
const API_TOKEN_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Longest address on record, in bytes: an IPv6 address with a zone.
const ADDRESS_BYTES_MAX: usize = 80;

type Decision = Result<Vec<AccountEffect>, AccountError>;

/// The cluster's volumes.
pub type Volumes = BTreeMap<VolumeId, VolumeInfo>;

pub fn decide(accounts: &Accounts, volumes: &Volumes, now: Timestamp, command: &AccountCommand) -> Decision {
    use AccountCommand as C;
    match command {
        C::CreateSetupToken { token, valid_seconds } => {
            create_setup_token(accounts, now, *token, *valid_seconds)
        }
        C::SetUp { token, name, password } => set_up(accounts, now, token, name, password),
        C::CreateUser { name, role, owned, password } => {
            create_user(accounts, now, name, *role, &found(volumes, *role, owned)?, password)
        }
        C::UpdateUser { name, role, owned, disabled } => {
            update_user(accounts, name, *role, &found(volumes, *role, owned)?, *disabled)
        }
        C::SetPassword { name, password, keep_session, keep_tokens } => {
            set_password(accounts, name, password, keep_session.as_ref(), *keep_tokens)
        }
        C::DeleteUser { name } => delete_user(accounts, name),
        C::Guess { name, address, .. } => Ok(guesses::count_wrong(accounts, now, name, address)),
        C::LogIn { name, checked, step, recovery, session, address } => {
            let proof = Proof { checked, step: *step, recovery: recovery.as_ref() };
            log_in(accounts, now, name, &proof, *session, address)
        }
        C::TouchSession { session } => touch(accounts, now, session),
        C::EndSession { id } => end_session(accounts, id),
        C::CreateApiToken { user, name, token, scopes, valid_seconds } => {
            create_api_token(accounts, now, user, name, *token, scopes, *valid_seconds)
        }
        C::DeleteApiToken { user, name } => delete_api_token(accounts, user, name),
        C::OfferFactor { user, sealed } => offer_factor(accounts, user, sealed),
        C::ConfirmFactor { user, sealed, step, recovery } => {
            confirm_factor(accounts, user, sealed, *step, recovery)
        }
        C::RemoveFactor { user } => remove_factor(accounts, user),
        C::UnlockUser { name } => unlock_user(accounts, name),
        C::CreateGroup(group) => create_group(accounts, volumes, group),
        C::UpdateGroup(group) => update_group(accounts, volumes, group),
        C::DeleteGroup { name } => delete_group(accounts, name),
    }
}

fn find<'a>(accounts: &'a Accounts, name: &str) -> Result<&'a User, AccountError> {
    accounts.users.get(name).ok_or_else(|| AccountError::UnknownUser(rules_shown(name)))
}

/// An unknown name may be anything.
fn rules_shown(name: &str) -> String {
    crate::rules::shown(name)
}

fn after(now: Timestamp, seconds: u32, most: u32) -> Result<Timestamp, AccountError> {
    if !(SECONDS_MIN..=most).contains(&seconds) {
        return Err(AccountError::BadLifetime);
    }
    Ok(Timestamp::from_nanos(now.plus(Duration::from_secs(u64::from(seconds))).as_nanos()))
}

fn create_setup_token(accounts: &Accounts, now: Timestamp, hash: SecretHash, seconds: u32) -> Decision {
    if accounts.is_set_up() {
        return Err(AccountError::AlreadySetUp);
    }
    let expires = after(now, seconds, SETUP_SECONDS_MAX)?;
    let mut tokens: Vec<&SetupToken> = accounts.setup_tokens.values().collect();
    tokens.sort_by_key(|token| (token.expires, token.hash));
    let surplus = (tokens.len() + 1).saturating_sub(rules::SETUP_TOKENS_MAX);
    let forgotten = tokens.into_iter().take(surplus).map(|token| AccountEffect::NoSetupToken(token.hash));
    Ok(forgotten.chain([AccountEffect::SetupToken(SetupToken { hash, expires })]).collect())
}

fn set_up(
    accounts: &Accounts,
    now: Timestamp,
    token: &SecretHash,
    name: &str,
    password: &PasswordHash,
) -> Decision {
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

fn create_user(
    accounts: &Accounts,
    now: Timestamp,
    name: &str,
    role: Role,
    owned: &[VolumeId],
    password: &PasswordHash,
) -> Decision {
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

fn update_user(accounts: &Accounts, name: &str, role: Role, owned: &[VolumeId], disabled: bool) -> Decision {
    let user = find(accounts, name)?;
    if role != Role::Administrator || disabled {
        spare(accounts, name)?;
    }
    let mut effects = if disabled { end_sessions(accounts, name, None) } else { Vec::new() };
    effects.push(AccountEffect::User(User { role, owned: owned.to_vec(), disabled, ..user.clone() }));
    Ok(effects)
}

fn set_password(
    accounts: &Accounts,
    name: &str,
    password: &PasswordHash,
    keep_session: Option<&SecretHash>,
    keep_tokens: bool,
) -> Decision {
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

fn delete_user(accounts: &Accounts, name: &str) -> Decision {
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

fn find_group<'a>(accounts: &'a Accounts, name: &str) -> Result<&'a Group, AccountError> {
    accounts.groups.get(name).ok_or_else(|| AccountError::UnknownGroup(rules_shown(name)))
}

fn create_group(accounts: &Accounts, volumes: &Volumes, group: &WantedGroup) -> Decision {
    rules::check_group_name(&group.name)?;
    if accounts.groups.contains_key(&group.name) {
        return Err(AccountError::GroupExists(group.name.clone()));
    }
    if accounts.groups.len() >= rules::GROUPS_MAX {
        return Err(AccountError::TooMany(format!("groups (at most {})", rules::GROUPS_MAX)));
    }
    set_group(accounts, volumes, group)
}

fn update_group(accounts: &Accounts, volumes: &Volumes, group: &WantedGroup) -> Decision {
    find_group(accounts, &group.name)?;
    set_group(accounts, volumes, group)
}

fn delete_group(accounts: &Accounts, name: &str) -> Decision {
    let group = find_group(accounts, name)?;
    Ok(vec![AccountEffect::NoGroup(group.name.clone())])
}

fn unlock_user(accounts: &Accounts, name: &str) -> Decision {
    let user = find(accounts, name)?;
    Ok(guesses::forgive(accounts, &user.name))
}

fn set_group(accounts: &Accounts, volumes: &Volumes, group: &WantedGroup) -> Decision {
    let owned = found(volumes, group.role, &group.owned)?;
    group.members.iter().try_for_each(|member| find(accounts, member).map(drop))?;
    let (name, members) = (group.name.clone(), group.members.clone());
    Ok(vec![AccountEffect::Group(Group { name, role: group.role, owned, members })])
}

/// The volumes of these names, as they are now.
fn found(volumes: &Volumes, role: Role, names: &[String]) -> Result<Vec<VolumeId>, AccountError> {
    rules::check_owned(role, names)?;
    let find = |name: &String| {
        let volume = volumes.values().find(|volume| volume.name == *name);
        volume.map(|volume| volume.id).ok_or_else(|| AccountError::UnknownVolume(name.clone()))
    };
    names.iter().map(find).collect()
}

/// The volume is gone: nobody owns it any more.
pub fn disown(accounts: &Accounts, volume: VolumeId) -> Vec<AccountEffect> {
    let without = |owned: &[VolumeId]| owned.iter().copied().filter(|one| *one != volume).collect();
    let users = accounts.users.values().filter(|user| user.owned.contains(&volume));
    let users = users.map(|user| AccountEffect::User(User { owned: without(&user.owned), ..user.clone() }));
    let groups = accounts.groups.values().filter(|group| group.owned.contains(&volume));
    let groups =
        groups.map(|group| AccountEffect::Group(Group { owned: without(&group.owned), ..group.clone() }));
    users.chain(groups).collect()
}

/// What a login shows.
struct Proof<'a> {
    checked: &'a [u8; 32],
    step: Option<u64>,
    recovery: Option<&'a SecretHash>,
}

fn log_in(
    accounts: &Accounts,
    now: Timestamp,
    name: &str,
    proof: &Proof<'_>,
    hash: SecretHash,
    address: &str,
) -> Decision {
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
fn make_room(accounts: &Accounts, now: Timestamp, user: &str) -> Decision {
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

fn touch(accounts: &Accounts, now: Timestamp, hash: &SecretHash) -> Decision {
    let session = accounts.sessions.get(hash).filter(|one| one.is_valid(&accounts.session_limits, now));
    let session = session.ok_or(AccountError::UnknownSession)?;
    if now < session.last_seen.plus(TOUCH_EVERY) {
        return Ok(Vec::new());
    }
    Ok(vec![AccountEffect::Session(Session { last_seen: now, ..session.clone() })])
}

fn end_session(accounts: &Accounts, id: &str) -> Decision {
    let session = accounts.sessions.keys().find(|hash| secret_id(hash) == id);
    session.map(|hash| vec![AccountEffect::NoSession(*hash)]).ok_or(AccountError::UnknownSession)
}

fn create_api_token(
    accounts: &Accounts,
    now: Timestamp,
    user: &str,
    name: &str,
    hash: SecretHash,
    scopes: &[Right],
    seconds: u32,
) -> Decision {
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

fn delete_api_token(accounts: &Accounts, user: &str, name: &str) -> Decision {
    let token = accounts.api_tokens.values().find(|token| token.user == user && token.name == name);
    let unknown = || AccountError::UnknownApiToken { user: rules_shown(user), name: rules_shown(name) };
    token.map(|token| vec![AccountEffect::NoApiToken(token.hash)]).ok_or_else(unknown)
}

fn offer_factor(accounts: &Accounts, name: &str, sealed: &[u8]) -> Decision {
    let user = find(accounts, name)?.clone();
    if user.factor.is_some() {
        return Err(AccountError::FactorExists(user.name));
    }
    if sealed.len() > SEALED_BYTES_MAX {
        return Err(AccountError::Malformed);
    }
    Ok(vec![AccountEffect::User(User { offered: Some(sealed.to_vec()), ..user })])
}

fn confirm_factor(
    accounts: &Accounts,
    name: &str,
    sealed: &[u8],
    step: u64,
    recovery: &[SecretHash],
) -> Decision {
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

fn remove_factor(accounts: &Accounts, name: &str) -> Decision {
    let user = find(accounts, name)?.clone();
    if user.factor.is_none() {
        return Err(AccountError::NoFactor(name.to_owned()));
    }
    Ok(vec![AccountEffect::User(User { offered: None, factor: None, ..user })])
}
