//! What a group's owner puts into its log, and learns of it.

use bytes::Bytes;
use std::io;

/// Called once with the fate of an append, in submission order, by the log's writer: it must not block. (If
/// the whole runtime is dropped, it is dropped uncalled.)
pub type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

/// An entry as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub index: u64,
    pub payload: Bytes,
}

/// What a group's log holds, unflushed operations included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupState {
    pub vote: Option<Bytes>,
    /// The last purged index and its log id.
    pub purged: Option<(u64, Bytes)>,
    /// The first and last of the entries present.
    pub first_index: Option<u64>,
    pub last_index: Option<u64>,
}
