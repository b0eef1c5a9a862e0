//! What a file is: kinds, attributes, callers and who may do what.

use crate::{Ino, Timestamp, Txg};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Longest name in a directory, in bytes (POSIX NAME_MAX).
pub const NAME_BYTES_MAX: usize = 255;
/// Longest symlink target, in bytes (Linux PATH_MAX less the NUL).
pub const TARGET_BYTES_MAX: usize = 4095;
/// Largest file: 2^63 - 1, the range of off_t.
pub const FILE_BYTES_MAX: u64 = i64::MAX as u64;
/// Most links to one file (as ext4).
pub const LINKS_MAX: u32 = 65_000;
/// Longest name of an extended attribute with its prefix, in bytes.
pub const XATTR_NAME_BYTES_MAX: usize = 255;
/// Longest value of an extended attribute, in bytes.
pub const XATTR_VALUE_BYTES_MAX: usize = 65_536;

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FileKind {
    File,
    Directory,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
    Socket,
}

/// What to make under a new name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewNode {
    File,
    Directory,
    Symlink { target: Bytes },
    CharDevice { major: u32, minor: u32 },
    BlockDevice { major: u32, minor: u32 },
    Fifo,
    Socket,
}

/// With this overlayfs covers a name of the directory below. As on Linux it is no device, and anybody may make it.
pub const WHITEOUT: NewNode = NewNode::CharDevice { major: 0, minor: 0 };

impl NewNode {
    pub fn kind(&self) -> FileKind {
        match self {
            NewNode::File => FileKind::File,
            NewNode::Directory => FileKind::Directory,
            NewNode::Symlink { .. } => FileKind::Symlink,
            NewNode::CharDevice { .. } => FileKind::CharDevice,
            NewNode::BlockDevice { .. } => FileKind::BlockDevice,
            NewNode::Fifo => FileKind::Fifo,
            NewNode::Socket => FileKind::Socket,
        }
    }
}

/// The attributes of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attr {
    pub ino: Ino,
    /// Distinguishes two lives of one number; handed out in NFS handles.
    pub generation: u64,
    pub kind: FileKind,
    /// The twelve permission bits: `0o7777`.
    pub mode: u32,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    /// Device number of a device node, else 0.
    pub major: u32,
    pub minor: u32,
    /// Bytes, as `stat` shows them.
    pub size: u64,
    /// Bytes of data that are not holes.
    pub allocated: u64,
    pub atime: Timestamp,
    pub mtime: Timestamp,
    pub ctime: Timestamp,
    pub btime: Timestamp,
    /// Grows with every change of data or attributes.
    pub change: Txg,
}

/// The three attributes that NFSv3 calls weak cache consistency data (RFC 1813 §2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeAttr {
    pub size: u64,
    pub mtime: Timestamp,
    pub ctime: Timestamp,
}

impl From<&Attr> for BeforeAttr {
    fn from(attr: &Attr) -> Self {
        BeforeAttr { size: attr.size, mtime: attr.mtime, ctime: attr.ctime }
    }
}

/// An object before and after one change, seen atomically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wcc {
    pub before: BeforeAttr,
    pub after: Attr,
}

/// A time to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetTime {
    /// The moment stamped by the leader.
    Now,
    To(Timestamp),
}

/// The attributes to change; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAttr {
    /// The twelve permission bits. For what is made, a umask may stand beside them: see [`with_umask`].
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub size: Option<u64>,
    pub atime: Option<SetTime>,
    pub mtime: Option<SetTime>,
}

/// Where a umask stands beside a mode.
const UMASK_SHIFT: u32 = 16;

/// A mode for a new file from which a umask is yet to be taken off: where the directory has a default access
/// control list, it is not.
pub fn with_umask(mode: u32, umask: u32) -> u32 {
    mode & 0o7777 | (umask & 0o777) << UMASK_SHIFT
}

/// The mode and the umask, which is 0 for a mode without one.
pub fn split_umask(mode: u32) -> (u32, u32) {
    (mode & 0o7777, mode >> UMASK_SHIFT & 0o777)
}

