//! Carries out what is asked of users, by an administrator or by themselves.

use crate::Manager;
use crate::login::{Attempts, blocking};
use crate::refusal::{self, of_system};
use crate::tag::hex;
use nasd_api::{
    ApiError, Call, Caller, CreateUser, DeleteUser, List, ListRoles, ListUsers, NewPassword, Nothing, Proof,
    ReadAccount, ReadUser, RoleInfo, Secret, Serve, SetOwnPassword, SetPassword, Tagged, UnlockUser,
    UpdateUser, User,
};
use nasd_base::{Clock, Entropy, OsEntropy, SystemClock, VolumeId};
use nasd_system::{AccountCommand, By, PasswordHash, SystemView, check_user_name, secret_id, user_tag};

impl Serve<ListRoles> for Manager {
    async fn serve(&self, _: Call<ListRoles>) -> Result<List<RoleInfo>, ApiError> {
        Ok(RoleInfo::all())
    }
}

impl Serve<ListUsers> for Manager {
    async fn serve(&self, call: Call<ListUsers>) -> Result<List<User>, ApiError> {
        let view = self.system().await?.view();
        call.at.of(view.accounts.users.values().map(|user| describe(&view, user)).collect())
    }
}

impl Serve<CreateUser> for Manager {
    async fn serve(&self, call: Call<CreateUser>) -> Result<User, ApiError> {
        let by = self.by(&call).await;
        let CreateUser { name, role, owned, password } = call.body;
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_user_name(&name).map_err(|error| of_system(&error.into()))?;
        let password = new_password(&self.attempts, password).await?;
        let created = name.clone();
        self.change(&by, AccountCommand::CreateUser { name, role, owned, password }).await?;
        self.found_user(&created).await
    }
}

impl Serve<ReadUser> for Manager {
    async fn serve(&self, call: Call<ReadUser>) -> Result<Tagged<User>, ApiError> {
        self.found_user(&call.at.name).await.map(Tagged)
    }
}

impl Serve<UpdateUser> for Manager {
    async fn serve(&self, call: Call<UpdateUser>) -> Result<Tagged<User>, ApiError> {
        let name = call.at.name.clone();
        let UpdateUser { role, owned, disabled } = call.body.clone();
        let command = AccountCommand::UpdateUser { name: name.clone(), role, owned, disabled };
        self.propose(&call, command).await?;
        self.found_user(&name).await.map(Tagged)
    }
}

impl Serve<DeleteUser> for Manager {
    async fn serve(&self, call: Call<DeleteUser>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, AccountCommand::DeleteUser { name: call.at.name.clone() }).await
    }
}

impl Serve<SetPassword> for Manager {
    async fn serve(&self, call: Call<SetPassword>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.set_password(&by, call.caller, call.at.name, call.body).await.map(|()| Nothing)
    }
}

impl Serve<UnlockUser> for Manager {
    async fn serve(&self, call: Call<UnlockUser>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, AccountCommand::UnlockUser { name: call.at.name.clone() }).await
    }
}

impl Serve<ReadAccount> for Manager {
    async fn serve(&self, call: Call<ReadAccount>) -> Result<Tagged<User>, ApiError> {
        self.found_user(&call.caller.user).await.map(Tagged)
    }
}

impl Serve<SetOwnPassword> for Manager {
    async fn serve(&self, call: Call<SetOwnPassword>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let name = call.caller.user.clone();
        self.set_password(&by, call.caller, name, call.body).await.map(|()| Nothing)
    }
}

impl Manager {
    pub(crate) async fn found_user(&self, name: &str) -> Result<User, ApiError> {
        let view = self.system().await?.view();
        let user = view.accounts.users.get(name);
        user.map(|user| describe(&view, user)).ok_or_else(|| refusal::unknown_user(name))
    }

    async fn set_password(
        &self,
        by: &By,
        caller: Caller,
        name: String,
        new: NewPassword,
    ) -> Result<(), ApiError> {
        self.prove_again(&caller, new.current).await?;
        let state = self.state().await?;
        let keep_session = match &caller.proof {
            Proof::Session { id, .. } => state.sessions.keys().find(|hash| secret_id(hash) == *id).copied(),
            _ => None,
        };
        let password = new_password(&self.attempts, new.password).await?;
        let keep_tokens = new.keep_api_tokens;
        self.change(by, AccountCommand::SetPassword { name, password, keep_session, keep_tokens }).await
    }
}

pub async fn new_password(attempts: &Attempts, password: Secret) -> Result<PasswordHash, ApiError> {
    let _turn = attempts.making().await?;
    let mut salt = [0; 16];
    OsEntropy.fill(&mut salt);
    let made = blocking(move || PasswordHash::create(password.reveal(), salt)).await?;
    made.map_err(|error| of_system(&error.into()))
}

/// What the volumes are called now.
pub(crate) fn named(view: &SystemView, volumes: &[VolumeId]) -> Vec<String> {
    let mut names: Vec<String> =
        volumes.iter().filter_map(|id| view.volume(*id)).map(|volume| volume.name.clone()).collect();
    names.sort_unstable();
    names
}

fn describe(view: &SystemView, user: &nasd_system::User) -> User {
    let state = &view.accounts;
    User {
        name: user.name.clone(),
        role: user.role,
        owned: named(view, &user.owned),
        groups: state.groups_of(&user.name).map(|group| group.name.clone()).collect(),
        disabled: user.disabled,
        has_second_factor: user.factor.is_some(),
        created: user.created.secs,
        locked_seconds: state.locked_seconds(&user.name, SystemClock.now()),
        etag: hex(&user_tag(user)),
    }
}
