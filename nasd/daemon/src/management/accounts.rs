//! Proves callers and carries out what the management interface asks about accounts.

use super::attempts::Attempts;
use super::refusal::of_system;
use super::{Manager, rights};
use nasd_api::{
    AUDIT_PAGE, Accounts, Answer, ApiError, ApiTokenAt, ApiTokenInfo, AuditAt, AuditRecord, AuditVerdict,
    Call, Caller, ConfirmFactor, CreateApiToken, CreateSetupToken, CreateUser, Credential, CurrentPassword,
    DeleteApiToken, DeleteOwnApiToken, DeleteUser, EndOwnSession, EndSession, ErrorCode, FactorOffer, List,
    ListApiTokens, ListOwnApiTokens, ListOwnSessions, ListRoles, ListSessions, ListUsers, LogIn, NewApiToken,
    NewPassword, Nothing, OfferFactor, OwnApiTokenAt, Proof, ReadAccount, ReadAudit, ReadUser, RecoveryCodes,
    RemoveFactor, RemoveOwnFactor, RoleInfo, Secret, Serve, SessionAt, SessionInfo, SetOwnPassword,
    SetPassword, SetUp, SetupToken, Tagged, UnlockUser, UpdateUser, Use, User, UserAt, VerifyAudit, Whoami,
};
use nasd_base::net::BoxFuture;
use nasd_base::{Clock, Entropy, OsEntropy, SystemClock, VolumeId};
use nasd_system::{
    AccountCommand, AccountError, Accounts as State, By, PasswordHash, SealKey, SecretHash, Tag, TotpKey,
    check_user_name, hash_secret, secret_id, user_tag,
};
use nasd_system::{SystemCommand, SystemError, SystemView};
use std::sync::Arc;

/// How long a setup token lets somebody make the first administrator.
const SETUP_SECONDS: u32 = 24 * 3600;
pub(super) const SECRET_BYTES: usize = 32;
const RECOVERY_CODES: usize = 10;
/// 80 bits each.
const RECOVERY_BYTES: usize = 10;
pub(super) const API_TOKEN_PREFIX: &str = "gotgan_";

pub(super) fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    OsEntropy.fill(&mut random);
    hex(&random)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn tag_from(etag: &str) -> Result<Tag, ApiError> {
    let changed =
        || ApiError::new(ErrorCode::PreconditionFailed, "the tag in If-Match is none that was given");
    let digits = (etag.len() == 32 && etag.is_ascii()).then_some(etag).ok_or_else(changed)?;
    let mut tag = [0; 16];
    for (at, byte) in tag.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).map_err(|_| changed())?;
    }
    Ok(tag)
}

/// What a page of this session proves its changes with.
pub(super) fn csrf_token(session: &str) -> Secret {
    Secret::new(hex(&blake3::derive_key("gotgan 1 csrf token", session.as_bytes())))
}

/// Hashing takes 20 ms and 19 MiB: not on a thread that serves others.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::internal("a computation was cut off"))
}

impl Manager {
    pub(super) async fn change(&self, by: &By, command: AccountCommand) -> Result<(), ApiError> {
        self.change_if(by, command, None).await
    }

    pub(super) async fn change_if(
        &self,
        by: &By,
        command: AccountCommand,
        seen: Option<Tag>,
    ) -> Result<(), ApiError> {
        let system = self.system().await?;
        system
            .propose_if(by, SystemCommand::Account(command), seen)
            .await
            .map(drop)
            .map_err(|e| of_system(&e))
    }

    pub(super) async fn state(&self) -> Result<Arc<State>, ApiError> {
        Ok(self.system().await?.view().accounts.clone())
    }

    pub(super) async fn new_setup_token(&self, by: &By) -> Result<SetupToken, ApiError> {
        let secret = random_hex(SECRET_BYTES);
        let token = hash_secret(secret.as_bytes());
        self.change(by, AccountCommand::CreateSetupToken { token, valid_seconds: SETUP_SECONDS }).await?;
        let expires = SystemClock.now().secs + i64::from(SETUP_SECONDS);
        Ok(SetupToken { token: Secret::new(secret), expires })
    }

    async fn seal_key(&self) -> Result<SealKey, ApiError> {
        let running = self.running.read().await;
        let running = running.as_ref().ok_or_else(ApiError::no_cluster)?;
        Ok(SealKey::derive(&running.authority.get().handle_key()))
    }

