//! Owns the routes of users, sessions, API tokens, second factors and the audit log.

use super::{
    Asked, Body, Done, Made, Named, Node, Reply, Route, Tagged, if_match, list, listed, made, tagged,
};
use crate::access::{Access, Caller, Proof};
use crate::account::check_owned;
use crate::described::{ApiTokenName, PageSize, SessionId, UserName};
use crate::gate::{SESSION_COOKIE, setup_secret};
use crate::paging::Page;
use crate::{
    AUDIT_PAGE_MAX, ApiError, ApiTokenInfo, AuditRecord, AuditVerdict, ConfirmFactor, CreateApiToken,
    CreateUser, CurrentPassword, ErrorCode, FactorOffer, List, LogIn, NewApiToken, NewPassword,
    RecoveryCodes, RoleInfo, SESSION_MINUTES_MAX, SessionInfo, SetUp, SetupState, SetupToken, UpdateUser,
    User, Whoami,
};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::{Extension, Json};
use nasd_base::role::{Right, Role};
use serde::Deserialize;

/// Records of a page unless asked otherwise.
const AUDIT_PAGE: u32 = 100;
/// As long as a session lasts at most, in seconds; the server decides, the cookie only goes with it.
const COOKIE_SECONDS: u32 = 60 * SESSION_MINUTES_MAX;

