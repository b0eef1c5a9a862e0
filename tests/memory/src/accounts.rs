//! Owns the callers of the cluster in memory: an API token is the name of its user's role, and so is a session.
//! Everybody's password is [`PASSWORD`], and everybody's code is [`CODE`]; who logs in as a role gets its session.

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
pub const PASSWORD: &str = "right horse battery";
/// Asked for of [`CAREFUL`] only.
pub const CODE: &str = "246810";
/// An administrator with a second factor.
pub const CAREFUL: &str = "careful";
/// A user who tried too often.
pub const LOCKED: &str = "locked";
const LONG_AGO: i64 = 1_800_000_000;

impl Memory {
    pub fn set_stale(&self) {
        self.state.lock().unwrap().stale = true;
    }

    /// Sessions are good until then; an ended one is not.
    pub fn end_all_sessions(&self) {
        self.state.lock().unwrap().sessions_ended = true;
    }

    /// Puts a record into the audit log as if somebody had acted.
    pub fn add_audit(&self, record: AuditRecord) {
        self.state.lock().unwrap().records.insert(0, record);
    }

    /// A user as it would be after its maker forgot every rule about names.
    pub fn add_user(&self, name: &str, role: Role) {
        let mut state = self.state.lock().unwrap();
        let user = user_of(name.to_owned(), role, &state);
        state.users.insert(name.to_owned(), user);
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
    let (owned, created) = (Vec::new(), LONG_AGO);
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
        let ended = self.state.lock().unwrap().sessions_ended;
        Box::pin(async move {
            let role: Role = secret
                .reveal()
                .parse()
                .map_err(|_| ApiError::new(ErrorCode::Unauthenticated, "nobody has this"))?;
            if ended && matches!(proof, Proof::Session { .. }) {
                return Err(ApiError::new(ErrorCode::Unauthenticated, "the session has ended"));
            }
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
        let SetUp { name, password, token } = request;
        if token.reveal() != "setup" || password.reveal().len() < 12 {
            return Box::pin(async {
                Err(ApiError::invalid("the token or the password is not good enough"))
            });
        }
        self.create_user(CreateUser { name, role: Role::Administrator, owned: Vec::new(), password })
    }

    fn log_in(&self, request: LogIn, _: String) -> Answer<'_, (Secret, Whoami)> {
        self.with(|state| {
            if request.user == LOCKED {
                return Err(ApiError::new(ErrorCode::TooManyAttempts, "too many attempts"));
            }
            if request.password.reveal() != PASSWORD {
                return Err(ApiError::new(ErrorCode::Unauthenticated, "the name or the password is wrong"));
            }
            let role = match request.user.parse() {
                Ok(role) => role,
                Err(_) => Role::Administrator,
            };
            if request.user == CAREFUL {
                match request.code.as_ref().map(Secret::reveal) {
                    None => return Err(ApiError::new(ErrorCode::FactorNeeded, "a code is needed")),
                    Some(CODE) => {}
                    Some(_) => return Err(ApiError::new(ErrorCode::Unauthenticated, "the code is wrong")),
                }
            }
            state.sessions_ended = false;
            let csrf_token = Some(Secret::new(CSRF));
            let rights = role.rights().to_vec();
            let whoami = Whoami { user: request.user, role: Some(role), rights, csrf_token };
            Ok((Secret::new(role.to_string()), whoami))
        })
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

    fn update_user(&self, name: String, request: UpdateUser, etag: Option<String>) -> Answer<'_, User> {
        self.with(|state| {
            let user = state.users.get_mut(&name).ok_or_else(|| ApiError::not_found("no such user"))?;
            if etag.is_some_and(|etag| etag != user.etag) {
                return Err(ApiError::new(ErrorCode::PreconditionFailed, "somebody else has changed it"));
            }
            (user.role, user.disabled, user.owned) = (request.role, request.disabled, request.owned);
            user.etag += "1";
            Ok(user.clone())
        })
    }

    fn delete_user(&self, name: String) -> Answer<'_, ()> {
        self.with(|state| {
            state.users.remove(&name).map(drop).ok_or_else(|| ApiError::not_found("no such user"))
        })
    }

