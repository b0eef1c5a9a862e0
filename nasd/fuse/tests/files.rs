//! Files and directories of a real mount, used through the operating system. Needs root and /dev/fuse.

mod memory;
mod mounted;

use memory::Memory;
use mounted::{mounted, mounted_with, names, options, pattern};
use nasd_fuse::MountOptions;
use rustix::fs::{CWD, FallocateFlags, Mode, OFlags, RenameFlags, XattrFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn what_is_written_is_read_back() {
    let fs_ = mounted();
    let data = pattern(3_000_017);
    fs::write(fs_.path("file"), &data).unwrap();
    assert!(fs::read(fs_.path("file")).unwrap() == data);
    assert!(fs_.memory.visible("file") == data);
    let meta = fs::metadata(fs_.path("file")).unwrap();
    assert_eq!((meta.len(), meta.nlink(), meta.is_file()), (data.len() as u64, 1, true));
}

#[test]
fn appending_and_seeking_writes_land_where_they_should() {
    let fs_ = mounted();
    let path = fs_.path("log");
    for line in ["one\n", "two\n", "three\n"] {
        OpenOptions::new().create(true).append(true).open(&path).unwrap().write_all(line.as_bytes()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
    let mut file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4)).unwrap();
    file.write_all(b"TWO").unwrap();
    file.rewind().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "one\nTWO\nthree\n");
}

/// Such writes pass by the kernel's pages, which others have read and may keep.
#[test]
fn writes_that_are_durable_at_once_show_in_what_was_read_before() {
    const BLOCK: usize = 4096;
    const BLOCKS: usize = 64;
    let fs_ = mounted();
    let path = fs_.path("database");
    fs::write(&path, vec![0; BLOCKS * BLOCK]).unwrap();
    let block = |number: usize, round: usize| vec![(number * 3 + round) as u8; BLOCK];
    for round in 1..4 {
        // Only without another open file do the writes of several threads go side by side.
        let reader = (round > 1).then(|| File::open(&path).unwrap());
        assert_eq!(fs::read(&path).unwrap().len(), BLOCKS * BLOCK);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let file = OpenOptions::new()
                    .read(true)
                    .write(true)
                    .custom_flags(rustix::fs::OFlags::DSYNC.bits() as i32)
                    .open(&path)
                    .unwrap();
                scope.spawn(move || {
                    for number in (thread..BLOCKS).step_by(8) {
                        file.write_all_at(&block(number, round), (number * BLOCK) as u64).unwrap();
                        let mut back = vec![0; BLOCK];
                        file.read_exact_at(&mut back, (number * BLOCK) as u64).unwrap();
                        assert_eq!(back, block(number, round));
                    }
                });
            }
        });
        let expected: Vec<u8> = (0..BLOCKS).flat_map(|number| block(number, round)).collect();
        assert!(fs_.memory.durable("database") == expected, "round {round}: durable on return");
        assert!(fs::read(&path).unwrap() == expected, "round {round}: a new reader");
        if let Some(reader) = reader {
            let mut seen = vec![0; expected.len()];
            reader.read_exact_at(&mut seen, 0).unwrap();
            assert!(seen == expected, "round {round}: a reader that was there");
        }
    }
}

#[test]
fn small_writes_cost_few_calls() {
    let fs_ = mounted();
    let mut file = File::create(fs_.path("file")).unwrap();
    for _ in 0..1024 {
        file.write_all(&[5; 1024]).unwrap();
    }
    drop(file);
    assert!(fs_.memory.writes().len() <= 4, "{:?}", fs_.memory.writes());
}

#[test]
fn directories_are_made_listed_and_removed() {
    let fs_ = mounted();
    fs::create_dir_all(fs_.path("a/b/c")).unwrap();
    fs::write(fs_.path("a/b/file"), "x").unwrap();
    assert_eq!(names(&fs_.path("a/b")), BTreeSet::from(["c".into(), "file".into()]));
    assert_eq!(fs::remove_dir(fs_.path("a/b")).unwrap_err().kind(), ErrorKind::DirectoryNotEmpty);
    fs::remove_dir_all(fs_.path("a")).unwrap();
    assert!(names(&fs_.root).is_empty());
    assert_eq!(fs_.memory.inodes(), 1);
}

