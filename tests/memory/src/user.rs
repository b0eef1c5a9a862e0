//! Users, and who they are.

use crate::Memory;
use crate::kept;
use crate::known::NOW;
use crate::proof::prove_again;
use nasd_api::*;
use nasd_base::role::Role;

impl Serve<ListRoles> for Memory {
    async fn serve(&self, _: Call<ListRoles>) -> Result<List<RoleInfo>, ApiError> {
        Ok(RoleInfo::all())
    }
}

impl Serve<ListUsers> for Memory {
    async fn serve(&self, call: Call<ListUsers>) -> Result<List<User>, ApiError> {
        call.at.of(self.act(|state| Ok(state.users.values().map(|user| state.described(user)).collect()))?)
    }
}

impl Serve<CreateUser> for Memory {
    async fn serve(&self, call: Call<CreateUser>) -> Result<User, ApiError> {
        self.acts(&call);
        self.make_user(call.body)
    }
}

impl Serve<ReadUser> for Memory {
    async fn serve(&self, call: Call<ReadUser>) -> Result<Tagged<User>, ApiError> {
        self.user(&call.at.name).map(Tagged)
    }
}

impl Serve<UpdateUser> for Memory {
    async fn serve(&self, call: Call<UpdateUser>) -> Result<Tagged<User>, ApiError> {
        let UpdateUser { role, owned, disabled } = call.body;
        self.act(|state| {
            let user = kept::change(&mut state.users, &call.at.name, call.etag, |user| {
                (user.role, user.owned, user.disabled) = (role, owned, disabled);
            })?;
            Ok(state.described(&user))
        })
        .map(Tagged)
    }
}

impl Serve<DeleteUser> for Memory {
    async fn serve(&self, call: Call<DeleteUser>) -> Result<Nothing, ApiError> {
        let UserAt { name } = call.at;
        self.act(|state| {
            state.sessions.retain(|_, session| session.user != name);
            state.api_tokens.retain(|_, token| token.user != name);
            state.groups.values_mut().for_each(|group| group.members.retain(|member| *member != name));
            kept::delete(&mut state.users, &name)
        })
    }
}

impl Serve<SetPassword> for Memory {
    async fn serve(&self, call: Call<SetPassword>) -> Result<Nothing, ApiError> {
        self.set_password(call.caller, call.at.name, call.body)
    }
}

impl Serve<UnlockUser> for Memory {
    async fn serve(&self, call: Call<UnlockUser>) -> Result<Nothing, ApiError> {
        let UserAt { name } = call.at;
        self.act(|state| {
            state.users.get_mut(&name).ok_or_else(|| no_user(&name))?.locked_seconds = None;
            Ok(Nothing)
        })
    }
}

impl Serve<ReadAccount> for Memory {
    async fn serve(&self, call: Call<ReadAccount>) -> Result<Tagged<User>, ApiError> {
        self.user(&call.caller.user).map(Tagged)
    }
}

impl Serve<SetOwnPassword> for Memory {
    async fn serve(&self, call: Call<SetOwnPassword>) -> Result<Nothing, ApiError> {
        let name = call.caller.user.clone();
        self.set_password(call.caller, name, call.body)
    }
}

impl Memory {
    /// A user as it would be after its maker forgot every rule about names.
    pub fn add_user(&self, name: &str, role: Role) {
        let user = new_user(name.to_owned(), role, Vec::new());
        self.state.lock().unwrap().users.insert(name.to_owned(), user);
    }

    fn user(&self, name: &str) -> Result<User, ApiError> {
        self.act(|state| kept::find(&state.users, name).map(|user| state.described(&user)))
    }

    pub(crate) fn make_user(&self, request: CreateUser) -> Result<User, ApiError> {
        self.act(|state| {
            let CreateUser { name, role, owned, password } = request;
            let user = kept::add(&mut state.users, name.clone(), new_user(name.clone(), role, owned))?;
            state.passwords.insert(name, password);
            Ok(user)
        })
    }

    fn set_password(&self, caller: Caller, name: String, request: NewPassword) -> Result<Nothing, ApiError> {
        self.act(|state| {
            let is_role = name.parse::<Role>().is_ok();
            if !is_role && !state.users.contains_key(&name) {
                return Err(no_user(&name));
            }
            prove_again(state, &caller, request.current.as_ref())?;
            if is_short(&request.password) {
                return Err(refusal::weak_password());
            }
            if !request.keep_api_tokens {
                state.api_tokens.retain(|_, token| token.user != name);
            }
            if !is_role {
                state.passwords.insert(name, request.password);
            }
            Ok(Nothing)
        })
    }
}

pub(crate) fn is_short(password: &Secret) -> bool {
    password.reveal().chars().count() < PASSWORD_CHARS_MIN
}

pub(crate) fn no_user(name: &str) -> ApiError {
    refusal::unknown_user(name)
}

pub(crate) fn new_user(name: String, role: Role, owned: Vec<String>) -> User {
    User {
        name,
        role,
        owned,
        groups: Vec::new(),
        disabled: false,
        has_second_factor: false,
        created: NOW,
        locked_seconds: None,
        etag: "1".to_owned(),
    }
}
