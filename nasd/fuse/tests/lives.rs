//! What becomes of data and mounts when others write, leaders die, volumes fill and processes end. Needs
//! root and /dev/fuse.

mod memory;
mod mounted;

use memory::Memory;
use mounted::{Mounted, mounted, names, options, pattern, runtime, start};
use nasd_fs::Stability;
use nasd_fuse::{MountError, remove_stale_mount};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn changes_made_elsewhere_are_seen_at_once() {
    let fs_ = mounted();
    fs::write(fs_.path("file"), "old contents").unwrap();
    let mut reader = File::open(fs_.path("file")).unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    fs_.memory.write_elsewhere("file", 0, b"NEW");
    assert_eq!(fs::read(fs_.path("file")).unwrap(), b"NEW contents");
    // Even through a handle that was open before, and though the size is the same.
    text.clear();
    reader.rewind().unwrap();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "NEW contents");
    fs_.memory.write_elsewhere("file", 12, b", longer");
    assert_eq!(fs::metadata(fs_.path("file")).unwrap().len(), 20);
}

#[test]
fn fsync_makes_data_durable_and_survives_a_lost_leader() {
    let fs_ = mounted();
    let data = pattern(5 << 20);
    let mut file = File::create(fs_.path("file")).unwrap();
    for (index, part) in data.chunks(100_000).enumerate() {
        file.write_all(part).unwrap();
        if index % 10 == 9 {
            fs_.memory.fail_over();
        }
    }
    file.sync_all().unwrap();
    assert!(fs_.memory.durable("file") == data);
    fs_.memory.fail_over();
    assert!(fs::read(fs_.path("file")).unwrap() == data);
}

/// A program that never calls fsync: the leader dies between its close and the next look at the file.
#[test]
fn a_copied_file_is_whole_though_the_leader_died_after_close() {
    let fs_ = mounted();
    let data = pattern(2 << 20);
    fs::write(fs_.path("copy"), &data).unwrap();
    fs_.memory.fail_over();
    assert_eq!(fs::metadata(fs_.path("copy")).unwrap().len(), data.len() as u64);
    fs_.memory.fail_over();
    assert!(fs::read(fs_.path("copy")).unwrap() == data);
}

#[test]
fn synchronous_files_are_durable_at_each_write() {
    let fs_ = mounted();
    let flags = rustix::fs::OFlags::SYNC.bits() as i32;
    let mut file =
        OpenOptions::new().write(true).create(true).custom_flags(flags).open(fs_.path("wal")).unwrap();
    file.write_all(b"record").unwrap();
    assert_eq!(fs_.memory.durable("wal"), b"record");
    assert_eq!(fs_.memory.writes().last().unwrap().2, Stability::FileSync);
}

#[test]
fn a_full_volume_is_told_to_the_program() {
    let fs_ = mounted();
    fs_.memory.set_capacity(100_000);
    let mut file = File::create(fs_.path("file")).unwrap();
    let wrote = file.write_all(&vec![1; 8 << 20]).and_then(|()| file.sync_all());
    assert_eq!(wrote.unwrap_err().kind(), ErrorKind::StorageFull);
}