    pub(super) async fn factor_key(&self, user: &str, sealed: &[u8]) -> Result<TotpKey, ApiError> {
        let opened = self.seal_key().await?.open(user, sealed);
        opened.and_then(|key| TotpKey::from_bytes(&key)).ok_or_else(|| {
            ApiError::internal(format!("the second factor of {user} cannot be read"))
                .hint("an administrator can remove it")
        })
    }

    async fn list_users(&self) -> Result<Vec<User>, ApiError> {
        let view = self.system().await?.view();
        Ok(view.accounts.users.values().map(|user| describe_user(&view, user)).collect())
    }

    async fn user(&self, name: &str) -> Result<User, ApiError> {
        let user = self.list_users().await?.into_iter().find(|user| user.name == name);
        user.ok_or_else(|| ApiError::not_found(format!("there is no user {name}")))
    }

    async fn list_sessions(&self) -> Result<Vec<SessionInfo>, ApiError> {
        let (state, now) = (self.state().await?, SystemClock.now());
        let limits = &state.session_limits;
        let valid = state.sessions.values().filter(|session| session.is_valid(limits, now));
        let shown = valid.map(|session| SessionInfo {
            id: secret_id(&session.hash),
            user: session.user.clone(),
            address: session.address.clone(),
            created: session.created.secs,
            last_seen: session.last_seen.secs,
            expires: session.expires(limits).secs,
        });
        Ok(shown.collect())
    }

    async fn list_api_tokens(&self) -> Result<Vec<ApiTokenInfo>, ApiError> {
        Ok(self.state().await?.api_tokens.values().map(describe_token).collect())
    }

    async fn found_user(&self, name: &str) -> Result<User, ApiError> {
        let view = self.system().await?.view();
        let user = view.accounts.users.get(name);
        user.map(|user| describe_user(&view, user))
            .ok_or_else(|| ApiError::not_found(format!("there is no user {name}")))
    }

    async fn set_up(&self, by: &By, request: SetUp) -> Result<User, ApiError> {
        let SetUp { token, name, password } = request;
        let token = self.setup_token_of(by, token).await?;
        let (system, text) = (self.system().await?, token.reveal().trim());
        let token = hash_secret(text.as_bytes());
        // Strangers' guesses are refused here, before they cost a hash or an entry of the log.
        if rights::is_random(text) {
            self.heard(&system, |view| view.accounts.setup_tokens.contains_key(&token)).await;
        }
        if !system.view().accounts.setup_tokens.contains_key(&token) {
            let error = AccountError::SetupTokenUnknown;
            return Err(of_system(&nasd_system::SystemError::Account(error)));
        }
        let password = new_password(&self.attempts, password).await?;
        self.change(by, AccountCommand::SetUp { token, name: name.clone(), password }).await?;
        self.found_user(&name).await
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

    async fn remove_factor(
        &self,
        by: &By,
        caller: Caller,
        name: String,
        proof: CurrentPassword,
    ) -> Result<(), ApiError> {
        self.prove_again(&caller, proof.current).await?;
        self.change(by, AccountCommand::RemoveFactor { user: name }).await
    }

    async fn offer_factor(
        &self,
        by: &By,
        caller: Caller,
        proof: CurrentPassword,
    ) -> Result<FactorOffer, ApiError> {
        self.prove_again(&caller, proof.current).await?;
        let user = caller.user;
        let key = TotpKey::random(&OsEntropy);
        let sealed = self.seal_key().await?.seal(&user, key.expose(), &OsEntropy);
        self.change(by, AccountCommand::OfferFactor { user: user.clone(), sealed }).await?;
        let cluster = self.system().await?.view().settings.cluster_name.clone();
        let uri = format!(
            "otpauth://totp/Gotgan%20{cluster}:{user}?secret={}&issuer=Gotgan%20{cluster}",
            key.base32()
        );
        Ok(FactorOffer { key: Secret::new(key.base32()), uri: Secret::new(uri) })
    }

    async fn confirm_factor(
        &self,
        by: &By,
        caller: Caller,
        request: ConfirmFactor,
    ) -> Result<RecoveryCodes, ApiError> {
        let user = caller.user.clone();
        let offer = |view: &SystemView| view.accounts.users.get(&user).and_then(|user| user.offered.clone());
        let system = self.system().await?;
        self.heard(&system, |view| offer(view).is_some()).await;
        let offered = offer(&system.view());
        let sealed =
            offered.ok_or_else(|| ApiError::conflict("no second factor was offered; begin again"))?;
        let key = self.factor_key(&user, &sealed).await?;
        let fits = || key.step_of(request.code.reveal().trim(), SystemClock.now());
        let step = self.prove_code(&caller, fits).await?.ok_or_else(|| {
            ApiError::new(ErrorCode::Denied, "the code does not fit")
                .hint("is the clock of the authenticator right?")
        })?;
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| random_hex(RECOVERY_BYTES)).collect();
        let recovery: Vec<SecretHash> = codes.iter().map(|code| hash_secret(code.as_bytes())).collect();
        self.change(by, AccountCommand::ConfirmFactor { user, sealed, step, recovery }).await?;
        let shown = |code: &String| Secret::new(format!("{}-{}", &code[..10], &code[10..]));
        Ok(RecoveryCodes { codes: codes.iter().map(shown).collect() })
    }

