//! Owns how a file system comes into the tree and leaves it: by its number, never by its path alone.
//!
//! The file system is made first and is nowhere; then it is moved to its directory, and only when the kernel shows it
//! there it is mounted. A path is no name for a mount: after a plain `umount` another one may be there.

use crate::mount::MountOptions;
use crate::mountinfo::{mount_id, mounted_at, own_id};
use crate::point::MountPoint;
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags, fsconfig_create,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount, unmount,
};
use std::io;
use std::path::Path;

/// What mountinfo calls it.
const KIND: &str = "fuse.gotgan";

/// A file system that is mounted nowhere.
pub(crate) struct Detached {
    mount: OwnedFd,
    id: u64,
}

/// How a mount left the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It is gone.
    Gone,
    /// Programs use it: it is out of the tree, and lives on for them.
    InUse,
    /// It was not in its place any more.
    WasNotThere,
}

/// Makes the file system, and the descriptor through which the kernel asks.
pub(crate) fn make(options: &MountOptions) -> io::Result<(OwnedFd, Detached)> {
    let device = rustix::fs::open("/dev/fuse", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    let fs = fsopen("fuse", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&fs, "source", options.name.as_str())?;
    fsconfig_set_string(&fs, "subtype", "gotgan")?;
    fsconfig_set_string(&fs, "fd", device.as_raw_fd().to_string())?;
    fsconfig_set_string(&fs, "rootmode", "40000")?;
    fsconfig_set_string(&fs, "user_id", rustix::process::geteuid().as_raw().to_string())?;
    fsconfig_set_string(&fs, "group_id", rustix::process::getegid().as_raw().to_string())?;
    fsconfig_set_flag(&fs, "default_permissions")?;
    if options.allow_other {
        fsconfig_set_flag(&fs, "allow_other")?;
    }
    if options.read_only {
        fsconfig_set_flag(&fs, "ro")?;
    }
    fsconfig_create(&fs)?;
    let mount = fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes(options))?;
    let id = own_id(&mount)?;
    Ok((device, Detached { mount, id }))
}

fn attributes(options: &MountOptions) -> MountAttrFlags {
    // Access times are the server's business, which leaves them alone.
    let mut attributes = MountAttrFlags::MOUNT_ATTR_NOATIME;
    attributes.set(MountAttrFlags::MOUNT_ATTR_NOSUID, !options.suid);
    attributes.set(MountAttrFlags::MOUNT_ATTR_NODEV, !options.dev);
    attributes.set(MountAttrFlags::MOUNT_ATTR_RDONLY, options.read_only);
    attributes
}

impl Detached {
    /// Moves it to its directory and returns its number, once the kernel shows it there.
    pub(crate) fn attach(self, point: &MountPoint) -> io::Result<u64> {
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
        move_mount(&self.mount, "", point.dir(), "", flags)?;
        match shown(point)? == self.id {
            true => Ok(self.id),
            false => Err(not_shown()),
        }
    }
}

/// The number of the volume that the kernel shows there.
pub(crate) fn shown(point: &MountPoint) -> io::Result<u64> {
    match mounted_at(point.path())?.is_some_and(|line| line.kind == KIND) {
        true => mount_id(point.path()),
        false => Err(not_shown()),
    }
}

fn not_shown() -> io::Error {
    io::Error::other("the kernel does not show the mount there; was the directory moved or mounted over?")
}

/// Whether the topmost mount at `at` is this one.
pub(crate) fn is_at(at: &Path, id: u64) -> bool {
    mount_id(at).is_ok_and(|found| found == id)
}

/// Takes this mount out of the tree, and no other.
pub(crate) fn take_out(at: &Path, id: u64) -> Left {
    if !is_at(at, id) {
        return Left::WasNotThere;
    }
    match unmount(at, UnmountFlags::NOFOLLOW) {
        Ok(()) => Left::Gone,
        Err(rustix::io::Errno::BUSY) if is_at(at, id) => {
            let _ = unmount(at, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
            Left::InUse
        }
        // Who is not root asks `fusermount3`, which the session does when it ends.
        Err(rustix::io::Errno::PERM) => Left::Gone,
        // Somebody else was faster.
        Err(_) => Left::WasNotThere,
    }
}

/// The same at once, in use or not.
pub(crate) fn detach(at: &Path, id: u64) {
    if is_at(at, id) {
        let _ = unmount(at, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW);
    }
}
