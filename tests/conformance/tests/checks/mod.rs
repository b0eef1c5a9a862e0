//! Owns the checks of single calls. Each gets an empty directory that everybody may write in.

mod acl;
mod blocks;
mod files;
mod layers;

use rustix::fs::{
    AtFlags, CWD, FallocateFlags, RenameFlags, SeekFrom, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT,
    XattrFlags, fallocate, getxattr, listxattr, renameat_with, seek, setxattr, utimensat,
};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

pub type Check = fn(&Path);

/// All of them, with the names of the directories that they get.
pub fn all() -> impl Iterator<Item = &'static (&'static str, Check)> {
    [CHECKS, acl::CHECKS, blocks::CHECKS, files::CHECKS, layers::CHECKS].into_iter().flatten()
}

const CHECKS: &[(&str, Check)] = &[
    ("noreplace", rename_without_replacing),
    ("exchange", rename_that_exchanges),
    ("move-dir", a_moved_directory_has_a_new_parent),
    ("allocate", allocation_grows_or_keeps_the_size),
    ("punch", punched_and_zeroed_ranges_read_as_zeros),
    ("refuse", allocation_refuses_what_it_cannot_do),
    ("seek", data_and_holes_are_found),
    ("times", times_are_set_to_now_or_left),
    ("setgid", new_nodes_inherit_the_group_of_a_setgid_directory),
    ("privileges", writing_and_giving_away_take_privileges),
    ("xattr", extended_attributes_are_made_replaced_and_measured),
    ("orphan", an_open_file_outlives_its_name),
    ("append", appends_go_to_the_end),
    ("names", any_bytes_make_a_name),
    ("socket", sockets_and_fifos_connect_processes),
    ("sparse-copy", a_copy_of_a_sparse_file_is_the_same),
    ("direct", direct_writes_are_seen_by_cached_reads),
    ("listing", a_directory_lists_what_is_made_while_it_is_read),
];

fn rw(path: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap()
}

/// Runs `work` in a thread that is `uid`, in the groups `gids` (the first is the primary one).
pub fn as_user<T: Send>(uid: u32, gids: &[u32], work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let groups: Vec<Gid> = gids.iter().map(|gid| Gid::from_raw(*gid)).collect();
            rustix::thread::set_thread_groups(&groups).unwrap();
            rustix::thread::set_thread_res_gid(groups[0], groups[0], groups[0]).unwrap();
            let uid = Uid::from_raw(uid);
            rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
            work()
        });
        thread.join().unwrap()
    })
}

fn rename_without_replacing(dir: &Path) {
    let (a, b, c) = (dir.join("a"), dir.join("b"), dir.join("c"));
    fs::write(&a, "A").unwrap();
    fs::write(&b, "B").unwrap();
    let noreplace = |from: &Path, to: &Path| renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE);
    assert_eq!(noreplace(&a, &b), Err(Errno::EXIST));
    assert_eq!(noreplace(&a, dir), Err(Errno::EXIST));
    assert_eq!(noreplace(&dir.join("none"), &c), Err(Errno::NOENT));
    noreplace(&a, &c).unwrap();
    assert_eq!((fs::read(&b).unwrap(), fs::read(&c).unwrap()), (b"B".to_vec(), b"A".to_vec()));
    assert!(!a.exists());
}

fn rename_that_exchanges(dir: &Path) {
    let (file, sub, none) = (dir.join("file"), dir.join("sub"), dir.join("none"));
    fs::write(&file, "F").unwrap();
    fs::create_dir_all(sub.join("below")).unwrap();
    let exchange = |from: &Path, to: &Path| renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE);
    assert_eq!(exchange(&file, &none), Err(Errno::NOENT));
    exchange(&file, &sub).unwrap();
    assert!(file.join("below").is_dir());
    assert_eq!(fs::read(&sub).unwrap(), b"F");
    assert_eq!(exchange(&file, &file.join("below")), Err(Errno::INVAL), "not with what is below itself");
    // Across directories, the counts of links of both stay right.
    let other = dir.join("other");
    fs::create_dir_all(other.join("x")).unwrap();
    let links = |path: &Path| fs::metadata(path).unwrap().nlink();
    let before = (links(dir), links(&other));
    exchange(&sub, &other.join("x")).unwrap();
    assert_eq!((links(dir), links(&other)), (before.0 + 1, before.1 - 1));
    let both = RenameFlags::EXCHANGE | RenameFlags::NOREPLACE;
    assert_eq!(renameat_with(CWD, &file, CWD, &sub, both), Err(Errno::INVAL));
}

