//! Owns the callers of the cluster in memory. The name of a role is an API token, a session and a user with the
//! password [`PASSWORD`]; users that are made log in with their own. Everybody's code is [`CODE`].

use super::{Memory, State};
use nasd_api::{
    AUDIT_PAGE, Accounts, Answer, ApiError, ApiTokenAt, ApiTokenInfo, AuditAt, AuditRecord, AuditVerdict,
    Call, Caller, ConfirmFactor, CreateApiToken, CreateSetupToken, CreateUser, Credential, CurrentPassword,
    DeleteApiToken, DeleteOwnApiToken, DeleteUser, EndOwnSession, EndSession, FactorOffer, Group, List,
    ListApiTokens, ListOwnApiTokens, ListOwnSessions, ListRoles, ListSessions, ListUsers, LogIn, NewApiToken,
    NewPassword, Nothing, OfferFactor, PASSWORD_CHARS_MIN, Proof, ReadAccount, ReadAudit, ReadUser,
    RecoveryCodes, RemoveFactor, RemoveOwnFactor, RoleInfo, Secret, Serve, SessionAt, SessionInfo,
    SetOwnPassword, SetPassword, SetUp, SetupToken, Tagged, UnlockUser, UpdateUser, Use, User, UserAt,
    VerifyAudit, Whoami, refusal,
};
use nasd_base::net::BoxFuture;
use nasd_base::role::{Grant, Right, Role};

/// What changes of a session must bring here.
pub const CSRF: &str = "csrf";
/// Of roles, and of [`CAREFUL`].
pub const PASSWORD: &str = "right horse battery";
/// What every authenticator shows.
pub const CODE: &str = "246810";
/// An administrator with a second factor.
pub const CAREFUL: &str = "careful";
/// A user who tried too often.
pub const LOCKED: &str = "locked";
/// Seconds since 1970-01-01 UTC: it is always then.
pub const NOW: i64 = 1_800_000_000;

impl Memory {
    /// Sessions are good until then; an ended one is not.
    pub fn end_all_sessions(&self) {
        let mut state = self.state.lock().unwrap();
        state.sessions_ended = true;
        state.sessions.clear();
    }

    /// Puts a record into the audit log as if somebody had acted.
    pub fn add_audit(&self, record: AuditRecord) {
        self.state.lock().unwrap().records.insert(0, record);
    }

    /// A user as it would be after its maker forgot every rule about names.
    pub fn add_user(&self, name: &str, role: Role) {
        let user = new_user(name.to_owned(), role, Vec::new());
        self.state.lock().unwrap().users.insert(name.to_owned(), user);
    }

    /// How often a credential was used by somebody.
    pub fn used(&self) -> u64 {
        self.state.lock().unwrap().used
    }

    pub fn set_stale(&self) {
        self.state.lock().unwrap().stale = true;
    }

    pub fn audited(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().audit.clone()
    }

    pub fn last_op(&self) -> Option<[u8; 16]> {
        self.state.lock().unwrap().last_op
    }
}

pub(crate) fn changed_meanwhile() -> ApiError {
    refusal::changed()
}

pub(crate) fn no_group(name: &str) -> ApiError {
    refusal::unknown_group(name)
}

fn is_short(password: &Secret) -> bool {
    password.reveal().chars().count() < PASSWORD_CHARS_MIN
}

fn no_user(name: &str) -> ApiError {
    refusal::unknown_user(name)
}

fn refused() -> ApiError {
    refusal::bad_credentials()
}

