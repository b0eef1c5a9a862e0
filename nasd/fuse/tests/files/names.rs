//! Directories, links, and files that outlive their names.

use crate::memory::Memory;
use crate::mounted::{mounted, mounted_with, names, options};
use rustix::fs::{CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

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
