//! Callers of the cluster in memory: an API token is the name of its user's role, and so is a session.

use super::{Memory, State, exists};
use nasd_api::{
    Accounts, Answer, ApiError, ApiTokenInfo, AuditRecord, AuditVerdict, Caller, ConfirmFactor,
    CreateApiToken, CreateUser, Credential, ErrorCode, FactorOffer, LogIn, NewApiToken, NewPassword, Proof,
    RecoveryCodes, Response, Secret, SessionInfo, SetUp, SetupToken, UpdateUser, User, Whoami,
};
use nasd_base::net::BoxFuture;
use nasd_base::role::Role;

/// What changes of a session must bring here.
pub const CSRF: &str = "csrf";

/// Nobody can log in to memory, so nothing of that kind is there.
fn nothing<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(async { Err(ApiError::not_found("the cluster in memory has none")) })
}

impl Memory {
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

fn user_of(name: String, role: Role, state: &State) -> User {
    let etag = format!("{}", state.users.len());
    let (owned, created) = (Vec::new(), 1_800_000_000);
    User { name, role, owned, disabled: false, has_second_factor: false, created, locked_seconds: None, etag }
}

impl Accounts for Memory {
    fn authenticate(&self, credential: Credential, address: String) -> Answer<'_, Caller> {
        let (secret, proof) = match credential {
            Credential::Session(secret) => {
                (secret, Proof::Session { id: "1".into(), csrf: Secret::new(CSRF) })
            }
            Credential::ApiToken(secret) => (secret, Proof::ApiToken { name: "t".into() }),
        };
        Box::pin(async move {
            let role: Role = secret
                .reveal()
                .parse()
                .map_err(|_| ApiError::new(ErrorCode::Unauthenticated, "nobody has this"))?;
            let rights = role.rights().to_vec();
            let owned = vec!["owned".to_owned()];
            Ok(Caller { user: role.to_string(), role: Some(role), rights, owned, address, proof })
        })
    }

    fn on_behalf<'a>(
        &'a self,
        caller: Caller,
        op: Option<[u8; 16]>,
        work: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response> {
        if op.is_some() {
            self.state.lock().unwrap().last_op = op;
        }
        self.state.lock().unwrap().audit.push((caller.user, "acts".into()));
        work
    }

    fn record(&self, action: String, outcome: String) -> Answer<'_, ()> {
        self.with(|state| {
            state.audit.push((action, outcome));
            Ok(())
        })
    }

    fn is_stale(&self) -> BoxFuture<'_, bool> {
        let stale = self.state.lock().unwrap().stale;
        Box::pin(async move { stale })
    }

    fn create_setup_token(&self) -> Answer<'_, SetupToken> {
        Box::pin(async { Ok(SetupToken { token: Secret::new("setup"), expires: 1_800_000_000 }) })
    }

    fn set_up(&self, request: SetUp) -> Answer<'_, User> {
        let SetUp { name, password, .. } = request;
        self.create_user(CreateUser { name, role: Role::Administrator, owned: Vec::new(), password })
    }

    fn log_in(&self, _: LogIn, _: String) -> Answer<'_, (Secret, Whoami)> {
        nothing()
    }

    fn users(&self) -> Answer<'_, Vec<User>> {
        self.with(|state| Ok(state.users.values().cloned().collect()))
    }

    fn create_user(&self, request: CreateUser) -> Answer<'_, User> {
        self.with(|state| {
            if state.users.contains_key(&request.name) {
                return Err(exists("user", &request.name));
            }
            let user = user_of(request.name.clone(), request.role, state);
            state.users.insert(request.name, user.clone());
            Ok(user)
        })
    }

    fn update_user(&self, name: String, request: UpdateUser, _: Option<String>) -> Answer<'_, User> {
        self.with(|state| {
            let user = state.users.get_mut(&name).ok_or_else(|| ApiError::not_found("no such user"))?;
            (user.role, user.disabled) = (request.role, request.disabled);
            Ok(user.clone())
        })
    }

    fn delete_user(&self, name: String) -> Answer<'_, ()> {
        self.with(|state| {
            state.users.remove(&name).map(drop).ok_or_else(|| ApiError::not_found("no such user"))
        })
    }

    fn set_password(&self, _: Caller, _: String, _: NewPassword) -> Answer<'_, ()> {
        nothing()
    }

    fn unlock_user(&self, _: String) -> Answer<'_, ()> {
        nothing()
    }

    fn sessions(&self) -> Answer<'_, Vec<SessionInfo>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn end_session(&self, _: String) -> Answer<'_, ()> {
        nothing()
    }

    fn api_tokens(&self) -> Answer<'_, Vec<ApiTokenInfo>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn create_api_token(&self, _: String, _: CreateApiToken) -> Answer<'_, NewApiToken> {
        nothing()
    }

    fn delete_api_token(&self, _: String, _: String) -> Answer<'_, ()> {
        nothing()
    }

    fn offer_factor(&self, _: String) -> Answer<'_, FactorOffer> {
        nothing()
    }

    fn confirm_factor(&self, _: String, _: ConfirmFactor) -> Answer<'_, RecoveryCodes> {
        nothing()
    }

    fn remove_factor(&self, _: String) -> Answer<'_, ()> {
        nothing()
    }

    fn audit(&self, _: Option<u64>, _: u32) -> Answer<'_, Vec<AuditRecord>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn verify_audit(&self) -> Answer<'_, AuditVerdict> {
        let verdict = AuditVerdict { intact: true, seq: 1, verdict: "no records".into(), head: None };
        Box::pin(async move { Ok(verdict) })
    }
}
