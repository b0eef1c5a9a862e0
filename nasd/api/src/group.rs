//! Owns what is said about groups: users who have a role together.

use crate::account::{OWNED_MAX, only_a_share_owner_owns};
use crate::described::{RoleName, UserName, VolumeName};
use nasd_base::role::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Members of a group, at most: as many as there can be users.
pub const MEMBERS_MAX: usize = 1000;

/// Each member may do what the role may, besides what its own role and other groups let it do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    /// Names of the volumes whose exports the members decide about, in a group of share owners.
    #[serde(default)]
    pub owned: Vec<String>,
    /// Names of users, in their order.
    pub members: Vec<String>,
    /// For `If-Match`: changes when role, volumes or members do.
    pub etag: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct CreateGroup {
    /// Looks like a user's.
    #[schemars(with = "UserName")]
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[serde(default)]
    #[schemars(with = "Vec<UserName>", length(max = MEMBERS_MAX))]
    pub members: Vec<String>,
}

/// Replaces all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct UpdateGroup {
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[schemars(with = "Vec<UserName>", length(max = MEMBERS_MAX))]
    pub members: Vec<String>,
}
