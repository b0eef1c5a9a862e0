//! Owns what is said about sessions and logins, and what can be asked about sessions.

use crate::access::Access;
use crate::described::{RightName, RoleName, SessionId};
use crate::operation::{Nothing, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{List, Secret};
use nasd_base::role::{Right, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    pub user: String,
    pub password: Secret,
    /// Six digits of the authenticator, or a recovery code, where there is a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// Who is logged in, and what a page needs to act for them. The session itself is in the cookie only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Whoami {
    pub user: String,
    /// The user's own, besides those of its groups.
    #[schemars(with = "Option<RoleName>")]
    pub role: Option<Role>,
    /// Of all of them.
    #[schemars(with = "Vec<RightName>")]
    pub rights: Vec<Right>,
    /// To be sent as `x-csrf-token` with every change that the cookie authenticates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionInfo {
    /// Names the session; useless for using it.
    pub id: String,
    pub user: String,
    pub address: String,
    /// Seconds since 1970-01-01 UTC, as the others.
    pub created: i64,
    pub last_seen: i64,
    pub expires: i64,
}

/// Which session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionAt {
    #[schemars(with = "SessionId")]
    pub id: String,
}

impl SessionAt {
    pub fn new(id: &str) -> SessionAt {
        SessionAt { id: id.into() }
    }
}

const OWN: Access = Access::Needs(Right::OwnAccount);
const SEE: Access = Access::Needs(Right::ReadIdentity);
const CHANGE: Access = Access::Needs(Right::ChangeIdentity);

operations! {
    /// Everybody's sessions.
    ListSessions(Page<SessionInfo>) -> List<SessionInfo> = Shape::get("/sessions", SEE, "The sessions").korean("세션 목록");

    /// Ends somebody's session.
    EndSession(SessionAt) -> Nothing = Shape::delete("/sessions/{id}", CHANGE, "End a session");

    /// The caller's sessions.
    ListOwnSessions(Page<SessionInfo>) -> List<SessionInfo> = Shape::get("/account/sessions", OWN, "One's sessions").korean("자신의 세션 목록");

    /// Ends one of them.
    EndOwnSession(SessionAt) -> Nothing = Shape::delete("/account/sessions/{id}", OWN, "End one's own session");
}

impl Listed for SessionInfo {
    const COLUMNS: &'static [Column<SessionInfo>] = &[
        ("user", |session| Cell::text(&session.user)),
        ("address", |session| Cell::text(&session.address)),
        ("created", |session| Cell::time(session.created)),
        ("last_seen", |session| Cell::time(session.last_seen)),
        ("expires", |session| Cell::time(session.expires)),
    ];

    fn place(&self) -> String {
        self.id.clone()
    }
}

crate::refused::refusals! {
    unknown_session(): NotFound,
        "there is no such session; it may have ended",
        "그런 세션이 없습니다. 이미 종료되었을 수 있습니다";
    bad_credentials(): Unauthenticated,
        "the user name, the password or the code is wrong",
        "사용자 이름, 비밀번호 또는 코드가 올바르지 않습니다";
    locked(seconds): TooManyAttempts,
        "too many wrong attempts; try again in {seconds} s",
        "잘못된 시도가 너무 많았습니다. {seconds}초 뒤에 다시 시도하십시오";
    too_many_from_here(): TooManyAttempts,
        "too many attempts from this address; wait a minute",
        "이 주소에서의 시도가 너무 많습니다. 1분쯤 기다리십시오";
    too_many_at_once(): TooManyAttempts,
        "too many logins at once; try again",
        "동시에 로그인하려는 시도가 너무 많습니다. 다시 시도하십시오";
}

crate::deed::deeds! {
    "log in as {name} with a recovery code":
        "logged in as {name} with a recovery code",
        "복구 코드로 로그인: {name}";
    "log in as {name}":
        "logged in as {name}",
        "로그인: {name}";
    "say the password of {name}":
        "said the password of {name}",
        "{name}의 비밀번호 확인";
    "use a session":
        "used a session",
        "세션 사용";
    "end session {id}":
        "ended session {id}",
        "세션 {id} 종료";
    "end a session":
        "ended a session",
        "세션 종료";
    "end one's own session":
        "ended their own session",
        "자신의 세션 종료";
    "end this session":
        "ended the session",
        "로그아웃";
}
