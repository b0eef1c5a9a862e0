//! Proves callers and carries out what the management interface asks about accounts.

use super::attempts::Attempts;
use super::caller::{self, by};
use super::refusal::of_system;
use super::{Manager, rights};
use nasd_api::{
    Accounts, Answer, ApiError, ApiTokenInfo, AuditRecord, AuditVerdict, Caller, ConfirmFactor,
    CreateApiToken, CreateGroup, CreateUser, Credential, CurrentPassword, ErrorCode, FactorOffer, Group,
    LogIn, NewApiToken, NewPassword, Proof, RecoveryCodes, Response, Secret, SessionInfo, SetUp, SetupToken,
    UpdateGroup, UpdateUser, Use, User, Whoami,
};
use nasd_base::net::BoxFuture;
use nasd_base::{Clock, Entropy, OpId, OsEntropy, SystemClock, VolumeId};
use nasd_system::{
    AccountCommand, AccountError, Accounts as State, Actor, By, Condition, NO_PROOF, PasswordHash, Resource,
    SealKey, SecretHash, Tag, TotpKey, check_user_name, hash_secret, secret_id, user_tag,
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
        if_: Option<Condition>,
    ) -> Result<(), ApiError> {
        let system = self.system().await?;
        system.propose_if(by, SystemCommand::Account(command), if_).await.map(drop).map_err(|e| of_system(&e))
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

    async fn found_user(&self, name: &str) -> Result<User, ApiError> {
        let view = self.system().await?.view();
        let user = view.accounts.users.get(name);
        user.map(|user| describe_user(&view, user))
            .ok_or_else(|| ApiError::not_found(format!("there is no user {name}")))
    }

    async fn set_up(&self, request: SetUp) -> Result<User, ApiError> {
        let SetUp { token, name, password } = request;
        let token = self.setup_token_of(token).await?;
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
        self.change(&by(), AccountCommand::SetUp { token, name: name.clone(), password }).await?;
        self.found_user(&name).await
    }

    async fn set_password(&self, caller: Caller, name: String, new: NewPassword) -> Result<(), ApiError> {
        self.prove_again(&caller, new.current).await?;
        let state = self.state().await?;
        let keep_session = match &caller.proof {
            Proof::Session { id, .. } => state.sessions.keys().find(|hash| secret_id(hash) == *id).copied(),
            _ => None,
        };
        let password = new_password(&self.attempts, new.password).await?;
        let keep_tokens = new.keep_api_tokens;
        self.change(&by(), AccountCommand::SetPassword { name, password, keep_session, keep_tokens }).await
    }

    async fn remove_factor(
        &self,
        caller: Caller,
        name: String,
        proof: CurrentPassword,
    ) -> Result<(), ApiError> {
        self.prove_again(&caller, proof.current).await?;
        self.change(&by(), AccountCommand::RemoveFactor { user: name }).await
    }

    async fn offer_factor(&self, caller: Caller, proof: CurrentPassword) -> Result<FactorOffer, ApiError> {
        self.prove_again(&caller, proof.current).await?;
        let user = caller.user;
        let key = TotpKey::random(&OsEntropy);
        let sealed = self.seal_key().await?.seal(&user, key.expose(), &OsEntropy);
        self.change(&by(), AccountCommand::OfferFactor { user: user.clone(), sealed }).await?;
        let cluster = self.system().await?.view().cluster_name.clone();
        let uri = format!(
            "otpauth://totp/Gotgan%20{cluster}:{user}?secret={}&issuer=Gotgan%20{cluster}",
            key.base32()
        );
        Ok(FactorOffer { key: Secret::new(key.base32()), uri: Secret::new(uri) })
    }

    async fn confirm_factor(
        &self,
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
        self.change(&by(), AccountCommand::ConfirmFactor { user, sealed, step, recovery }).await?;
        let shown = |code: &String| Secret::new(format!("{}-{}", &code[..10], &code[10..]));
        Ok(RecoveryCodes { codes: codes.iter().map(shown).collect() })
    }

    async fn create_api_token(
        &self,
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
        let made = self.system().await?.propose(&by(), SystemCommand::Account(command)).await;
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

    fn on_behalf<'a>(
        &'a self,
        caller: Caller,
        op: Option<[u8; 16]>,
        work: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let through = match &caller.proof {
                Proof::LocalSocket => "local socket".to_owned(),
                Proof::Session { .. } => "session".to_owned(),
                Proof::ApiToken { name, .. } => format!("API token {name}"),
                Proof::Nothing => NO_PROOF.to_owned(),
            };
            let address = match (&caller.proof, self.system().await) {
                (Proof::LocalSocket, Ok(system)) => format!("local:node-{}", system.me()),
                _ => caller.address,
            };
            let owned_only = caller.owned.is_some();
            let actor = Actor { name: caller.user, address, through };
            let op = op.map(|op| OpId(u128::from_le_bytes(op).max(1)));
            caller::on_behalf(By { actor: Some(actor), op, owned_only }, work).await
        })
    }

    fn record(&self, action: String, outcome: String) -> Answer<'_, ()> {
        Box::pin(async move {
            let system = self.system().await?;
            let note = SystemCommand::Note { action, outcome };
            system.propose(&by(), note).await.map(drop).map_err(|e| of_system(&e))
        })
    }

    fn is_stale(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { self.observe().await.is_ok_and(|observed| !observed.has_quorum()) })
    }

    fn create_setup_token(&self) -> Answer<'_, SetupToken> {
        Box::pin(async { self.new_setup_token(&by()).await })
    }

    fn set_up(&self, request: SetUp) -> Answer<'_, User> {
        Box::pin(self.set_up(request))
    }

    fn log_in(&self, request: LogIn, address: String) -> Answer<'_, (Secret, Whoami)> {
        Box::pin(self.log_in(request, address))
    }

    fn users(&self) -> Answer<'_, Vec<User>> {
        Box::pin(async {
            let view = self.system().await?.view();
            Ok(view.accounts.users.values().map(|user| describe_user(&view, user)).collect())
        })
    }

    fn create_user(&self, request: CreateUser) -> Answer<'_, User> {
        Box::pin(async move {
            let CreateUser { name, role, owned, password } = request;
            // The state would remember the refusal for the idempotency key, and give it to a better request.
            check_user_name(&name).map_err(|error| of_system(&SystemError::Account(error)))?;
            let password = new_password(&self.attempts, password).await?;
            let created = name.clone();
            self.change(&by(), AccountCommand::CreateUser { name, role, owned, password }).await?;
            self.found_user(&created).await
        })
    }

    fn update_user(&self, name: String, request: UpdateUser, etag: Option<String>) -> Answer<'_, User> {
        Box::pin(async move {
            let tag = etag.as_deref().map(tag_from).transpose()?;
            let condition = tag.map(|tag| Condition { resource: Resource::User(name.clone()), tag });
            let UpdateUser { role, owned, disabled } = request;
            let command = AccountCommand::UpdateUser { name: name.clone(), role, owned, disabled };
            self.change_if(&by(), command, condition).await?;
            self.found_user(&name).await
        })
    }

    fn delete_user(&self, name: String) -> Answer<'_, ()> {
        Box::pin(async move { self.change(&by(), AccountCommand::DeleteUser { name }).await })
    }

    fn set_password(&self, caller: Caller, name: String, request: NewPassword) -> Answer<'_, ()> {
        Box::pin(self.set_password(caller, name, request))
    }

    fn unlock_user(&self, name: String) -> Answer<'_, ()> {
        Box::pin(async move { self.change(&by(), AccountCommand::UnlockUser { name }).await })
    }

    fn groups(&self) -> Answer<'_, Vec<Group>> {
        Box::pin(self.list_groups())
    }

    fn create_group(&self, request: CreateGroup) -> Answer<'_, Group> {
        Box::pin(self.create_group(request))
    }

    fn update_group(&self, name: String, request: UpdateGroup, etag: Option<String>) -> Answer<'_, Group> {
        Box::pin(self.update_group(name, request, etag))
    }

    fn delete_group(&self, name: String) -> Answer<'_, ()> {
        Box::pin(async move { self.change(&by(), AccountCommand::DeleteGroup { name }).await })
    }

    fn sessions(&self) -> Answer<'_, Vec<SessionInfo>> {
        Box::pin(async {
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
        })
    }

    fn end_session(&self, id: String) -> Answer<'_, ()> {
        Box::pin(async move { self.change(&by(), AccountCommand::EndSession { id }).await })
    }

    fn api_tokens(&self) -> Answer<'_, Vec<ApiTokenInfo>> {
        Box::pin(async { Ok(self.state().await?.api_tokens.values().map(describe_token).collect()) })
    }

    fn create_api_token(&self, caller: Caller, request: CreateApiToken) -> Answer<'_, NewApiToken> {
        Box::pin(self.create_api_token(caller, request))
    }

    fn delete_api_token(&self, user: String, name: String) -> Answer<'_, ()> {
        Box::pin(async move { self.change(&by(), AccountCommand::DeleteApiToken { user, name }).await })
    }

    fn offer_factor(&self, caller: Caller, proof: CurrentPassword) -> Answer<'_, FactorOffer> {
        Box::pin(self.offer_factor(caller, proof))
    }

    fn confirm_factor(&self, caller: Caller, request: ConfirmFactor) -> Answer<'_, RecoveryCodes> {
        Box::pin(self.confirm_factor(caller, request))
    }

    fn remove_factor(&self, caller: Caller, name: String, proof: CurrentPassword) -> Answer<'_, ()> {
        Box::pin(self.remove_factor(caller, name, proof))
    }

    fn audit(&self, before: Option<u64>, limit: u32) -> Answer<'_, Vec<AuditRecord>> {
        Box::pin(self.audit_page(before, limit))
    }

    fn verify_audit(&self) -> Answer<'_, AuditVerdict> {
        Box::pin(self.audit_verdict())
    }
}
