//! What is in a file: written, cut, mapped, with holes, and the room that is left.

use crate::mounted::{mounted, pattern};
use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};

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
fn the_volumes_size_is_shown() {
    let fs_ = mounted();
    let stat = rustix::fs::statvfs(&fs_.root).unwrap();
    assert_eq!(stat.f_blocks * stat.f_frsize, 1 << 40);
    assert_eq!(stat.f_namemax, 255);
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
