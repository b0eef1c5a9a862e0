//! Owns the directory that a volume is mounted on: found without surprises, and useless while nothing is mounted there.
//!
//! A directory that is made here can hold nothing: it has no permissions and, where the file system has such a flag, is
//! immutable, which root's programs notice as well. What was meant for the volume does not end up on the local disk
//! while the volume is not mounted. [`MountPoint::unmake`] takes it away again.

use crate::mount::MountError;
use crate::mountinfo::{canonical, mounted_at};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, IFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

const DIRECTORY: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Of directories on the way to one that is made.
const PASSABLE: Mode = Mode::from_raw_mode(0o755);
/// Whoever may write into the directory above can put another one in its place.
const OTHERS_MAY_WRITE: u32 = 0o022;

/// A directory on which nothing is mounted, open.
#[derive(Debug)]
pub struct MountPoint {
    path: PathBuf,
    dir: OwnedFd,
}

impl MountPoint {
    /// The directory `at`, with links resolved.
    ///
    /// # Errors
    /// `Busy` when something is mounted there, `NotADirectory` when there is none.
    pub fn at(at: &Path) -> Result<MountPoint, MountError> {
        let missing = || MountError::NotADirectory(at.to_owned());
        // Before the directory is touched: one that is a mount point may hang.
        let resolved = free(canonical(at).map_err(|_| missing())?)?;
        let path = free(resolved.canonicalize().map_err(|_| missing())?)?;
        let dir = rustix::fs::open(&path, DIRECTORY, Mode::empty()).map_err(|_| missing())?;
        Ok(MountPoint { path, dir })
    }

