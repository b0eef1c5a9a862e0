//! Owns the callers of the cluster in memory. The name of a role is an API token, a session and a user with the
//! password [`PASSWORD`]; users that are made log in with their own. Everybody's code is [`CODE`].

use crate::known::{CAREFUL, CODE, CSRF, LOCKED, NOW, PASSWORD};
use crate::user::{new_user, no_user};
use crate::{Memory, State};
use nasd_api::*;
use nasd_base::net::BoxFuture;
use nasd_base::role::{Grant, Right, Role};
use std::time::Duration;

impl Memory {
    /// How often a credential was used by somebody.
    pub fn used(&self) -> u64 {
        self.state.lock().unwrap().used
    }

    pub fn set_stale(&self) {
        self.state.lock().unwrap().stale = true;
    }

    /// Every answer takes so long, as while a node misses its leader.
    pub fn set_slow(&self, wait: Duration) {
        self.state.lock().unwrap().wait = wait;
    }

    pub fn last_op(&self) -> Option<[u8; 16]> {
        self.state.lock().unwrap().last_op
    }
}

fn refused() -> ApiError {
    refusal::bad_credentials()
}

impl State {
    fn groups_of(&self, user: &str) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.members.iter().any(|member| member == user))
    }

    pub(crate) fn grant(&self, user: &User) -> Grant<String> {
        let groups = self.groups_of(&user.name).map(|group| (group.role, &group.owned[..]));
        Grant::of(std::iter::once((user.role, &user.owned[..])).chain(groups))
    }

    pub(crate) fn described(&self, user: &User) -> User {
        User { groups: self.groups_of(&user.name).map(|group| group.name.clone()).collect(), ..user.clone() }
    }

    pub(crate) fn check_members(&self, members: &[String]) -> Result<(), ApiError> {
        let stranger = members.iter().find(|member| !self.users.contains_key(*member));
        stranger.map_or(Ok(()), |member| Err(no_user(member)))
    }

    /// Whom a secret belongs to, and the scopes of an API token.
    fn holder(&self, credential: &Credential) -> Option<(User, Option<Vec<Right>>)> {
        let (secret, name, scopes) = match credential {
            Credential::Session(secret) => {
                (secret, self.sessions.get(secret.reveal()).map(|session| &session.user), None)
            }
            Credential::ApiToken(secret) => {
                let token = self.api_tokens.get(secret.reveal());
                (secret, token.map(|token| &token.user), token.map(|token| token.scopes.clone()))
            }
        };
        match name {
            Some(name) => {
                self.users.get(name).filter(|user| !user.disabled).cloned().map(|user| (user, scopes))
            }
            None if self.sessions_ended && matches!(credential, Credential::Session(_)) => None,
            None => {
                let role: Role = secret.reveal().parse().ok()?;
                Some((new_user(role.to_string(), role, vec!["owned".to_owned()]), None))
            }
        }
    }
}

/// The session of a role is its name.
fn log_in_as(state: &mut State, role: Role, request: &LogIn) -> Result<(Secret, Whoami), ApiError> {
    let code = request.code.as_ref().map(Secret::reveal);
    match code {
        _ if request.password.reveal() != PASSWORD => return Err(refused()),
        None if request.user == CAREFUL => {
            return Err(refusal::factor_needed());
        }
        Some(code) if request.user == CAREFUL && code != CODE => return Err(refused()),
        _ => {}
    }
    state.sessions_ended = false;
    let (rights, csrf_token) = (role.rights().to_vec(), Some(Secret::new(CSRF)));
    let whoami = Whoami { user: request.user.clone(), role: Some(role), rights, csrf_token };
    Ok((Secret::new(role.to_string()), whoami))
}

impl Accounts for Memory {
    fn authenticate(&self, credential: Credential, address: String, use_: Use) -> Answer<'_, Caller> {
        let proof = match &credential {
            Credential::Session(_) => Proof::Session { id: "1".into(), csrf: Secret::new(CSRF) },
            Credential::ApiToken(_) => Proof::ApiToken { name: "t".into(), expires: NOW + 60 },
        };
        self.with(|state| {
            let (user, scopes) = state.holder(&credential).ok_or_else(refused)?;
            state.role_logged_in |=
                matches!(&credential, Credential::Session(_)) && state.sessions.is_empty();
            state.used += u64::from(use_ == Use::OfSomebody);
            let Grant { mut rights, owned } = state.grant(&user);
            rights.retain(|right| scopes.as_ref().is_none_or(|scopes| scopes.contains(right)));
            Ok(Caller { user: user.name, role: Some(user.role), rights, owned, address, proof })
        })
    }

    fn until_lessened(&self, caller: Caller) -> BoxFuture<'static, ()> {
        let state = self.state.clone();
        Box::pin(async move {
            let is_there = || {
                let state = state.lock().unwrap();
                let of_role = caller.user.parse::<Role>().is_ok() && !state.sessions_ended;
                of_role || caller.proof == Proof::LocalSocket || state.users.contains_key(&caller.user)
            };
            while is_there() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
    }

    fn record(&self, _: Caller, deed: Deed, outcome: String) -> Answer<'_, ()> {
        self.with(|state| {
            state.audit.push((deed.recorded("stor-a"), outcome));
            Ok(())
        })
    }

    fn is_stale(&self) -> BoxFuture<'_, bool> {
        let (stale, wait) = {
            let state = self.state.lock().unwrap();
            (state.stale, state.wait)
        };
        Box::pin(async move {
            tokio::time::sleep(wait).await;
            stale
        })
    }

    fn log_in(&self, request: LogIn, address: String) -> Answer<'_, (Secret, Whoami)> {
        self.with(|state| {
            if request.user == LOCKED {
                return Err(refusal::locked(60));
            }
            let role = (request.user == CAREFUL).then_some(Role::Administrator);
            if let Some(role) = role.or_else(|| request.user.parse().ok()) {
                return log_in_as(state, role, &request);
            }
            let LogIn { user: name, password, code } = request;
            let user = state.users.get(&name).filter(|_| state.passwords.get(&name) == Some(&password));
            let user = user.ok_or_else(refused)?.clone();
            match code.as_ref().map(Secret::reveal) {
                None if user.has_second_factor => {
                    return Err(refusal::factor_needed());
                }
                Some(code) if code != CODE => return Err(refused()),
                _ => {}
            }
            let id = format!("{}", state.sessions.len() + 1);
            let secret = format!("session-{id}");
            let (created, expires) = (NOW, NOW + 43_200);
            let session = SessionInfo { id, user: name, address, created, last_seen: NOW, expires };
            state.sessions.insert(secret.clone(), session);
            let (rights, csrf_token) = (state.grant(&user).rights, Some(Secret::new(CSRF)));
            Ok((Secret::new(secret), Whoami { user: user.name, role: Some(user.role), rights, csrf_token }))
        })
    }

    fn log_out(&self, caller: Caller) -> Answer<'_, ()> {
        let ended = match caller.proof {
            Proof::Session { id, .. } => self.end_session(id),
            _ => Ok(()),
        };
        Box::pin(async move { ended })
    }
}
