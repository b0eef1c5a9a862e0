//! Owns what is said about the settings of the whole cluster.

use crate::described::HostName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the two limits of sessions may be, in minutes.
pub const SESSION_MINUTES_MIN: u32 = 5;
pub const SESSION_MINUTES_MAX: u32 = 24 * 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// What people call the cluster.
    pub name: String,
    /// A session ends when it was not used for this long.
    pub session_idle_minutes: u32,
    /// A session ends at the latest after this long.
    pub session_minutes: u32,
    /// For `If-Match`: changes when a setting does.
    pub etag: String,
}

/// Replaces all of them. Sessions that are older than the new limits end at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSettings {
    #[schemars(with = "HostName")]
    pub name: String,
    /// Not more than `session_minutes`.
    #[schemars(range(min = SESSION_MINUTES_MIN, max = SESSION_MINUTES_MAX))]
    pub session_idle_minutes: u32,
    #[schemars(range(min = SESSION_MINUTES_MIN, max = SESSION_MINUTES_MAX))]
    pub session_minutes: u32,
}
