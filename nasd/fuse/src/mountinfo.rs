//! Owns what the kernel says about mounts: `/proc/self/mountinfo` (proc_pid_mountinfo(5)) and their numbers (statx(2)).

use rustix::fd::AsFd;
use rustix::fs::{AtFlags, CWD, StatxFlags};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// `STATX_MNT_ID_UNIQUE` of Linux 6.8: a number that no later mount gets.
const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MountLine {
    /// `major:minor` of the file system's device.
    pub device: String,
    pub kind: String,
}

/// The topmost mount at exactly `at`, which must be canonical; `None` when nothing is mounted there.
pub(crate) fn mounted_at(at: &Path) -> io::Result<Option<MountLine>> {
    Ok(find(&std::fs::read("/proc/self/mountinfo")?, at))
}

/// The number of the topmost mount that `at` lies in. Asks the kernel only, never who serves the mount.
pub(crate) fn mount_id(at: &Path) -> io::Result<u64> {
    number(CWD, at, AtFlags::SYMLINK_NOFOLLOW)
}

/// The number of the mount that the descriptor is in.
pub(crate) fn own_id(fd: impl AsFd) -> io::Result<u64> {
    number(fd, Path::new(""), AtFlags::EMPTY_PATH)
}

fn number(dir: impl AsFd, at: &Path, how: AtFlags) -> io::Result<u64> {
    let how = how | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    // Before Linux 6.8 a number is given again, though not to a mount that was there at the same time.
    for wanted in [UNIQUE, StatxFlags::MNT_ID] {
        let found = rustix::fs::statx(&dir, at, how, wanted)?;
        if found.stx_mask & wanted.bits() != 0 {
            return Ok(found.stx_mnt_id);
        }
    }
    Err(io::Error::new(io::ErrorKind::Unsupported, "this kernel does not number its mounts"))
}

/// `at` with links resolved, without looking at the last component itself: a dead mount there would refuse.
pub(crate) fn canonical(at: &Path) -> io::Result<PathBuf> {
    match (at.parent(), at.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            Ok(parent.canonicalize()?.join(name))
        }
        _ => at.canonicalize(),
    }
}

fn find(table: &[u8], at: &Path) -> Option<MountLine> {
    let lines = table.split(|byte| *byte == b'\n');
    // Later mounts hide earlier ones at the same place.
    lines.rev().filter_map(parse).find(|(point, _)| point == at).map(|(_, line)| line)
}

fn parse(line: &[u8]) -> Option<(PathBuf, MountLine)> {
    let text = |field: &[u8]| Some(std::str::from_utf8(field).ok()?.to_owned());
    let mut fields = line.split(|byte| *byte == b' ');
    let device = text(fields.nth(2)?)?;
    let point = unescaped(fields.nth(1)?);
    // Any number of optional fields, then a hyphen, then the type.
    let kind = text(fields.skip_while(|field| *field != b"-").nth(1)?)?;
    Some((point, MountLine { device, kind }))
}

/// Space, tab, newline and backslash are written as three octal digits after a backslash.
fn unescaped(field: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let octal =
            after.get(..3).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        match (byte, octal) {
            (b'\\', Some(value)) => {
                path.push(value);
                rest = &after[3..];
            }
            _ => {
                path.push(byte);
                rest = after;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TABLE: &[u8] = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
        40 22 0:35 / /mnt/a\\040b rw,nosuid shared:3 master:1 - fuse.gotgan demo rw\n\
        41 22 0:36 / /mnt/twice rw - tmpfs tmpfs rw\n\
        42 41 0:37 / /mnt/twice rw - fuse x rw\n";

    #[test]
    fn the_topmost_mount_counts() {
        let line = find(TABLE, Path::new("/mnt/twice")).unwrap();
        assert_eq!(line, MountLine { device: "0:37".into(), kind: "fuse".into() });
    }

    #[test]
    fn escaped_names_and_optional_fields_are_understood() {
        assert_eq!(find(TABLE, Path::new("/mnt/a b")).unwrap().kind, "fuse.gotgan");
        assert_eq!(find(TABLE, Path::new("/mnt")), None);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(table: Vec<u8>) {
            find(&table, Path::new("/"));
        }

        #[test]
        fn cut_tables_never_panic(len in 0..TABLE.len()) {
            find(&TABLE[..len], Path::new("/mnt/twice"));
        }
    }
}
