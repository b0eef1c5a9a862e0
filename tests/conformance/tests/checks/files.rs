//! Owns the checks of times, mappings, and what is asked of a whole file system.

use super::{as_user, rw};
use harness::cluster::pause;
use harness::mapping::Mapping;
use rustix::fs::{
    Access, AtFlags, CWD, FallocateFlags, Mode, OFlags, Timespec, Timestamps, XattrFlags, accessat,
    fallocate, futimens, openat, removexattr, setxattr, statvfs, utimensat,
};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub const CHECKS: &[(&str, super::Check)] = &[
    ("tmpfile", files_without_a_name_are_made_or_refused_properly),
    ("fallback", modes_of_fallocate_that_move_data_are_done_or_refused_properly),
    ("statfs", a_file_system_tells_its_size),
    ("ctime", every_change_dates_what_it_changes_and_nothing_else),
    ("refused", what_is_refused_changes_nothing),
    ("access", access_asks_for_the_real_user),
    ("map-shared", shared_mappings_are_the_file),
    ("map-private", private_mappings_are_not),
    ("map-cut", a_mapped_file_that_is_cut_and_grown_shows_zeros),
    ("set-time", a_time_that_is_set_stays_whatever_was_written_before),
    ("run", programs_run_from_it),
];

/// A file's store or write, on its way when the time is set.
type Writes = fn(&Path, &dyn Fn(&Path, &File));

const WRITES: &[(&str, Writes)] = &[
    ("a store, then close", |path, set| {
        let file = rw(path);
        let mapping = Mapping::shared(&file, 8192);
        mapping.write(5000, b"stored");
        set(path, &file);
    }),
    ("a store, then fsync", |path, set| {
        let file = rw(path);
        let mapping = Mapping::shared(&file, 8192);
        mapping.write(5000, b"stored");
        set(path, &file);
        mapping.sync();
        file.sync_all().unwrap();
    }),
    ("a store through a closed file's mapping", |path, set| {
        let mapping = Mapping::shared(&rw(path), 8192);
        mapping.write(5000, b"stored");
        set(path, &File::open(path).unwrap());
    }),
    ("a write, then close", |path, set| {
        let file = rw(path);
        file.write_all_at(b"written", 100).unwrap();
        set(path, &file);
    }),
    ("a write, then fsync", |path, set| {
        let file = rw(path);
        file.write_all_at(b"written", 100).unwrap();
        set(path, &file);
        file.sync_all().unwrap();
    }),
    ("a write through another handle", |path, set| {
        let file = rw(path);
        file.write_all_at(b"written", 100).unwrap();
        set(path, &OpenOptions::new().write(true).open(path).unwrap());
        file.sync_all().unwrap();
    }),
    ("an append", |path, set| {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"appended").unwrap();
        set(path, &file);
    }),
    ("a cut", |path, set| {
        let file = rw(path);
        file.set_len(50).unwrap();
        set(path, &file);
    }),
    ("a punched hole", |path, set| {
        let file = rw(path);
        fallocate(&file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, 4096).unwrap();
        set(path, &file);
    }),
];

/// Sets a file's times, by its path or through its handle.
type SetsTimes<'a> = dyn Fn(&Path, &File) + 'a;

fn a_time_that_is_set_stays_whatever_was_written_before(dir: &Path) {
    let at = Timespec { tv_sec: 1_000_000_000, tv_nsec: 7 };
    let times = Timestamps { last_access: at, last_modification: at };
    let by_path = |path: &Path, _: &File| utimensat(CWD, path, &times, AtFlags::empty()).unwrap();
    let by_handle = |_: &Path, file: &File| futimens(file, &times).unwrap();
    let mtime = |path: &Path| fs::metadata(path).unwrap().mtime();
    let mut set = Vec::new();
    for (number, (name, writes)) in WRITES.iter().enumerate() {
        let setters: [&SetsTimes; 2] = [&by_path, &by_handle];
        for (way, setter) in setters.into_iter().enumerate() {
            let path = dir.join(format!("{number}-{way}"));
            fs::write(&path, [1; 10_000]).unwrap();
            writes(&path, setter);
            assert_eq!(mtime(&path), 1_000_000_000, "{name}, way {way}");
            set.push((path, name));
        }
    }
    // What was written becomes durable meanwhile.
    pause(Duration::from_millis(1500));
    for (path, name) in &set {
        assert_eq!(mtime(path), 1_000_000_000, "{name}, later");
    }
    // And what is stored afterwards counts.
    for (path, _) in &set[..2] {
        Mapping::shared(&rw(path), 40).write(0, b"later");
        assert!(mtime(path) > 1_000_000_000);
    }
}

