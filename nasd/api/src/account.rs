//! Owns what is said about users, sessions, API tokens, second factors and the audit log.

use crate::Secret;
use nasd_base::role::{Right, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A user, without anything that would let somebody log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    pub name: String,
    #[schemars(with = "String")]
    pub role: Role,
    /// Names of the volumes whose exports a share owner decides about.
    #[serde(default)]
    pub owned: Vec<String>,
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
pub struct CreateUser {
    pub name: String,
    #[schemars(with = "String")]
    pub role: Role,
    #[serde(default)]
    pub owned: Vec<String>,
    pub password: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUser {
    #[schemars(with = "String")]
    pub role: Role,
    #[serde(default)]
    pub owned: Vec<String>,
    #[serde(default)]
    pub disabled: bool,
}

/// Sets a password; one's own needs the `current` one, except on the local socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    pub password: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Secret>,
}

/// Removes one's second factor: a session alone, which may be somebody else's by now, is not enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveFactor {
    /// The password that is in force.
    pub current: Secret,
}

/// Makes the first administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    pub token: Secret,
    pub name: String,
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
    #[schemars(with = "Option<String>")]
    pub role: Option<Role>,
    #[schemars(with = "Vec<String>")]
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
    /// 1 to 64 letters, digits, `-`, `_` and `.`; unique for its user.
    pub name: String,
    /// What it may do, of what its user may: see `GET /roles`.
    #[schemars(with = "Vec<String>")]
    pub scopes: Vec<Right>,
    /// 60 to 31,536,000.
    pub valid_seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiTokenInfo {
    pub user: String,
    pub name: String,
    #[schemars(with = "Vec<String>")]
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
    pub code: Secret,
}

/// Codes that log in once each without the authenticator. Shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCodes {
    pub codes: Vec<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleInfo {
    #[schemars(with = "String")]
    pub role: Role,
    #[schemars(with = "Vec<String>")]
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
    /// BLAKE3 in hexadecimal.
    pub hash: String,
}

/// Whether every kept record of the audit log fits the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditVerdict {
    pub intact: bool,
    /// The oldest record that is kept; or, when broken, the first that does not fit.
    pub seq: u64,
    /// In words.
    pub verdict: String,
    /// The newest record's hash: keep it elsewhere to notice a log that was written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// What a load balancer asks: no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthWord {
    pub health: crate::Health,
}
