//! Why a read or a change did not happen: refused by the rules, or stopped by a damaged database.

use nasd_base::Errno;
use nasd_state::StateError;

/// A refusal is an answer for the client; a state error stops the volume on this node.
#[derive(Debug, thiserror::Error)]
pub enum MetaError {
    #[error(transparent)]
    Refused(#[from] Errno),
    #[error(transparent)]
    State(#[from] StateError),
}

impl MetaError {
    /// What a client is told: the refusal, `Again` when the node has too little of something for now, or `Io` for a
    /// damaged or failing database.
    pub fn errno(&self) -> Errno {
        match self {
            MetaError::Refused(errno) => *errno,
            MetaError::State(error) if error.is_shortage() => Errno::Again,
            MetaError::State(_) => Errno::Io,
        }
    }
}

impl From<rusqlite::Error> for MetaError {
    fn from(error: rusqlite::Error) -> Self {
        MetaError::State(error.into())
    }
}

pub(crate) fn damaged(what: impl Into<String>) -> MetaError {
    MetaError::State(StateError::Damaged(what.into()))
}
