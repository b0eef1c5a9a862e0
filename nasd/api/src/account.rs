//! Owns what is said about users, sessions, API tokens, second factors and the audit log.

use crate::described::{ApiTokenName, Code, NewPasswordText, RightName, RoleName, UserName, VolumeName};
use crate::{ApiError, Secret};
use nasd_base::role::{Right, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Volumes that one share owner decides about.
pub const OWNED_MAX: usize = 64;
/// How long an API token may live.
pub const API_TOKEN_SECONDS_MIN: u32 = 60;
pub const API_TOKEN_SECONDS_MAX: u32 = 365 * 24 * 3600;

/// With another role the list of owned volumes is empty.
pub(crate) fn only_a_share_owner_owns() -> Value {
    json!([{
        "if": { "properties": { "role": { "const": Role::ShareOwner } } },
        "else": { "properties": { "owned": { "maxItems": 0 } } },
    }])
}

/// A user, without anything that would let somebody log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    /// Names of the volumes whose exports a share owner decides about.
    #[serde(default)]
    pub owned: Vec<String>,
    /// Names of the groups that it is in, whose roles it has besides its own.
    #[serde(default)]
    pub groups: Vec<String>,
    pub disabled: bool,
    pub has_second_factor: bool,
    /// Seconds since 1970-01-01 UTC.
    pub created: i64,
    /// Seconds until the user can try again after wrong passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_seconds: Option<u32>,
    /// For `If-Match`: changes when role, volumes or disabled do.
    pub etag: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct CreateUser {
    #[schemars(with = "UserName")]
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[schemars(with = "NewPasswordText")]
    pub password: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct UpdateUser {
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[serde(default)]
    pub disabled: bool,
}

/// Sets a password. It ends the user's sessions but the one that asks, and its API tokens unless they are to stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    #[schemars(with = "NewPasswordText")]
    pub password: Secret,
    /// What the caller logs in with, whoever's password is set; not needed on the local socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Secret>,
    #[serde(default)]
    pub keep_api_tokens: bool,
}

/// Changes what protects an account: a session alone, which may be somebody else's by now, is not enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentPassword {
    /// What the caller logs in with, whoever's account it is; not needed on the local socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Secret>,
}

/// Makes the first administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    pub token: Secret,
    #[schemars(with = "UserName")]
    pub name: String,
    #[schemars(with = "NewPasswordText")]
    pub password: Secret,
}

/// Lets somebody make the first administrator, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetupToken {
    pub token: Secret,
    /// Seconds since 1970-01-01 UTC.
    pub expires: i64,
}

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

/// A key for an authenticator, not in force before a code of it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactorOffer {
    /// Base32, to be typed.
    pub key: Secret,
    /// `otpauth://totp/…`, to be shown as a QR code.
    pub uri: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmFactor {
    #[schemars(with = "Code")]
    pub code: Secret,
}

/// Codes that log in once each without the authenticator. Shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCodes {
    pub codes: Vec<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleInfo {
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[schemars(with = "Vec<RightName>")]
    pub rights: Vec<Right>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    pub seq: u64,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    pub actor: String,
    pub address: String,
    pub through: String,
    pub action: String,
    /// `done`, or why not.
    pub outcome: String,
    /// How often: what is done again within a minute is one record.
    #[serde(default = "once")]
    pub times: u32,
    /// BLAKE3 in hexadecimal.
    pub hash: String,
}

fn once() -> u32 {
    1
}

/// Whether every kept record of the audit log fits the one before, and what is not kept was removed to make room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditVerdict {
    pub intact: bool,
    /// The oldest record that is kept; or, when broken, the first that does not fit.
    pub seq: u64,
    /// In words.
    pub verdict: String,
    /// Records that are kept, when whole; and those that were removed to make room.
    #[serde(default)]
    pub kept: u64,
    #[serde(default)]
    pub removed: u64,
    /// The newest record's hash: keep it elsewhere to notice a log that was written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// What a load balancer asks: no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthWord {
    pub health: crate::Health,
}

/// Whether the role owns volumes, and all of them could be some; whether they are is not asked.
pub(crate) fn check_owned(role: Role, volumes: &[String]) -> Result<(), ApiError> {
    if role != Role::ShareOwner && !volumes.is_empty() {
        return Err(ApiError::invalid("only a share owner owns volumes"));
    }
    if volumes.len() > OWNED_MAX {
        return Err(ApiError::invalid(format!("a share owner has at most {OWNED_MAX} volumes")));
    }
    let checked = volumes.iter().try_for_each(|volume| crate::check_volume_name(volume));
    checked.map_err(|bad| ApiError::invalid(bad.to_string()))
}