pub fn routes() -> Vec<Route> {
    let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    let everybody = Access::Everybody;
    let own = Access::Needs(Right::OwnAccount);
    let (see, change) = (Access::Needs(Right::ReadIdentity), Access::Needs(Right::ChangeIdentity));
    let audits = Access::Needs(Right::ReadAudit);
    let founds = Access::Needs(Right::ChangeCluster);
    let status = Access::Needs(Right::ReadStatus);
    let mut routes = vec![
        Route::new(post.clone(), "/setup-tokens", founds, "A token for the first administrator", setup_token)
            .gives::<SetupToken>(),
        Route::new(get.clone(), "/setup", everybody, "What is left to do before somebody can log in", left)
            .gives::<SetupState>(),
        Route::new(post.clone(), "/setup", everybody, "Make the first administrator", set_up)
            .takes::<SetUp>()
            .gives::<User>()
            .refuses(&[ErrorCode::Denied, ErrorCode::TooManyAttempts]),
        Route::new(post.clone(), "/login", everybody, "Begin a session, in a cookie", log_in)
            .takes::<LogIn>()
            .gives::<Whoami>()
            .succeeds_with(StatusCode::OK)
            .refuses(&[ErrorCode::Unauthenticated, ErrorCode::TooManyAttempts]),
        Route::new(post.clone(), "/logout", own, "End this session", log_out),
        Route::new(get.clone(), "/session", own, "Who calls, and the CSRF token", whoami).gives::<Whoami>(),
        Route::new(get.clone(), "/roles", status, "The roles and their rights", roles)
            .gives::<List<RoleInfo>>(),
    ];
    routes.extend([
        Route::new(get.clone(), "/users", see, "The users", users).lists::<User>(),
        Route::new(post.clone(), "/users", change, "Make a user", create_user)
            .takes::<CreateUser>()
            .gives::<User>()
            .refuses(&[ErrorCode::TooManyAttempts])
            .refuses(&[ErrorCode::NotFound])
            .repeatable(),
        Route::new(get.clone(), "/users/{name}", see, "One user", user)
            .names::<UserName>()
            .gives_tagged::<User>(),
        Route::new(
            put.clone(),
            "/users/{name}",
            change,
            "Set role, volumes and whether disabled",
            update_user,
        )
        .names::<UserName>()
        .takes::<UpdateUser>()
        .gives_tagged::<User>()
        .conditional(),
        Route::new(delete.clone(), "/users/{name}", change, "Delete a user", delete_user).names::<UserName>(),
        Route::new(put.clone(), "/users/{name}/password", change, "Set a user's password", set_password)
            .names::<UserName>()
            .takes::<NewPassword>()
            .in_person(),
        Route::new(delete.clone(), "/users/{name}/lock", change, "Let a locked user try again", unlock)
            .names::<UserName>(),
        Route::new(
            post.clone(),
            "/users/{name}/factor/removal",
            change,
            "Remove a second factor",
            remove_factor_of,
        )
        .names::<UserName>()
        .takes::<CurrentPassword>()
        .in_person(),
        Route::new(delete.clone(), "/users/{name}/api-tokens/{token}", change, "Revoke an API token", revoke)
            .names::<UserName>()
            .names::<ApiTokenName>(),
        Route::new(get.clone(), "/sessions", see, "The sessions", sessions).lists::<SessionInfo>(),
        Route::new(delete.clone(), "/sessions/{id}", change, "End a session", end_session)
            .names::<SessionId>(),
        Route::new(get.clone(), "/api-tokens", see, "The API tokens", api_tokens).lists::<ApiTokenInfo>(),
    ]);
    routes.extend([
        Route::new(get.clone(), "/account", own, "One's own user", own_user)
            .gives_tagged::<User>()
            .refuses(&[ErrorCode::NotFound]),
        Route::new(put.clone(), "/account/password", own, "Set one's own password", set_own_password)
            .takes::<NewPassword>()
            .refuses(&[ErrorCode::NotFound])
            .in_person(),
        Route::new(post.clone(), "/account/factor", own, "Begin a second factor", offer)
            .takes::<CurrentPassword>()
            .gives::<FactorOffer>()
            .refuses(&[ErrorCode::NotFound, ErrorCode::Conflict])
            .in_person(),
        Route::new(
            post.clone(),
            "/account/factor/removal",
            own,
            "Remove one's second factor",
            remove_own_factor,
        )
        .takes::<CurrentPassword>()
        .refuses(&[ErrorCode::NotFound])
        .in_person(),
        Route::new(put, "/account/factor", own, "Put it in force with a code", confirm)
            .takes::<ConfirmFactor>()
            .gives::<RecoveryCodes>()
            .refuses(&[ErrorCode::NotFound])
            .in_person(),
        Route::new(get.clone(), "/account/sessions", own, "One's sessions", own_sessions)
            .lists::<SessionInfo>(),
        Route::new(delete.clone(), "/account/sessions/{id}", own, "End one of them", end_own_session)
            .names::<SessionId>(),
        Route::new(get.clone(), "/account/api-tokens", own, "One's API tokens", own_tokens)
            .lists::<ApiTokenInfo>(),
        Route::new(post, "/account/api-tokens", own, "Make an API token", create_own_token)
            .takes::<CreateApiToken>()
            .gives::<NewApiToken>()
            .in_person(),
        Route::new(delete, "/account/api-tokens/{name}", own, "Revoke one of them", revoke_own)
            .names::<ApiTokenName>(),
        Route::new(get.clone(), "/audit", audits, "The audit log, newest first", audit)
            .may_ask::<u64>("before")
            .may_ask::<PageSize>("limit")
            .gives::<List<AuditRecord>>(),
        Route::new(get, "/audit/verification", audits, "Whether the audit log is whole", verify)
            .gives::<AuditVerdict>(),
    ]);
    routes
}

type Who = Extension<Caller>;

async fn setup_token(State(node): Node) -> Made<SetupToken> {
    node.create_setup_token().await.map(made)
}

async fn left(State(node): Node, headers: HeaderMap) -> Reply<SetupState> {
    let admitted = match setup_secret(&headers) {
        Some(secret) => node.fits_setup(secret).await,
        None => false,
    };
    Ok(Json(SetupState { step: node.setup_step().await?, admitted }))
}

async fn set_up(State(node): Node, Body(request): Body<SetUp>) -> Made<User> {
    node.set_up(request).await.map(made)
}

