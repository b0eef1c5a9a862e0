//! Owns one of each call that a program makes, for tests that need all of them.

use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FileType, Mode, OFlags, RenameFlags, SeekFrom, Timestamps, UTIME_NOW,
    XattrFlags,
};
use rustix::fs::{Gid, Timespec, Uid};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

/// What it is called, and what it does to a directory that [`furnish`] has filled.
pub type Operation = (&'static str, fn(&Path) -> io::Result<()>);

const ACCESS_LIST: &str = "system.posix_acl_access";
const DEFAULT_LIST: &str = "system.posix_acl_default";

/// Fills `dir`: files `f`, `g` and `h`, directories `sub` (with a file), `empty`, `void` and `other`, a link.
pub fn furnish(dir: &Path) -> io::Result<()> {
    fs::create_dir(dir)?;
    for name in ["f", "g", "h"] {
        fs::write(dir.join(name), vec![7; 20_000])?;
        rustix::fs::setxattr(dir.join(name), "user.old", b"x", XattrFlags::empty())?;
    }
    for name in ["sub", "empty", "void", "other"] {
        fs::create_dir(dir.join(name))?;
    }
    fs::write(dir.join("sub/inner"), "inner")?;
    symlink("f", dir.join("link"))?;
    Ok(rustix::fs::setxattr(dir, "user.old", b"x", XattrFlags::empty())?)
}

/// Looks at a directory and all that is in it, as `ls -la` does.
pub fn list(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        // Others may have removed it.
        let _ = fs::symlink_metadata(entry?.path());
    }
    fs::metadata(dir).map(|_| ())
}

/// A list that lets user 1000 in, as acl(5) stores it.
pub fn access_list() -> Vec<u8> {
    let mut list = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in [
        (0x01u16, 7u16, u32::MAX),
        (0x02, 5, 1000),
        (0x04, 5, u32::MAX),
        (0x10, 5, u32::MAX),
        (0x20, 5, u32::MAX),
    ] {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

fn set(path: &Path, name: &str, value: &[u8]) -> io::Result<()> {
    Ok(rustix::fs::setxattr(path, name, value, XattrFlags::empty())?)
}

fn existing(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

fn flagged(path: &Path, flags: OFlags) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(flags.bits() as i32).open(path)
}

fn renamed(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    Ok(rustix::fs::renameat_with(CWD, from, CWD, to, flags)?)
}

fn allocated(path: &Path, flags: FallocateFlags) -> io::Result<()> {
    Ok(rustix::fs::fallocate(existing(path)?, flags, 4096, 8192)?)
}

fn timed(path: &Path) -> io::Result<()> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times =
        Timestamps { last_access: now, last_modification: Timespec { tv_sec: 1_000_000, tv_nsec: 5 } };
    Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::empty())?)
}

fn directory(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?)
}

fn stored(path: &Path) -> io::Result<()> {
    use rustix::mm::{MapFlags, MsyncFlags, ProtFlags, mmap, msync, munmap};
    let file = existing(path)?;
    // SAFETY: the mapping is shorter than the file, used only here and unmapped before its end.
    unsafe {
        let place = mmap(std::ptr::null_mut(), 8192, ProtFlags::WRITE, MapFlags::SHARED, &file, 0)?;
        place.cast::<u8>().add(5000).write(42);
        msync(place, 8192, MsyncFlags::SYNC)?;
        munmap(place, 8192)?;
    }
    Ok(())
}

/// Stores into a mapping, and calls `then` before the kernel has written that back.
fn stored_before(path: &Path, then: fn(&File) -> io::Result<()>) -> io::Result<()> {
    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
    let file = existing(path)?;
    // SAFETY: the mapping is shorter than the file, used only here and unmapped before its end.
    unsafe {
        let place = mmap(std::ptr::null_mut(), 8192, ProtFlags::WRITE, MapFlags::SHARED, &file, 0)?;
        place.cast::<u8>().add(5000).write_volatile(42);
        let done = then(&file);
        munmap(place, 8192)?;
        done
    }
}

fn sought(path: &Path, from: SeekFrom) -> io::Result<()> {
    rustix::fs::seek(existing(path)?, from)?;
    Ok(())
}