#[test]
fn ten_thousand_entries_are_each_listed_once() {
    let fs_ = mounted();
    for index in 0..10_000 {
        File::create(fs_.path(&format!("entry-{index:05}"))).unwrap();
    }
    let listed: Vec<_> = fs::read_dir(&fs_.root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(listed.len(), 10_000);
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), 10_000);
    for entry in fs::read_dir(&fs_.root).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert!(names(&fs_.root).is_empty(), "removing while listing misses nothing");
}

#[test]
fn listings_with_attributes_are_right_when_the_kernel_may_cache() {
    let fs_ = mounted();
    fs_.memory.let_keep(Duration::from_secs(1));
    for index in 0..300 {
        fs::write(fs_.path(&format!("f{index}")), vec![1; index]).unwrap();
    }
    let before = fs_.memory.counts().lookups;
    let mut total = 0;
    for entry in fs::read_dir(&fs_.root).unwrap() {
        total += entry.unwrap().metadata().unwrap().len();
    }
    assert_eq!(total, (0..300).sum::<u64>());
    assert!(fs_.memory.counts().lookups - before < 150, "attributes came with the listing");
}

#[test]
fn a_file_lives_on_while_it_is_open() {
    let fs_ = mounted();
    let mut file =
        OpenOptions::new().read(true).write(true).create_new(true).open(fs_.path("scratch")).unwrap();
    file.write_all(b"before").unwrap();
    fs::remove_file(fs_.path("scratch")).unwrap();
    file.write_all(b" after").unwrap();
    file.sync_all().unwrap();
    file.rewind().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "before after");
    assert_eq!(file.metadata().unwrap().nlink(), 0);
    assert_eq!(fs_.memory.inodes(), 2);
    drop(file);
    for _ in 0..200 {
        // The kernel releases a handle a moment after close(2) returns.
        if fs_.memory.inodes() == 1 {
            break;
        }
        fs_.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
    }
    assert_eq!(fs_.memory.inodes(), 1);
}

#[test]
fn rename_replaces_refuses_and_exchanges() {
    let fs_ = mounted();
    fs::write(fs_.path("a"), "A").unwrap();
    fs::write(fs_.path("b"), "B").unwrap();
    let (a, b) = (fs_.path("a"), fs_.path("b"));
    let refused = rustix::fs::renameat_with(CWD, &a, CWD, &b, RenameFlags::NOREPLACE);
    assert_eq!(refused, Err(Errno::EXIST));
    rustix::fs::renameat_with(CWD, &a, CWD, &b, RenameFlags::EXCHANGE).unwrap();
    assert_eq!((fs::read(&a).unwrap(), fs::read(&b).unwrap()), (b"B".to_vec(), b"A".to_vec()));
    fs::rename(&a, &b).unwrap();
    assert_eq!(fs::read(&b).unwrap(), b"B");
    assert!(!a.exists());
    fs::create_dir(fs_.path("full")).unwrap();
    fs::write(fs_.path("full/x"), "").unwrap();
    fs::create_dir(fs_.path("dir")).unwrap();
    let onto_full = fs::rename(fs_.path("dir"), fs_.path("full")).unwrap_err();
    assert_eq!(onto_full.kind(), ErrorKind::DirectoryNotEmpty);
}

#[test]
fn hard_links_share_data_and_count() {
    let fs_ = mounted();
    fs::write(fs_.path("a"), "shared").unwrap();
    fs::hard_link(fs_.path("a"), fs_.path("b")).unwrap();
    let (a, b) = (fs::metadata(fs_.path("a")).unwrap(), fs::metadata(fs_.path("b")).unwrap());
    assert_eq!((a.ino(), a.nlink(), b.nlink()), (b.ino(), 2, 2));
    fs::remove_file(fs_.path("a")).unwrap();
    assert_eq!(fs::metadata(fs_.path("b")).unwrap().nlink(), 1);
    assert_eq!(fs::read(fs_.path("b")).unwrap(), b"shared");
}