fn files_without_a_name_are_made_or_refused_properly(dir: &Path) {
    let flags = OFlags::TMPFILE | OFlags::RDWR;
    for _ in 0..2 {
        match openat(CWD, dir, flags, Mode::from(0o600)) {
            Ok(file) => {
                let mut file = File::from(file);
                file.write_all(b"unnamed").unwrap();
                assert_eq!(file.metadata().unwrap().nlink(), 0);
            }
            // What every program that uses it falls back from, by making a file and removing its name.
            Err(error) => assert_eq!(error, Errno::OPNOTSUPP),
        }
    }
    assert_eq!(fs::read_dir(dir).unwrap().count(), 0);
}

fn modes_of_fallocate_that_move_data_are_done_or_refused_properly(dir: &Path) {
    let file = rw(&dir.join("f"));
    let blocks = 16 << 10;
    file.write_all_at(&vec![1; 4 * blocks], 0).unwrap();
    for (mode, size) in [(FallocateFlags::COLLAPSE_RANGE, 3), (FallocateFlags::INSERT_RANGE, 5)] {
        file.set_len(4 * blocks as u64).unwrap();
        let done = fallocate(&file, mode, blocks as u64, blocks as u64);
        let expected = if done.is_ok() { size } else { 4 };
        assert!(matches!(done, Ok(()) | Err(Errno::OPNOTSUPP)), "{done:?}");
        assert_eq!(file.metadata().unwrap().len(), expected * blocks as u64);
    }
}

fn a_file_system_tells_its_size(dir: &Path) {
    let stat = statvfs(dir).unwrap();
    assert_eq!(stat.f_namemax, 255);
    assert!(stat.f_bsize >= 512 && stat.f_frsize.is_power_of_two());
    assert!(stat.f_blocks >= stat.f_bfree && stat.f_bfree >= stat.f_bavail && stat.f_bavail > 0);
    assert!(stat.f_files >= stat.f_ffree && stat.f_ffree > 0);
    let file = rw(&dir.join("f"));
    let of_file = rustix::fs::fstatvfs(&file).unwrap();
    assert_eq!((of_file.f_fsid, of_file.f_blocks), (stat.f_fsid, stat.f_blocks));
}

/// Modification and change time, in nanoseconds.
fn times(path: &Path) -> (i64, i64) {
    let stat = fs::symlink_metadata(path).unwrap();
    let nanos = |secs: i64, nanos: i64| secs * 1_000_000_000 + nanos;
    (nanos(stat.mtime(), stat.mtime_nsec()), nanos(stat.ctime(), stat.ctime_nsec()))
}