    fn set_password(&self, caller: Caller, name: String, request: NewPassword) -> Answer<'_, ()> {
        let own = caller.user == name;
        let proved = !own || request.current.as_ref().map(Secret::reveal) == Some(PASSWORD);
        let long = request.password.reveal().len() >= 12;
        Box::pin(async move {
            match (proved, long) {
                (true, true) => Ok(()),
                (false, _) => Err(ApiError::new(ErrorCode::Denied, "the current password is wrong")),
                _ => Err(ApiError::invalid("a password has at least 12 characters")),
            }
        })
    }

    fn unlock_user(&self, name: String) -> Answer<'_, ()> {
        self.with(|state| {
            let user = state.users.get_mut(&name).ok_or_else(|| ApiError::not_found("no such user"))?;
            user.locked_seconds = None;
            Ok(())
        })
    }

    fn sessions(&self) -> Answer<'_, Vec<SessionInfo>> {
        let session = SessionInfo {
            id: "1".into(),
            user: Role::Administrator.to_string(),
            address: "192.0.2.9".into(),
            created: LONG_AGO,
            last_seen: LONG_AGO,
            expires: LONG_AGO + 43_200,
        };
        self.with(|state| Ok(if state.sessions_ended { Vec::new() } else { vec![session] }))
    }

    fn end_session(&self, id: String) -> Answer<'_, ()> {
        self.with(|state| {
            if id != "1" {
                return Err(ApiError::not_found("there is no such session"));
            }
            state.sessions_ended = true;
            Ok(())
        })
    }

    fn api_tokens(&self) -> Answer<'_, Vec<ApiTokenInfo>> {
        self.with(|state| Ok(state.api_tokens.clone()))
    }

    fn create_api_token(&self, user: String, request: CreateApiToken) -> Answer<'_, NewApiToken> {
        self.with(|state| {
            if state.api_tokens.iter().any(|token| token.name == request.name) {
                return Err(exists("API token", &request.name));
            }
            let CreateApiToken { name, scopes, valid_seconds } = request;
            let expires = LONG_AGO + i64::from(valid_seconds);
            let info = ApiTokenInfo { user, name, scopes, created: LONG_AGO, expires };
            state.api_tokens.push(info.clone());
            Ok(NewApiToken { token: Secret::new("gotgan-api-0123"), info })
        })
    }

    fn delete_api_token(&self, user: String, name: String) -> Answer<'_, ()> {
        self.with(|state| {
            let before = state.api_tokens.len();
            state.api_tokens.retain(|token| token.user != user || token.name != name);
            match state.api_tokens.len() < before {
                true => Ok(()),
                false => Err(ApiError::not_found("there is no such API token")),
            }
        })
    }

    fn offer_factor(&self, user: String) -> Answer<'_, FactorOffer> {
        let uri = format!("otpauth://totp/Gotgan:{user}?secret=JBSWY3DPEHPK3PXP&issuer=Gotgan");
        let offer = FactorOffer { key: Secret::new("JBSWY3DPEHPK3PXP"), uri: Secret::new(uri) };
        Box::pin(async move { Ok(offer) })
    }

    fn confirm_factor(&self, _: String, request: ConfirmFactor) -> Answer<'_, RecoveryCodes> {
        Box::pin(async move {
            match request.code.reveal() == CODE {
                true => Ok(RecoveryCodes {
                    codes: (1..=8).map(|n| Secret::new(format!("abcd-efg{n}"))).collect(),
                }),
                false => Err(ApiError::invalid("the code does not fit the key")),
            }
        })
    }

    fn remove_factor(&self, _: String) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn audit(&self, before: Option<u64>, limit: u32) -> Answer<'_, Vec<AuditRecord>> {
        self.with(|state| {
            let older = |record: &&AuditRecord| before.is_none_or(|before| record.seq < before);
            Ok(state.records.iter().filter(older).take(limit as usize).cloned().collect())
        })
    }

    fn verify_audit(&self) -> Answer<'_, AuditVerdict> {
        let verdict = AuditVerdict { intact: true, seq: 1, verdict: "no records".into(), head: None };
        Box::pin(async move { Ok(verdict) })
    }
}