fn a_moved_directory_has_a_new_parent(dir: &Path) {
    fs::create_dir_all(dir.join("from/moved")).unwrap();
    fs::create_dir(dir.join("to")).unwrap();
    fs::rename(dir.join("from/moved"), dir.join("to/moved")).unwrap();
    let ino = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_eq!(ino(&dir.join("to/moved/..")), ino(&dir.join("to")));
    let links = |name: &str| fs::metadata(dir.join(name)).unwrap().nlink();
    assert_eq!((links("from"), links("to")), (2, 3));
    let into_itself = fs::rename(dir.join("to"), dir.join("to/moved/x")).unwrap_err();
    assert_eq!(into_itself.raw_os_error(), Some(Errno::INVAL.raw_os_error()));
}

fn allocation_grows_or_keeps_the_size(dir: &Path) {
    let file = rw(&dir.join("f"));
    file.write_all_at(b"data", 0).unwrap();
    let size = || file.metadata().unwrap().len();
    fallocate(&file, FallocateFlags::KEEP_SIZE, 0, 100_000).unwrap();
    assert_eq!(size(), 4);
    fallocate(&file, FallocateFlags::empty(), 10, 90).unwrap();
    assert_eq!(size(), 100);
    fallocate(&file, FallocateFlags::empty(), 0, 50).unwrap();
    assert_eq!(size(), 100, "it never shrinks");
    let mut expected = b"data".to_vec();
    expected.resize(100, 0);
    assert_eq!(fs::read(dir.join("f")).unwrap(), expected);
}

fn punched_and_zeroed_ranges_read_as_zeros(dir: &Path) {
    let file = rw(&dir.join("f"));
    let mut model = vec![7; 300_000];
    file.write_all_at(&model, 0).unwrap();
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(&file, punch, 10_001, 100_002).unwrap();
    model[10_001..110_003].fill(0);
    fallocate(&file, FallocateFlags::ZERO_RANGE, 200_001, 33).unwrap();
    model[200_001..200_034].fill(0);
    fallocate(&file, punch, 299_000, 5_000_000).unwrap();
    model[299_000..].fill(0);
    assert!(fs::read(dir.join("f")).unwrap() == model);
    fallocate(&file, FallocateFlags::ZERO_RANGE | FallocateFlags::KEEP_SIZE, 250_000, 100_000).unwrap();
    model[250_000..].fill(0);
    assert!(fs::read(dir.join("f")).unwrap() == model);
    fallocate(&file, FallocateFlags::ZERO_RANGE, 290_000, 20_000).unwrap();
    model.resize(310_000, 0);
    assert!(fs::read(dir.join("f")).unwrap() == model);
}

fn allocation_refuses_what_it_cannot_do(dir: &Path) {
    let path = dir.join("f");
    let file = rw(&path);
    let none = FallocateFlags::empty();
    assert_eq!(fallocate(&file, none, 0, 0), Err(Errno::INVAL));
    assert_eq!(fallocate(&file, FallocateFlags::PUNCH_HOLE, 0, 10), Err(Errno::OPNOTSUPP));
    assert_eq!(fallocate(File::open(&path).unwrap(), none, 0, 10), Err(Errno::BADF));
    assert_eq!(fallocate(&file, none, i64::MAX as u64 - 1, 10), Err(Errno::FBIG));
    assert_eq!(file.metadata().unwrap().len(), 0);
    // Which of the two it is depends on the largest file that there can be.
    let huge = fallocate(&file, none, 0, 1 << 50);
    assert!(matches!(huge, Err(Errno::FBIG | Errno::NOSPC)), "{huge:?}");
}

