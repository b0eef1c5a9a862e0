//! Owns what is said about API tokens, and what can be asked about them.

use crate::access::{Access, Caller};
use crate::described::{ApiTokenName, RightName, UserName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, List, Secret, refused};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long an API token may live.
pub const API_TOKEN_SECONDS_MIN: u32 = 60;
pub const API_TOKEN_SECONDS_MAX: u32 = 365 * 24 * 3600;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiToken {
    /// Unique for its user.
    #[schemars(with = "ApiTokenName")]
    pub name: String,
    /// What it may do, of what its user may: see `GET /roles`.
    #[schemars(with = "Vec<RightName>", length(min = 1), extend("uniqueItems" = true))]
    pub scopes: Vec<Right>,
    #[schemars(range(min = API_TOKEN_SECONDS_MIN, max = API_TOKEN_SECONDS_MAX))]
    pub valid_seconds: u32,
    /// What the user logs in with: the token outlives the session that makes it.
    pub current: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiTokenInfo {
    pub user: String,
    pub name: String,
    #[schemars(with = "Vec<RightName>")]
    pub scopes: Vec<Right>,
    /// Seconds since 1970-01-01 UTC.
    pub created: i64,
    pub expires: i64,
}

/// The one reply that has the token in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewApiToken {
    pub token: Secret,
    pub info: ApiTokenInfo,
}

/// Which of a user's API tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenAt {
    #[schemars(with = "UserName")]
    pub name: String,
    #[schemars(with = "ApiTokenName")]
    pub token: String,
}

/// Which of the caller's API tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnApiTokenAt {
    #[schemars(with = "ApiTokenName")]
    pub name: String,
}

const OWN: Access = Access::Needs(Right::OwnAccount);
const SEE: Access = Access::Needs(Right::ReadIdentity);
const CHANGE: Access = Access::Needs(Right::ChangeIdentity);

operations! {
    /// Everybody's API tokens.
    ListApiTokens(Page<ApiTokenInfo>) -> List<ApiTokenInfo> = Shape::get("/api-tokens", SEE, "The API tokens").korean("API 토큰 목록");

    /// Revokes somebody's.
    DeleteApiToken(ApiTokenAt) -> Nothing =
        Shape::delete("/users/{name}/api-tokens/{token}", CHANGE, "Revoke an API token");

    /// The caller's.
    ListOwnApiTokens(Page<ApiTokenInfo>) -> List<ApiTokenInfo> = Shape::get("/account/api-tokens", OWN, "One's API tokens").korean("자신의 API 토큰 목록");

    /// Revokes one of them.
    DeleteOwnApiToken(OwnApiTokenAt) -> Nothing =
        Shape::delete("/account/api-tokens/{name}", OWN, "Revoke one's own API token");
}

/// One's own: only somebody with an account can.
impl Operation for CreateApiToken {
    type At = Nothing;
    type Body = Self;
    type Reply = NewApiToken;

    const SHAPE: Shape = Shape::post("/account/api-tokens", OWN, "Make an API token").in_person();

    /// A token never gets more than what its user may.
    fn check(caller: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        match request.scopes.iter().find(|scope| !caller.may(**scope)) {
            None => Ok(()),
            Some(beyond) => Err(refused::right_not_ones_own(&caller.user, beyond)),
        }
    }
}

impl Listed for ApiTokenInfo {
    const COLUMNS: &'static [Column<ApiTokenInfo>] = &[
        ("user", |token| Cell::text(&token.user)),
        ("name", |token| Cell::text(&token.name)),
        ("created", |token| Cell::time(token.created)),
        ("expires", |token| Cell::time(token.expires)),
    ];

    fn place(&self) -> String {
        format!("{} {}", self.user, self.name)
    }
}

crate::refused::refusals! {
    api_token_exists(user, name): AlreadyExists,
        "{user} has an API token {name} already",
        "{user}에게 API 토큰 {name}이(가) 이미 있습니다";
    unknown_api_token(user, name): NotFound,
        "{user} has no API token {name}",
        "{user}에게 API 토큰 {name}이(가) 없습니다";
    no_account(user): Conflict,
        "{user} is no user, so it can have no API token",
        "{user}은(는) 사용자가 아니므로 API 토큰을 가질 수 없습니다",
        hint "log in as a user of the cluster to make one", "클러스터의 사용자로 로그인해서 만드십시오";
    token_made_behind(): Unavailable,
        "the token was made, but this node is behind",
        "토큰을 만들었지만 이 노드가 아직 최신 상태가 아닙니다";
    {
        bad_label("an API token's name has 1 to 64 letters, digits, `-`, `_` and `.`"): "API 토큰의 이름은 글자, 숫자, `-`, `_`, `.` 로 1~64자입니다";
        bad_scopes("an API token needs at least one scope, each named once"): "API 토큰에는 범위가 하나 이상 필요하며, 같은 범위를 두 번 쓸 수 없습니다";
        bad_lifetime("an API token is valid for 1 minute to 365 days, a setup token for 1 minute to 7 days"): "API 토큰의 유효 기간은 1분~365일, 설정 토큰의 유효 기간은 1분~7일입니다";
    }
}

crate::deed::deeds! {
    "create API token {name} of {user} for {rights}":
        "made API token {name} of {user} for {rights}",
        "{user}의 API 토큰 {name} 생성: {rights}";
    "delete API token {name} of {user}":
        "revoked API token {name} of {user}",
        "{user}의 API 토큰 {name} 폐기";
    "revoke an API token":
        "revoked an API token",
        "API 토큰 폐기";
    "revoke one's own API token":
        "revoked their own API token",
        "자신의 API 토큰 폐기";
    "make an API token":
        "made an API token",
        "API 토큰 생성";
}