#[test]
fn concurrent_writers_of_one_file_each_keep_their_part() {
    let fs_ = mounted();
    let file = Arc::new(File::create(fs_.path("file")).unwrap());
    let writers: Vec<_> = (0..8u8)
        .map(|writer| {
            let file = file.clone();
            std::thread::spawn(move || {
                for index in 0..100u64 {
                    file.write_all_at(&[writer + 1; 3000], (index * 8 + u64::from(writer)) * 3000).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    file.sync_all().unwrap();
    let durable = fs_.memory.durable("file");
    assert_eq!(durable.len(), 8 * 100 * 3000);
    for (part, bytes) in durable.chunks(3000).enumerate() {
        assert!(bytes.iter().all(|byte| *byte == (part % 8) as u8 + 1), "part {part}");
    }
}

#[test]
fn many_programs_work_side_by_side() {
    let fs_ = mounted();
    let root = fs_.root.clone();
    let workers: Vec<_> = (0..6)
        .map(|worker| {
            let dir = root.join(format!("w{worker}"));
            std::thread::spawn(move || {
                fs::create_dir(&dir).unwrap();
                for index in 0..50 {
                    let (temporary, name) = (dir.join("tmp"), dir.join(format!("f{index}")));
                    fs::write(&temporary, pattern(index * 100)).unwrap();
                    fs::rename(&temporary, &name).unwrap();
                    assert!(fs::read(&name).unwrap() == pattern(index * 100));
                }
                assert_eq!(fs::read_dir(&dir).unwrap().count(), 50);
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}

#[test]
fn shared_mappings_are_written_back() {
    let fs_ = mounted();
    fs::write(fs_.path("data"), vec![0; 100_000]).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(fs_.path("data")).unwrap();
    use rustix::mm::{MapFlags, MsyncFlags, ProtFlags, mmap, msync, munmap};
    let prot = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the mapping is as long as the file, used only here and unmapped before its end.
    unsafe {
        let place = mmap(std::ptr::null_mut(), 100_000, prot, MapFlags::SHARED, &file, 0).unwrap();
        place.cast::<u8>().add(50_000).write(42);
        msync(place, 100_000, MsyncFlags::SYNC).unwrap();
        munmap(place, 100_000).unwrap();
    }
    assert_eq!(fs_.memory.durable("data")[50_000], 42);
}

#[test]
fn stopping_makes_everything_durable_and_lets_go() {
    let mut fs_ = mounted();
    let mut file = File::create(fs_.path("file")).unwrap();
    file.write_all(b"unsynced").unwrap();
    drop(file);
    assert_eq!(fs_.stop(), nasd_fuse::Stopped { bytes_lost: 0, still_in_use: false });
    assert_eq!(fs_.memory.durable("file"), b"unsynced");
    assert!(names(&fs_.root).is_empty(), "the plain directory is back");
    assert_eq!(fs_.memory.open_handles(), 0);
}

#[test]
fn stopping_a_mount_in_use_takes_it_out_of_the_tree() {
    let mut fs_ = mounted();
    let mut file = File::create(fs_.path("file")).unwrap();
    file.write_all(b"in use").unwrap();
    let stopped = fs_.stop();
    assert_eq!((stopped.bytes_lost, stopped.still_in_use), (0, true));
    assert_eq!(fs_.memory.durable("file"), b"in use");
    assert!(names(&fs_.root).is_empty());
    // The process can end though the file is still open: nothing waits for it.
    let Mounted { runtime, .. } = fs_;
    drop(runtime);
    assert!(file.write_all(b"too late").is_err());
}

#[test]
fn stopping_without_a_leader_says_what_is_lost() {
    let mut fs_ = mounted();
    fs::write(fs_.path("file"), "doomed").unwrap();
    fs_.memory.refuse(Some(nasd_base::Errno::TimedOut));
    assert_eq!(fs_.stop().bytes_lost, 6);
}

#[test]
fn a_mount_point_must_exist_and_be_free() {
    let fs_ = mounted();
    let busy = start(&fs_.memory, &fs_.runtime, &fs_.root, options());
    assert!(matches!(busy, Err(MountError::Busy(_))));
    let missing = start(&fs_.memory, &fs_.runtime, &fs_.root.join("../nowhere-at-all"), options());
    assert!(matches!(missing, Err(MountError::NotADirectory(_))));
    assert!(!remove_stale_mount(&fs_.root).unwrap(), "a live mount is no stale one");
    fs::write(fs_.path("still"), "works").unwrap();
}

#[test]
fn an_external_unmount_is_noticed() {
    let fs_ = mounted();
    assert!(!fs_.mount.as_ref().unwrap().has_ended());
    rustix::mount::unmount(&fs_.root, rustix::mount::UnmountFlags::empty()).unwrap();
    until(&fs_.runtime, "the mount thinks it is there", || fs_.mount.as_ref().unwrap().has_ended());
    assert!(!fs_.mount.as_ref().unwrap().is_there());
}

fn until(runtime: &tokio::runtime::Runtime, what: &str, done: impl Fn() -> bool) {
    for _ in 0..1000 {
        if done() {
            return;
        }
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
    }
    panic!("{what}: not within ten seconds");
}

/// After a plain `umount` the volume was mounted again at the same place, and the end of the old mount detached the new
/// one by its path: "Mounted" was said, and programs filled the local disk.
#[test]
fn the_end_of_an_unmounted_mount_leaves_its_successor_alone() {
    let mut fs_ = mounted();
    let umount = |flags| rustix::mount::unmount(&fs_.root, flags).unwrap();
    umount(rustix::mount::UnmountFlags::empty());
    let second = start(&fs_.memory, &fs_.runtime, &fs_.root, options()).unwrap();
    assert!(!fs_.mount.as_ref().unwrap().is_there() && second.is_there());
    drop(fs_.mount.take());
    assert!(second.is_there(), "dropping the first has detached the second");
    fs::write(fs_.path("there"), "in the volume").unwrap();
    // Once more with a mount that a program holds, which lives on out of the tree, and that is stopped properly.
    let held = File::open(fs_.path("there")).unwrap();
    rustix::mount::unmount(&fs_.root, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert!(!second.is_there() && !second.has_ended());
    let third = start(&fs_.memory, &fs_.runtime, &fs_.root, options()).unwrap();
    assert!(fs_.runtime.block_on(second.stop()).still_in_use);
    assert!(third.is_there());
    drop(held);
    assert_eq!(fs::read(fs_.path("there")).unwrap(), b"in the volume");
    assert_eq!(fs_.runtime.block_on(third.stop()).bytes_lost, 0);
    assert!(names(&fs_.root).is_empty(), "the plain directory is back");
}

#[test]
fn a_mount_that_was_mounted_over_is_not_there_and_what_covers_it_stays() {
    let fs_ = mounted();
    let none = rustix::mount::MountFlags::empty();
    rustix::mount::mount("cover", &fs_.root, "tmpfs", none, None).unwrap();
    assert!(!fs_.mount.as_ref().unwrap().is_there());
    fs::write(fs_.path("cover"), "of tmpfs").unwrap();
    let root = fs_.root.clone();
    let Mounted { mount, memory: _memory, runtime: _runtime, .. } = fs_;
    drop(mount);
    assert!(root.join("cover").exists(), "the cover was taken away");
    for _ in 0..2 {
        let _ = rustix::mount::unmount(&root, rustix::mount::UnmountFlags::DETACH);
    }
}

#[test]
fn written_data_is_durable_though_somebody_else_unmounted() {
    let mut fs_ = mounted();
    fs::write(fs_.path("file"), "unsynced").unwrap();
    rustix::mount::unmount(&fs_.root, rustix::mount::UnmountFlags::empty()).unwrap();
    until(&fs_.runtime, "the end is noticed", || fs_.mount.as_ref().unwrap().has_ended());
    assert_eq!(fs_.stop(), nasd_fuse::Stopped { bytes_lost: 0, still_in_use: false });
    assert_eq!(fs_.memory.durable("file"), b"unsynced");
}

/// Set in the process that is to be killed: where it mounts.
const MOUNT_AND_WAIT: &str = "NASD_FUSE_TEST_MOUNT_AND_WAIT";

#[test]
fn a_mount_left_by_a_killed_process_is_removed_and_mounted_again() {
    if let Some(at) = std::env::var_os(MOUNT_AND_WAIT) {
        let runtime = runtime();
        let _mount = start(&Arc::new(Memory::new()), &runtime, Path::new(&at), options()).unwrap();
        fs::write(Path::new(&at).join("alive"), "x").unwrap();
        runtime.block_on(std::future::pending::<()>());
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(!remove_stale_mount(dir.path()).unwrap(), "nothing is mounted yet");
    let name = "a_mount_left_by_a_killed_process_is_removed_and_mounted_again";
    let mut process = Command::new(std::env::current_exe().unwrap());
    let process = process.args(["--exact", name, "--nocapture"]).env(MOUNT_AND_WAIT, dir.path());
    let mut process = process.stdout(Stdio::null()).spawn().unwrap();
    let waiting = runtime();
    for _ in 0..1000 {
        if dir.path().join("alive").exists() {
            break;
        }
        waiting.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
    }
    assert!(dir.path().join("alive").exists(), "the other process has mounted");
    process.kill().unwrap();
    process.wait().unwrap();
    let dead = fs::read_dir(dir.path()).unwrap_err();
    assert_eq!(dead.raw_os_error(), Some(Errno::NOTCONN.raw_os_error()), "{dead}");

    assert!(remove_stale_mount(dir.path()).unwrap());
    let memory = Arc::new(Memory::new());
    let mount = start(&memory, &waiting, dir.path(), options()).unwrap();
    fs::write(dir.path().join("again"), "x").unwrap();
    waiting.block_on(mount.stop());
}