    async fn create_api_token(
        &self,
        by: &By,
        caller: Caller,
        request: CreateApiToken,
    ) -> Result<NewApiToken, ApiError> {
        let user = caller.user.clone();
        let secret = format!("{API_TOKEN_PREFIX}{}", random_hex(SECRET_BYTES));
        let token = hash_secret(secret.as_bytes());
        let CreateApiToken { name, scopes, valid_seconds, current } = request;
        self.prove_again(&caller, Some(current)).await?;
        let command =
            AccountCommand::CreateApiToken { user: user.clone(), name, token, scopes, valid_seconds };
        let made = self.system().await?.propose(by, SystemCommand::Account(command)).await;
        made.map_err(|error| match error {
            SystemError::Account(AccountError::UnknownUser(_)) => {
                ApiError::conflict(format!("{user} is no user, so it can have no API token"))
                    .hint("log in as a user of the cluster to make one")
            }
            error => of_system(&error),
        })?;
        let state = self.state().await?;
        let made = state.api_tokens.get(&token).map(describe_token);
        let info =
            made.ok_or_else(|| ApiError::unavailable("the token was made, but this node is behind"))?;
        Ok(NewApiToken { token: Secret::new(secret), info })
    }

    async fn audit_reader(&self) -> Result<nasd_system::AuditReader, ApiError> {
        let running = self.running.read().await;
        Ok(running.as_ref().ok_or_else(ApiError::no_cluster)?.node.audit.clone())
    }

    async fn audit_page(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditRecord>, ApiError> {
        let reader = self.audit_reader().await?;
        let records = blocking(move || reader.page(before, limit)).await?;
        let records = records.map_err(|error| ApiError::internal(error.to_string()))?;
        let shown = records.into_iter().map(|record| AuditRecord {
            seq: record.seq,
            at: record.at.secs,
            actor: record.actor.name,
            address: record.actor.address,
            through: record.actor.through,
            action: record.action,
            outcome: record.outcome,
            times: record.times.saturating_add(record.pending),
            hash: hex(&record.hash),
        });
        Ok(shown.collect())
    }

    async fn audit_verdict(&self) -> Result<AuditVerdict, ApiError> {
        use nasd_system::AuditVerdict as Verdict;
        let reader = self.audit_reader().await?;
        let verdict = blocking(move || reader.verify()).await?;
        Ok(match verdict.map_err(|error| ApiError::internal(error.to_string()))? {
            Verdict::Intact { first, kept, removed, head } => AuditVerdict {
                intact: true,
                seq: first,
                verdict: what_is_covered(first, removed, head.seq),
                kept,
                removed,
                head: Some(hex(&head.hash)),
            },
            Verdict::Broken { seq, why } => {
                let verdict = format!("record {seq}: {why}");
                AuditVerdict { intact: false, seq, verdict, kept: 0, removed: 0, head: None }
            }
        })
    }
}

/// What a whole log says of itself: which records were removed to make room, and that the others are as they were.
fn what_is_covered(first: u64, removed: u64, last: u64) -> String {
    let fit = format!("the records from {first} to {last} that are kept fit each other on this node");
    let earlier = first.saturating_sub(1).min(removed);
    match (earlier, removed - earlier) {
        (0, 0) => format!("records {first} to {last} fit each other on this node"),
        (_, 0) => format!("records 1 to {earlier} were removed by retention; {fit}"),
        (0, later) => format!("{later} records of those who have most were removed by retention; {fit}"),
        (_, later) => format!(
            "records 1 to {earlier}, and {later} later ones of those who have most, were removed by retention; {fit}"
        ),
    }
}

async fn new_password(attempts: &Attempts, password: Secret) -> Result<PasswordHash, ApiError> {
    let _turn = attempts.making().await?;
    let mut salt = [0; 16];
    OsEntropy.fill(&mut salt);
    let made = blocking(move || PasswordHash::create(password.reveal(), salt)).await?;
    made.map_err(|error| of_system(&nasd_system::SystemError::Account(error)))
}

/// What the volumes are called now.
pub(super) fn named(view: &SystemView, volumes: &[VolumeId]) -> Vec<String> {
    let mut names: Vec<String> =
        volumes.iter().filter_map(|id| view.volume(*id)).map(|volume| volume.name.clone()).collect();
    names.sort_unstable();
    names
}

fn describe_user(view: &SystemView, user: &nasd_system::User) -> User {
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

fn describe_token(token: &nasd_system::ApiToken) -> ApiTokenInfo {
    ApiTokenInfo {
        user: token.user.clone(),
        name: token.name.clone(),
        scopes: token.scopes.clone(),
        created: token.created.secs,
        expires: token.expires.secs,
    }
}

impl Accounts for Manager {
    fn authenticate(&self, credential: Credential, address: String, use_: Use) -> Answer<'_, Caller> {
        Box::pin(self.prove(credential, address, use_))
    }

    fn until_lessened(&self, caller: Caller) -> BoxFuture<'static, ()> {
        Box::pin(rights::until_lessened(self.myself.clone(), caller))
    }

