//! Owns the translation between the kernel's numbers and the file system's words.

use bytes::Bytes;
use fuser::{FileAttr, FileType, INodeNo, TimeOrNow};
use nasd_base::file::{Attr, FileKind, NewNode, SetTime};
use nasd_base::{Errno, Ino, Timestamp};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::{SystemTime, UNIX_EPOCH};

/// What `stat` gives as the preferred block size, and the unit of `statfs`.
pub(crate) const BLOCK_BYTES: u32 = 4096;

/// Bits of a mode that tell the kind, and their values (inode(7)).
mod s_if {
    pub const MASK: u32 = 0o170_000;
    pub const SOCKET: u32 = 0o140_000;
    pub const FILE: u32 = 0o100_000;
    pub const BLOCK: u32 = 0o060_000;
    pub const CHAR: u32 = 0o020_000;
    pub const FIFO: u32 = 0o010_000;
}

pub(crate) fn kind(kind: FileKind) -> FileType {
    match kind {
        FileKind::File => FileType::RegularFile,
        FileKind::Directory => FileType::Directory,
        FileKind::Symlink => FileType::Symlink,
        FileKind::CharDevice => FileType::CharDevice,
        FileKind::BlockDevice => FileType::BlockDevice,
        FileKind::Fifo => FileType::NamedPipe,
        FileKind::Socket => FileType::Socket,
    }
}

/// Inode number 0 stands for a name that means nothing.
pub(crate) const NOTHING: FileAttr = FileAttr {
    ino: INodeNo(0),
    size: 0,
    blocks: 0,
    atime: UNIX_EPOCH,
    mtime: UNIX_EPOCH,
    ctime: UNIX_EPOCH,
    crtime: UNIX_EPOCH,
    kind: FileType::RegularFile,
    perm: 0,
    nlink: 0,
    uid: 0,
    gid: 0,
    rdev: 0,
    blksize: 0,
    flags: 0,
};

pub(crate) fn attr(attr: &Attr) -> FileAttr {
    FileAttr {
        ino: INodeNo(attr.ino.0),
        size: attr.size,
        blocks: attr.allocated.div_ceil(512),
        atime: attr.atime.into(),
        mtime: attr.mtime.into(),
        ctime: attr.ctime.into(),
        crtime: attr.btime.into(),
        kind: kind(attr.kind),
        perm: (attr.mode & 0o7777) as u16,
        nlink: attr.nlink,
        uid: attr.uid,
        gid: attr.gid,
        rdev: device_number(attr.major, attr.minor),
        blksize: BLOCK_BYTES,
        flags: 0,
    }
}

/// The kernel's 32-bit device number: 12 bits of major, 20 of minor (include/linux/kdev_t.h,
/// `new_encode_dev`).
fn device_number(major: u32, minor: u32) -> u32 {
    (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)
}

fn device_parts(rdev: u32) -> (u32, u32) {
    ((rdev & 0xfff00) >> 8, (rdev & 0xff) | ((rdev >> 12) & 0xfff00))
}

/// What MKNOD asks for.
///
/// # Errors
/// `Inval` for kinds that MKNOD does not make.
pub(crate) fn node(mode: u32, rdev: u32) -> Result<NewNode, Errno> {
    let (major, minor) = device_parts(rdev);
    match mode & s_if::MASK {
        0 | s_if::FILE => Ok(NewNode::File),
        s_if::CHAR => Ok(NewNode::CharDevice { major, minor }),
        s_if::BLOCK => Ok(NewNode::BlockDevice { major, minor }),
        s_if::FIFO => Ok(NewNode::Fifo),
        s_if::SOCKET => Ok(NewNode::Socket),
        _ => Err(Errno::Inval),
    }
}

pub(crate) fn time(time: TimeOrNow) -> SetTime {
    match time {
        TimeOrNow::Now => SetTime::Now,
        TimeOrNow::SpecificTime(at) => SetTime::To(given(at)),
    }
}

/// The kernel's seconds and nanoseconds. fuser 0.18 takes the nanoseconds of a time before 1970 off instead of
/// adding them (`system_time_from_time`), which is undone here; a test on a mount notices when it stops.
fn given(at: SystemTime) -> Timestamp {
    match at.duration_since(UNIX_EPOCH) {
        Ok(_) => Timestamp::from(at),
        Err(before) => {
            let before = before.duration();
            let secs = 0i64.saturating_sub_unsigned(before.as_secs());
            Timestamp { secs, nanos: before.subsec_nanos() }
        }
    }
}

pub(crate) fn ino(ino: INodeNo) -> Ino {
    Ino(ino.0)
}

pub(crate) fn name(name: &OsStr) -> Bytes {
    Bytes::copy_from_slice(name.as_bytes())
}

/// The kernel's number for a refusal. The two that only NFS knows become the nearest thing.
pub(crate) fn errno(error: Errno) -> fuser::Errno {
    match error {
        Errno::NotSync => fuser::Errno::EAGAIN,
        Errno::BadCookie => fuser::Errno::EINVAL,
        other => fuser::Errno::from_i32(other.raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn times_before_1970_keep_their_nanoseconds() {
        let before = |secs, nanos| time(TimeOrNow::SpecificTime(UNIX_EPOCH - Duration::new(secs, nanos)));
        assert_eq!(before(5, 1), SetTime::To(Timestamp { secs: -5, nanos: 1 }));
        assert_eq!(before(5, 0), SetTime::To(Timestamp { secs: -5, nanos: 0 }));
        let after = TimeOrNow::SpecificTime(UNIX_EPOCH + Duration::new(5, 1));
        assert_eq!(time(after), SetTime::To(Timestamp { secs: 5, nanos: 1 }));
    }

    proptest! {
        #[test]
        fn device_numbers_survive(major in 0u32..1 << 12, minor in 0u32..1 << 20) {
            prop_assert_eq!(device_parts(device_number(major, minor)), (major, minor));
        }
    }

    #[test]
    fn device_numbers_are_the_kernels() {
        // /dev/null is 1:3, and `stat -c %t:%T` of a loop partition was 103:40000.
        assert_eq!(device_number(1, 3), 0x103);
        assert_eq!(device_number(0x103, 0x40000), 0x4001_0300);
    }

    #[test]
    fn nfs_refusals_become_posix_ones() {
        assert_eq!(errno(Errno::BadCookie).code(), 22);
        assert_eq!(errno(Errno::NoEnt).code(), 2);
    }

    #[test]
    fn mknod_makes_no_directories() {
        assert_eq!(node(0o040_755, 0), Err(Errno::Inval));
        assert_eq!(node(0o020_600, 0x103), Ok(NewNode::CharDevice { major: 1, minor: 3 }));
    }
}
