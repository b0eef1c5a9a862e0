//! The operating system's files.
//!
//! Reads that the page cache can answer are done in place (`RWF_NOWAIT`); everything that may wait for the
//! disk runs on tokio's blocking threads. Durable writes go around the page cache where the file system
//! allows it: a second descriptor is open with O_DIRECT|O_DSYNC, so that data and flush are one trip.

use crate::bounce::{BOUNCE_BYTES_MAX, BouncePool};
use crate::name::{check, poisoned};
use crate::shortage::{explain, flush_failed, shortage};
use crate::{BLOCK_BYTES, Disk, DiskFile, OpenMode, Space};
use bytes::Bytes;
use nasd_base::net::BoxFuture;
use parking_lot::Mutex;
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{Advice, AtFlags, FallocateFlags, FileType, Mode, OFlags};
use rustix::io::{Errno, ReadWriteFlags, retry_on_intr};
use std::collections::BTreeSet;
use std::io::{self, IoSlice, IoSliceMut};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Reads up to this size are tried in place: copying it from the page cache takes tens of microseconds,
/// as long as the way to another thread and back.
const READ_IN_PLACE_BYTES_MAX: usize = 256 << 10;
/// Pieces in one system call (Linux's UIO_MAXIOV).
const PIECES_MAX: usize = 1024;
/// Zeroes are flushed after so many bytes, so that a log write beside them never waits for more.
const ZERO_STEP_BYTES: u64 = 8 << 20;
const ZEROES: &[u8] = &[0; 256 << 10];

/// The files of one directory.
#[derive(Clone)]
pub struct RealDisk {
    shared: Arc<Shared>,
}

struct Shared {
    directory: OwnedFd,
    bounces: BouncePool,
    poison: Poison,
}

/// The inodes of which a flush failed, whatever handle it went through.
#[derive(Default)]
struct Poison {
    any: AtomicBool,
    inodes: Mutex<BTreeSet<u64>>,
}

impl Poison {
    fn add(&self, inode: u64) {
        self.inodes.lock().insert(inode);
        self.any.store(true, Ordering::Release);
    }

    fn holds(&self, inode: u64) -> bool {
        self.any.load(Ordering::Acquire) && self.inodes.lock().contains(&inode)
    }
}

impl RealDisk {
    /// Opens an existing directory. Nothing keeps a second process from opening it too: the caller locks.
    pub fn open(directory: &Path) -> io::Result<RealDisk> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let name = directory.display().to_string();
        let directory = rustix::fs::open(directory, flags, Mode::empty())
            .map_err(|error| explain(&name, "cannot open the directory", error))?;
        Ok(RealDisk {
            shared: Arc::new(Shared { directory, bounces: BouncePool::default(), poison: Poison::default() }),
        })
    }
}

/// Runs something that may wait for the disk away from the runtime's workers.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(io::Error::other("the runtime is shutting down")),
    }
}

impl Disk for RealDisk {
    fn open<'a>(&'a self, name: &'a str, mode: OpenMode) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        let (shared, name) = (self.shared.clone(), name.to_owned());
        Box::pin(async move {
            check(&name)?;
            blocking(move || {
                Ok(Arc::new(RealFile(Arc::new(Inner::open(shared, name, mode)?))) as Arc<dyn DiskFile>)
            })
            .await
        })
    }

    fn list(&self) -> BoxFuture<'_, io::Result<Vec<String>>> {
        let shared = self.shared.clone();
        Box::pin(blocking(move || names(&shared.directory)))
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<()>> {
        let (shared, name) = (self.shared.clone(), name.to_owned());
        Box::pin(async move {
            check(&name)?;
            blocking(move || {
                rustix::fs::unlinkat(&shared.directory, &name, AtFlags::empty())
                    .map_err(|error| explain(&name, "cannot remove", error))
            })
            .await
        })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        let (shared, from, to) = (self.shared.clone(), from.to_owned(), to.to_owned());
        Box::pin(async move {
            check(&from)?;
            check(&to)?;
            blocking(move || {
                rustix::fs::renameat(&shared.directory, &from, &shared.directory, &to)
                    .map_err(|error| explain(&from, &format!("cannot rename to {to}"), error))
            })
            .await
        })
    }

    fn sync_names(&self) -> BoxFuture<'_, io::Result<()>> {
        let shared = self.shared.clone();
        Box::pin(blocking(move || {
            rustix::fs::fsync(&shared.directory)
                .map_err(|error| flush_failed("the directory", "cannot flush", error))
        }))
    }

    fn space(&self) -> BoxFuture<'_, io::Result<Space>> {
        let shared = self.shared.clone();
        Box::pin(blocking(move || {
            let stat = rustix::fs::fstatvfs(&shared.directory)?;
            let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
            Ok(Space { total_bytes: bytes(stat.f_blocks), free_bytes: bytes(stat.f_bavail) })
        }))
    }
}

