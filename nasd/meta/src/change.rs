//! The changes a volume's history is made of, and their outcomes. These are the bytes in the Raft log:
//! append variants and fields, never reorder.

use crate::lock_holder::{LockOwner, LockRange, LockSession};
use bytes::Bytes;
use nasd_base::file::Caller;
use nasd_base::file::{Attr, NewNode, SetAttr, VolumeLimits, Wcc};
use nasd_base::{ChunkId, Errno, Ino, OpId, Timestamp};
use serde::{Deserialize, Serialize};

/// What the leader decided before it proposed, so that apply is a function of the entry alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub now: Timestamp,
    pub caller: Caller,
    /// Retries with the same id get the first reply. [`OpId::NONE`]: not remembered.
    pub op: OpId,
}

/// How CREATE treats a name that exists (RFC 1813 §3.3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CreateMode {
    /// An existing regular file is the answer, with `set.size` applied if given (O_TRUNC); any other kind
    /// is `Exist`.
    Unchecked,
    /// An existing name is `Exist` (O_EXCL).
    Guarded,
    /// An existing file made with the same verifier is the answer; any other is `Exist`.
    Exclusive { verifier: u64 },
}

/// Flags of renameat2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RenameMode {
    #[default]
    Replace,
    NoReplace,
    Exchange,
    /// As `Replace`, and the old name then means a whiteout, with which overlayfs hides what is below it.
    Whiteout,
}

/// How SETXATTR treats an existing attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum XattrMode {
    #[default]
    Either,
    Create,
    Replace,
}

/// A run of file bytes and where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// First byte in the file.
    pub offset: u64,
    /// Bytes; at least 1.
    pub len: u64,
    pub source: Source,
}

/// Where a run of bytes is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// `len` bytes of a chunk, from `start` in its uncompressed data.
    Chunk { chunk: ChunkId, start: u32 },
    /// The bytes themselves; `len` of them. Kept in the metadata until they are destaged.
    Inline { data: Bytes },
}

/// One change of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Makes a name and its inode. `set` gives the mode (with the umask, see `with_umask`) and may give uid, gid,
    /// times and size; by default the owner is the caller, the group follows the setgid rule.
    Create {
        parent: Ino,
        name: Bytes,
        node: NewNode,
        set: SetAttr,
        mode: CreateMode,
    },
    Link {
        ino: Ino,
        parent: Ino,
        name: Bytes,
    },
    /// Removes the name of anything but a directory. At zero links the inode becomes an orphan until `Reap`.
    Unlink {
        parent: Ino,
        name: Bytes,
    },
    Rmdir {
        parent: Ino,
        name: Bytes,
    },
    Rename {
        from_parent: Ino,
        from_name: Bytes,
        to_parent: Ino,
        to_name: Bytes,
        mode: RenameMode,
    },
    /// `guard`: refuse with `NotSync` unless ctime is still this.
    SetAttr {
        ino: Ino,
        set: SetAttr,
        guard: Option<Timestamp>,
    },
    SetXattr {
        ino: Ino,
        name: Bytes,
        value: Bytes,
        mode: XattrMode,
    },
    RemoveXattr {
        ino: Ino,
        name: Bytes,
    },
    /// Puts data into a file: each piece replaces what was there. Sets mtime and ctime to `modified`, grows
    /// the size to the end of the last piece, takes the file's privileges (see `privileges`). `fresh`
    /// chunks are registered with their uncompressed length, whether or not all of their bytes are named.
    /// Permission was checked by the leader when it took the write.
    Write {
        ino: Ino,
        pieces: Vec<Piece>,
        fresh: Vec<FreshChunk>,
        modified: Timestamp,
    },
    /// Swaps inline extents for chunk extents that hold the same bytes (destaging) or chunks for better
    /// packed ones (coalescing). A piece whose range changed since `as_of` (the inode's data change count)
    /// is skipped; sizes and times stay.
    Restage {
        ino: Ino,
        pieces: Vec<Piece>,
        fresh: Vec<FreshChunk>,
        as_of: u64,
    },
    /// Takes the next `count` chunk ids for the leader's use.
    AllocateChunks {
        count: u32,
    },
    /// Frees orphans that no node has open. Inodes that are no orphans are left alone.
    Reap {
        inos: Vec<Ino>,
    },
    /// Sets the hole `[offset, offset + len)`; the size stays.
    Punch {
        ino: Ino,
        offset: u64,
        len: u64,
    },
    /// Locks a range of a file's bytes, in place of what the owner had locked of it before. `Again` when
    /// another owner's lock is in the way; nothing waits here.
    Lock {
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
        exclusive: bool,
        /// The process that asked, for others to see.
        pid: u32,
    },
    /// Takes the owner's locks off a range. Without locks there it does nothing.
    Unlock {
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
    },
    /// Takes all locks of a mount that has ended.
    EndSession {
        session: LockSession,
    },
    /// Sets how much the volume may hold from now on. What is there already stays.
    SetLimits {
        limits: VolumeLimits,
    },
    /// Changes a file's bytes or size through a handle that is open for writing: permission was checked when it was
    /// opened. Takes the file's privileges from whom a write would take them.
    Reshape {
        ino: Ino,
        how: Reshape,
    },
}

