//! Modes, owners, times, extended attributes, and whom they keep out.

use crate::memory::Memory;
use crate::mounted::{mounted, mounted_with, names, options};
use nasd_fuse::MountOptions;
use rustix::fs::{CWD, Mode, XattrFlags};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn modes_owners_and_times_are_kept() {
    let fs_ = mounted();
    let path = fs_.path("file");
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o4711)).unwrap();
    std::os::unix::fs::chown(&path, Some(1000), Some(2000)).unwrap();
    let then = std::time::UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789);
    File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((meta.uid(), meta.gid(), meta.modified().unwrap()), (1000, 2000, then));
    assert_eq!(meta.mode() & 0o777, 0o711);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fs_.path("private")).unwrap();
    assert_eq!(made.metadata().unwrap().mode() & 0o7777, 0o600);
}

#[test]
fn times_before_1970_are_kept() {
    let fs_ = mounted();
    let path = fs_.path("old");
    fs::write(&path, "x").unwrap();
    let then = |tv_sec, tv_nsec| rustix::fs::Timespec { tv_sec, tv_nsec };
    let times = rustix::fs::Timestamps { last_access: then(-5, 1), last_modification: then(-1, 999_999_999) };
    rustix::fs::utimensat(CWD, &path, &times, rustix::fs::AtFlags::empty()).unwrap();
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((meta.atime(), meta.atime_nsec()), (-5, 1));
    assert_eq!((meta.mtime(), meta.mtime_nsec()), (-1, 999_999_999));
}

/// A user who set a file's time to the first second that there is ended the whole mount: fuser 0.18 negates the
/// number, which overflowed and took the thread down. It is built without overflow checks since (Cargo.toml).
#[test]
fn no_time_that_a_user_can_set_ends_the_mount() {
    let fs_ = mounted();
    let path = fs_.path("old");
    fs::write(&path, "x").unwrap();
    for (tv_sec, tv_nsec) in
        [(i64::MIN, 0), (i64::MIN, 999_999_999), (i64::MIN + 1, 1), (i64::MAX, 999_999_999)]
    {
        let time = rustix::fs::Timespec { tv_sec, tv_nsec };
        let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
        rustix::fs::utimensat(CWD, &path, &times, rustix::fs::AtFlags::empty()).unwrap();
        let meta = fs::metadata(&path).unwrap();
        assert_eq!((meta.atime(), meta.mtime()), (tv_sec, tv_sec));
    }
    assert_eq!(fs::read(&path).unwrap(), b"x");
}

#[test]
fn extended_attributes_are_set_probed_listed_and_removed() {
    let fs_ = mounted();
    let path = fs_.path("file");
    fs::write(&path, "x").unwrap();
    let set = |name: &str, value: &[u8], flags| rustix::fs::setxattr(&path, name, value, flags);
    set("user.one", b"1", XattrFlags::empty()).unwrap();
    set("user.two", &[2; 1000], XattrFlags::CREATE).unwrap();
    assert_eq!(set("user.two", b"", XattrFlags::CREATE), Err(Errno::EXIST));
    assert_eq!(set("user.three", b"", XattrFlags::REPLACE), Err(Errno::NODATA));
    let mut value = vec![0; 2000];
    assert_eq!(rustix::fs::getxattr(&path, "user.two", value.as_mut_slice()), Ok(1000));
    assert_eq!(rustix::fs::getxattr_query(&path, "user.two"), Ok(1000));
    assert_eq!(rustix::fs::getxattr(&path, "user.two", [0; 10].as_mut_slice()), Err(Errno::RANGE));
    assert_eq!(rustix::fs::getxattr(&path, "user.none", value.as_mut_slice()), Err(Errno::NODATA));
    let mut list = vec![0; 100];
    assert_eq!(rustix::fs::listxattr_query(&path), Ok(18));
    let len = rustix::fs::listxattr(&path, list.as_mut_slice()).unwrap();
    assert_eq!(&list[..len], b"user.one\0user.two\0");
    assert_eq!(rustix::fs::listxattr(&path, [0; 5].as_mut_slice()), Err(Errno::RANGE));
    rustix::fs::removexattr(&path, "user.one").unwrap();
    assert_eq!(rustix::fs::removexattr(&path, "user.one"), Err(Errno::NODATA));
}

#[test]
fn strangers_are_kept_out_by_the_mode() {
    let fs_ = mounted();
    fs::write(fs_.path("secret"), "x").unwrap();
    fs::set_permissions(fs_.path("secret"), PermissionsExt::from_mode(0o600)).unwrap();
    assert!(!fs_.run_as(1234, &[], "cat secret"));
    assert!(!fs_.run_as(1234, &[], "echo x > new"));
    assert!(!fs_.run_as(1234, &[], "rm -f secret"));
    fs::set_permissions(fs_.path("secret"), PermissionsExt::from_mode(0o644)).unwrap();
    assert!(fs_.run_as(1234, &[], "cat secret > /dev/null"));
    assert!(!fs_.run_as(1234, &[], "echo x >> secret"));
}

#[test]
fn supplementary_groups_count() {
    let fs_ = mounted();
    fs::create_dir(fs_.path("team")).unwrap();
    std::os::unix::fs::chown(fs_.path("team"), Some(0), Some(4321)).unwrap();
    fs::set_permissions(fs_.path("team"), PermissionsExt::from_mode(0o770)).unwrap();
    assert!(!fs_.run_as(1234, &[], "echo x > team/file"));
    assert!(fs_.run_as(1234, &[4321], "echo x > team/file"));
    assert!(fs_.run_as(1234, &[4321], "chgrp 4321 team/file && chmod g+s team/file"));
    assert_eq!(fs::metadata(fs_.path("team/file")).unwrap().mode() & 0o2000, 0o2000);
}

#[test]
fn a_write_by_a_stranger_takes_setuid_away() {
    let fs_ = mounted();
    fs::write(fs_.path("tool"), "x").unwrap();
    fs::set_permissions(fs_.path("tool"), PermissionsExt::from_mode(0o4777)).unwrap();
    assert!(fs_.run_as(1234, &[], "echo y > tool"));
    assert_eq!(fs::metadata(fs_.path("tool")).unwrap().mode() & 0o7777, 0o777);
}

/// Debian's installer refuses a mount without devices, and programs with setuid bits ran without their rights; nothing
/// told why, or how to choose.
#[test]
fn setuid_programs_and_devices_are_a_choice() {
    for chosen in [false, true] {
        let fs_ =
            mounted_with(Arc::new(Memory::new()), MountOptions { suid: chosen, dev: chosen, ..options() });
        let (null, program) = (fs_.path("null"), fs_.path("id"));
        let device = rustix::fs::makedev(1, 3);
        rustix::fs::mknodat(CWD, &null, rustix::fs::FileType::CharacterDevice, Mode::from(0o666), device)
            .unwrap();
        assert_eq!(OpenOptions::new().write(true).open(&null).is_ok(), chosen);
        fs::copy("/usr/bin/id", &program).unwrap();
        fs::set_permissions(&program, PermissionsExt::from_mode(0o4755)).unwrap();
        assert_eq!(fs_.run_as(1000, &[1000], "test \"$(./id -u)\" = 0"), chosen);
    }
}

#[test]
fn a_read_only_mount_refuses_changes() {
    let memory = Arc::new(Memory::new());
    let fs_ = mounted_with(memory, MountOptions { read_only: true, ..options() });
    assert_eq!(fs::write(fs_.path("file"), "x").unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem);
    assert!(names(&fs_.root).is_empty());
}
