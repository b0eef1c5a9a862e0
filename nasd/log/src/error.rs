//! Why the log cannot be opened or cannot go on.

use nasd_disk::{Shortage, shortage};
use std::io;

/// A failure of the log as a whole.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The disk has no room for another segment.
    #[error("the log's disk is full ({0}); free space on it or give the log a larger disk")]
    NoSpace(String),
    /// The node has too few descriptors or too little memory for it.
    #[error("the node is short of what its log takes ({0})")]
    Short(String),
    /// Bytes that were acknowledged cannot be read back. Nothing was changed on the disk.
    #[error(
        "log segment {segment} is damaged at byte {offset}: {reason}; entries this node has acknowledged may be \
         lost. Do not delete the file: replace the node (it gets a new id) so that it is filled from its peers, \
         or restore the segment from a copy and restart"
    )]
    Damaged { segment: String, offset: u64, reason: String },
    /// A segment was written by a version that this one does not know.
    #[error(
        "log segment {segment} has format version {version}, this software knows up to {known}; start the newer software again"
    )]
    Version { segment: String, version: u32, known: u32 },
    #[error("the log's options: {0}")]
    Options(String),
    #[error("log, {what}: {source}")]
    Disk { what: String, source: io::Error },
    /// An earlier write failed, or the log was closed. Final until the log is opened again.
    #[error("{0}")]
    Failed(String),
}

impl LogError {
    /// Whether it can be tried again when there is enough of everything.
    pub(crate) fn is_shortage(&self) -> bool {
        matches!(self, LogError::NoSpace(_) | LogError::Short(_))
    }

    /// An I/O error with what was being done, what has run out told apart.
    pub(crate) fn disk(what: impl Into<String>) -> impl FnOnce(io::Error) -> LogError {
        move |source| {
            let what = what.into();
            match shortage(&source) {
                Some(Shortage::Space) => LogError::NoSpace(format!("{what}: {source}")),
                Some(_) => LogError::Short(format!("{what}: {source}")),
                None => LogError::Disk { what, source },
            }
        }
    }
}

impl From<LogError> for io::Error {
    fn from(error: LogError) -> io::Error {
        let kind = match &error {
            LogError::NoSpace(_) => io::ErrorKind::StorageFull,
            LogError::Short(_) => io::ErrorKind::OutOfMemory,
            LogError::Damaged { .. } | LogError::Version { .. } => io::ErrorKind::InvalidData,
            LogError::Options(_) => io::ErrorKind::InvalidInput,
            LogError::Disk { source, .. } => source.kind(),
            LogError::Failed(_) => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}