/// See [`Change::Reshape`]; as ftruncate(2) and fallocate(2) have it. All but a resize change the times even where
/// there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reshape {
    Resize {
        size: u64,
    },
    /// Makes the file reach to the end of the range unless the size is to stay. Reserves nothing; refused with `Quota`
    /// when what is not there yet of the range is more than the limit leaves.
    Allocate {
        offset: u64,
        len: u64,
        keep_size: bool,
    },
    /// Makes a hole; the size stays.
    Punch {
        offset: u64,
        len: u64,
    },
    /// Makes a hole, and the file reach to its end unless the size is to stay.
    Zero {
        offset: u64,
        len: u64,
        keep_size: bool,
    },
}

impl Reshape {
    /// What is left of it when it was done from `left` on; see [`Outcome::Cut`].
    #[must_use]
    pub fn before(self, left: u64) -> Reshape {
        match self {
            Reshape::Punch { offset, .. } => Reshape::Punch { offset, len: left.saturating_sub(offset) },
            Reshape::Zero { offset, keep_size, .. } => {
                Reshape::Zero { offset, len: left.saturating_sub(offset), keep_size }
            }
            whole @ (Reshape::Resize { .. } | Reshape::Allocate { .. }) => whole,
        }
    }
}

/// A chunk named for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshChunk {
    pub chunk: ChunkId,
    /// Uncompressed bytes.
    pub len: u32,
    /// Bytes on a disk, for accounting.
    pub stored: u32,
    /// BLAKE3 of the uncompressed bytes.
    pub digest: [u8; 32],
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// `Create`: the object and its directory. `made` is false when an existing file was the answer.
    Created { attr: Attr, dir: Wcc, made: bool },
    /// `Link`.
    Linked { attr: Attr, dir: Wcc },
    /// `Unlink` and `Rmdir`: the inode whose name went, with the links it has left.
    Removed { ino: Ino, nlink: u32, dir: Wcc },
    /// `Rename`. `replaced` is an inode that lost its name and the links it has left.
    Renamed { from: Wcc, to: Wcc, replaced: Option<(Ino, u32)> },
    /// `SetAttr`, `Write`, `Punch`, `Reshape` and the xattr changes.
    Changed(Wcc),
    /// `Restage`: how many pieces took effect.
    Restaged { taken: u32 },
    /// `AllocateChunks`: the ids `[first, first + count)`.
    Allocated { first: ChunkId, count: u32 },
    /// `Reap`: how many inodes went.
    Reaped { count: u32 },
    /// `Lock`: the owner has it.
    Locked,
    /// `Unlock` and `EndSession`: how many locks went or shrank.
    Unlocked { count: u32 },
    /// `SetLimits`.
    Limited,
    /// `SetAttr` with a size, `Punch` and `Reshape`, of more than one change may cut: done from the end down to here. Ask for
    /// the rest in further changes. A file that was to be cut has this size meanwhile.
    Cut { wcc: Wcc, left: u64 },
}

/// A change's result as the log's reply carries it.
pub type ChangeResult = Result<Outcome, Errno>;
