//! Owns the two kinds of blobs and what one may weigh.

use serde::{Deserialize, Serialize};

/// What a blob holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlobKind {
    /// A piece of a file.
    Data,
    /// A directory.
    Tree,
}

/// Most bytes of one blob, before it is compressed: the tree of a directory with a million long names is a third.
pub const BLOB_BYTES_MAX: usize = 1 << 30;
