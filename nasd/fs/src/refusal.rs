//! Why a replica did not carry out an operation, and what its caller should do about it.

use nasd_base::{Errno, NodeId};
use nasd_meta::MetaError;
use nasd_raft::ProposeError;

/// An operation that brought no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError {
    /// The answer is no. Final.
    #[error(transparent)]
    Refused(#[from] Errno),
    /// Surely not executed: ask `leader`, or look for one. `leader` may be the node itself while it is
    /// getting ready.
    #[error("this node does not lead the volume")]
    NotLeader { leader: Option<NodeId> },
    /// Perhaps executed: ask again with the same operation id.
    #[error("the outcome is not known")]
    Unknown,
}

impl From<ProposeError> for ExecuteError {
    fn from(error: ProposeError) -> Self {
        match error {
            ProposeError::NotLeader { leader } => ExecuteError::NotLeader { leader },
            // Asked again, it finds room here, or another leader.
            ProposeError::Unknown | ProposeError::Short => ExecuteError::Unknown,
            ProposeError::TooLarge { bytes } => {
                tracing::error!(bytes, "a change is too large for the log");
                ExecuteError::Refused(Errno::Inval)
            }
            ProposeError::Stopped(reason) => {
                tracing::warn!(%reason, "a volume's replica has stopped; its other replicas carry on");
                ExecuteError::Unknown
            }
        }
    }
}

impl From<MetaError> for ExecuteError {
    fn from(error: MetaError) -> Self {
        if let MetaError::State(source) = &error {
            tracing::error!(%source, "a volume's metadata cannot be read on this node");
        }
        ExecuteError::Refused(error.errno())
    }
}