async fn log_in(
    State(node): Node,
    Extension(caller): Who,
    Body(request): Body<LogIn>,
) -> Result<(HeaderMap, Json<Whoami>), ApiError> {
    let (session, whoami) = node.log_in(request, caller.address).await?;
    let cookie = format!("{}; Max-Age={COOKIE_SECONDS}", cookie(session.reveal()));
    Ok((set_cookie(&cookie)?, Json(whoami)))
}

fn cookie(value: &str) -> String {
    format!("{SESSION_COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

fn set_cookie(cookie: &str) -> Result<HeaderMap, ApiError> {
    let value = cookie.parse().map_err(|_| ApiError::internal("the session's cookie cannot be written"))?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}

async fn log_out(State(node): Node, Extension(caller): Who) -> Result<(StatusCode, HeaderMap), ApiError> {
    let Proof::Session { id, .. } = caller.proof else {
        return Err(ApiError::conflict("only a session can log out"));
    };
    node.end_session(id).await?;
    Ok((StatusCode::NO_CONTENT, set_cookie(&format!("{}; Max-Age=0", cookie("")))?))
}

async fn whoami(Extension(caller): Who) -> Json<Whoami> {
    let csrf_token = match caller.proof {
        Proof::Session { csrf, .. } => Some(csrf),
        _ => None,
    };
    Json(Whoami { user: caller.user, role: caller.role, rights: caller.rights, csrf_token })
}

async fn roles() -> Json<List<RoleInfo>> {
    list(Role::ALL.into_iter().map(|role| RoleInfo { role, rights: role.rights().to_vec() }).collect())
}

async fn users(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<User>> {
    listed(page, node.users().await?)
}

async fn own_user(state: Node, Extension(caller): Who) -> Result<Tagged<User>, ApiError> {
    user(state, Named(caller.user)).await
}

async fn user(State(node): Node, Named(name): Named<String>) -> Result<Tagged<User>, ApiError> {
    let user = node.users().await?.into_iter().find(|user| user.name == name);
    let user = user.ok_or_else(|| ApiError::not_found(format!("there is no user {name}")))?;
    let etag = user.etag.clone();
    Ok(tagged(etag, user))
}

async fn create_user(
    State(node): Node,
    Extension(caller): Who,
    Body(request): Body<CreateUser>,
) -> Made<User> {
    caller.check_gives(request.role)?;
    check_owned(request.role, &request.owned)?;
    node.create_user(request).await.map(made)
}

async fn update_user(
    State(node): Node,
    Extension(caller): Who,
    Named(name): Named<String>,
    headers: HeaderMap,
    Body(request): Body<UpdateUser>,
) -> Result<Tagged<User>, ApiError> {
    caller.check_gives(request.role)?;
    check_owned(request.role, &request.owned)?;
    let user = node.update_user(name, request, if_match(&headers)).await?;
    let etag = user.etag.clone();
    Ok(tagged(etag, user))
}

async fn delete_user(State(node): Node, Named(name): Named<String>) -> Done {
    node.delete_user(name).await.map(|()| StatusCode::NO_CONTENT)
}

async fn set_password(
    State(node): Node,
    Extension(caller): Who,
    Named(name): Named<String>,
    Body(request): Body<NewPassword>,
) -> Done {
    node.set_password(caller, name, request).await.map(|()| StatusCode::NO_CONTENT)
}

async fn set_own_password(
    State(node): Node,
    Extension(caller): Who,
    Body(request): Body<NewPassword>,
) -> Done {
    let name = caller.user.clone();
    node.set_password(caller, name, request).await.map(|()| StatusCode::NO_CONTENT)
}

async fn unlock(State(node): Node, Named(name): Named<String>) -> Done {
    node.unlock_user(name).await.map(|()| StatusCode::NO_CONTENT)
}

async fn remove_factor_of(
    State(node): Node,
    Extension(caller): Who,
    Named(name): Named<String>,
    Body(proof): Body<CurrentPassword>,
) -> Done {
    node.remove_factor(caller, name, proof).await.map(|()| StatusCode::NO_CONTENT)
}

async fn remove_own_factor(
    State(node): Node,
    Extension(caller): Who,
    Body(proof): Body<CurrentPassword>,
) -> Done {
    let name = caller.user.clone();
    node.remove_factor(caller, name, proof).await.map(|()| StatusCode::NO_CONTENT)
}

async fn offer(
    State(node): Node,
    Extension(caller): Who,
    Body(proof): Body<CurrentPassword>,
) -> Made<FactorOffer> {
    node.offer_factor(caller, proof).await.map(made)
}

async fn confirm(
    State(node): Node,
    Extension(caller): Who,
    Body(request): Body<ConfirmFactor>,
) -> Reply<RecoveryCodes> {
    node.confirm_factor(caller, request).await.map(Json)
}

async fn revoke(State(node): Node, Named((name, token)): Named<(String, String)>) -> Done {
    node.delete_api_token(name, token).await.map(|()| StatusCode::NO_CONTENT)
}

async fn revoke_own(State(node): Node, Extension(caller): Who, Named(name): Named<String>) -> Done {
    node.delete_api_token(caller.user, name).await.map(|()| StatusCode::NO_CONTENT)
}

async fn sessions(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<SessionInfo>> {
    listed(page, node.sessions().await?)
}

async fn own_sessions(
    State(node): Node,
    Extension(caller): Who,
    Asked(page): Asked<Page>,
) -> Reply<List<SessionInfo>> {
    let mut sessions = node.sessions().await?;
    sessions.retain(|session| session.user == caller.user);
    listed(page, sessions)
}

async fn end_session(State(node): Node, Named(id): Named<String>) -> Done {
    node.end_session(id).await.map(|()| StatusCode::NO_CONTENT)
}

async fn end_own_session(State(node): Node, Extension(caller): Who, Named(id): Named<String>) -> Done {
    let mine = node.sessions().await?.iter().any(|session| session.user == caller.user && session.id == id);
    if !mine {
        return Err(ApiError::not_found("there is no such session; it may have ended"));
    }
    node.end_session(id).await.map(|()| StatusCode::NO_CONTENT)
}

async fn api_tokens(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<ApiTokenInfo>> {
    listed(page, node.api_tokens().await?)
}

async fn own_tokens(
    State(node): Node,
    Extension(caller): Who,
    Asked(page): Asked<Page>,
) -> Reply<List<ApiTokenInfo>> {
    let mut tokens = node.api_tokens().await?;
    tokens.retain(|token| token.user == caller.user);
    listed(page, tokens)
}

/// A token never gets more than what its user may.
async fn create_own_token(
    State(node): Node,
    Extension(caller): Who,
    Body(request): Body<CreateApiToken>,
) -> Made<NewApiToken> {
    if let Some(beyond) = request.scopes.iter().find(|scope| !caller.may(**scope)) {
        let message = format!("{} cannot give the right {beyond} away", caller.user);
        return Err(ApiError::new(ErrorCode::Denied, message));
    }
    node.create_api_token(caller, request).await.map(made)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditPage {
    before: Option<u64>,
    limit: Option<u32>,
}

async fn audit(State(node): Node, Asked(page): Asked<AuditPage>) -> Reply<List<AuditRecord>> {
    let limit = page.limit.unwrap_or(AUDIT_PAGE);
    if !(1..=AUDIT_PAGE_MAX).contains(&limit) {
        return Err(ApiError::invalid(format!("a page has 1 to {AUDIT_PAGE_MAX} records")));
    }
    node.audit(page.before, limit).await.map(list)
}

async fn verify(State(node): Node) -> Reply<AuditVerdict> {
    node.verify_audit().await.map(Json)
}
