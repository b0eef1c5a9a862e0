//! Owns how a volume is mounted on a node.

use crate::described::{MountPoint, VolumeName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Asks the answering node to mount a volume in its own file tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MountRequest {
    #[schemars(with = "VolumeName")]
    pub volume: String,
    /// An absolute path to an existing directory on the node.
    #[schemars(with = "MountPoint")]
    pub at: PathBuf,
    #[serde(default)]
    pub read_only: bool,
}

/// A volume that is mounted on the answering node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MountInfo {
    pub volume: String,
    pub at: PathBuf,
    pub read_only: bool,
}