fn every_change_dates_what_it_changes_and_nothing_else(dir: &Path) {
    let (f, other, sub) = (dir.join("f"), dir.join("other"), dir.join("sub"));
    fs::write(&f, "data").unwrap();
    fs::write(&other, "data").unwrap();
    fs::create_dir(&sub).unwrap();
    type Change<'a> = (&'a str, &'a dyn Fn());
    let dates = |at: &Path, modified: bool, changed: bool, changes: &[Change<'_>]| {
        for (what, change) in changes {
            let before = times(at);
            // ext4's clock ticks in steps of up to ten milliseconds.
            pause(Duration::from_millis(12));
            change();
            let after = times(at);
            assert_eq!(after.0 > before.0, modified, "{what}: mtime of {}", at.display());
            assert_eq!(after.1 > before.1, changed, "{what}: ctime of {}", at.display());
        }
    };
    let tag = |value: &[u8]| setxattr(&f, "user.tag", value, XattrFlags::empty()).unwrap();
    dates(
        &f,
        false,
        true,
        &[
            ("chmod", &|| fs::set_permissions(&f, PermissionsExt::from_mode(0o600)).unwrap()),
            ("chown", &|| chown(&f, Some(1), Some(1)).unwrap()),
            ("link", &|| fs::hard_link(&f, dir.join("link")).unwrap()),
            ("rename", &|| fs::rename(dir.join("link"), dir.join("moved")).unwrap()),
            ("unlink", &|| fs::remove_file(dir.join("moved")).unwrap()),
            ("setxattr", &|| tag(b"one")),
            ("removexattr", &|| removexattr(&f, "user.tag").unwrap()),
        ],
    );
    dates(
        &f,
        true,
        true,
        &[
            ("write", &|| rw(&f).write_all_at(b"x", 0).unwrap()),
            ("truncate", &|| rw(&f).set_len(2).unwrap()),
            ("grow", &|| rw(&f).set_len(200).unwrap()),
            ("open with O_TRUNC", &|| drop(File::create(&f).unwrap())),
            ("open with O_TRUNC of an empty file", &|| drop(File::create(&f).unwrap())),
            ("append", &|| OpenOptions::new().append(true).open(&f).unwrap().write_all(b"y").unwrap()),
            ("touch", &|| assert!(Command::new("touch").arg(&f).status().unwrap().success())),
        ],
    );
    dates(
        &f,
        false,
        false,
        &[
            ("stat", &|| assert!(fs::metadata(&f).is_ok())),
            ("read", &|| drop(fs::read(&f).unwrap())),
            ("open for writing", &|| drop(rw(&f))),
            ("a change of another", &|| fs::write(&other, "more").unwrap()),
            ("a write of nothing", &|| assert_eq!(rw(&f).write_at(b"", 0).unwrap(), 0)),
        ],
    );
    dates(
        &sub,
        true,
        true,
        &[
            ("create in it", &|| fs::write(sub.join("f"), "").unwrap()),
            ("rename in it", &|| fs::rename(sub.join("f"), sub.join("g")).unwrap()),
            ("link in it", &|| fs::hard_link(&f, sub.join("f")).unwrap()),
            ("unlink in it", &|| fs::remove_file(sub.join("f")).unwrap()),
            ("mkdir in it", &|| fs::create_dir(sub.join("d")).unwrap()),
            ("rmdir in it", &|| fs::remove_dir(sub.join("d")).unwrap()),
            ("symlink in it", &|| std::os::unix::fs::symlink("x", sub.join("l")).unwrap()),
            ("rename out of it", &|| fs::rename(sub.join("g"), dir.join("g")).unwrap()),
            ("rename into it", &|| fs::rename(dir.join("g"), sub.join("g")).unwrap()),
        ],
    );
    dates(
        &sub,
        false,
        false,
        &[
            ("a write to a file in it", &|| fs::write(sub.join("g"), "data").unwrap()),
            ("a listing", &|| assert_eq!(fs::read_dir(&sub).unwrap().count(), 2)),
        ],
    );
}

fn what_is_refused_changes_nothing(dir: &Path) {
    let (f, sub) = (dir.join("f"), dir.join("sub"));
    fs::create_dir(&sub).unwrap();
    fs::write(sub.join("inside"), "x").unwrap();
    fs::write(&f, "data").unwrap();
    let before = (times(&f), times(&sub), times(dir));
    pause(Duration::from_millis(12));
    as_user(4321, &[4321], || {
        assert!(fs::set_permissions(&f, PermissionsExt::from_mode(0o777)).is_err());
        assert!(OpenOptions::new().write(true).truncate(true).open(&f).is_err());
        assert!(fs::write(sub.join("new"), "").is_err());
        assert!(chown(&f, Some(4321), None).is_err());
    });
    assert!(fs::remove_dir(&sub).is_err() && fs::create_dir(&sub).is_err() && fs::remove_file(&sub).is_err());
    assert!(fs::rename(&f, &sub).is_err() && fs::rename(&sub, &f).is_err());
    assert_eq!((times(&f), times(&sub), times(dir)), before);
    assert_eq!(fs::read(&f).unwrap(), b"data");
}

fn access_asks_for_the_real_user(dir: &Path) {
    let path = dir.join("f");
    fs::write(&path, "x").unwrap();
    let may =
        |uid: u32, gid: u32, access| as_user(uid, &[gid], || accessat(CWD, &path, access, AtFlags::empty()));
    for (mode, [owner, group, others]) in [
        (0o640, [Access::READ_OK | Access::WRITE_OK, Access::READ_OK, Access::empty()]),
        (0o517, [Access::READ_OK | Access::EXEC_OK, Access::EXEC_OK, Access::all()]),
        (0o070, [Access::empty(), Access::all(), Access::empty()]),
    ] {
        chown(&path, Some(1234), Some(77)).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        for ((uid, gid), granted) in [((1234, 77), owner), ((4321, 77), group), ((4321, 4321), others)] {
            for wanted in [Access::READ_OK, Access::WRITE_OK, Access::EXEC_OK] {
                let expected = if granted.contains(wanted) { Ok(()) } else { Err(Errno::ACCESS) };
                assert_eq!(may(uid, gid, wanted), expected, "{mode:o}, {uid}, {wanted:?}");
            }
        }
        assert_eq!(may(4321, 4321, Access::EXISTS), Ok(()));
    }
}