fn data_and_holes_are_found(dir: &Path) {
    const BLOCK: u64 = 1 << 20;
    let file = rw(&dir.join("f"));
    file.set_len(10 * BLOCK).unwrap();
    file.write_all_at(&vec![1; BLOCK as usize], 2 * BLOCK).unwrap();
    file.write_all_at(&[1; 4096], 3 * BLOCK).unwrap();
    for sync in [false, true] {
        assert_eq!(seek(&file, SeekFrom::Data(0)), Ok(2 * BLOCK), "synced: {sync}");
        assert_eq!(seek(&file, SeekFrom::Hole(2 * BLOCK + 5)), Ok(3 * BLOCK + 4096));
        assert_eq!(seek(&file, SeekFrom::Hole(5)), Ok(5));
        assert_eq!(seek(&file, SeekFrom::Data(2 * BLOCK + 5)), Ok(2 * BLOCK + 5));
        assert_eq!(seek(&file, SeekFrom::Data(4 * BLOCK)), Err(Errno::NXIO));
        assert_eq!(seek(&file, SeekFrom::Hole(10 * BLOCK)), Err(Errno::NXIO));
        assert_eq!(seek(&file, SeekFrom::End(3)), Ok(10 * BLOCK + 3));
        file.sync_all().unwrap();
    }
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(&file, punch, 2 * BLOCK + 8192, 65_536).unwrap();
    assert_eq!(seek(&file, SeekFrom::Hole(2 * BLOCK)), Ok(2 * BLOCK + 8192));
    assert_eq!(seek(&file, SeekFrom::Data(2 * BLOCK + 8192)), Ok(2 * BLOCK + 8192 + 65_536));
}

fn times_are_set_to_now_or_left(dir: &Path) {
    let path = dir.join("f");
    fs::write(&path, "x").unwrap();
    let at = |tv_sec, tv_nsec| Timespec { tv_sec, tv_nsec };
    let set = |last_access, last_modification| {
        utimensat(CWD, &path, &Timestamps { last_access, last_modification }, AtFlags::empty()).unwrap();
        let after = fs::metadata(&path).unwrap();
        ((after.atime(), after.atime_nsec()), (after.mtime(), after.mtime_nsec()))
    };
    let (omit, now) = (at(0, UTIME_OMIT), at(0, UTIME_NOW));
    assert_eq!(set(at(11, 22), at(33, 44)), ((11, 22), (33, 44)));
    assert_eq!(set(omit, at(55, 66)), ((11, 22), (55, 66)));
    assert_eq!(set(at(77, 88), omit), ((77, 88), (55, 66)));
    assert_eq!(set(omit, omit), ((77, 88), (55, 66)));
    let ((access, _), mtime) = set(now, omit);
    assert!(access > 1_500_000_000 && mtime == (55, 66), "{access} {mtime:?}");
    let (atime, (modified, _)) = set(at(1, 2), now);
    assert!(modified > 1_500_000_000 && atime == (1, 2), "{modified} {atime:?}");
    assert_eq!(set(at(-5, 1), at(4_000_000_000, 999_999_999)), ((-5, 1), (4_000_000_000, 999_999_999)));
    let ctime = fs::metadata(&path).unwrap().ctime();
    assert!(ctime > 1_500_000_000);
}

