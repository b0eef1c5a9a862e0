//! A backup repository in restic's format, version 2: what we write, a stock `restic` lists, checks, restores and
//! prunes, and what it wrote we read. See <https://restic.readthedocs.io/en/stable/100_references.html>, "Repository
//! Format".
//!
//! ```text
//!   Writer ─▶ chunk ─▶ blobs ─▶ packs ─▶ Backend        snapshot ─▶ tree ─▶ blobs
//!                        └────▶ index                      └─ by Repository, through the index
//! ```
//!
//! A repository is only ever added to; what is written is complete before anything names it. Nothing here knows a
//! cluster: a repository is read and written on any machine.

mod backend;
mod blob;
mod chunk;
mod crypto;
mod error;
mod id;
mod index;
mod key;
mod name;
mod pack;
mod polynomial;
mod repository;
mod snapshot;
mod tree;
mod unpacked;
mod writer;

pub use backend::{Backend, Directory, FileKind};
pub use blob::{BLOB_BYTES_MAX, BlobKind};
pub use chunk::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, Chunker};
pub use error::RepositoryError;
pub use id::Id;
pub use index::{BlobPlace, Index};
pub use key::KeyCost;
pub use pack::{Entry, header_entries};
pub use polynomial::Polynomial;
pub use repository::{Found, Repository};
pub use snapshot::{RfcTime, Snapshot};
pub use tree::{ExtendedAttribute, Node, NodeKind, Tree, TreeBuilder};
pub use writer::{Writer, Written};
