//! What can be asked of volumes.

use crate::noun::Described;
use nasd_base::NodeId;
use nasd_base::file::{RootDir, VolumeLimits};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeCommand {
    /// Gives [`crate::SystemReply::Volume`]. On the least loaded nodes: so many, or refused; when not said, three, or as many
    /// as there are.
    Create {
        name: String,
        wanted: NewVolume,
    },
    /// Refused while the volume is exported.
    Delete {
        name: String,
    },
    SetReplicas {
        name: String,
        replicas: Vec<NodeId>,
    },
    /// Replaces what limits the volume has. Gives [`crate::SystemReply::Volume`].
    SetLimits {
        name: String,
        limits: VolumeLimits,
    },
    /// Replaces what is said of the volume. Gives [`crate::SystemReply::Volume`].
    SetDescription {
        name: String,
        description: String,
    },
}

/// What a new volume is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVolume {
    pub replicas: Option<u32>,
    pub limits: VolumeLimits,
    pub root: RootDir,
    pub description: String,
}

impl Described for VolumeCommand {
    fn describe(&self) -> String {
        match self {
            VolumeCommand::Create { name, wanted } if wanted.limits == VolumeLimits::default() => {
                format!("create volume {name}")
            }
            VolumeCommand::Create { name, .. } => format!("create volume {name} with limits"),
            VolumeCommand::Delete { name } => format!("delete volume {name}"),
            VolumeCommand::SetReplicas { name, replicas } => {
                let nodes: Vec<String> = replicas.iter().map(ToString::to_string).collect();
                format!("put volume {name} on nodes {}", nodes.join(", "))
            }
            VolumeCommand::SetLimits { name, limits } => {
                let limit = |limit: Option<u64>| limit.map_or("none".to_owned(), |limit| limit.to_string());
                let (bytes, files) = (limit(limits.bytes), limit(limits.files));
                format!("set the limits of volume {name}: bytes {bytes}, files {files}")
            }
            VolumeCommand::SetDescription { name, description } if description.is_empty() => {
                format!("take away the description of volume {name}")
            }
            VolumeCommand::SetDescription { name, description } => {
                format!("describe volume {name} as {}", description.replace('\n', " "))
            }
        }
    }
}