/// Who asks. `groups` holds the supplementary groups, `gid` not repeated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
}

impl Caller {
    pub const fn root() -> Caller {
        Caller { uid: 0, gid: 0, groups: Vec::new() }
    }

    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Whether `gid` is the caller's primary or a supplementary group.
    pub fn in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// A set of wishes: read (4), write (2), execute or search (1), as the permission bits have them.
pub mod want {
    pub const READ: u32 = 4;
    pub const WRITE: u32 = 2;
    pub const EXECUTE: u32 = 1;
}

/// Whether the mode bits grant all of `wanted` (see [`want`]) to the caller.
///
/// The first matching class decides, as POSIX has it: an owner without read permission is refused even when
/// the group has it. Root may do all but execute a file that has no execute bit at all.
pub fn permits(attr: &Attr, caller: &Caller, wanted: u32) -> bool {
    if caller.is_root() {
        let executable = attr.kind == FileKind::Directory || attr.mode & 0o111 != 0;
        return wanted & want::EXECUTE == 0 || executable;
    }
    let granted = if caller.uid == attr.uid {
        attr.mode >> 6
    } else if caller.in_group(attr.gid) {
        attr.mode >> 3
    } else {
        attr.mode
    };
    granted & wanted == wanted
}

/// One entry of a directory listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirEntry {
    pub name: Bytes,
    pub ino: Ino,
    pub kind: FileKind,
    /// Where to go on after this entry. Stays valid whatever else changes in the directory.
    pub cookie: u64,
    /// Filled for listings that ask for attributes.
    pub attr: Option<Attr>,
}

/// How much a volume may hold at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeLimits {
    /// Bytes of file data that are not holes, before compression, one copy; `None`: as much as fits.
    pub bytes: Option<u64>,
    /// Inodes beside the root: files, directories, links and whatever else has a name.
    pub files: Option<u64>,
}

/// How a volume's root directory is made: who may write into a volume that is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootDir {
    pub uid: u32,
    pub gid: u32,
    /// The twelve permission bits.
    pub mode: u32,
}

impl Default for RootDir {
    /// Whoever may mount may write, and nobody takes away what another made: as in `/tmp`.
    fn default() -> RootDir {
        RootDir { uid: 0, gid: 0, mode: 0o1777 }
    }
}

/// The sizes of a volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeStat {
    pub total_bytes: u64,
    pub free_bytes: u64,
    /// What an unprivileged writer may still use; the reserve that keeps deletes possible is taken off.
    pub available_bytes: u64,
    pub total_inodes: u64,
    pub free_inodes: u64,
    /// The limits in force; they show in the other numbers already.
    pub limits: VolumeLimits,
    /// What may still be written before the limit is reached, if there is one.
    pub limit_left_bytes: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attr(kind: FileKind, mode: u32) -> Attr {
        let zero = Timestamp::default();
        Attr {
            ino: Ino(2),
            generation: 0,
            kind,
            mode,
            nlink: 1,
            uid: 10,
            gid: 20,
            major: 0,
            minor: 0,
            size: 0,
            allocated: 0,
            atime: zero,
            mtime: zero,
            ctime: zero,
            btime: zero,
            change: Txg(0),
        }
    }

    #[test]
    fn the_first_matching_class_decides() {
        let file = attr(FileKind::File, 0o077);
        let owner = Caller { uid: 10, gid: 20, groups: vec![] };
        let member = Caller { uid: 11, gid: 5, groups: vec![20] };
        assert!(!permits(&file, &owner, want::READ));
        assert!(permits(&file, &member, want::READ | want::WRITE));
    }

    #[test]
    fn root_may_not_execute_what_nobody_may() {
        assert!(permits(&attr(FileKind::File, 0), &Caller::root(), want::READ | want::WRITE));
        assert!(!permits(&attr(FileKind::File, 0o644), &Caller::root(), want::EXECUTE));
        assert!(permits(&attr(FileKind::Directory, 0), &Caller::root(), want::EXECUTE));
    }
}
