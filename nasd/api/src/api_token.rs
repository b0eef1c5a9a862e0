//! Owns what is said about API tokens, and what can be asked about them.

use crate::access::{Access, Caller};
use crate::described::{ApiTokenName, RightName, UserName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Listed, Page};
use crate::{ApiError, List, Secret, refusal};
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
    ListApiTokens(Page) -> List<ApiTokenInfo> = Shape::get("/api-tokens", SEE, "The API tokens");

    /// Revokes somebody's.
    DeleteApiToken(ApiTokenAt) -> Nothing =
        Shape::delete("/users/{name}/api-tokens/{token}", CHANGE, "Revoke an API token");

    /// The caller's.
    ListOwnApiTokens(Page) -> List<ApiTokenInfo> = Shape::get("/account/api-tokens", OWN, "One's API tokens");

    /// Revokes one of them.
    DeleteOwnApiToken(OwnApiTokenAt) -> Nothing =
        Shape::delete("/account/api-tokens/{name}", OWN, "Revoke one of them");
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
            Some(beyond) => Err(refusal::right_not_ones_own(&caller.user, beyond)),
        }
    }
}

impl Listed for ApiTokenInfo {
    fn place(&self) -> String {
        format!("{} {}", self.user, self.name)
    }
}
