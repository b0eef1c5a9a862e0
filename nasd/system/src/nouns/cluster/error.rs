//! Why commands about the cluster as a whole are refused.

use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ClusterError {
    #[error("this cluster has a first node already")]
    AlreadyFounded,
    #[error("the cluster has no first node yet")]
    NotFounded,
    #[error("this node id cannot be used: ids come from the log")]
    BadNodeId,
}

impl Refusal for ClusterError {
    fn kind(&self) -> RefusalKind {
        match self {
            ClusterError::AlreadyFounded => RefusalKind::Exists,
            ClusterError::NotFounded => RefusalKind::Undecided,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<ClusterError> {
        nasd_base::every_variant!(ClusterError { AlreadyFounded, NotFounded, BadNodeId })
    }
}