fn shared_mappings_are_the_file(dir: &Path) {
    let path = dir.join("f");
    let file = rw(&path);
    file.write_all_at(&[1; 10_000], 0).unwrap();
    let (one, other) = (Mapping::shared(&file, 10_000), Mapping::shared(&file, 10_000));
    one.write(5_000, b"mapped");
    assert_eq!(other.read(5_000, 6), b"mapped");
    let mut read = [0; 6];
    file.read_exact_at(&mut read, 5_000).unwrap();
    assert_eq!(&read, b"mapped", "read(2) sees it without msync");
    file.write_all_at(b"written", 9_000).unwrap();
    assert_eq!(one.read(9_000, 7), b"written");
    // A page that is dirty already is not dated again.
    one.sync();
    let before = times(&path);
    pause(Duration::from_millis(12));
    one.write(0, b"dated");
    one.sync();
    let after = times(&path);
    assert!(after.0 > before.0 && after.1 > before.1, "{before:?} {after:?}");
    // The mapping outlives its file's descriptor and name.
    drop(file);
    assert_eq!(&fs::read(&path).unwrap()[..5], b"dated");
    fs::remove_file(&path).unwrap();
    one.write(1, b"!");
    one.sync();
    assert_eq!(other.read(0, 5), b"d!ted");
    // What may only be read is not mapped for writing.
    let read_only = dir.join("r");
    fs::write(&read_only, [0; 10]).unwrap();
    let file = File::open(&read_only).unwrap();
    // SAFETY: a mapping that is refused.
    let refused = unsafe { mmap(std::ptr::null_mut(), 10, ProtFlags::WRITE, MapFlags::SHARED, &file, 0) };
    assert_eq!(refused.map(|_| ()), Err(Errno::ACCESS));
}

fn private_mappings_are_not(dir: &Path) {
    let path = dir.join("f");
    fs::write(&path, [1; 5_000]).unwrap();
    let file = File::open(&path).unwrap();
    let mapping = Mapping::private(&file, 5_000);
    mapping.write(10, b"mine");
    mapping.sync();
    assert_eq!(mapping.read(10, 4), b"mine");
    assert!(fs::read(&path).unwrap().iter().all(|byte| *byte == 1));
    rw(&path).write_all_at(b"theirs", 4_500).unwrap();
    assert_eq!(mapping.read(10, 4), b"mine");
}

fn a_mapped_file_that_is_cut_and_grown_shows_zeros(dir: &Path) {
    let file = rw(&dir.join("f"));
    file.write_all_at(&[1; 12_288], 0).unwrap();
    let mapping = Mapping::shared(&file, 12_288);
    mapping.write(6_000, &[2; 6_288]);
    file.set_len(5_000).unwrap();
    file.set_len(12_288).unwrap();
    assert!(mapping.read(5_000, 7_288).iter().all(|byte| *byte == 0), "what was cut off came back");
    assert!(mapping.read(0, 5_000).iter().all(|byte| *byte == 1));
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(&file, punch, 100, 50).unwrap();
    assert!(mapping.read(100, 50).iter().all(|byte| *byte == 0) && mapping.read(150, 1) == [1]);
}

fn programs_run_from_it(dir: &Path) {
    let (script, program) = (dir.join("script"), dir.join("true"));
    fs::write(&script, "#!/bin/sh\necho \"$1\"\n").unwrap();
    assert_eq!(Command::new(&script).spawn().unwrap_err().raw_os_error(), Some(Errno::ACCESS.raw_os_error()));
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let said = Command::new(&script).arg("here").output().unwrap();
    assert_eq!(said.stdout, b"here\n");
    fs::copy("/bin/true", &program).unwrap();
    assert!(Command::new(&program).status().unwrap().success());
    let mut first = [0; 4];
    File::open(&program).unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"\x7fELF");
}
