//! Owns the table of who takes setuid, setgid and capabilities from a file by which call.

use super::word;
use crate::checks::as_user;
use rustix::fs::{
    CWD, FallocateFlags, OFlags, Timestamps, UTIME_NOW, XattrFlags, fallocate, getxattr, setxattr, utimensat,
};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

const OWNER: u32 = 1000;
const STRANGER: u32 = 1001;
const BYTES: u64 = 20_000;

/// Name, user, and groups (the first is the primary one).
type Who = (&'static str, u32, &'static [u32]);

const WHO: &[Who] = &[
    ("root", 0, &[0]),
    ("owner", OWNER, &[OWNER]),
    ("owner in another group", OWNER, &[77]),
    ("member", STRANGER, &[OWNER]),
    ("member by another group", STRANGER, &[77, OWNER]),
    ("stranger", STRANGER, &[STRANGER]),
];

const MODES: &[u32] = &[0o4777, 0o2777, 0o6777, 0o6767, 0o6700];

/// What is done to a file, by its path or through a handle that root has opened.
type Call = fn(&Path, &File) -> Result<(), Errno>;

const CALLS: &[(&str, Call)] = &[
    ("write", |_, file| told(file.write_all_at(b"x", 5))),
    ("write nothing", |_, file| told(file.write_at(b"", 0).map(drop))),
    ("write beyond the end", |_, file| told(file.write_all_at(b"x", BYTES + 5))),
    ("append", |path, _| append(path, OFlags::empty())),
    ("append synchronously", |path, _| append(path, OFlags::SYNC)),
    ("write synchronously", |path, _| told(open(path, OFlags::SYNC)?.write_all_at(b"x", 0))),
    ("write with O_DSYNC", |path, _| told(open(path, OFlags::DSYNC)?.write_all_at(b"x", 0))),
    ("truncate", |path, _| told(open(path, OFlags::TRUNC).map_err(io::Error::from).map(drop))),
    ("create again", |path, _| told(File::create(path).map(drop))),
    ("cut by path", |path, _| cut(path, 10)),
    ("grow by path", |path, _| cut(path, BYTES + 10)),
    ("leave the size by path", |path, _| cut(path, BYTES)),
    ("cut", |_, file| told(file.set_len(10))),
    ("grow", |_, file| told(file.set_len(BYTES + 10))),
    ("leave the size", |_, file| told(file.set_len(BYTES))),
    ("allocate what is there", |_, file| fallocate(file, FallocateFlags::empty(), 0, 100)),
    ("allocate more", |_, file| fallocate(file, FallocateFlags::empty(), BYTES, 100)),
    ("allocate and keep the size", |_, file| fallocate(file, FallocateFlags::KEEP_SIZE, BYTES, 100)),
    ("punch", |_, file| fallocate(file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, 4096)),
    ("punch behind the end", |_, file| {
        fallocate(file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 1 << 20, 4096)
    }),
    ("zero", |_, file| fallocate(file, FallocateFlags::ZERO_RANGE, 0, 4096)),
    ("zero and keep the size", |_, file| {
        fallocate(file, FallocateFlags::ZERO_RANGE | FallocateFlags::KEEP_SIZE, BYTES, 4096)
    }),
    ("copy into it", |path, file| {
        let from = OpenOptions::new().read(true).open(path.with_extension("source")).map_err(number)?;
        rustix::fs::copy_file_range(&from, Some(&mut 0), file, Some(&mut 100), 50).map(drop)
    }),
    ("change the group", |path, _| told(chown(path, None, Some(OWNER)))),
    ("change the times", |path, _| {
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        utimensat(
            CWD,
            path,
            &Timestamps { last_access: now, last_modification: now },
            rustix::fs::AtFlags::empty(),
        )
    }),
    ("change the mode", |path, _| told(fs::set_permissions(path, PermissionsExt::from_mode(0o6755)))),
];

fn number(error: io::Error) -> Errno {
    Errno::from_io_error(&error).expect("an error of the system")
}

fn told(result: io::Result<()>) -> Result<(), Errno> {
    result.map_err(number)
}

fn open(path: &Path, flags: OFlags) -> Result<File, Errno> {
    OpenOptions::new().write(true).custom_flags(flags.bits() as i32).open(path).map_err(number)
}

fn append(path: &Path, flags: OFlags) -> Result<(), Errno> {
    told(open(path, flags | OFlags::APPEND)?.write_all(b"x"))
}

/// truncate(2), which the standard library does not have: it opens the file.
fn cut(path: &Path, size: u64) -> Result<(), Errno> {
    let mut perl = std::process::Command::new("perl");
    perl.args(["-e", "exit(truncate($ARGV[0], $ARGV[1]) ? 0 : $!)"]).arg(path).arg(size.to_string());
    match perl.status().expect("perl runs").code() {
        Some(0) => Ok(()),
        code => Err(Errno::from_raw_os_error(code.expect("perl ends by itself"))),
    }
}

/// cap_net_raw=ep, as setcap(8) writes it (capabilities(7), `vfs_cap_data`).
const CAPABILITIES: [u8; 20] = [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Each caller works in files of its own, at the same time as the others.
pub fn rows(dir: &Path, _: &Path) -> Vec<String> {
    std::thread::scope(|scope| {
        let all: Vec<_> = WHO.iter().map(|who| scope.spawn(move || rows_of(dir, who))).collect();
        all.into_iter().flat_map(|rows| rows.join().unwrap()).collect()
    })
}

fn rows_of(dir: &Path, (who, uid, groups): &Who) -> Vec<String> {
    let path = dir.join(who);
    fs::write(path.with_extension("source"), [7; 100]).unwrap();
    fs::set_permissions(path.with_extension("source"), PermissionsExt::from_mode(0o644)).unwrap();
    let mut rows = Vec::new();
    for mode in MODES {
        for (call, carry_out) in CALLS {
            let file = armed(&path, *mode);
            let said = as_user(*uid, groups, || carry_out(&path, &file));
            drop(file);
            let after = fs::metadata(&path).unwrap();
            let kept = getxattr(&path, "security.capability", &mut [0; 64]).is_ok();
            let kept = if kept { "kept" } else { "gone" };
            let (mode_after, said) = (after.mode() & 0o7777, word(said));
            rows.push(format!("{call} by {who} of {mode:o}: {said}, {mode_after:o}, capabilities {kept}"));
        }
    }
    rows
}

fn armed(path: &Path, mode: u32) -> File {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap();
    if file.metadata().unwrap().len() != BYTES {
        file.set_len(0).unwrap();
        file.write_all_at(&[3; BYTES as usize], 0).unwrap();
    }
    let there = file.metadata().unwrap();
    if (there.uid(), there.gid()) != (OWNER, OWNER) {
        chown(path, Some(OWNER), Some(OWNER)).unwrap();
    }
    file.set_permissions(PermissionsExt::from_mode(mode)).unwrap();
    setxattr(path, "security.capability", &CAPABILITIES, XattrFlags::empty()).unwrap();
    file
}