    fn record(&self, caller: Caller, action: String, outcome: String) -> Answer<'_, ()> {
        Box::pin(async move {
            let (system, by) = (self.system().await?, self.by_caller(&caller).await);
            let note = SystemCommand::Note { action, outcome };
            system.propose(&by, note).await.map(drop).map_err(|e| of_system(&e))
        })
    }

    fn is_stale(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { self.observe().await.is_ok_and(|observed| !observed.has_quorum()) })
    }

    fn log_in(&self, request: LogIn, address: String) -> Answer<'_, (Secret, Whoami)> {
        Box::pin(self.log_in(request, address))
    }

    fn log_out(&self, caller: Caller) -> Answer<'_, ()> {
        Box::pin(async move {
            let by = self.by_caller(&caller).await;
            match caller.proof {
                Proof::Session { id, .. } => self.change(&by, AccountCommand::EndSession { id }).await,
                _ => Ok(()),
            }
        })
    }
}

impl Serve<CreateSetupToken> for Manager {
    async fn serve(&self, call: Call<CreateSetupToken>) -> Result<SetupToken, ApiError> {
        let by = self.by(&call).await;
        self.new_setup_token(&by).await
    }
}

impl Serve<SetUp> for Manager {
    async fn serve(&self, call: Call<SetUp>) -> Result<User, ApiError> {
        let by = self.by(&call).await;
        self.set_up(&by, call.body).await
    }
}

impl Serve<ListRoles> for Manager {
    async fn serve(&self, _: Call<ListRoles>) -> Result<List<RoleInfo>, ApiError> {
        Ok(RoleInfo::all())
    }
}

impl Serve<ListUsers> for Manager {
    async fn serve(&self, call: Call<ListUsers>) -> Result<List<User>, ApiError> {
        call.at.of(self.list_users().await?)
    }
}

impl Serve<CreateUser> for Manager {
    async fn serve(&self, call: Call<CreateUser>) -> Result<User, ApiError> {
        let by = self.by(&call).await;
        let request = call.body;
        let CreateUser { name, role, owned, password } = request;
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_user_name(&name).map_err(|error| of_system(&SystemError::Account(error)))?;
        let password = new_password(&self.attempts, password).await?;
        let created = name.clone();
        self.change(&by, AccountCommand::CreateUser { name, role, owned, password }).await?;
        self.found_user(&created).await
    }
}

impl Serve<ReadUser> for Manager {
    async fn serve(&self, call: Call<ReadUser>) -> Result<Tagged<User>, ApiError> {
        self.user(&call.at.name).await.map(Tagged)
    }
}

impl Serve<UpdateUser> for Manager {
    async fn serve(&self, call: Call<UpdateUser>) -> Result<Tagged<User>, ApiError> {
        let by = self.by(&call).await;
        let Call { at: UserAt { name }, body: request, etag, .. } = call;
        let tag = etag.as_deref().map(tag_from).transpose()?;
        let UpdateUser { role, owned, disabled } = request;
        let command = AccountCommand::UpdateUser { name: name.clone(), role, owned, disabled };
        self.change_if(&by, command, tag).await?;
        self.found_user(&name).await.map(Tagged)
    }
}

impl Serve<DeleteUser> for Manager {
    async fn serve(&self, call: Call<DeleteUser>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.change(&by, AccountCommand::DeleteUser { name: call.at.name }).await.map(|()| Nothing)
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
        let by = self.by(&call).await;
        self.change(&by, AccountCommand::UnlockUser { name: call.at.name }).await.map(|()| Nothing)
    }
}

