//! Owns the kernel's side: each request runs an operation and sends the reply.
//!
//! fuser's threads read requests, copy what they borrow and begin the operation; one that has to wait goes on
//! as a task. Work that is dropped or panics answers with EIO, since fuser's replies do so when they are
//! dropped.

use crate::caller::Who;
use crate::convert;
use crate::kernel::{Keep, KernelCache};
use crate::moved::Directories;
use crate::ops::{Creation, Entries, LockRequest, Ops};
use bytes::{Bytes, BytesMut};
use fuser::{
    AccessFlags, BsdFileFlags, CopyFileRangeFlags, FileHandle, Filesystem, FopenFlags, Generation, INodeNo,
    InitFlags, IoctlFlags, KernelConfig, LockOwner, OpenFlags, PollEvents, PollFlags, PollNotifier,
    RenameFlags, ReplyAttr, ReplyBmap, ReplyCreate, ReplyData, ReplyDirectory, ReplyDirectoryPlus,
    ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLock, ReplyLseek, ReplyOpen, ReplyPoll, ReplyStatfs, ReplyWrite,
    ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use nasd_base::file::{Attr, DirEntry, FileKind, NAME_BYTES_MAX, NewNode, SetAttr, VolumeStat, with_umask};
use nasd_base::{Errno, Ino, eager};
use nasd_fs::{LockRange, RenameMode, Stability, TRANSFER_BYTES_MAX, XattrMode};
use rustix::fs::OFlags;
use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

/// Requests the kernel may have in flight that no process waits for (read-ahead): a window of 64 MiB.
const BACKGROUND_MAX: u16 = 64;

/// Flags of setxattr(2).
const XATTR_CREATE: i32 = 1;
const XATTR_REPLACE: i32 = 2;

/// Whence of lseek(2).
const SEEK_DATA: i32 = 3;
const SEEK_HOLE: i32 = 4;

/// Kinds of locks (fcntl(2)).
const F_RDLCK: i32 = 0;
const F_WRLCK: i32 = 1;
const F_UNLCK: i32 = 2;

/// Flags of open(2) on x86-64 and arm64. O_SYNC is both bits; rustix has it under either name.
const O_DSYNC: i32 = 0o10_000;
const ONLY_O_SYNC: i32 = 0o4_000_000;

/// The file system that fuser's threads see.
pub(crate) struct Bridge {
    pub ops: Arc<Ops>,
    pub runtime: Handle,
    pub kernel: Arc<KernelCache>,
    pub directories: Arc<Directories>,
}

impl Bridge {
    /// Carries out a request: on this thread as far as it goes without waiting, then as a task. Most requests
    /// at the volume's leader wait for nothing.
    fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let _context = self.runtime.enter();
        if let Some(rest) = eager::begin(work) {
            self.runtime.spawn(rest);
        }
    }

    /// Carries out `work` with the operations.
    fn run<F: Future<Output = ()> + Send + 'static>(&self, work: impl FnOnce(Arc<Ops>) -> F) {
        self.start(work(self.ops.clone()));
    }

    /// A name and what it means, or that it means nothing.
    fn entry<F>(&self, reply: ReplyEntry, parent: Ino, work: impl FnOnce(Arc<Ops>) -> F)
    where
        F: Future<Output = Result<(Option<Attr>, Keep), Errno>> + Send + 'static,
    {
        let (work, kernel) = (work(self.ops.clone()), self.kernel.clone());
        self.start(async move {
            match work.await {
                Ok((Some(attr), keep)) => {
                    if !keep.is_not() {
                        kernel.brings(parent, attr.ino);
                    }
                    let (entry_ttl, attr_ttl) = ttls(&kernel, keep, &attr);
                    let generation = Generation(attr.generation);
                    reply.entry_with_ttls(&attr_ttl, &entry_ttl, &convert::attr(&attr), generation);
                }
                Ok((None, keep)) => reply.entry(&kernel.ttl(keep), &convert::NOTHING, Generation(0)),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    /// A name that was just made.
    fn made<F>(&self, reply: ReplyEntry, parent: Ino, work: impl FnOnce(Arc<Ops>) -> F)
    where
        F: Future<Output = Result<(Attr, Keep), Errno>> + Send + 'static,
    {
        self.entry(reply, parent, |ops| {
            let work = work(ops);
            async move { work.await.map(|(attr, keep)| (Some(attr), keep)) }
        });
    }

    fn attr<F>(&self, reply: ReplyAttr, work: impl FnOnce(Arc<Ops>) -> F)
    where
        F: Future<Output = Result<(Attr, Keep), Errno>> + Send + 'static,
    {
        let (work, kernel) = (work(self.ops.clone()), self.kernel.clone());
        self.start(async move {
            match work.await {
                Ok((attr, keep)) => reply.attr(&ttls(&kernel, keep, &attr).1, &convert::attr(&attr)),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    fn done<F>(&self, reply: ReplyEmpty, work: impl FnOnce(Arc<Ops>) -> F)
    where
        F: Future<Output = Result<(), Errno>> + Send + 'static,
    {
        let work = work(self.ops.clone());
        self.start(async move {
            match work.await {
                Ok(()) => reply.ok(),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    fn data<F>(&self, reply: ReplyData, work: impl FnOnce(Arc<Ops>) -> F)
    where
        F: Future<Output = Result<Bytes, Errno>> + Send + 'static,
    {
        let work = work(self.ops.clone());
        self.start(async move {
            match work.await {
                Ok(data) => reply.data(&data),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    /// An attribute's value or the list of names: `size` 0 asks how long it is.
    fn sized<F>(&self, reply: ReplyXattr, size: u32, work: impl FnOnce(Arc<Ops>) -> F)
    where
        F: Future<Output = Result<Bytes, Errno>> + Send + 'static,
    {
        let work = work(self.ops.clone());
        self.start(async move {
            match work.await {
                Ok(data) if size == 0 => reply.size(data.len() as u32),
                Ok(data) if data.len() as u64 > u64::from(size) => reply.error(fuser::Errno::ERANGE),
                Ok(data) => reply.data(&data),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }
}

/// A page of a listing without attributes.
struct Names(ReplyDirectory);

impl Entries for Names {
    fn take(&mut self, entry: &DirEntry, _: Keep) -> bool {
        let name = OsStr::from_bytes(&entry.name);
        !self.0.add(INodeNo(entry.ino.0), entry.cookie, convert::kind(entry.kind), name)
    }
}

/// A page of a listing with attributes.
struct NamesAndAttrs {
    reply: ReplyDirectoryPlus,
    directory: Ino,
    kernel: Arc<KernelCache>,
    directories: Arc<Directories>,
}

impl Entries for NamesAndAttrs {
    fn take(&mut self, entry: &DirEntry, keep: Keep) -> bool {
        // An entry whose inode is gone by now is left out, as if it had been removed earlier.
        let Some(attr) = &entry.attr else { return true };
        let (name, ino) = (OsStr::from_bytes(&entry.name), INodeNo(entry.ino.0));
        // Of a directory's own entries the kernel takes only the names.
        if !matches!(entry.name.as_ref(), b"." | b"..") {
            self.kernel.brings(self.directory, entry.ino);
            if attr.kind == FileKind::Directory {
                self.directories.is_listed(attr, self.directory, &entry.name);
            }
        }
        let ttl = ttls(&self.kernel, keep, attr).1;
        !self.reply.add(ino, entry.cookie, name, &ttl, &convert::attr(attr), Generation(attr.generation))
    }
}

/// How long the kernel may keep a name and the attributes it brought. Not those of a program that runs as somebody
/// else: a write takes that bit away without the kernel's knowing. Nor of a file that is one hole as far as is known:
/// a store through a mapping may end that.
fn ttls(kernel: &KernelCache, keep: Keep, attr: &Attr) -> (Duration, Duration) {
    let ttl = kernel.ttl(keep);
    let privileged = attr.kind == FileKind::File && attr.mode & 0o6000 != 0;
    let hollow = attr.kind == FileKind::File && attr.size > 0 && attr.allocated == 0;
    (ttl, if privileged || hollow { Duration::ZERO } else { ttl })
}

/// How durable a write must be before its reply, by the flags of its file; `None`: not at all.
fn write_through(flags: OpenFlags) -> Option<Stability> {
    match (flags.0 & ONLY_O_SYNC != 0, flags.0 & O_DSYNC != 0) {
        (true, _) => Some(Stability::FileSync),
        (false, true) => Some(Stability::DataSync),
        (false, false) => None,
    }
}

/// Whether writes go to the end of the file. The kernel sends them to where it believes that to be, which may be
/// old; pages written back from mappings do have their place.
fn appends(flags: OpenFlags) -> bool {
    OFlags::from_bits_retain(flags.0 as u32).contains(OFlags::APPEND)
}

/// Whether a file opened with `flags` can be read and written.
fn access_mode(flags: i32) -> (bool, bool) {
    match OFlags::from_bits_retain(flags as u32) & OFlags::ACCMODE {
        OFlags::WRONLY => (false, true),
        OFlags::RDWR => (true, true),
        _ => (true, false),
    }
}

/// How a file opened with `flags` is used. Appending goes past the kernel's cache, which would put the bytes where it
/// believes the end to be and send those of two pages one by one, so that another node's could come between. Writes
/// that are to be durable at once go past it too, for with it the kernel sends one at a time; without, those of many
/// threads share the volume's flushes. Files that are only read are flushed at close, too: closing any of its files
/// releases a process's locks.
fn how_opened(flags: i32) -> FopenFlags {
    let flags = OpenFlags(flags);
    match (appends(flags), write_through(flags)) {
        (true, _) => FopenFlags::FOPEN_DIRECT_IO,
        (false, Some(_)) => FopenFlags::FOPEN_DIRECT_IO | FopenFlags::FOPEN_PARALLEL_DIRECT_WRITES,
        (false, None) => FopenFlags::empty(),
    }
}

fn statfs(reply: ReplyStatfs, stat: &VolumeStat) {
    let block = u64::from(convert::BLOCK_BYTES);
    let (total, free, available) = (stat.total_bytes, stat.free_bytes, stat.available_bytes);
    let (blocks, inodes) =
        ((total / block, free / block, available / block), (stat.total_inodes, stat.free_inodes));
    let unit = convert::BLOCK_BYTES;
    reply.statfs(blocks.0, blocks.1, blocks.2, inodes.0, inodes.1, unit, NAME_BYTES_MAX as u32, unit);
}

impl Filesystem for Bridge {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        // The nearest values that the kernel takes will do for all of these.
        let _ = config.set_max_write(TRANSFER_BYTES_MAX);
        let _ = config.set_max_readahead(TRANSFER_BYTES_MAX).or_else(|most| config.set_max_readahead(most));
        let _ = config.set_max_background(BACKGROUND_MAX);
        // AUTO_INVAL_DATA drops cached pages when size or mtime changed elsewhere. HANDLE_KILLPRIV_V2 leaves
        // the clearing of setuid bits to the volume, which does it in the same change as the write. POSIX_ACL
        // makes the kernel ask for access control lists and obey them; DONT_MASK leaves the umask to the volume,
        // since it does not count in a directory with a default list. EXPORT_SUPPORT lets it look up `.` of an inode
        // that it has dropped, for open_by_handle_at(2) and file systems on top.
        let mut wanted = vec![
            InitFlags::FUSE_AUTO_INVAL_DATA,
            InitFlags::FUSE_PARALLEL_DIROPS,
            InitFlags::FUSE_HANDLE_KILLPRIV_V2,
            InitFlags::FUSE_POSIX_LOCKS,
            InitFlags::FUSE_FLOCK_LOCKS,
            InitFlags::FUSE_POSIX_ACL,
            InitFlags::FUSE_DONT_MASK,
            InitFlags::FUSE_DIRECT_IO_ALLOW_MMAP,
            InitFlags::FUSE_EXPORT_SUPPORT,
        ];
        if self.kernel.caching_mount().is_some() {
            // Attributes that expire at once would be asked for again, one by one.
            wanted.extend([InitFlags::FUSE_DO_READDIRPLUS, InitFlags::FUSE_READDIRPLUS_AUTO]);
        }
        for flag in wanted {
            let _ = config.add_capabilities(flag);
        }
        Ok(())
    }

    fn lookup(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let (who, parent, name) = (Who::of(req), convert::ino(parent), convert::name(name));
        let directories = self.directories.clone();
        self.entry(reply, parent, |ops| async move {
            let (found, keep) = ops.lookup(&who, parent, name.clone()).await?;
            if let Some(attr) = found.filter(|attr| attr.kind == FileKind::Directory) {
                directories.comes(&attr, parent, name).await;
            }
            Ok((found, keep))
        });
    }

    // Inode numbers are the volume's own, so there is nothing to forget.
    fn forget(&self, _: &Request, _: INodeNo, _: u64) {}

    fn getattr(&self, req: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let (who, ino, directories) = (Who::of(req), convert::ino(ino), self.directories.clone());
        self.attr(reply, |ops| async move {
            match ops.get_attr(&who, ino).await {
                // The kernel asks before it looks for a name in it, too.
                Err(Errno::Stale) => {
                    directories.removed(ino).map(|attr| (attr, Keep::NOT)).ok_or(Errno::Stale)
                }
                found => found,
            }
        });
    }

    fn setattr(
        &self,
        req: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let (who, ino, handle) = (Who::of(req), convert::ino(ino), fh.map(u64::from));
        let (atime, mtime) = (atime.map(convert::time), mtime.map(convert::time));
        let set = SetAttr { mode: mode.map(|mode| mode & 0o7777), uid, gid, size, atime, mtime };
        self.attr(reply, |ops| async move { ops.set_attr(&who, ino, set, handle).await });
    }

    fn readlink(&self, req: &Request, ino: INodeNo, reply: ReplyData) {
        let (who, ino) = (Who::of(req), convert::ino(ino));
        self.data(reply, |ops| async move { ops.read_link(&who, ino).await });
    }

    fn mknod(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        rdev: u32,
        reply: ReplyEntry,
    ) {
        let (who, parent, name) = (Who::of(req), convert::ino(parent), convert::name(name));
        self.made(reply, parent, |ops| async move {
            ops.make(&who, parent, name, convert::node(mode, rdev)?, with_umask(mode, umask)).await
        });
    }

    fn mkdir(&self, req: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        let (who, parent, name) = (Who::of(req), convert::ino(parent), convert::name(name));
        let (mode, directories) = (with_umask(mode, umask), self.directories.clone());
        self.made(reply, parent, |ops| async move {
            let (attr, keep) = ops.make(&who, parent, name.clone(), NewNode::Directory, mode).await?;
            directories.comes(&attr, parent, name).await;
            Ok((attr, keep))
        });
    }

    fn unlink(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let (who, parent, name) = (Who::of(req), convert::ino(parent), convert::name(name));
        self.done(reply, |ops| async move { ops.unlink(&who, parent, name).await });
    }

    fn rmdir(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let (who, parent, name) = (Who::of(req), convert::ino(parent), convert::name(name));
        self.done(reply, |ops| async move { ops.rmdir(&who, parent, name).await });
    }

    fn symlink(&self, req: &Request, parent: INodeNo, link_name: &OsStr, target: &Path, reply: ReplyEntry) {
        let (who, parent, name) = (Who::of(req), convert::ino(parent), convert::name(link_name));
        let node = NewNode::Symlink { target: convert::name(target.as_os_str()) };
        self.made(reply, parent, |ops| async move { ops.make(&who, parent, name, node, 0o777).await });
    }

    fn rename(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let mode = match flags {
            none if none.is_empty() => RenameMode::Replace,
            RenameFlags::RENAME_NOREPLACE => RenameMode::NoReplace,
            RenameFlags::RENAME_EXCHANGE => RenameMode::Exchange,
            RenameFlags::RENAME_WHITEOUT => RenameMode::Whiteout,
            _ => return reply.error(fuser::Errno::EINVAL),
        };
        let who = Who::of(req);
        let from = (convert::ino(parent), convert::name(name));
        let to = (convert::ino(newparent), convert::name(newname));
        self.done(reply, |ops| async move { ops.rename(&who, from, to, mode).await });
    }

    fn link(&self, req: &Request, ino: INodeNo, newparent: INodeNo, newname: &OsStr, reply: ReplyEntry) {
        let (who, ino) = (Who::of(req), convert::ino(ino));
        let (parent, name) = (convert::ino(newparent), convert::name(newname));
        self.made(
            reply,
            parent,
            |ops| async move { Ok((ops.link(&who, ino, parent, name).await?, Keep::NOT)) },
        );
    }

    fn open(&self, _: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let (readable, writable) = access_mode(flags.0);
        let handle = self.ops.open(convert::ino(ino), readable, writable);
        reply.opened(FileHandle(handle), how_opened(flags.0));
    }

    fn read(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let who = Who::of(req);
        self.data(reply, |ops| async move { ops.read(&who, fh.0, offset, size).await });
    }

    fn write(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        data: &[u8],
        write_flags: WriteFlags,
        flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let (who, through) = (Who::of(req), write_through(flags));
        let appends = appends(flags) && !write_flags.contains(WriteFlags::FUSE_WRITE_CACHE);
        let (size, data) = (data.len() as u32, BytesMut::from(data));
        self.run(|ops| async move {
            let written = if appends {
                ops.append(&who, fh.0, data.freeze(), through).await
            } else {
                ops.write(&who, fh.0, offset, data, through).await
            };
            match written {
                Ok(()) => reply.written(size),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    fn flush(&self, _: &Request, _ino: INodeNo, fh: FileHandle, lock_owner: LockOwner, reply: ReplyEmpty) {
        self.done(reply, |ops| async move {
            let flushed = ops.flush(fh.0).await;
            ops.unlock_at_close(fh.0, lock_owner.0).await;
            flushed
        });
    }

    fn getlk(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        lock_owner: LockOwner,
        start: u64,
        end: u64,
        typ: i32,
        _pid: u32,
        reply: ReplyLock,
    ) {
        let (who, range, exclusive) = (Who::of(req), LockRange { first: start, last: end }, typ == F_WRLCK);
        self.run(|ops| async move {
            match ops.test_lock(&who, fh.0, lock_owner.0, range, exclusive).await {
                Ok(None) => reply.locked(start, end, F_UNLCK, 0),
                Ok(Some(held)) => {
                    let typ = if held.exclusive { F_WRLCK } else { F_RDLCK };
                    reply.locked(held.range.first, held.range.last, typ, ops.pid_of(&held));
                }
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    fn setlk(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        lock_owner: LockOwner,
        start: u64,
        end: u64,
        typ: i32,
        pid: u32,
        sleep: bool,
        reply: ReplyEmpty,
    ) {
        let who = Who::of(req);
        let (owner, range) = (lock_owner.0, LockRange { first: start, last: end });
        let asked = LockRequest { owner, range, exclusive: typ == F_WRLCK, pid };
        self.done(reply, |ops| async move {
            match typ {
                F_UNLCK => ops.unlock(&who, fh.0, owner, range).await,
                F_RDLCK | F_WRLCK => ops.lock(&who, fh.0, asked, sleep).await,
                _ => Err(Errno::Inval),
            }
        });
    }

    fn release(
        &self,
        _: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        if self.ops.has_locks_through(fh.0) {
            self.run(|ops| async move {
                ops.unlock_at_release(fh.0).await;
                ops.release(fh.0);
            });
        } else {
            self.ops.release(fh.0);
        }
        reply.ok();
    }

    fn fsync(&self, _: &Request, _ino: INodeNo, fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        self.done(reply, |ops| async move { ops.fsync(fh.0).await });
    }

    fn opendir(&self, _: &Request, ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(self.ops.open_dir(convert::ino(ino))), FopenFlags::empty());
    }

    fn readdir(&self, req: &Request, _ino: INodeNo, fh: FileHandle, offset: u64, reply: ReplyDirectory) {
        let who = Who::of(req);
        self.run(|ops| async move {
            let mut page = Names(reply);
            match ops.read_dir(&who, fh.0, offset, false, &mut page).await {
                Ok(()) => page.0.ok(),
                Err(error) => page.0.error(convert::errno(error)),
            }
        });
    }

    fn readdirplus(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        reply: ReplyDirectoryPlus,
    ) {
        let (who, directory) = (Who::of(req), convert::ino(ino));
        let (kernel, directories) = (self.kernel.clone(), self.directories.clone());
        self.run(|ops| async move {
            let mut page = NamesAndAttrs { reply, directory, kernel, directories };
            match ops.read_dir(&who, fh.0, offset, true, &mut page).await {
                Ok(()) => page.reply.ok(),
                Err(error) => page.reply.error(convert::errno(error)),
            }
        });
    }

    fn releasedir(&self, _: &Request, _ino: INodeNo, fh: FileHandle, _flags: OpenFlags, reply: ReplyEmpty) {
        self.ops.release_dir(fh.0);
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, _ino: INodeNo, fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        match self.ops.fsync_dir(fh.0) {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(convert::errno(error)),
        }
    }

    fn statfs(&self, req: &Request, _ino: INodeNo, reply: ReplyStatfs) {
        let who = Who::of(req);
        self.run(|ops| async move {
            match ops.stat_volume(&who).await {
                Ok(stat) => statfs(reply, &stat),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    fn setxattr(
        &self,
        req: &Request,
        ino: INodeNo,
        name: &OsStr,
        value: &[u8],
        flags: i32,
        _position: u32,
        reply: ReplyEmpty,
    ) {
        let mode = match flags {
            0 => XattrMode::Either,
            XATTR_CREATE => XattrMode::Create,
            XATTR_REPLACE => XattrMode::Replace,
            _ => return reply.error(fuser::Errno::EINVAL),
        };
        let (who, ino, name) = (Who::of(req), convert::ino(ino), convert::name(name));
        let value = Bytes::copy_from_slice(value);
        self.done(reply, |ops| async move { ops.set_xattr(&who, ino, name, value, mode).await });
    }

    fn getxattr(&self, req: &Request, ino: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        let (who, ino, name) = (Who::of(req), convert::ino(ino), convert::name(name));
        self.sized(reply, size, |ops| async move { ops.get_xattr(&who, ino, name).await });
    }

    fn listxattr(&self, req: &Request, ino: INodeNo, size: u32, reply: ReplyXattr) {
        let (who, ino) = (Who::of(req), convert::ino(ino));
        self.sized(reply, size, |ops| async move { ops.list_xattrs(&who, ino).await });
    }

    fn removexattr(&self, req: &Request, ino: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let (who, ino, name) = (Who::of(req), convert::ino(ino), convert::name(name));
        self.done(reply, |ops| async move { ops.remove_xattr(&who, ino, name).await });
    }

    fn access(&self, req: &Request, ino: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        let (who, ino, wanted) = (Who::of(req), convert::ino(ino), mask.bits() as u32 & 0o7);
        self.done(reply, |ops| async move { ops.access(&who, ino, wanted).await });
    }

    fn create(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let (who, parent, name) = (Who::of(req), convert::ino(parent), convert::name(name));
        let given = OFlags::from_bits_retain(flags as u32);
        let (readable, writable) = access_mode(flags);
        let (exclusive, truncate) = (given.contains(OFlags::EXCL), given.contains(OFlags::TRUNC));
        let how = Creation { mode: with_umask(mode, umask), exclusive, truncate, readable, writable };
        let (kernel, opened) = (self.kernel.clone(), how_opened(flags));
        self.run(|ops| async move {
            match ops.create(&who, parent, name, how).await {
                Ok((attr, handle, keep)) => {
                    kernel.brings(parent, attr.ino);
                    let ttl = ttls(&kernel, keep, &attr).1;
                    let generation = Generation(attr.generation);
                    reply.created(&ttl, &convert::attr(&attr), generation, FileHandle(handle), opened);
                }
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    fn fallocate(
        &self,
        req: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let who = Who::of(req);
        self.done(reply, |ops| async move { ops.fallocate(&who, fh.0, offset, length, mode).await });
    }

    fn lseek(&self, req: &Request, _: INodeNo, fh: FileHandle, offset: i64, whence: i32, reply: ReplyLseek) {
        let hole = match whence {
            SEEK_DATA => false,
            SEEK_HOLE => true,
            // The kernel does the others itself.
            _ => return reply.error(fuser::Errno::EINVAL),
        };
        let who = Who::of(req);
        self.run(|ops| async move {
            match ops.seek(&who, fh.0, offset, hole).await {
                Ok(offset) => reply.offset(offset as i64),
                Err(error) => reply.error(convert::errno(error)),
            }
        });
    }

    // The rest is refused without a word: the kernel then does it itself or tells the program.

    fn copy_file_range(
        &self,
        _: &Request,
        _ino_in: INodeNo,
        _fh_in: FileHandle,
        _offset_in: u64,
        _ino_out: INodeNo,
        _fh_out: FileHandle,
        _offset_out: u64,
        _len: u64,
        _flags: CopyFileRangeFlags,
        reply: ReplyWrite,
    ) {
        reply.error(fuser::Errno::ENOSYS);
    }

    fn ioctl(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        _cmd: u32,
        _in_data: &[u8],
        _out_size: u32,
        reply: ReplyIoctl,
    ) {
        reply.error(fuser::Errno::ENOTTY);
    }

    fn poll(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: PollNotifier,
        _: PollEvents,
        _: PollFlags,
        reply: ReplyPoll,
    ) {
        reply.error(fuser::Errno::ENOSYS);
    }

    fn bmap(&self, _: &Request, _: INodeNo, _blocksize: u32, _idx: u64, reply: ReplyBmap) {
        reply.error(fuser::Errno::ENOSYS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_tell_how_durable_a_write_is() {
        let write_only = OFlags::WRONLY.bits() as i32;
        assert_eq!(write_through(OpenFlags(write_only)), None);
        assert_eq!(write_through(OpenFlags(write_only | O_DSYNC)), Some(Stability::DataSync));
        assert_eq!(
            write_through(OpenFlags(write_only | OFlags::SYNC.bits() as i32)),
            Some(Stability::FileSync)
        );
        assert_eq!(access_mode(OFlags::RDWR.bits() as i32), (true, true));
    }
}