    /// The directory `at`, which lies beneath `root`, for somebody who may mount nowhere else: no link is followed on the
    /// way, no other mount entered, and nobody but the owner of this process can move it. Made when it is missing.
    ///
    /// # Errors
    /// `Outside` when it is not beneath `root`, and as [`MountPoint::at`].
    pub fn beneath(root: &Path, at: &Path) -> Result<MountPoint, MountError> {
        let outside = || MountError::Outside { at: at.to_owned(), root: root.to_owned() };
        let failed = |error: Errno| MountError::Mount { at: at.to_owned(), source: error.into() };
        let rest = at.strip_prefix(root).map_err(|_| outside())?;
        let plain = rest.components().all(|part| matches!(part, Component::Normal(_)));
        let name = rest.file_name().filter(|_| plain).ok_or_else(outside)?;
        let root = root.canonicalize().map_err(|source| MountError::Mount { at: root.to_owned(), source })?;
        let path = free(root.join(rest))?;
        let top = rustix::fs::open(&root, DIRECTORY, Mode::empty()).map_err(failed)?;
        let parent = descend(top, rest.parent().unwrap_or(Path::new(""))).map_err(failed)?;
        let dir = match enter(&parent, name) {
            Err(Errno::NOENT) => make(&parent, name).and_then(|()| enter(&parent, name)),
            entered => entered,
        };
        let dir = dir.map_err(|error| match error {
            Errno::LOOP | Errno::XDEV => outside(),
            Errno::NOTDIR => MountError::NotADirectory(at.to_owned()),
            error => failed(error),
        })?;
        Ok(MountPoint { path, dir })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn dir(&self) -> &OwnedFd {
        &self.dir
    }

    /// Whether there is nothing in the directory that a mount would hide.
    pub fn is_empty(&self) -> io::Result<bool> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let listed = rustix::fs::openat(&self.dir, ".", flags, Mode::empty())?;
        for entry in Dir::new(listed)? {
            if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes a directory that was made here, if that is what `at` is. One that anybody else made stays.
    pub fn unmake(at: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = rustix::fs::open(at, flags, Mode::empty())?;
        if rustix::fs::fstat(&dir)?.st_mode & 0o777 != 0 {
            return Ok(());
        }
        set_immutable(&dir, false);
        Ok(rustix::fs::unlinkat(CWD, at, AtFlags::REMOVEDIR)?)
    }
}

fn free(at: PathBuf) -> Result<PathBuf, MountError> {
    match mounted_at(&at) {
        Ok(None) => Ok(at),
        Ok(Some(_)) => Err(MountError::Busy(at)),
        Err(source) => Err(MountError::Mount { at, source }),
    }
}

/// From directory to directory; those that are missing are made.
fn descend(mut dir: OwnedFd, rest: &Path) -> Result<OwnedFd, Errno> {
    check_owned(&dir)?;
    for name in rest.iter() {
        dir = match enter(&dir, name) {
            Err(Errno::NOENT) => {
                rustix::fs::mkdirat(&dir, name, PASSABLE)?;
                // Whatever the umask is: users pass through it to their volume.
                rustix::fs::chmodat(&dir, name, PASSABLE, AtFlags::empty())?;
                enter(&dir, name)?
            }
            entered => entered?,
        };
        check_owned(&dir)?;
    }
    Ok(dir)
}

fn enter(dir: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    rustix::fs::openat2(dir, name, DIRECTORY, Mode::empty(), resolve)
}

fn check_owned(dir: &OwnedFd) -> Result<(), Errno> {
    let stat = rustix::fs::fstat(dir)?;
    let ours = stat.st_uid == rustix::process::geteuid().as_raw() && stat.st_mode & OTHERS_MAY_WRITE == 0;
    if ours { Ok(()) } else { Err(Errno::PERM) }
}

fn make(parent: &OwnedFd, name: &OsStr) -> Result<(), Errno> {
    rustix::fs::mkdirat(parent, name, Mode::empty())?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    set_immutable(rustix::fs::openat(parent, name, flags, Mode::empty())?, true);
    Ok(())
}

/// Where the file system has the flag; where it has not, the mode alone keeps users out.
fn set_immutable(dir: impl AsFd, immutable: bool) {
    if let Ok(mut flags) = rustix::fs::ioctl_getflags(&dir) {
        flags.set(IFlags::IMMUTABLE, immutable);
        let _ = rustix::fs::ioctl_setflags(&dir, flags);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// An operator mounted a volume over nasd's own directory, through HTTPS.
    #[test]
    fn nothing_but_a_plain_path_beneath_the_root_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("mounts");
        fs::create_dir(&root).unwrap();
        fs::create_dir(dir.path().join("other")).unwrap();
        symlink(dir.path().join("other"), root.join("link")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        for at in ["", "/", "/etc/cron.d", "../other", "link", "link/below", "a/../../other", "file"] {
            let refused = MountPoint::beneath(&root, &root.join(at));
            assert!(refused.is_err(), "{at}: {refused:?}");
        }
        assert!(matches!(
            MountPoint::beneath(&root, Path::new("/etc/cron.d")),
            Err(MountError::Outside { .. })
        ));
        assert_eq!(fs::read_dir(dir.path().join("other")).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_others_can_exchange_is_not_passed_through() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("shared")).unwrap();
        fs::set_permissions(root.path().join("shared"), PermissionsExt::from_mode(0o777)).unwrap();
        let refused = MountPoint::beneath(root.path(), &root.path().join("shared/demo"));
        assert!(matches!(refused, Err(MountError::Mount { .. })), "{refused:?}");
    }

    /// Programs filled the local disk through a folder on which nothing was mounted.
    #[test]
    fn a_mount_point_that_is_made_holds_nothing_and_goes_away_again() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().join("team/demo");
        let point = MountPoint::beneath(root.path(), &at).unwrap();
        assert!(point.is_empty().unwrap());
        assert_eq!(fs::metadata(&at).unwrap().permissions().mode() & 0o777, 0);
        let immutable = rustix::fs::ioctl_getflags(fs::File::open(&at).unwrap())
            .is_ok_and(|flags| flags.contains(IFlags::IMMUTABLE));
        assert_eq!(fs::write(at.join("stray"), "").is_err(), immutable, "as root");
        MountPoint::beneath(root.path(), &at).unwrap();
        MountPoint::unmake(&at).unwrap();
        assert!(!at.exists());
        fs::create_dir(&at).unwrap();
        MountPoint::unmake(&at).unwrap();
        assert!(at.exists(), "somebody else made it");
    }
}
