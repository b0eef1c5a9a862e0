//! Owns a client that uses a node's FUSE mount.

use crate::side::{Held, Kind, Outcome, Side, Stat};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, chownat, utimensat};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub struct FuseSide {
    name: String,
    at: PathBuf,
}

impl FuseSide {
    pub fn new(name: &str, at: &Path) -> FuseSide {
        FuseSide { name: format!("FUSE of {name}"), at: at.to_path_buf() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.at.join(path)
    }
}

fn done<T>(result: io::Result<T>) -> Outcome<T> {
    result.map_err(|error| Errno::from_raw_os_error(error.raw_os_error().unwrap_or(i32::MAX & 0xfff)))
}

fn stat(metadata: &Metadata) -> Stat {
    let nanos = |secs: i64, nanos: i64| i128::from(secs) * 1_000_000_000 + i128::from(nanos);
    let kind = match metadata.file_type() {
        kind if kind.is_dir() => Kind::Dir,
        kind if kind.is_symlink() => Kind::Link,
        _ => Kind::File,
    };
    Stat {
        kind,
        ino: metadata.ino(),
        mode: metadata.mode() & 0o7777,
        nlink: metadata.nlink(),
        uid: metadata.uid(),
        gid: metadata.gid(),
        size: metadata.len(),
        mtime: nanos(metadata.mtime(), metadata.mtime_nsec()),
        ctime: nanos(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Runs `work` in a thread that is the user `uid` in the group of the same number.
fn as_user<T: Send>(uid: u32, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let gid = Gid::from_raw(uid);
            rustix::thread::set_thread_groups(&[]).expect("setgroups");
            rustix::thread::set_thread_res_gid(gid, gid, gid).expect("setresgid");
            let uid = Uid::from_raw(uid);
            rustix::thread::set_thread_res_uid(uid, uid, uid).expect("setresuid");
            work()
        });
        thread.join().expect("a thread")
    })
}

impl Held for File {
    fn stat(&self) -> Outcome<Stat> {
        done(self.metadata()).map(|metadata| stat(&metadata))
    }

    fn read(&self) -> Outcome<Vec<u8>> {
        let mut data = Vec::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = done(self.read_at(&mut buffer, data.len() as u64))?;
            data.extend_from_slice(&buffer[..read]);
            if read == 0 {
                return Ok(data);
            }
        }
    }
}

impl Side for FuseSide {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn stat(&self, path: &str) -> Outcome<Stat> {
        done(fs::symlink_metadata(self.path(path))).map(|metadata| stat(&metadata))
    }

    fn list(&self, dir: &str) -> Outcome<BTreeSet<String>> {
        let entries = done(fs::read_dir(self.path(dir)))?;
        entries.map(|entry| Ok(done(entry)?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn read(&self, path: &str) -> Outcome<Vec<u8>> {
        Held::read(&done(File::open(self.path(path)))?)
    }

    fn read_link(&self, path: &str) -> Outcome<String> {
        done(fs::read_link(self.path(path))).map(|target| target.to_string_lossy().into_owned())
    }

    fn hold(&self, path: &str) -> Outcome<Box<dyn Held + '_>> {
        Ok(Box::new(done(File::open(self.path(path)))?))
    }

    fn read_as(&self, uid: u32, path: &str) -> Outcome<Vec<u8>> {
        as_user(uid, || self.read(path))
    }

    fn create(&self, path: &str, data: &[u8]) -> Outcome<()> {
        done(fs::write(self.path(path), data))
    }

    fn create_as(&self, uid: u32, path: &str) -> Outcome<()> {
        as_user(uid, || self.create(path, b""))
    }

    fn write(&self, path: &str, offset: u64, data: &[u8]) -> Outcome<()> {
        let file = done(OpenOptions::new().write(true).open(self.path(path)))?;
        done(file.write_all_at(data, offset))
    }

    fn append(&self, path: &str, data: &[u8]) -> Outcome<()> {
        done(done(OpenOptions::new().append(true).open(self.path(path)))?.write_all(data))
    }

    fn resize(&self, path: &str, size: u64) -> Outcome<()> {
        done(done(OpenOptions::new().write(true).open(self.path(path)))?.set_len(size))
    }

    fn chmod(&self, path: &str, mode: u32) -> Outcome<()> {
        done(fs::set_permissions(self.path(path), PermissionsExt::from_mode(mode)))
    }

    fn chown(&self, path: &str, uid: u32, gid: u32) -> Outcome<()> {
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        chownat(CWD, self.path(path), Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
    }

    fn set_mtime(&self, path: &str, secs: u32) -> Outcome<()> {
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: secs.into(), tv_nsec: 0 },
        };
        utimensat(CWD, self.path(path), &times, AtFlags::SYMLINK_NOFOLLOW)
    }

    fn mkdir(&self, path: &str) -> Outcome<()> {
        done(fs::create_dir(self.path(path)))
    }

    fn rmdir(&self, path: &str) -> Outcome<()> {
        done(fs::remove_dir(self.path(path)))
    }

    fn unlink(&self, path: &str) -> Outcome<()> {
        done(fs::remove_file(self.path(path)))
    }

    fn rename(&self, from: &str, to: &str) -> Outcome<()> {
        done(fs::rename(self.path(from), self.path(to)))
    }

    fn link(&self, from: &str, to: &str) -> Outcome<()> {
        done(fs::hard_link(self.path(from), self.path(to)))
    }

    fn symlink(&self, target: &str, path: &str) -> Outcome<()> {
        done(std::os::unix::fs::symlink(target, self.path(path)))
    }

    fn mount(&self) -> Option<&Path> {
        Some(&self.at)
    }
}