fn new_nodes_inherit_the_group_of_a_setgid_directory(dir: &Path) {
    let shared = dir.join("shared");
    fs::create_dir(&shared).unwrap();
    chown(&shared, None, Some(4321)).unwrap();
    fs::set_permissions(&shared, PermissionsExt::from_mode(0o2777)).unwrap();
    as_user(1234, &[1234], || {
        fs::DirBuilder::new().mode(0o755).create(shared.join("dir")).unwrap();
        fs::write(shared.join("file"), "x").unwrap();
        std::os::unix::fs::symlink("target", shared.join("link")).unwrap();
        // The bit would let a stranger to the group run a program as the group.
        OpenOptions::new().write(true).create_new(true).mode(0o2775).open(shared.join("program")).unwrap();
        rustix::fs::mknodat(CWD, shared.join("fifo"), rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
    });
    for name in ["dir", "file", "link", "program", "fifo"] {
        let made = fs::symlink_metadata(shared.join(name)).unwrap();
        assert_eq!((made.uid(), made.gid()), (1234, 4321), "{name}");
    }
    let mode = |name: &str| fs::metadata(shared.join(name)).unwrap().mode() & 0o7000;
    assert_eq!((mode("dir"), mode("file"), mode("program")), (0o2000, 0, 0));
    as_user(1234, &[1234, 4321], || {
        OpenOptions::new().write(true).create_new(true).mode(0o2775).open(shared.join("member")).unwrap();
    });
    assert_eq!(mode("member"), 0o2000);
    let plain = dir.join("plain");
    as_user(1234, &[77], || fs::write(&plain, "x").unwrap());
    assert_eq!(fs::metadata(&plain).unwrap().gid(), 77);
}

fn writing_and_giving_away_take_privileges(dir: &Path) {
    let path = dir.join("program");
    let mode = || fs::metadata(&path).unwrap().mode() & 0o7777;
    let arm = |mode: u32| {
        fs::write(&path, "x").unwrap();
        chown(&path, Some(1234), Some(1234)).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    };
    arm(0o6777);
    as_user(4321, &[4321], || OpenOptions::new().append(true).open(&path).unwrap().write_all(b"y").unwrap());
    assert_eq!(mode(), 0o777, "written by another");
    arm(0o6777);
    as_user(4321, &[4321], || OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap());
    assert_eq!(mode(), 0o777, "cut by another");
    arm(0o6777);
    as_user(4321, &[4321], || File::create(&path).unwrap());
    assert_eq!(mode(), 0o777, "emptied when opened by another");
    arm(0o6755);
    chown(&path, Some(99), Some(99)).unwrap();
    assert_eq!(mode(), 0o755, "given away");
    arm(0o6755);
    OpenOptions::new().write(true).open(&path).unwrap().write_all(b"z").unwrap();
    assert_eq!(mode(), 0o6755, "root keeps them");
}

fn extended_attributes_are_made_replaced_and_measured(dir: &Path) {
    let path = dir.join("f");
    fs::write(&path, "x").unwrap();
    let set = |value: &[u8], flags| setxattr(&path, "user.one", value, flags);
    assert_eq!(set(b"a", XattrFlags::REPLACE), Err(Errno::NODATA));
    set(b"first", XattrFlags::CREATE).unwrap();
    assert_eq!(set(b"b", XattrFlags::CREATE), Err(Errno::EXIST));
    set(b"second!", XattrFlags::REPLACE).unwrap();
    set(b"third", XattrFlags::empty()).unwrap();
    let mut value = [0; 64];
    let get = |name: &str, value: &mut [u8]| getxattr(&path, name, value);
    assert_eq!(get("user.one", &mut value), Ok(5));
    assert_eq!(&value[..5], b"third");
    assert_eq!(get("user.one", &mut value[..4]), Err(Errno::RANGE));
    assert_eq!(get("user.two", &mut value), Err(Errno::NODATA));
    setxattr(&path, "user.empty", b"", XattrFlags::empty()).unwrap();
    assert_eq!(get("user.empty", &mut value), Ok(0));
    let len = listxattr(&path, &mut value).unwrap();
    let mut names: Vec<&[u8]> =
        value[..len].split(|byte| *byte == 0).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    assert_eq!(names, [&b"user.empty"[..], b"user.one"]);
    rustix::fs::removexattr(&path, "user.one").unwrap();
    assert_eq!(rustix::fs::removexattr(&path, "user.one"), Err(Errno::NODATA));
    let symlink = dir.join("link");
    std::os::unix::fs::symlink("f", &symlink).unwrap();
    let on_link = rustix::fs::lsetxattr(&symlink, "user.one", b"x", XattrFlags::empty());
    assert_eq!(on_link, Err(Errno::PERM), "only files and directories have these");
}

fn an_open_file_outlives_its_name(dir: &Path) {
    let path = dir.join("f");
    let mut file = rw(&path);
    file.write_all(b"before").unwrap();
    fs::remove_file(&path).unwrap();
    file.write_all(b" after").unwrap();
    file.rewind().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), file.metadata().unwrap().nlink()), ("before after", 0));
    file.set_len(3).unwrap();
    file.set_permissions(PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 3);
    // A directory, too: it is empty then, and nothing can be made in it.
    let sub = dir.join("sub");
    fs::create_dir(&sub).unwrap();
    let held = File::open(&sub).unwrap();
    fs::remove_dir(&sub).unwrap();
    let made = rustix::fs::mkdirat(&held, "x", 0o755.into());
    assert_eq!(made, Err(Errno::NOENT));
    // A file that something else is renamed onto.
    let (a, b) = (dir.join("a"), dir.join("b"));
    fs::write(&a, "A").unwrap();
    fs::write(&b, "B").unwrap();
    let mut held = File::open(&b).unwrap();
    fs::rename(&a, &b).unwrap();
    text.clear();
    held.read_to_string(&mut text).unwrap();
    assert_eq!(text, "B");
}

