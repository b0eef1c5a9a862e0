//! What a command does to users, sessions and API tokens: pure.

use super::api_token::{create_api_token, delete_api_token};
use super::command::AccountCommand;
use super::factor::{confirm_factor, offer_factor, remove_factor};
use super::group::{create_group, delete_group, found, update_group};
use super::guesses;
use super::rules::Changes;
use super::session::{Proof, end_session, log_in, touch};
use super::setup::{create_setup_token, set_up};
use super::tables::{Accounts, group_tag, user_tag};
use super::user::{create_user, delete_user, set_password, unlock_user, update_user};
use crate::noun::{At, Tag};
use crate::nouns::volume::Volumes;
use crate::nouns::{Decide, Decision, SystemError, SystemView, done};
use nasd_base::Timestamp;

impl Decide for AccountCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        done(change(&view.accounts, &view.volumes, at.now, self)?)
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        let Accounts { users, groups, .. } = &*view.accounts;
        let tag = match self {
            AccountCommand::UpdateUser { name, .. } => users.get(name).map(user_tag),
            AccountCommand::UpdateGroup(group) => groups.get(&group.name).map(group_tag),
            _ => return Ok(None),
        };
        tag.map(Some).ok_or(SystemError::Changed)
    }
}

pub fn change(accounts: &Accounts, volumes: &Volumes, now: Timestamp, command: &AccountCommand) -> Changes {
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