/// Calls that change something.
pub const CHANGES: &[Operation] = &[
    ("create", |dir| File::create_new(dir.join("new")).map(|_| ())),
    ("open with O_CREAT", |dir| {
        OpenOptions::new().write(true).create(true).truncate(false).open(dir.join("new")).map(|_| ())
    }),
    ("open with O_TRUNC", |dir| File::create(dir.join("f")).map(|_| ())),
    ("mkdir", |dir| fs::create_dir(dir.join("new"))),
    ("mknod", |dir| Ok(rustix::fs::mknodat(CWD, dir.join("new"), FileType::Fifo, Mode::RUSR, 0)?)),
    ("symlink", |dir| symlink("target", dir.join("new"))),
    ("link", |dir| fs::hard_link(dir.join("f"), dir.join("new"))),
    ("unlink", |dir| fs::remove_file(dir.join("f"))),
    ("rmdir", |dir| fs::remove_dir(dir.join("empty"))),
    ("rename", |dir| fs::rename(dir.join("f"), dir.join("new"))),
    ("rename onto a file", |dir| fs::rename(dir.join("f"), dir.join("g"))),
    ("rename onto a directory", |dir| fs::rename(dir.join("void"), dir.join("empty"))),
    ("rename away", |dir| fs::rename(dir.join("f"), dir.join("other/f"))),
    ("rename a directory away", |dir| fs::rename(dir.join("sub"), dir.join("other/sub"))),
    ("rename with RENAME_EXCHANGE", |dir| {
        renamed(&dir.join("f"), &dir.join("sub/inner"), RenameFlags::EXCHANGE)
    }),
    ("rename with RENAME_NOREPLACE", |dir| renamed(&dir.join("f"), &dir.join("new"), RenameFlags::NOREPLACE)),
    ("chmod a directory", |dir| fs::set_permissions(dir, PermissionsExt::from_mode(0o711))),
    ("chmod a file", |dir| fs::set_permissions(dir.join("f"), PermissionsExt::from_mode(0o600))),
    ("chown a directory", |dir| {
        Ok(rustix::fs::chownat(CWD, dir, Some(Uid::from_raw(7)), Some(Gid::from_raw(7)), AtFlags::empty())?)
    }),
    ("chown a file", |dir| {
        let file = dir.join("f");
        Ok(rustix::fs::chownat(CWD, &file, Some(Uid::from_raw(7)), Some(Gid::from_raw(7)), AtFlags::empty())?)
    }),
    ("utimens of a directory", timed),
    ("utimens of a file", |dir| timed(&dir.join("f"))),
    ("truncate", |dir| existing(&dir.join("f"))?.set_len(100)),
    ("truncate behind a write", |dir| {
        let file = existing(&dir.join("f"))?;
        file.write_all_at(b"written", 100)?;
        file.set_len(50)
    }),
    ("setxattr of a directory", |dir| set(dir, "user.new", b"value")),
    ("setxattr of a file", |dir| set(&dir.join("f"), "user.new", b"value")),
    ("removexattr of a directory", |dir| Ok(rustix::fs::removexattr(dir, "user.old")?)),
    ("removexattr of a file", |dir| Ok(rustix::fs::removexattr(dir.join("f"), "user.old")?)),
    ("setfacl of a directory", |dir| set(dir, ACCESS_LIST, &access_list())),
    ("setfacl -d of a directory", |dir| set(dir, DEFAULT_LIST, &access_list())),
    ("setfacl of a file", |dir| set(&dir.join("f"), ACCESS_LIST, &access_list())),
    ("fallocate", |dir| allocated(&dir.join("f"), FallocateFlags::empty())),
    ("fallocate that punches a hole", |dir| {
        allocated(&dir.join("f"), FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE)
    }),
    ("fallocate that zeroes", |dir| allocated(&dir.join("f"), FallocateFlags::ZERO_RANGE)),
    ("write", |dir| existing(&dir.join("f"))?.write_all_at(&[1; 5000], 3000)),
    ("write with O_APPEND", |dir| OpenOptions::new().append(true).open(dir.join("f"))?.write_all(b"more")),
    ("write with O_SYNC", |dir| flagged(&dir.join("f"), OFlags::SYNC)?.write_all_at(b"more", 3)),
    ("store through a mapping", |dir| stored(&dir.join("f"))),
    ("utimens behind a store", |dir| {
        stored_before(&dir.join("f"), |file| {
            let at = Timespec { tv_sec: 1_000_000, tv_nsec: 5 };
            let times = Timestamps { last_access: at, last_modification: at };
            Ok(rustix::fs::futimens(file, &times)?)
        })
    }),
    ("lseek behind a store", |dir| {
        stored_before(&dir.join("f"), |file| {
            rustix::fs::seek(file, SeekFrom::Data(0))?;
            Ok(())
        })
    }),
    ("fsync", |dir| {
        let file = existing(&dir.join("f"))?;
        file.write_all_at(b"written", 0)?;
        file.sync_all()
    }),
    ("copy_file_range", |dir| {
        let (from, to) = (File::open(dir.join("f"))?, existing(&dir.join("g"))?);
        rustix::fs::copy_file_range(&from, None, &to, None, 10_000)?;
        Ok(())
    }),
];

/// Calls that only look.
pub const LOOKS: &[Operation] = &[
    ("stat of a name that is not there", |dir| match fs::metadata(dir.join("nothing")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map(|_| ()),
    }),
    ("stat", |dir| fs::metadata(dir.join("f")).map(|_| ())),
    ("stat behind a write", |dir| {
        let file = existing(&dir.join("f"))?;
        file.write_all_at(b"written", 0)?;
        fs::metadata(dir.join("f")).map(|_| ())
    }),
    ("ls -la", list),
    ("ls -la behind a write", |dir| {
        let file = existing(&dir.join("f"))?;
        file.write_all_at(b"written", 0)?;
        list(dir)
    }),
    ("read", |dir| File::open(dir.join("f"))?.read_to_end(&mut Vec::new()).map(|_| ())),
    ("read with O_DIRECT", |dir| {
        flagged(&dir.join("f"), OFlags::DIRECT)?.read_to_end(&mut Vec::new()).map(|_| ())
    }),
    ("readlink", |dir| fs::read_link(dir.join("link")).map(|_| ())),
    ("getxattr", |dir| {
        rustix::fs::getxattr(dir, "user.old", &mut [0u8; 100]).map(|_| ()).map_err(Into::into)
    }),
    ("listxattr", |dir| rustix::fs::listxattr(dir, &mut [0u8; 1000]).map(|_| ()).map_err(Into::into)),
    ("lseek to data", |dir| sought(&dir.join("f"), SeekFrom::Data(0))),
    ("lseek to a hole", |dir| sought(&dir.join("f"), SeekFrom::Hole(0))),
    ("lseek to the end", |dir| sought(&dir.join("f"), SeekFrom::End(0))),
    ("fsync of a directory", |dir| Ok(rustix::fs::fsync(directory(dir)?)?)),
    ("statfs", |dir| rustix::fs::statfs(dir).map(|_| ()).map_err(Into::into)),
    ("flock", |dir| {
        Ok(rustix::fs::flock(existing(&dir.join("f"))?, rustix::fs::FlockOperation::LockExclusive)?)
    }),
];