/// The names of everything but directories (a file system's root has `lost+found`), sorted.
fn names(directory: &OwnedFd) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(directory)? {
        let entry = entry?;
        if entry.file_type() != FileType::Directory
            && let Ok(name) = entry.file_name().to_str()
            && name != "."
            && name != ".."
        {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// An open file; clones of the inner part go to the blocking threads.
struct RealFile(Arc<Inner>);

struct Inner {
    name: String,
    inode: u64,
    file: OwnedFd,
    direct: Mutex<Direct>,
    shared: Arc<Shared>,
}

/// The second descriptor, opened at the first durable write: most files never need it.
enum Direct {
    Untried,
    Open(Arc<OwnedFd>),
    Refused,
}

impl Inner {
    fn open(shared: Arc<Shared>, name: String, mode: OpenMode) -> io::Result<Inner> {
        let create = match mode {
            OpenMode::Existing => OFlags::empty(),
            OpenMode::New => OFlags::CREATE | OFlags::EXCL,
        };
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | create;
        let mode_bits = Mode::RUSR | Mode::WUSR;
        let file = retry_on_intr(|| rustix::fs::openat(&shared.directory, &name, flags, mode_bits))
            .map_err(|error| explain(&name, "cannot open", error))?;
        let inode = rustix::fs::fstat(&file)?.st_ino;
        if mode == OpenMode::New {
            shared.poison.inodes.lock().remove(&inode); // the number of a removed file, in its second life
        }
        Ok(Inner { name, inode, file, direct: Mutex::new(Direct::Untried), shared })
    }

    fn check_poison(&self) -> io::Result<()> {
        if self.shared.poison.holds(self.inode) { Err(poisoned(&self.name)) } else { Ok(()) }
    }

    fn poison(&self, doing: &str, error: Errno) -> io::Error {
        self.shared.poison.add(self.inode);
        flush_failed(&self.name, doing, error)
    }

    /// Reads what memory holds; a short answer may be the end of the file or the end of what is cached.
    fn read_cached(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let slices = &mut [IoSliceMut::new(buffer)];
        rustix::io::preadv2(&self.file, slices, offset, ReadWriteFlags::NOWAIT).unwrap_or(0)
    }

    /// Fills `buffer[from..]`; returns how much of the buffer is filled, less than all only at the end.
    fn read(&self, offset: u64, buffer: &mut [u8], mut from: usize) -> io::Result<usize> {
        while from < buffer.len() {
            match rustix::io::pread(&self.file, &mut buffer[from..], offset + from as u64) {
                Ok(0) => break,
                Ok(count) => from += count,
                Err(Errno::INTR) => {}
                Err(error) => return Err(explain(&self.name, "cannot read", error)),
            }
        }
        Ok(from)
    }

    fn write(&self, offset: u64, pieces: &[Bytes]) -> io::Result<()> {
        self.check_poison()?;
        let mut slices: Vec<IoSlice<'_>> =
            pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| IoSlice::new(piece)).collect();
        let (mut left, mut offset) = (&mut slices[..], offset);
        while !left.is_empty() {
            match rustix::io::pwritev(&self.file, &left[..left.len().min(PIECES_MAX)], offset) {
                Ok(0) => {
                    return Err(explain(
                        &self.name,
                        "cannot write",
                        io::Error::from(io::ErrorKind::WriteZero),
                    ));
                }
                Ok(count) => {
                    offset += count as u64;
                    IoSlice::advance_slices(&mut left, count);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(explain(&self.name, "cannot write", error)),
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.check_poison()?;
        rustix::fs::fdatasync(&self.file).map_err(|error| self.poison("cannot flush", error))
    }

    fn write_durably(&self, offset: u64, pieces: &[Bytes]) -> io::Result<()> {
        self.check_poison()?;
        let total: usize = pieces.iter().map(Bytes::len).sum();
        let aligned = offset.is_multiple_of(BLOCK_BYTES as u64) && total.is_multiple_of(BLOCK_BYTES);
        if aligned
            && let Some(direct) = self.direct()
            && self.write_direct(&direct, offset, pieces, total)?
        {
            return Ok(());
        }
        self.write(offset, pieces)?;
        self.sync()
    }

    /// The O_DIRECT|O_DSYNC descriptor, if there can be one.
    fn direct(&self) -> Option<Arc<OwnedFd>> {
        let mut direct = self.direct.lock();
        if matches!(*direct, Direct::Untried) {
            // Through /proc, not by name: the file may have been renamed since it was opened.
            let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::DIRECT | OFlags::DSYNC;
            *direct = match rustix::fs::open(path, flags, Mode::empty()) {
                Ok(fd) => Direct::Open(Arc::new(fd)),
                // Tried again at the next write; this one goes through the page cache.
                Err(error) if shortage(&error.into()).is_some() => Direct::Untried,
                Err(error) => {
                    tracing::debug!(file = %self.name, %error, "no direct writes here: writing and flushing instead");
                    Direct::Refused
                }
            };
        }
        match &*direct {
            Direct::Open(fd) => Some(fd.clone()),
            _ => None,
        }
    }

    /// Writes through the aligned buffer. `false`: the file system refuses direct writes after all, or the kernel
    /// lacks what one takes; the same bytes are then to be written to the same place in the other way.
    fn write_direct(
        &self,
        direct: &OwnedFd,
        offset: u64,
        pieces: &[Bytes],
        total: usize,
    ) -> io::Result<bool> {
        let mut bounce = self.shared.bounces.take(total.min(BOUNCE_BYTES_MAX));
        let mut written = 0;
        for piece in pieces {
            let mut rest = &piece[..];
            while !rest.is_empty() {
                rest = &rest[bounce.fill(rest)..];
                if bounce.is_full() || written + bounce.filled().len() as u64 == total as u64 {
                    match write_all(direct, offset + written, bounce.filled()) {
                        Ok(()) => {}
                        Err(Errno::INVAL) if written == 0 => {
                            *self.direct.lock() = Direct::Refused;
                            return Ok(false);
                        }
                        Err(error) if shortage(&error.into()).is_some() => return Ok(false),
                        Err(error) => return Err(self.poison("cannot write durably to", error)),
                    }
                    written += bounce.filled().len() as u64;
                    bounce.clear();
                }
            }
        }
        self.shared.bounces.give_back(bounce);
        Ok(true)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.check_poison()?;
        let mut at = rustix::fs::fstat(&self.file)?.st_size as u64;
        if at >= bytes {
            return Ok(());
        }
        let reserve = || rustix::fs::fallocate(&self.file, FallocateFlags::KEEP_SIZE, at, bytes - at);
        match retry_on_intr(reserve) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(error) => return Err(explain(&self.name, "cannot reserve space for", error)),
        }
        let zeroes = Bytes::from_static(ZEROES);
        while at < bytes {
            let step_end = bytes.min(at + ZERO_STEP_BYTES);
            let mut pieces = vec![zeroes.clone(); ((step_end - at) as usize).div_ceil(ZEROES.len())];
            if let Some(last) = pieces.last_mut() {
                last.truncate(((step_end - at - 1) % ZEROES.len() as u64 + 1) as usize);
            }
            self.write(at, &pieces)?;
            self.sync()?;
            at = step_end;
        }
        // Zeroes are not worth the memory; a refusal of this hint costs nothing.
        let _ = rustix::fs::fadvise(&self.file, 0, None, Advice::DontNeed);
        Ok(())
    }
}

fn write_all(file: &OwnedFd, mut offset: u64, mut data: &[u8]) -> Result<(), Errno> {
    while !data.is_empty() {
        match rustix::io::pwrite(file, data, offset) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => {
                offset += count as u64;
                data = &data[count..];
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl DiskFile for RealFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            let mut buffer = vec![0; len];
            let cached =
                if len <= READ_IN_PLACE_BYTES_MAX { self.0.read_cached(offset, &mut buffer) } else { 0 };
            if cached == len {
                return Ok(buffer.into());
            }
            let inner = self.0.clone();
            blocking(move || {
                let filled = inner.read(offset, &mut buffer, cached)?;
                buffer.truncate(filled);
                Ok(buffer.into())
            })
            .await
        })
    }

    fn write_at(&self, offset: u64, pieces: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        let inner = self.0.clone();
        Box::pin(blocking(move || inner.write(offset, &pieces)))
    }

    fn write_durably_at(&self, offset: u64, pieces: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        let inner = self.0.clone();
        Box::pin(blocking(move || inner.write_durably(offset, &pieces)))
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        let inner = self.0.clone();
        Box::pin(blocking(move || inner.sync()))
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move { Ok(rustix::fs::fstat(&self.0.file)?.st_size as u64) })
    }

    fn allocate(&self, bytes: u64) -> BoxFuture<'_, io::Result<()>> {
        let inner = self.0.clone();
        Box::pin(blocking(move || inner.allocate(bytes)))
    }

    fn set_len(&self, bytes: u64) -> BoxFuture<'_, io::Result<()>> {
        let inner = self.0.clone();
        Box::pin(blocking(move || {
            inner.check_poison()?;
            retry_on_intr(|| rustix::fs::ftruncate(&inner.file, bytes))
                .map_err(|error| explain(&inner.name, "cannot set the length of", error))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file behind which nothing can be flushed: fdatasync of a pipe is EINVAL.
    fn unflushable(disk: &RealDisk) -> RealFile {
        let (_reader, writer) = io::pipe().unwrap();
        let writer = OwnedFd::from(writer);
        RealFile(Arc::new(Inner {
            name: "pipe".into(),
            inode: rustix::fs::fstat(&writer).unwrap().st_ino,
            file: writer,
            direct: Mutex::new(Direct::Refused),
            shared: disk.shared.clone(),
        }))
    }

    #[tokio::test]
    async fn a_failed_flush_is_never_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::open(directory.path()).unwrap();
        let file = unflushable(&disk);
        assert!(file.sync().await.unwrap_err().to_string().starts_with("cannot flush pipe"));
        for error in [
            file.sync().await.unwrap_err(),
            file.write_at(0, vec![Bytes::from_static(b"x")]).await.unwrap_err(),
            file.write_durably_at(0, vec![Bytes::from_static(b"x")]).await.unwrap_err(),
            file.set_len(0).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains("an earlier flush failed"), "{error}");
        }
    }

    #[tokio::test]
    async fn durable_writes_are_direct_where_the_file_system_allows_it() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::open(directory.path()).unwrap();
        let inner = Inner::open(disk.shared.clone(), "log".into(), OpenMode::New).unwrap();
        let pieces = [Bytes::from(vec![1; 4000]), Bytes::from(vec![2; 96]), Bytes::from(vec![3; 9 << 20])];
        inner.write_durably(4096, &pieces).unwrap();
        let direct_allowed = inner.direct().is_some();
        let mut back = vec![0; 4096 + (9 << 20)];
        assert_eq!(inner.read(4096, &mut back, 0).unwrap(), back.len());
        assert!(back == pieces.concat(), "direct: {direct_allowed}");
        let odd = [Bytes::from_static(b"odd")];
        inner.write_durably(5, &odd).unwrap();
        let mut back = [0; 3];
        inner.read(5, &mut back, 0).unwrap();
        assert_eq!(&back, b"odd");
    }
}
