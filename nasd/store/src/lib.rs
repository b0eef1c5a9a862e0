//! The chunks of a node: immutable pieces of file data in append-only segments on several disks.
//!
//! ```text
//!   put ──▶ segment being filled ──▶ sealed (footer) ──▶ compacted or removed
//!   flush ─▶ one sync for all who wait        catalog: key ──▶ disk, segment, offset, length
//! ```
//!
//! What a chunk means, and when it may go, is its owner's affair. The invariants: what was put before a
//! [`ChunkStore::flush`] returned is there after a power cut; no byte leaves [`ChunkStore::read`] that was not
//! checked. The bytes on disk are described in `docs/formats/segment.md`.

mod cache;
mod catalog;
mod compact;
mod disks;
mod encoded;
mod error;
pub mod format;
mod key;
mod read;
mod recover;
mod scan;
mod scrub;
mod second_chance;
mod segments;
mod store;
mod upkeep;
mod writer;

pub use compact::Compaction;
pub use encoded::{CHUNK_BYTES_MAX, EncodedChunk, FRAME_BYTES};
pub use error::StoreError;
pub use key::ChunkKey;
pub use scrub::{ScrubCursor, ScrubStep};
pub use store::{ChunkStore, StoreCounters, StoreOptions, StoreSpace, StoreTimes};
pub use upkeep::{Compactor, Progress, Scrubber, Step, UpkeepLimits};
