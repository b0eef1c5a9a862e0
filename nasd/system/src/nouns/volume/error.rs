//! Why commands about volumes are refused.

use crate::noun::{Refusal, RefusalKind};
use nasd_base::NodeId;
use nasd_base::description::{DESCRIPTION_CHARS_MAX, DESCRIPTION_LINES_MAX};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum VolumeError {
    #[error("`{0}` is no volume name: use 1 to 63 of a-z, 0-9, `-` and `_`")]
    BadVolumeName(String),
    #[error("there is a volume {0} already")]
    VolumeNameTaken(String),
    #[error("there is no volume {0}")]
    UnknownVolume(String),
    #[error("volume {volume} is still exported as {paths}; delete the export first")]
    VolumeExported { volume: String, paths: String },
    #[error("a volume needs {needed} replicas on different active nodes, {given} were given")]
    NotEnoughReplicas { needed: u32, given: u32 },
    #[error("a volume has at most {0} replicas")]
    TooManyReplicas(u32),
    /// What `placement::shortfall` says.
    #[error("{0}")]
    TooFewNodes(String),
    #[error("node {0} is named twice among the replicas")]
    ReplicaTwice(NodeId),
    #[error("node {0} is not active and cannot hold a replica")]
    ReplicaNotActive(NodeId),
    #[error("a limit is at least 1 and at most {} bytes or files", i64::MAX)]
    BadLimit,
    #[error("a root directory has a mode of four octal digits, and an owner and a group below {}", u32::MAX)]
    BadRoot,
    #[error(
        "a description is at most {DESCRIPTION_CHARS_MAX} characters in {DESCRIPTION_LINES_MAX} lines, without control characters"
    )]
    BadDescription,
}

impl Refusal for VolumeError {
    fn kind(&self) -> RefusalKind {
        match self {
            VolumeError::VolumeNameTaken(_) => RefusalKind::Exists,
            VolumeError::UnknownVolume(_) => RefusalKind::Unknown,
            VolumeError::VolumeExported { .. }
            | VolumeError::NotEnoughReplicas { .. }
            | VolumeError::TooFewNodes(_) => RefusalKind::Conflict,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<VolumeError> {
        nasd_base::every_variant!(VolumeError {
            BadVolumeName("Media".to_owned()),
            VolumeNameTaken("media".to_owned()),
            UnknownVolume("media".to_owned()),
            VolumeExported { volume: "media".to_owned(), paths: "/media".to_owned() },
            NotEnoughReplicas { needed: 3, given: 2 },
            TooManyReplicas(7),
            TooFewNodes("the cluster has no active node to hold a volume".to_owned()),
            ReplicaTwice(NodeId(1)),
            ReplicaNotActive(NodeId(1)),
            BadLimit,
            BadRoot,
            BadDescription,
        })
    }
}
