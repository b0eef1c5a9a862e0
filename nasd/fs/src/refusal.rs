//! Why a replica did not carry out an operation, and what its caller should do about it.

use crate::alarms::Alarm;
use crate::arrival::LeaderTime;
use nasd_base::{Errno, NodeId};
use nasd_meta::MetaError;
use nasd_raft::ProposeError;
use std::sync::LazyLock;

// A conversion has nothing else to keep them in. Any client's request brings such a line, while the trouble lasts.
static TOO_LARGE: LazyLock<Alarm> = LazyLock::new(Alarm::new);
static STOPPED: LazyLock<Alarm> = LazyLock::new(Alarm::new);
static UNREADABLE: LazyLock<Alarm> = LazyLock::new(Alarm::new);

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
    /// Not executed: a write whose copy may have been, before what the leader remembers. It is now `now` there.
    #[error("the write arrived before what its leader remembers")]
    Late { now: LeaderTime },
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
                if let Some(times) = TOO_LARGE.say() {
                    tracing::error!(bytes, times, "a change is too large for the log");
                }
                ExecuteError::Refused(Errno::Inval)
            }
            ProposeError::Stopped(reason) => {
                if let Some(times) = STOPPED.say() {
                    tracing::warn!(%reason, times, "a volume's replica has stopped; its other replicas carry on");
                }
                ExecuteError::Unknown
            }
        }
    }
}

impl From<MetaError> for ExecuteError {
    fn from(error: MetaError) -> Self {
        if let MetaError::State(source) = &error
            && let Some(times) = UNREADABLE.say()
        {
            tracing::error!(%source, times, "a volume's metadata cannot be read on this node");
        }
        ExecuteError::Refused(error.errno())
    }
}
