//! Owns the table of what can be done in a directory and with a file that somebody else has removed.

use super::word;
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawDir, RenameFlags, Timestamps, futimens, linkat, mkdirat,
    mknodat, openat, renameat_with, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;
use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

type Call = fn(&OwnedFd, &Path) -> Result<(), Errno>;

const IN_A_DIRECTORY: &[(&str, Call)] = &[
    ("stat of a name", |dir, _| statat(dir, "x", AtFlags::empty()).map(drop)),
    ("open of a name", |dir, _| openat(dir, "x", OFlags::RDONLY, Mode::empty()).map(drop)),
    ("create", |dir, _| openat(dir, "x", OFlags::CREATE | OFlags::WRONLY, Mode::RWXU).map(drop)),
    ("mkdir", |dir, _| mkdirat(dir, "x", Mode::RWXU)),
    ("symlink", |dir, _| symlinkat("target", dir, "x")),
    ("mknod", |dir, _| mknodat(dir, "x", FileType::Fifo, Mode::RWXU, 0)),
    ("unlink", |dir, _| unlinkat(dir, "x", AtFlags::empty())),
    ("rmdir", |dir, _| unlinkat(dir, "x", AtFlags::REMOVEDIR)),
    ("link into it", |dir, path| linkat(CWD, path.join("file"), dir, "x", AtFlags::empty())),
    ("rename into it", |dir, path| renameat_with(CWD, path.join("file"), dir, "x", RenameFlags::empty())),
    ("rename out of it", |dir, path| renameat_with(dir, "x", CWD, path.join("y"), RenameFlags::empty())),
    ("list", |dir, _| {
        let mut buffer = [MaybeUninit::uninit(); 1024];
        RawDir::new(dir, &mut buffer).next().transpose().map(drop)
    }),
    ("stat", |dir, _| rustix::fs::fstat(dir).map(drop)),
    ("change the mode", |dir, _| rustix::fs::fchmod(dir, Mode::RWXU)),
    ("change the times", |dir, _| {
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        futimens(dir, &Timestamps { last_access: now, last_modification: now })
    }),
    ("open it by its path", |_, path| open(&path.join("dir")).map(drop)),
    ("list its path", |_, path| fs::read_dir(path.join("dir")).map(drop).map_err(number)),
    ("make something below its path", |_, path| fs::create_dir(path.join("dir/x")).map_err(number)),
    ("remove its path", |_, path| fs::remove_dir(path.join("dir")).map_err(number)),
    ("rename its path", |_, path| fs::rename(path.join("dir"), path.join("other")).map_err(number)),
];

fn number(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).expect("an error of the system")
}

fn open(path: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
}

pub fn rows(here: &Path, there: &Path) -> Vec<String> {
    let calls = IN_A_DIRECTORY.iter().enumerate();
    let rows = calls.map(|(number, (name, call))| {
        let (here, there) = (here.join(number.to_string()), there.join(number.to_string()));
        fs::create_dir_all(here.join("dir")).unwrap();
        File::create(here.join("file")).unwrap();
        let dir = open(&here.join("dir")).unwrap();
        fs::remove_dir(there.join("dir")).unwrap();
        format!("{name} after removal: {}", word(call(&dir, &here)))
    });
    rows.collect()
}
