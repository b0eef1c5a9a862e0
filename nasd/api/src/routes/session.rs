//! Owns the requests that say something about the session they come with: logins and their cookies, who calls, and what
//! the setup link's secret is good for.

use super::handled::{Handled, Node, Reply, handled};
use crate::access::{Access, Caller, Proof};
use crate::extract::Body;
use crate::gate::{SESSION_COOKIE, setup_secret};
use crate::route::Route;
use crate::{ApiError, ErrorCode, LogIn, SESSION_MINUTES_MAX, SetupState, Whoami, refused};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::{Extension, Json};
use nasd_base::role::Right;

/// As long as a session lasts at most, in seconds; the server decides, the cookie only goes with it.
const COOKIE_SECONDS: u32 = 60 * SESSION_MINUTES_MAX;

pub fn routes() -> Vec<Handled> {
    let (get, post) = (Method::GET, Method::POST);
    let (everybody, own) = (Access::Everybody, Access::Needs(Right::OwnAccount));
    let setup = Route::new(get.clone(), "/setup", everybody, "What is left to do before somebody can log in")
        .gives::<SetupState>();
    let login = Route::new(post.clone(), "/login", everybody, "Begin a session, in a cookie")
        .takes::<LogIn>()
        .gives::<Whoami>()
        .succeeds_with(StatusCode::OK)
        .refuses(&[ErrorCode::Unauthenticated, ErrorCode::TooManyAttempts]);
    let logout = Route::new(post, "/logout", own, "End this session");
    let session = Route::new(get, "/session", own, "Who calls, and the CSRF token").gives::<Whoami>();
    vec![handled(setup, left), handled(login, log_in), handled(logout, log_out), handled(session, whoami)]
}

type Who = Extension<Caller>;

async fn left(State(node): Node, headers: HeaderMap) -> Reply<SetupState> {
    let admitted = match setup_secret(&headers) {
        Some(secret) => node.fits_setup(secret).await,
        None => false,
    };
    Ok(Json(SetupState { step: node.setup_step().await?, admitted }))
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
    let value = cookie.parse().map_err(|_| refused::internal("the session's cookie cannot be written"))?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}

async fn log_out(State(node): Node, Extension(caller): Who) -> Result<(StatusCode, HeaderMap), ApiError> {
    if !matches!(caller.proof, Proof::Session { .. }) {
        return Err(refused::only_sessions_log_out());
    }
    node.log_out(caller).await?;
    Ok((StatusCode::NO_CONTENT, set_cookie(&format!("{}; Max-Age=0", cookie("")))?))
}

async fn whoami(Extension(caller): Who) -> Json<Whoami> {
    let csrf_token = match caller.proof {
        Proof::Session { csrf, .. } => Some(csrf),
        _ => None,
    };
    Json(Whoami { user: caller.user, role: caller.role, rights: caller.rights, csrf_token })
}
