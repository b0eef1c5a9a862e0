//! What a command does to users, sessions and API tokens: pure, so that every replica decides the same.

use super::api_token::{create_api_token, delete_api_token};
use super::command::{AccountCommand, AccountError};
use super::factor::{confirm_factor, offer_factor, remove_factor};
use super::group::{create_group, delete_group, found, update_group};
use super::guesses;
use super::session::{Proof, end_session, log_in, touch};
use super::setup::{create_setup_token, set_up};
use super::tables::{AccountEffect, Accounts, User};
use super::user::{create_user, delete_user, set_password, unlock_user, update_user};
use crate::rules::shown;
use crate::volume::VolumeInfo;
use nasd_base::{Timestamp, VolumeId};
use std::collections::BTreeMap;
use std::time::Duration;

pub const SECONDS_MIN: u32 = 60;
pub type Decision = Result<Vec<AccountEffect>, AccountError>;

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

pub fn find<'a>(accounts: &'a Accounts, name: &str) -> Result<&'a User, AccountError> {
    accounts.users.get(name).ok_or_else(|| AccountError::UnknownUser(rules_shown(name)))
}

/// An unknown name may be anything.
pub fn rules_shown(name: &str) -> String {
    shown(name)
}

pub fn after(now: Timestamp, seconds: u32, most: u32) -> Result<Timestamp, AccountError> {
    if !(SECONDS_MIN..=most).contains(&seconds) {
        return Err(AccountError::BadLifetime);
    }
    Ok(Timestamp::from_nanos(now.plus(Duration::from_secs(u64::from(seconds))).as_nanos()))
}