impl Serve<RemoveFactor> for Manager {
    async fn serve(&self, call: Call<RemoveFactor>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.remove_factor(&by, call.caller, call.at.name, call.body).await.map(|()| Nothing)
    }
}

impl Serve<ListSessions> for Manager {
    async fn serve(&self, call: Call<ListSessions>) -> Result<List<SessionInfo>, ApiError> {
        call.at.of(self.list_sessions().await?)
    }
}

impl Serve<EndSession> for Manager {
    async fn serve(&self, call: Call<EndSession>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.change(&by, AccountCommand::EndSession { id: call.at.id }).await.map(|()| Nothing)
    }
}

impl Serve<ListApiTokens> for Manager {
    async fn serve(&self, call: Call<ListApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        call.at.of(self.list_api_tokens().await?)
    }
}

impl Serve<DeleteApiToken> for Manager {
    async fn serve(&self, call: Call<DeleteApiToken>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let ApiTokenAt { name: user, token: name } = call.at;
        self.change(&by, AccountCommand::DeleteApiToken { user, name }).await.map(|()| Nothing)
    }
}

impl Serve<ReadAccount> for Manager {
    async fn serve(&self, call: Call<ReadAccount>) -> Result<Tagged<User>, ApiError> {
        self.user(&call.caller.user).await.map(Tagged)
    }
}

impl Serve<SetOwnPassword> for Manager {
    async fn serve(&self, call: Call<SetOwnPassword>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let name = call.caller.user.clone();
        self.set_password(&by, call.caller, name, call.body).await.map(|()| Nothing)
    }
}

impl Serve<OfferFactor> for Manager {
    async fn serve(&self, call: Call<OfferFactor>) -> Result<FactorOffer, ApiError> {
        let by = self.by(&call).await;
        self.offer_factor(&by, call.caller, call.body).await
    }
}

impl Serve<ConfirmFactor> for Manager {
    async fn serve(&self, call: Call<ConfirmFactor>) -> Result<RecoveryCodes, ApiError> {
        let by = self.by(&call).await;
        self.confirm_factor(&by, call.caller, call.body).await
    }
}

impl Serve<RemoveOwnFactor> for Manager {
    async fn serve(&self, call: Call<RemoveOwnFactor>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let name = call.caller.user.clone();
        self.remove_factor(&by, call.caller, name, call.body).await.map(|()| Nothing)
    }
}

impl Serve<ListOwnSessions> for Manager {
    async fn serve(&self, call: Call<ListOwnSessions>) -> Result<List<SessionInfo>, ApiError> {
        let mut sessions = self.list_sessions().await?;
        sessions.retain(|session| session.user == call.caller.user);
        call.at.of(sessions)
    }
}

impl Serve<EndOwnSession> for Manager {
    async fn serve(&self, call: Call<EndOwnSession>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let Call { caller, at: SessionAt { id }, .. } = call;
        if !self.list_sessions().await?.iter().any(|session| session.user == caller.user && session.id == id)
        {
            return Err(ApiError::not_found("there is no such session; it may have ended"));
        }
        self.change(&by, AccountCommand::EndSession { id }).await.map(|()| Nothing)
    }
}

impl Serve<ListOwnApiTokens> for Manager {
    async fn serve(&self, call: Call<ListOwnApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        let mut tokens = self.list_api_tokens().await?;
        tokens.retain(|token| token.user == call.caller.user);
        call.at.of(tokens)
    }
}

impl Serve<CreateApiToken> for Manager {
    async fn serve(&self, call: Call<CreateApiToken>) -> Result<NewApiToken, ApiError> {
        let by = self.by(&call).await;
        self.create_api_token(&by, call.caller, call.body).await
    }
}

impl Serve<DeleteOwnApiToken> for Manager {
    async fn serve(&self, call: Call<DeleteOwnApiToken>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let Call { caller, at: OwnApiTokenAt { name }, .. } = call;
        self.change(&by, AccountCommand::DeleteApiToken { user: caller.user, name }).await.map(|()| Nothing)
    }
}

impl Serve<ReadAudit> for Manager {
    async fn serve(&self, call: Call<ReadAudit>) -> Result<List<AuditRecord>, ApiError> {
        let AuditAt { before, limit } = call.at;
        let items = self.audit_page(before, limit.unwrap_or(AUDIT_PAGE)).await?;
        Ok(List { items, next: None })
    }
}

impl Serve<VerifyAudit> for Manager {
    async fn serve(&self, _: Call<VerifyAudit>) -> Result<AuditVerdict, ApiError> {
        self.audit_verdict().await
    }
}
