//! What can be asked of the cluster as a whole.

use crate::KeyFingerprint;
use crate::noun::Described;
use nasd_base::NodeId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterCommand {
    /// The first entry of a new cluster, which people call `cluster_name`. Gives [`crate::SystemReply::Registered`]; the node
    /// is active at once.
    Create {
        cluster: [u8; 16],
        cluster_name: String,
        node: NodeId,
        name: String,
        address: String,
        key: KeyFingerprint,
    },
    /// From now on the cluster's authority is the one whose certificate has this BLAKE3; every node fetches it from
    /// one that has it. Begins the task [`crate::TaskKind::RotateAuthority`] and gives it.
    RotateAuthority { fingerprint: [u8; 32], started_by: String },
}

impl Described for ClusterCommand {
    fn describe(&self) -> String {
        match self {
            ClusterCommand::Create { cluster_name, name, .. } => {
                format!("create the cluster {cluster_name} with node {name}")
            }
            ClusterCommand::RotateAuthority { .. } => "give the cluster another authority".to_owned(),
        }
    }
}
