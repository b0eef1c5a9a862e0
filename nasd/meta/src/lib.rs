//! The metadata of one volume: inodes, names, extents and their history, as a state machine in SQLite.
//!
//! ```text
//!   leader ── encode_commands ──▶ Raft log ──▶ VolumeMachine::apply ──▶ tables ──▶ MetaReader
//!                                                   └── committed ──▶ Observer (chunks freed, caches)
//! ```
//!
//! Everything is decided in apply, from the stamp, the change and the tables: permissions, limits and
//! errors. So a gateway that has lost its leader may simply propose again, and every replica says the same.
//! A refused change leaves nothing behind. The tables are described in `docs/formats/metadata.md`.

mod acl;
mod apply;
mod change;
mod chunks;
mod codec;
mod counters;
mod create;
mod effects;
mod error;
mod extent_row;
mod extents;
mod inode;
mod link;
mod lock;
mod lock_range;
mod machine;
mod names;
mod perm;
mod privileges;
mod punch;
mod quota;
mod reader;
mod reap;
mod rename;
mod replies;
mod restage;
mod schema;
mod seek;
mod setattr;
mod small;
mod unlink;
mod view;
mod write;
mod xattr;

#[cfg(test)]
mod testing;

pub use change::*;
pub use codec::{BATCH_CHANGES_MAX, BadReplies, decode_replies, encode_commands};
pub use counters::Totals;
pub use effects::{Effects, Observer};
pub use error::MetaError;
pub use lock::{HeldLock, LOCKS_PER_OWNER_MAX, LOCKS_PER_VOLUME_MAX, LockOwner, LockRange, LockSession};
pub use machine::VolumeMachine;
pub use privileges::CAPABILITIES;
pub use reader::MetaReader;
pub use schema::{Limits, VolumeOptions};
pub use view::{Backlog, ChunkRow, ExtentBlock, FIRST_COOKIE, View};
