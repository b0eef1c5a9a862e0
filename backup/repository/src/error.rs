//! Owns what can go wrong with a repository, in words that say what to do.

use crate::backend::FileKind;
use crate::id::Id;
use std::io;

/// Why a repository could not be read or written. No secret stands in it.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    #[error("there is no repository at {0}: make one, or look whether the target is mounted")]
    Missing(String),
    #[error("there is a repository at {0} already; it was left as it is")]
    Exists(String),
    #[error("the passphrase is wrong: none of the repository's {0} keys opens with it")]
    WrongPassphrase(usize),
    #[error("the repository has format {0}; this program knows 1 and 2: a newer program wrote it")]
    Format(u32),
    #[error("{kind} {id} is damaged: {what}. `check` tells what else is, and what can be had again")]
    Damaged { kind: FileKind, id: String, what: String },
    #[error("{kind} {id} is missing from the repository")]
    Gone { kind: FileKind, id: String },
    #[error("the repository's index does not know blob {0}: `restic repair index` builds it from the packs")]
    UnknownBlob(Id),
    #[error("blob {blob} in pack {pack} is damaged: {what}")]
    DamagedBlob { blob: Id, pack: Id, what: String },
    #[error("no snapshot begins with {0:?}")]
    UnknownSnapshot(String),
    #[error("several snapshots begin with {0:?}: type more of it")]
    AmbiguousSnapshot(String),
    #[error("there is no {0} in this restore point: `list` shows what there is")]
    NoSuchPath(String),
    #[error("tree {0} cannot be read: {1}")]
    BadTree(Id, String),
    #[error("something of {0} bytes does not fit into a repository: a blob has at most {1}")]
    TooLarge(usize, usize),
    #[error("the target cannot be used: {what}: {error}")]
    Target { what: String, error: io::Error },
    #[error("writing to the repository has failed before; begin again")]
    Stopped,
}

impl RepositoryError {
    pub(crate) fn damaged(kind: FileKind, id: impl ToString, what: impl ToString) -> RepositoryError {
        RepositoryError::Damaged { kind, id: id.to_string(), what: what.to_string() }
    }
}
