//! The metadata of one volume as a function of its log: inodes, names, extents, chunks and locks, as a
//! state machine in SQLite.
//!
//! ```text
//!   leader ── encode_commands ──▶ Raft log ──▶ VolumeMachine::apply ──▶ tables ──▶ MetaReader
//!                                                   └── committed ──▶ Observer (chunks named and freed)
//! ```
//!
//! Whether a change takes effect is decided in apply, from the stamp, the change and the tables: permissions, limits,
//! locks and errors. So every replica says the same. The reply is remembered under the stamp's operation id, for a
//! while, so a caller that has lost its leader may simply ask again. A refused change leaves nothing behind but that
//! reply, and what it brought along is freed.
//!
//! Left to the leader (`nasd_fs`): who may read, waiting for locks, data that is not saved, and when to reap, restage or
//! end a session. Rows carry the change that wrote them (`Txg`); earlier versions of them are not kept. The tables are
//! described in `docs/formats/metadata.md`.

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
mod lock_holder;
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
mod volume_memory;
mod write;
mod xattr;

#[cfg(test)]
mod testing;

pub use change::*;
pub use codec::{BATCH_CHANGES_MAX, BadReplies, decode_replies, encode_commands};
pub use counters::Totals;
pub use effects::{Effects, Observer};
pub use error::MetaError;
pub use lock::{LOCKS_PER_OWNER_MAX, LOCKS_PER_VOLUME_MAX};
pub use lock_holder::{HeldLock, LockOwner, LockRange, LockSession};
pub use machine::VolumeMachine;
pub use privileges::CAPABILITIES;
pub use reader::MetaReader;
pub use schema::{FIRST_COOKIE, StateBounds, VolumeOptions};
pub use view::{Backlog, ChunkRow, ExtentBlock, View};
