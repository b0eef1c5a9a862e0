//! Bytes in the log, in the state's mark and between nodes; described in `docs/formats/raft.md`.
//!
//! The formats are this crate's own, not openraft's: an upgrade of openraft changes no byte.

pub(crate) mod entry;
pub(crate) mod ids;
pub(crate) mod mark;
pub(crate) mod message;

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub &'static str);

impl From<Malformed> for std::io::Error {
    fn from(error: Malformed) -> Self {
        std::io::Error::new(std::io::ErrorKind::InvalidData, error)
    }
}