fn appends_go_to_the_end(dir: &Path) {
    let path = dir.join("log");
    let open = || OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let (mut a, mut b) = (open(), open());
    for round in 0..50 {
        a.write_all(format!("a{round:03}").as_bytes()).unwrap();
        b.write_all(format!("b{round:03}").as_bytes()).unwrap();
    }
    let expected: String = (0..50).map(|round| format!("a{round:03}b{round:03}")).collect();
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    a.set_len(2).unwrap();
    b.write_all(b"!").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a0!");
}

fn any_bytes_make_a_name(dir: &Path) {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut names: Vec<Vec<u8>> = [&b"a b"[..], b"\xff\xfe", "곳간".as_bytes(), b"...", b"-", b"new\nline"]
        .map(<[u8]>::to_vec)
        .to_vec();
    names.push(vec![b'x'; 255]);
    for name in &names {
        fs::write(dir.join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    let mut found: Vec<Vec<u8>> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_vec()).collect();
    found.sort();
    names.sort();
    assert_eq!(found, names);
    let too_long = File::create(dir.join("x".repeat(256))).unwrap_err();
    assert_eq!(too_long.raw_os_error(), Some(Errno::NAMETOOLONG.raw_os_error()));
}

fn sockets_and_fifos_connect_processes(dir: &Path) {
    // A socket's address is short, the path may be long.
    let held = File::open(dir).unwrap();
    let near = format!("/proc/self/fd/{}/s", std::os::fd::AsRawFd::as_raw_fd(&held));
    let listener = UnixListener::bind(&near).unwrap();
    let mut client = UnixStream::connect(&near).unwrap();
    client.write_all(b"hello").unwrap();
    drop(client);
    let mut text = String::new();
    listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    let fifo = dir.join("fifo");
    rustix::fs::mknodat(CWD, &fifo, rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| OpenOptions::new().write(true).open(&fifo).unwrap().write_all(b"through").unwrap());
        assert_eq!(fs::read(&fifo).unwrap(), b"through");
    });
}

fn a_copy_of_a_sparse_file_is_the_same(dir: &Path) {
    let (from, to) = (dir.join("from"), dir.join("to"));
    let file = rw(&from);
    file.set_len(20 << 20).unwrap();
    file.write_all_at(&[3; 10_000], 5_000_000).unwrap();
    file.write_all_at(&[4; 10_000], (20 << 20) - 10_000).unwrap();
    let copied = std::process::Command::new("cp").arg("--sparse=always").args([&from, &to]).status().unwrap();
    assert!(copied.success());
    assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap());
    let again = dir.join("again");
    assert_eq!(fs::copy(&from, &again).unwrap(), 20 << 20);
    assert!(fs::read(&from).unwrap() == fs::read(&again).unwrap());
}

fn direct_writes_are_seen_by_cached_reads(dir: &Path) {
    let path = dir.join("f");
    fs::write(&path, vec![1; 16_384]).unwrap();
    let cached = File::open(&path).unwrap();
    let mut seen = vec![0; 16_384];
    cached.read_exact_at(&mut seen, 0).unwrap();
    let flags = rustix::fs::OFlags::DIRECT.bits() as i32;
    let direct = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&path).unwrap();
    // Direct transfers need aligned memory.
    let mut memory = vec![2; 3 * 4096];
    let skip = memory.as_ptr().align_offset(4096);
    let aligned = &mut memory[skip..skip + 4096];
    direct.write_all_at(aligned, 8192).unwrap();
    cached.read_exact_at(&mut seen, 0).unwrap();
    assert!(seen[..8192].iter().all(|byte| *byte == 1) && seen[8192..12_288].iter().all(|byte| *byte == 2));
    rw(&path).write_all_at(&[5; 4096], 8192).unwrap();
    direct.read_exact_at(aligned, 8192).unwrap();
    assert!(aligned.iter().all(|byte| *byte == 5));
}

fn a_directory_lists_what_is_made_while_it_is_read(dir: &Path) {
    for index in 0..2_000 {
        fs::write(dir.join(format!("old{index}")), "").unwrap();
    }
    let mut old = 0;
    for (index, entry) in fs::read_dir(dir).unwrap().enumerate() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        old += usize::from(name.starts_with("old"));
        if index < 100 {
            fs::write(dir.join(format!("new{index}")), "").unwrap();
            fs::remove_file(dir.join(name)).unwrap();
        }
    }
    assert_eq!(old, 2_000, "each name that was there throughout, once");
    assert_eq!(fs::read_dir(dir).unwrap().count(), 2_000);
}