#[test]
fn symbolic_links_and_special_files_are_what_they_are() {
    let fs_ = mounted();
    symlink("some/where else", fs_.path("link")).unwrap();
    assert_eq!(fs::read_link(fs_.path("link")).unwrap(), Path::new("some/where else"));
    let mode = rustix::fs::Mode::from_raw_mode(0o640);
    rustix::fs::mknodat(CWD, fs_.path("fifo"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert!(fs::metadata(fs_.path("fifo")).unwrap().file_type().is_fifo());
    let device = rustix::fs::makedev(259, 70_000);
    rustix::fs::mknodat(CWD, fs_.path("disk"), rustix::fs::FileType::BlockDevice, mode, device).unwrap();
    let disk = fs::metadata(fs_.path("disk")).unwrap();
    assert!(disk.file_type().is_block_device());
    assert_eq!(disk.rdev(), device);
}

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
fn truncation_cuts_and_extends() {
    let fs_ = mounted();
    let path = fs_.path("file");
    fs::write(&path, pattern(10_000)).unwrap();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(5000).unwrap();
    file.set_len(8000).unwrap();
    let mut expected = pattern(5000);
    expected.resize(8000, 0);
    assert!(fs::read(&path).unwrap() == expected);
    drop(File::create(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[test]
fn a_file_created_read_only_can_be_written_and_cut_through_its_handle() {
    let fs_ = mounted();
    fs::set_permissions(&fs_.root, PermissionsExt::from_mode(0o777)).unwrap();
    let path = fs_.path("f");
    let user = std::thread::spawn(move || {
        // Only this thread becomes the user.
        rustix::thread::set_thread_gid(rustix::process::Gid::from_raw(1234)).unwrap();
        rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(1234)).unwrap();
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path).unwrap();
        file.write_all(b"data").unwrap();
        file.set_len(2).unwrap();
        drop(file);
        assert_eq!(File::options().write(true).open(&path).unwrap_err().kind(), ErrorKind::PermissionDenied);
    });
    user.join().unwrap();
    assert_eq!(fs_.memory.visible("f"), b"da");
}

#[test]
fn sparse_files_stay_sparse() {
    let fs_ = mounted();
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(fs_.path("sparse")).unwrap();
    let far = 16 << 40;
    file.write_all_at(b"end", far).unwrap();
    file.sync_all().unwrap();
    let meta = file.metadata().unwrap();
    assert_eq!(meta.len(), far + 3);
    assert!(meta.blocks() * 512 < 1 << 20);
    let mut hole = [1; 100];
    file.read_exact_at(&mut hole, 8 << 40).unwrap();
    assert_eq!(hole, [0; 100]);
}

#[test]
fn data_and_holes_are_found() {
    let fs_ = mounted();
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(fs_.path("sparse")).unwrap();
    file.set_len(1 << 20).unwrap();
    file.write_all_at(&[1; 4096], 65_536).unwrap();
    let seek = |from| rustix::fs::seek(&file, from);
    assert_eq!(seek(rustix::fs::SeekFrom::Data(0)), Ok(65_536), "what was not sent yet counts");
    assert_eq!(seek(rustix::fs::SeekFrom::Data(65_537)), Ok(65_537));
    assert_eq!(seek(rustix::fs::SeekFrom::Hole(65_536)), Ok(69_632));
    assert_eq!(seek(rustix::fs::SeekFrom::Hole(3)), Ok(3));
    assert_eq!(seek(rustix::fs::SeekFrom::Data(69_632)), Err(Errno::NXIO));
    assert_eq!(seek(rustix::fs::SeekFrom::Hole(1 << 20)), Err(Errno::NXIO));
    file.write_all_at(&[1; 4096], (1 << 20) - 4096).unwrap();
    assert_eq!(seek(rustix::fs::SeekFrom::Hole((1 << 20) - 1)), Ok(1 << 20), "the end is a hole");
    assert_eq!(seek(rustix::fs::SeekFrom::End(-1)), Ok((1 << 20) - 1));
}

/// `cp` copies only what SEEK_DATA finds. The kernel knows of a mapping's changes long before we do.
#[test]
fn what_was_written_through_a_mapping_is_data() {
    let fs_ = mounted();
    let path = fs_.path("mapped");
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
    file.set_len(1 << 20).unwrap();
    let (prot, flags) =
        (rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::WRITE, rustix::mm::MapFlags::SHARED);
    // SAFETY: a new mapping at an address that the kernel chooses.
    let at = unsafe { rustix::mm::mmap(std::ptr::null_mut(), 1 << 20, prot, flags, &file, 0) }.unwrap();
    drop(file);
    // SAFETY: within the mapping, which nothing else uses.
    unsafe { at.cast::<u8>().add(131_072).write_volatile(7) };
    let reader = File::open(&path).unwrap();
    assert_eq!(rustix::fs::seek(&reader, rustix::fs::SeekFrom::Data(0)), Ok(131_072));
    // SAFETY: the whole mapping, which is not used again.
    unsafe { rustix::mm::munmap(at, 1 << 20) }.unwrap();
    assert_eq!(fs::read(&path).unwrap()[131_072], 7);
}

/// A program that stores through a mapping, sets the file's time and closes it found the time of the close: the kernel
/// had sent the store by then. On ext4 the set time stays, and a store after it counts again.
#[test]
fn a_time_that_is_set_outlives_stores_before_it_and_not_those_after() {
    use rustix::fs::{Timespec, Timestamps, futimens};
    let fs_ = mounted();
    let path = fs_.path("mapped");
    fs::write(&path, vec![0; 8192]).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let (prot, flags) =
        (rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::WRITE, rustix::mm::MapFlags::SHARED);
    // SAFETY: a new mapping at an address that the kernel chooses.
    let at = unsafe { rustix::mm::mmap(std::ptr::null_mut(), 8192, prot, flags, &file, 0) }.unwrap();
    // SAFETY: within the mapping, which nothing else uses.
    let store = |place, value| unsafe { at.cast::<u8>().add(place).write_volatile(value) };
    let set = Timespec { tv_sec: 1_000_000, tv_nsec: 5 };
    let mtime = || fs::metadata(&path).unwrap().mtime();
    for round in 0..3 {
        store(round, 7);
        futimens(&file, &Timestamps { last_access: set, last_modification: set }).unwrap();
        // SAFETY: the whole mapping.
        unsafe { rustix::mm::msync(at, 8192, rustix::mm::MsyncFlags::SYNC) }.unwrap();
        assert_eq!(mtime(), 1_000_000);
    }
    store(5000, 8);
    // SAFETY: the whole mapping, which is not used again.
    unsafe { rustix::mm::munmap(at, 8192) }.unwrap();
    assert!(mtime() > 1_000_000, "a store after it counts");
    futimens(&file, &Timestamps { last_access: set, last_modification: set }).unwrap();
    file.sync_all().unwrap();
    drop(file);
    assert_eq!((mtime(), fs::read(&path).unwrap()[5000]), (1_000_000, 8));
}

/// NFS servers, overlayfs and backup programs keep handles of files. One whose inode the kernel had dropped was stale
/// though the file was there.
#[test]
fn a_handle_finds_its_file_after_the_kernel_has_forgotten_it() {
    let fs_ = mounted();
    fs::create_dir_all(fs_.path("a/b")).unwrap();
    fs::write(fs_.path("a/b/file"), "found").unwrap();
    let handles = ["a/b/file", "a/b"].map(|name| Handle::of(&fs_.path(name)));
    drop_caches(&fs_.root);
    let root = File::open(&fs_.root).unwrap();
    let mut text = String::new();
    handles[0].open(&root).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "found");
    let dir = handles[1].open(&root).unwrap();
    assert!(dir.metadata().unwrap().is_dir());
    let up = rustix::fs::openat(&dir, "..", OFlags::RDONLY, Mode::empty()).unwrap();
    assert_eq!(rustix::fs::fstat(&up).unwrap().st_ino, fs::metadata(fs_.path("a")).unwrap().ino());
    drop((dir, up));
    fs::remove_file(fs_.path("a/b/file")).unwrap();
    drop_caches(&fs_.root);
    assert_eq!(handles[0].open(&root).unwrap_err().raw_os_error(), Some(Errno::STALE.raw_os_error()));
}

/// A file's handle, as name_to_handle_at(2) gives it.
#[derive(Clone, Copy)]
#[repr(C)]
struct Handle {
    bytes: u32,
    kind: i32,
    handle: [u8; 128],
}

unsafe extern "C" {
    fn name_to_handle_at(
        dir: i32,
        path: *const std::ffi::c_char,
        handle: *mut Handle,
        mount: *mut i32,
        flags: i32,
    ) -> i32;
    fn open_by_handle_at(mount: i32, handle: *mut Handle, flags: i32) -> i32;
}

impl Handle {
    fn of(path: &Path) -> Handle {
        let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
        let (mut handle, mut mount) = (Handle { bytes: 128, kind: 0, handle: [0; 128] }, 0);
        // SAFETY: all pointers are to things that live during the call; the handle has the room that it says.
        let got =
            unsafe { name_to_handle_at(CWD.as_raw_fd(), path.as_ptr(), &raw mut handle, &raw mut mount, 0) };
        assert_eq!(got, 0, "{}", std::io::Error::last_os_error());
        handle
    }

    fn open(mut self, root: &File) -> std::io::Result<File> {
        // SAFETY: the handle lives during the call, and the descriptor that comes is nobody else's.
        unsafe {
            match open_by_handle_at(root.as_raw_fd(), &raw mut self, 0) {
                -1 => Err(std::io::Error::last_os_error()),
                fd => Ok(File::from(OwnedFd::from_raw_fd(fd))),
            }
        }
    }
}

/// Makes the kernel drop the inodes of a mount that nobody uses.
fn drop_caches(root: &Path) {
    // Mounting it again as it is shrinks the cache of this file system only.
    rustix::mount::mount_remount(root, rustix::mount::MountFlags::empty(), "").unwrap();
}

#[test]
fn fallocate_punches_zeroes_and_extends_and_refuses_the_rest() {
    let fs_ = mounted();
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(fs_.path("f")).unwrap();
    file.write_all_at(&[7; 20_000], 0).unwrap();
    let call = |flags, offset, len| rustix::fs::fallocate(&file, flags, offset, len);
    call(FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 1000, 2000).unwrap();
    call(FallocateFlags::ZERO_RANGE, 19_000, 2000).unwrap();
    call(FallocateFlags::KEEP_SIZE, 0, 1 << 20).unwrap();
    let read = |at| {
        let mut byte = [0xff];
        file.read_exact_at(&mut byte, at).map(|()| byte[0]).ok()
    };
    assert_eq!([read(999), read(1000), read(2999), read(3000)], [Some(7), Some(0), Some(0), Some(7)]);
    assert_eq!([read(18_999), read(19_000), read(20_999), read(21_000)], [Some(7), Some(0), Some(0), None]);
    call(FallocateFlags::empty(), 0, 50_000).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 50_000);
    assert_eq!(call(FallocateFlags::COLLAPSE_RANGE, 0, 4096), Err(Errno::OPNOTSUPP));
    assert_eq!(call(FallocateFlags::empty(), 0, 1 << 50), Err(Errno::NOSPC));
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
fn the_volumes_size_is_shown() {
    let fs_ = mounted();
    let stat = rustix::fs::statvfs(&fs_.root).unwrap();
    assert_eq!(stat.f_blocks * stat.f_frsize, 1 << 40);
    assert_eq!(stat.f_namemax, 255);
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

/// A program whose working directory was removed on another node heard ESTALE once the directory was reclaimed, which no
/// call on a local file system says: rm -rf of one tree on two nodes ended with 1.
#[test]
fn nothing_is_found_or_made_in_a_directory_that_is_gone_for_good() {
    let memory = Arc::new(Memory::new());
    let (here, there) = (mounted_with(memory.clone(), options()), mounted_with(memory, options()));
    fs::create_dir(here.path("d")).unwrap();
    fs::write(here.path("f"), "x").unwrap();
    // Not open as the volume has it, so that nothing keeps it.
    let (path, none) = (rustix::fs::OFlags::PATH, rustix::fs::Mode::empty());
    let d = rustix::fs::openat(CWD, here.path("d"), path, none).unwrap();
    fs::remove_dir(there.path("d")).unwrap();
    let (flags, f) = (rustix::fs::AtFlags::empty(), here.path("f"));
    let calls = [
        ("stat", rustix::fs::statat(&d, "x", flags).map(drop)),
        ("mkdir", rustix::fs::mkdirat(&d, "x", 0o700.into())),
        ("symlink", rustix::fs::symlinkat("target", &d, "x")),
        ("create", rustix::fs::openat(&d, "x", rustix::fs::OFlags::CREATE, 0o600.into()).map(drop)),
        ("unlink", rustix::fs::unlinkat(&d, "x", flags)),
        ("rmdir", rustix::fs::unlinkat(&d, "x", rustix::fs::AtFlags::REMOVEDIR)),
        ("rename into it", rustix::fs::renameat(CWD, &f, &d, "x")),
        ("rename out of it", rustix::fs::renameat(&d, "x", CWD, here.path("y"))),
        ("link into it", rustix::fs::linkat(CWD, &f, &d, "x", flags)),
    ];
    for (call, said) in calls {
        assert_eq!(said, Err(Errno::NOENT), "{call}");
    }
}

#[test]
fn the_room_that_is_left_counts_what_was_not_sent_yet() {
    let fs_ = mounted();
    fs_.memory.set_capacity(8 << 20);
    let free = || rustix::fs::statvfs(&fs_.root).map(|stat| stat.f_bfree * stat.f_frsize).unwrap();
    let before = free();
    let mut file = File::create(fs_.path("f")).unwrap();
    file.write_all(&pattern(100 << 10)).unwrap();
    assert_eq!(free(), before - (100 << 10));
}
