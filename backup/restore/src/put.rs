//! Owns how one thing comes to its place, with all that is known of it: beside its place first, so that nobody sees a part
//! of it, and what was there is replaced at once or stays.

use crate::options::Conflict;
use backup_repository::{Node, NodeKind, RfcTime};
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::fs::{
    AtFlags, Dev, FileType, Gid, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, Uid, XattrFlags,
};
use rustix::fs::{
    chmodat, chownat, linkat, lsetxattr, mknodat, openat, renameat, renameat_with, statat, symlinkat,
};
use rustix::fs::{unlinkat, utimensat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;

/// Whether a thing comes to its place, before anything is written: or what is there stays, as was asked.
pub(crate) fn may_take(directory: BorrowedFd<'_>, node: &Node, conflict: Conflict) -> io::Result<bool> {
    let there = match statat(directory, OsStr::from_bytes(&node.name), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(there) => there,
        Err(Errno::NOENT) => return Ok(true),
        Err(error) => return Err(error.into()),
    };
    match conflict {
        Conflict::Refuse => Err(io::Error::other("it is there already, and was left as it is")),
        Conflict::Skip => Ok(false),
        Conflict::Older if modified(&there) >= node.mtime => Ok(false),
        Conflict::Older | Conflict::Replace
            if FileType::from_raw_mode(there.st_mode) == FileType::Directory =>
        {
            Err(io::Error::other("a directory is in its place, and was left as it is"))
        }
        Conflict::Older | Conflict::Replace => Ok(true),
    }
}

fn modified(there: &Stat) -> RfcTime {
    RfcTime { seconds: there.st_mtime, nanos: there.st_mtime_nsec as u32 }
}

/// Makes something under a name of its own, then gives it its place. Of a failure nothing stays.
pub(crate) fn placed(
    directory: BorrowedFd<'_>,
    node: &Node,
    conflict: Conflict,
    number: u64,
    make: impl FnOnce(&OsStr) -> io::Result<()>,
) -> io::Result<()> {
    let part = format!(".nas-restore-{}-{number}", std::process::id());
    let part = OsStr::new(&part);
    let name = OsStr::from_bytes(&node.name);
    let done = make(part).and_then(|()| {
        let moved = match conflict {
            Conflict::Replace | Conflict::Older => renameat(directory, part, directory, name),
            Conflict::Refuse | Conflict::Skip => {
                renameat_with(directory, part, directory, name, RenameFlags::NOREPLACE)
            }
        };
        moved.map_err(io::Error::from)
    });
    if done.is_err() {
        let _ = unlinkat(directory, part, AtFlags::empty());
    }
    done
}

pub(crate) fn new_file(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(openat(directory, name, flags, Mode::RUSR | Mode::WUSR)?))
}

/// A symbolic link, a device, a pipe or a socket.
pub(crate) fn make_other(directory: BorrowedFd<'_>, name: &OsStr, node: &Node) -> io::Result<()> {
    let (kind, device) = match node.kind {
        NodeKind::Symlink => {
            return Ok(symlinkat(OsStr::from_bytes(&node.target()), directory, name)?);
        }
        NodeKind::Dev => (FileType::BlockDevice, node.device),
        NodeKind::CharDev => (FileType::CharacterDevice, node.device),
        NodeKind::Fifo => (FileType::Fifo, 0),
        NodeKind::Socket => (FileType::Socket, 0),
        NodeKind::File | NodeKind::Dir | NodeKind::Irregular => {
            return Err(io::Error::other("nobody can restore what it was"));
        }
    };
    Ok(mknodat(directory, name, kind, Mode::RUSR | Mode::WUSR, device as Dev)?)
}

/// Owner, extended attributes, mode and times, in an order in which none undoes another. Goes on after a failure, and says
/// the first.
pub(crate) fn dress(directory: BorrowedFd<'_>, name: &OsStr, node: &Node) -> io::Result<()> {
    let nofollow = AtFlags::SYMLINK_NOFOLLOW;
    let (uid, gid) = (Uid::from_raw(node.uid), Gid::from_raw(node.gid));
    let owned = chownat(directory, name, Some(uid), Some(gid), nofollow).map_err(failed("owner"));
    let attributes = set_attributes(directory, name, node);
    let moded = if node.kind == NodeKind::Symlink {
        Ok(())
    } else {
        chmodat(directory, name, Mode::from_raw_mode(node.mode()), AtFlags::empty()).map_err(failed("mode"))
    };
    let times = Timestamps { last_access: timespec(node.atime), last_modification: timespec(node.mtime) };
    let timed = utimensat(directory, name, &times, nofollow).map_err(failed("times"));
    owned.and(attributes).and(moded).and(timed)
}

fn set_attributes(directory: BorrowedFd<'_>, name: &OsStr, node: &Node) -> io::Result<()> {
    // There is no call that takes a directory and a name; what a descriptor stands for is not a link that can be moved.
    let path = [format!("/proc/self/fd/{}/", directory.as_raw_fd()).as_bytes(), name.as_bytes()].concat();
    let path = OsStr::from_bytes(&path);
    node.extended_attributes.iter().try_fold((), |(), attribute| {
        let set = lsetxattr(path, attribute.name.as_str(), &attribute.value, XattrFlags::empty());
        set.map_err(failed(&format!("extended attribute {}", attribute.name)))
    })
}

fn failed(what: &str) -> impl Fn(Errno) -> io::Error {
    move |error| io::Error::other(format!("its {what} could not be set: {}", io::Error::from(error)))
}

fn timespec(time: RfcTime) -> Timespec {
    Timespec { tv_sec: time.seconds, tv_nsec: time.nanos.into() }
}

/// Another name for what has been restored.
pub(crate) fn link(
    from: (BorrowedFd<'_>, &OsStr),
    directory: BorrowedFd<'_>,
    name: &OsStr,
) -> io::Result<()> {
    Ok(linkat(from.0, from.1, directory, name, AtFlags::empty())?)
}

/// The directory itself, for [`dress`].
pub(crate) const ITSELF: &str = ".";
