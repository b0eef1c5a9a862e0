//! Owns the list of what can be asked about callers: the second trait that the daemon implements.

use crate::Use;
use crate::{
    Answer, ApiError, ApiTokenInfo, AuditRecord, AuditVerdict, Caller, ConfirmFactor, CreateApiToken,
    CreateUser, Credential, CurrentPassword, FactorOffer, LogIn, NewApiToken, NewPassword, RecoveryCodes,
    Secret, SessionInfo, SetUp, SetupToken, UpdateUser, User, Whoami,
};
pub use axum::response::Response;
use nasd_base::net::BoxFuture;

/// Proves callers and manages accounts. As [`crate::Management`], whose supertrait it is.
pub trait Accounts: Send + Sync + 'static {
    /// Who brings the credential. `Unauthenticated` for one that is wrong, revoked or expired.
    fn authenticate(&self, credential: Credential, address: String, use_: Use) -> Answer<'_, Caller>;

    /// Ends when the caller's session or token has, or may do less than it could.
    fn until_lessened(&self, caller: Caller) -> BoxFuture<'static, ()>;

    /// Carries out `work` for the caller, so that what it changes is recorded as theirs. `op` makes the first
    /// change repeatable: the same one is not carried out twice.
    fn on_behalf<'a>(
        &'a self,
        caller: Caller,
        op: Option<[u8; 16]>,
        work: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response>;

    /// Puts something that changes no replicated state into the audit log.
    fn record(&self, action: String, outcome: String) -> Answer<'_, ()>;

    /// Whether this node knows of no majority: what it answers may be old.
    fn is_stale(&self) -> BoxFuture<'_, bool>;

    fn create_setup_token(&self) -> Answer<'_, SetupToken>;

    fn set_up(&self, request: SetUp) -> Answer<'_, User>;

    /// The secret of the new session, and who it is. Slow on purpose for wrong passwords and unknown users alike.
    fn log_in(&self, request: LogIn, address: String) -> Answer<'_, (Secret, Whoami)>;

    fn users(&self) -> Answer<'_, Vec<User>>;

    fn create_user(&self, request: CreateUser) -> Answer<'_, User>;

    /// `etag`: refused with `PreconditionFailed` when the user has another one by then.
    fn update_user(&self, name: String, request: UpdateUser, etag: Option<String>) -> Answer<'_, User>;

    fn delete_user(&self, name: String) -> Answer<'_, ()>;

    /// Takes the caller's own password, as everything that changes what protects an account does. The caller's session,
    /// if it has one and the user is the caller, is kept; the user's others end.
    fn set_password(&self, caller: Caller, name: String, request: NewPassword) -> Answer<'_, ()>;

    fn unlock_user(&self, name: String) -> Answer<'_, ()>;

    fn sessions(&self) -> Answer<'_, Vec<SessionInfo>>;

    fn end_session(&self, id: String) -> Answer<'_, ()>;

    fn api_tokens(&self) -> Answer<'_, Vec<ApiTokenInfo>>;

    /// The caller's own.
    fn create_api_token(&self, caller: Caller, request: CreateApiToken) -> Answer<'_, NewApiToken>;

    fn delete_api_token(&self, user: String, name: String) -> Answer<'_, ()>;

    /// The caller's own.
    fn offer_factor(&self, caller: Caller, proof: CurrentPassword) -> Answer<'_, FactorOffer>;

    fn confirm_factor(&self, caller: Caller, request: ConfirmFactor) -> Answer<'_, RecoveryCodes>;

    fn remove_factor(&self, caller: Caller, name: String, proof: CurrentPassword) -> Answer<'_, ()>;

    /// Up to `limit` records older than `before`, newest first.
    fn audit(&self, before: Option<u64>, limit: u32) -> Answer<'_, Vec<AuditRecord>>;

    fn verify_audit(&self) -> Answer<'_, AuditVerdict>;
}

/// The refusal of whoever proved nothing.
pub(crate) fn unauthenticated() -> ApiError {
    ApiError::new(crate::ErrorCode::Unauthenticated, "this needs a login or an API token")
        .hint("POST /api/v1/login, or send `Authorization: Bearer` with an API token")
}