impl State {
    fn groups_of(&self, user: &str) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.members.iter().any(|member| member == user))
    }

    fn grant(&self, user: &User) -> Grant<String> {
        let groups = self.groups_of(&user.name).map(|group| (group.role, &group.owned[..]));
        Grant::of(std::iter::once((user.role, &user.owned[..])).chain(groups))
    }

    fn described(&self, user: &User) -> User {
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

fn new_user(name: String, role: Role, owned: Vec<String>) -> User {
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

impl Memory {
    fn list_users(&self) -> Result<Vec<User>, ApiError> {
        self.act(|state| Ok(state.users.values().map(|user| state.described(user)).collect()))
    }

    fn user(&self, name: &str) -> Result<User, ApiError> {
        let user = self.list_users()?.into_iter().find(|user| user.name == name);
        user.ok_or_else(|| no_user(name))
    }

    fn make_user(&self, request: CreateUser) -> Result<User, ApiError> {
        self.act(|state| {
            if state.users.contains_key(&request.name) {
                return Err(refusal::user_exists(&request.name));
            }
            let CreateUser { name, role, owned, password } = request;
            let user = new_user(name.clone(), role, owned);
            state.passwords.insert(name.clone(), password);
            state.users.insert(name, user.clone());
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

    fn remove_factor(
        &self,
        caller: Caller,
        name: String,
        proof: CurrentPassword,
    ) -> Result<Nothing, ApiError> {
        self.act(|state| {
            prove_again(state, &caller, proof.current.as_ref())?;
            let found = state.users.get_mut(&name).map(|user| user.has_second_factor = false);
            found.or(name.parse::<Role>().ok().map(drop)).map(|()| Nothing).ok_or_else(|| no_user(&name))
        })
    }

    fn list_sessions(&self) -> Result<Vec<SessionInfo>, ApiError> {
        let (id, user) = ("1".to_owned(), Role::Administrator.to_string());
        let (address, expires) = ("192.0.2.9".to_owned(), NOW + 43_200);
        let of_role = SessionInfo { id, user, address, created: NOW, last_seen: NOW, expires };
        self.act(|state| {
            let of_role = Some(of_role).filter(|_| state.role_logged_in && !state.sessions_ended);
            Ok(state.sessions.values().cloned().chain(of_role).collect())
        })
    }

    fn end_session(&self, id: String) -> Result<(), ApiError> {
        self.act(|state| {
            let before = state.sessions.len();
            state.sessions.retain(|_, session| session.id != id);
            let of_role = id == "1" && state.role_logged_in && !state.sessions_ended;
            if state.sessions.len() < before {
                return Ok(());
            }
            state.sessions_ended |= of_role;
            let missing = || refusal::unknown_session();
            of_role.then_some(()).ok_or_else(missing)
        })
    }

    fn list_api_tokens(&self) -> Result<Vec<ApiTokenInfo>, ApiError> {
        self.act(|state| Ok(state.api_tokens.values().cloned().collect()))
    }

    fn delete_api_token(&self, user: String, name: String) -> Result<Nothing, ApiError> {
        self.act(|state| {
            let removed = state.api_tokens.remove(&format!("token-{user}-{name}"));
            removed.map(|_| Nothing).ok_or_else(|| refusal::unknown_api_token(&user, &name))
        })
    }
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
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
    }

    fn record(&self, _: Caller, action: String, outcome: String) -> Answer<'_, ()> {
        self.with(|state| {
            state.audit.push((action, outcome));
            Ok(())
        })
    }

    fn is_stale(&self) -> BoxFuture<'_, bool> {
        let stale = self.state.lock().unwrap().stale;
        Box::pin(async move { stale })
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

impl Serve<CreateSetupToken> for Memory {
    async fn serve(&self, _: Call<CreateSetupToken>) -> Result<SetupToken, ApiError> {
        Ok(SetupToken { token: Secret::new("setup"), expires: 1_800_000_000 })
    }
}

impl Serve<SetUp> for Memory {
    async fn serve(&self, call: Call<SetUp>) -> Result<User, ApiError> {
        let SetUp { name, password, token } = call.body;
        let is_link = self.state.lock().unwrap().setup.as_ref() == Some(&token);
        if token.reveal() != "setup" && !is_link {
            return Err(refusal::setup_token_unknown());
        }
        if is_short(&password) {
            return Err(refusal::weak_password());
        }
        self.make_user(CreateUser { name, role: Role::Administrator, owned: Vec::new(), password })
    }
}

impl Serve<ListRoles> for Memory {
    async fn serve(&self, _: Call<ListRoles>) -> Result<List<RoleInfo>, ApiError> {
        Ok(RoleInfo::all())
    }
}

impl Serve<ListUsers> for Memory {
    async fn serve(&self, call: Call<ListUsers>) -> Result<List<User>, ApiError> {
        call.at.of(self.list_users()?)
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
        let Call { at: UserAt { name }, body: request, etag, .. } = call;
        self.act(|state| {
            let user = state.users.get_mut(&name).ok_or_else(|| no_user(&name))?;
            if etag.is_some_and(|etag| etag != user.etag) {
                return Err(changed_meanwhile());
            }
            (user.role, user.owned, user.disabled) = (request.role, request.owned, request.disabled);
            user.etag += "1";
            let user = user.clone();
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
            state.users.remove(&name).map(|_| Nothing).ok_or_else(|| no_user(&name))
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

impl Serve<RemoveFactor> for Memory {
    async fn serve(&self, call: Call<RemoveFactor>) -> Result<Nothing, ApiError> {
        self.remove_factor(call.caller, call.at.name, call.body)
    }
}

impl Serve<ListSessions> for Memory {
    async fn serve(&self, call: Call<ListSessions>) -> Result<List<SessionInfo>, ApiError> {
        call.at.of(self.list_sessions()?)
    }
}

impl Serve<EndSession> for Memory {
    async fn serve(&self, call: Call<EndSession>) -> Result<Nothing, ApiError> {
        self.end_session(call.at.id).map(|()| Nothing)
    }
}

impl Serve<ListApiTokens> for Memory {
    async fn serve(&self, call: Call<ListApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        call.at.of(self.list_api_tokens()?)
    }
}

impl Serve<DeleteApiToken> for Memory {
    async fn serve(&self, call: Call<DeleteApiToken>) -> Result<Nothing, ApiError> {
        let ApiTokenAt { name: user, token: name } = call.at;
        self.delete_api_token(user, name)
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

impl Serve<OfferFactor> for Memory {
    async fn serve(&self, call: Call<OfferFactor>) -> Result<FactorOffer, ApiError> {
        let Call { caller, body: proof, .. } = call;
        self.act(|state| {
            prove_again(state, &caller, proof.current.as_ref())?;
            let user = &caller.user;
            let uri = format!("otpauth://totp/Gotgan:{user}?secret=JBSWY3DPEHPK3PXP&issuer=Gotgan");
            Ok(FactorOffer { key: Secret::new("JBSWY3DPEHPK3PXP"), uri: Secret::new(uri) })
        })
    }
}

impl Serve<ConfirmFactor> for Memory {
    async fn serve(&self, call: Call<ConfirmFactor>) -> Result<RecoveryCodes, ApiError> {
        let Call { caller, body: request, .. } = call;
        self.act(|state| {
            let name = caller.user;
            if request.code.reveal() != CODE {
                return Err(refusal::code_does_not_fit());
            }
            if let Some(user) = state.users.get_mut(&name) {
                user.has_second_factor = true;
            }
            let codes = (1..=8).map(|number| Secret::new(format!("abcd-efg{number}")));
            Ok(RecoveryCodes { codes: codes.collect() })
        })
    }
}

impl Serve<RemoveOwnFactor> for Memory {
    async fn serve(&self, call: Call<RemoveOwnFactor>) -> Result<Nothing, ApiError> {
        let name = call.caller.user.clone();
        self.remove_factor(call.caller, name, call.body)
    }
}

impl Serve<ListOwnSessions> for Memory {
    async fn serve(&self, call: Call<ListOwnSessions>) -> Result<List<SessionInfo>, ApiError> {
        let mut sessions = self.list_sessions()?;
        sessions.retain(|session| session.user == call.caller.user);
        call.at.of(sessions)
    }
}

impl Serve<EndOwnSession> for Memory {
    async fn serve(&self, call: Call<EndOwnSession>) -> Result<Nothing, ApiError> {
        let Call { caller, at: SessionAt { id }, .. } = call;
        if !self.list_sessions()?.iter().any(|session| session.user == caller.user && session.id == id) {
            return Err(refusal::unknown_session());
        }
        self.end_session(id).map(|()| Nothing)
    }
}

impl Serve<ListOwnApiTokens> for Memory {
    async fn serve(&self, call: Call<ListOwnApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        let mut tokens = self.list_api_tokens()?;
        tokens.retain(|token| token.user == call.caller.user);
        call.at.of(tokens)
    }
}

impl Serve<CreateApiToken> for Memory {
    async fn serve(&self, call: Call<CreateApiToken>) -> Result<NewApiToken, ApiError> {
        let Call { caller, body: request, .. } = call;
        self.act(|state| {
            let user = caller.user.clone();
            if user.parse::<Role>().is_err() && !state.users.contains_key(&user) {
                return Err(no_user(&user));
            }
            if state.api_tokens.contains_key(&format!("token-{user}-{}", request.name)) {
                return Err(refusal::api_token_exists(&user, &request.name));
            }
            prove_again(state, &caller, Some(&request.current))?;
            let CreateApiToken { name, scopes, valid_seconds, .. } = request;
            let token = format!("token-{user}-{name}");
            let expires = NOW + i64::from(valid_seconds);
            let info = ApiTokenInfo { user, name, scopes, created: NOW, expires };
            state.api_tokens.insert(token.clone(), info.clone());
            Ok(NewApiToken { token: Secret::new(token), info })
        })
    }
}

impl Serve<DeleteOwnApiToken> for Memory {
    async fn serve(&self, call: Call<DeleteOwnApiToken>) -> Result<Nothing, ApiError> {
        self.delete_api_token(call.caller.user, call.at.name)
    }
}

impl Serve<ReadAudit> for Memory {
    async fn serve(&self, call: Call<ReadAudit>) -> Result<List<AuditRecord>, ApiError> {
        let AuditAt { before, limit } = call.at;
        let limit = limit.unwrap_or(AUDIT_PAGE);
        let items = self.act(|state| {
            if !state.records.is_empty() {
                let older = |record: &&AuditRecord| before.is_none_or(|before| record.seq < before);
                return Ok(state.records.iter().filter(older).take(limit as usize).cloned().collect());
            }
            let numbered = state.audit.iter().enumerate().map(|(at, said)| (at as u64 + 1, said)).rev();
            let older = numbered.filter(|(seq, _)| before.is_none_or(|before| *seq < before));
            let records = older.take(limit as usize).map(|(seq, (actor, outcome))| AuditRecord {
                seq,
                at: NOW,
                actor: actor.clone(),
                address: "local".into(),
                through: "local socket".into(),
                action: "something".into(),
                outcome: outcome.clone(),
                times: 1,
                hash: format!("{seq:064x}"),
            });
            Ok(records.collect())
        })?;
        Ok(List { items, next: None })
    }
}

impl Serve<VerifyAudit> for Memory {
    async fn serve(&self, _: Call<VerifyAudit>) -> Result<AuditVerdict, ApiError> {
        let verdict = AuditVerdict {
            intact: true,
            seq: 1,
            verdict: "no records".into(),
            kept: 0,
            removed: 0,
            head: None,
        };
        Ok(verdict)
    }
}

/// One's own account is changed by whoever knows its password.
fn prove_again(state: &State, caller: &Caller, current: Option<&Secret>) -> Result<(), ApiError> {
    let role_password = Secret::new(PASSWORD);
    let expected = state.passwords.get(&caller.user).unwrap_or(&role_password);
    if caller.proof != Proof::LocalSocket && current != Some(expected) {
        return Err(refusal::password_wrong());
    }
    Ok(())
}
