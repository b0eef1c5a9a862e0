//! libnfs, the NFS client library that others wrote, loaded at run time: no header or link is needed to
//! build the tests. Signatures are those of libnfs 4.0 (`nfsc/libnfs.h`).

use libloading::Library;
use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;

const O_WRONLY: c_int = 1;
const O_CREAT: c_int = 0o100;
const O_TRUNC: c_int = 0o1000;
const O_SYNC: c_int = 0o4_010_000;

/// The first fields of `struct nfs_url`.
#[repr(C)]
struct Url {
    server: *mut c_char,
    path: *mut c_char,
    file: *mut c_char,
}

type Context = *mut c_void;
type Handle = *mut c_void;
type Directory = *mut c_void;

/// `struct nfs_stat_64`, as far as it is looked at.
#[repr(C)]
struct Stat {
    before_size: [u64; 7],
    size: u64,
    after_size: [u64; 9],
}

/// The first fields of `struct nfsdirent`.
#[repr(C)]
struct DirEntry {
    next: *mut DirEntry,
    name: *mut c_char,
    inode: u64,
    kind: u32,
}

/// NF3DIR.
const KIND_DIRECTORY: u32 = 2;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    Read,
    /// Created when it is not there; writes are durable after `sync`.
    Write,
    /// Created when it is not there; each write is durable when it returns.
    WriteStable,
}

/// An open file of one [`NfsClient`].
#[derive(Clone, Copy)]
pub struct NfsFile(Handle);

// SAFETY: a handle is used through its client alone, which moves between threads with it.
unsafe impl Send for NfsFile {}

macro_rules! functions {
    ($($name:ident: fn($($arg:ty),*) -> $ret:ty;)*) => {
        /// The functions of the library that the tests call.
        struct Functions {
            $($name: unsafe extern "C" fn($($arg),*) -> $ret,)*
        }

        fn load() -> Functions {
            // SAFETY: libnfs has no initialiser with preconditions.
            let library = unsafe { Library::new("libnfs.so.13") }
                .expect("libnfs.so.13 is installed (Debian package libnfs13; `cargo xtask test` installs it)");
            let library = Box::leak(Box::new(library));
            Functions {
                $($name: {
                    // SAFETY: the signature is the one in libnfs 4.0's header.
                    *unsafe { library.get(concat!(stringify!($name), "\0").as_bytes()) }
                        .expect(concat!("libnfs has ", stringify!($name)))
                },)*
            }
        }
    };
}

functions! {
    nfs_init_context: fn() -> Context;
    nfs_destroy_context: fn(Context) -> ();
    nfs_parse_url_dir: fn(Context, *const c_char) -> *mut Url;
    nfs_destroy_url: fn(*mut Url) -> ();
    nfs_mount: fn(Context, *const c_char, *const c_char) -> c_int;
    nfs_get_error: fn(Context) -> *const c_char;
    nfs_set_autoreconnect: fn(Context, c_int) -> ();
    nfs_set_timeout: fn(Context, c_int) -> ();
    nfs_mkdir2: fn(Context, *const c_char, c_int) -> c_int;
    nfs_open: fn(Context, *const c_char, c_int, *mut Handle) -> c_int;
    nfs_pwrite: fn(Context, Handle, u64, u64, *const c_void) -> c_int;
    nfs_pread: fn(Context, Handle, u64, u64, *mut c_void) -> c_int;
    nfs_fsync: fn(Context, Handle) -> c_int;
    nfs_close: fn(Context, Handle) -> c_int;
    nfs_symlink: fn(Context, *const c_char, *const c_char) -> c_int;
    nfs_rmdir: fn(Context, *const c_char) -> c_int;
    nfs_unlink: fn(Context, *const c_char) -> c_int;
    nfs_rename: fn(Context, *const c_char, *const c_char) -> c_int;
    nfs_chmod: fn(Context, *const c_char, c_int) -> c_int;
    nfs_stat64: fn(Context, *const c_char, *mut Stat) -> c_int;
    nfs_opendir: fn(Context, *const c_char, *mut Directory) -> c_int;
    nfs_readdir: fn(Context, Directory) -> *mut DirEntry;
    nfs_closedir: fn(Context, Directory) -> ();
}

fn functions() -> &'static Functions {
    static LOADED: OnceLock<Functions> = OnceLock::new();
    LOADED.get_or_init(load)
}

/// One mounted export. Not for two threads at once.
pub struct NfsClient {
    context: Context,
}

// SAFETY: a libnfs context may move between threads as long as one uses it at a time, which `&mut self`
// and the absence of `Sync` ensure.
unsafe impl Send for NfsClient {}

/// What libnfs said, with the call that failed.
#[derive(Debug)]
pub struct NfsError(pub String);

impl std::fmt::Display for NfsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NfsError {}

impl NfsClient {
    /// Mounts `export` of the server at `address` (`host:port`, one port for NFS and MOUNT) like a hard
    /// mount: lost connections are opened again for as long as it takes.
    pub fn mount(address: &str, export: &str) -> Result<NfsClient, NfsError> {
        NfsClient::mount_at(address, address, export)
    }

    /// The same where MOUNT has a port of its own; only the port of `mount` is looked at.
    pub fn mount_at(nfs: &str, mount: &str, export: &str) -> Result<NfsClient, NfsError> {
        let (host, port) = nfs.rsplit_once(':').expect("an address with a port");
        let (_, mount_port) = mount.rsplit_once(':').expect("an address with a port");
        let url = text(&format!("nfs://{host}{export}?nfsport={port}&mountport={mount_port}&version=3"));
        let lib = functions();
        // SAFETY: plain C calls with NUL-terminated strings that live through them.
        unsafe {
            let client = NfsClient { context: (lib.nfs_init_context)() };
            let parsed = (lib.nfs_parse_url_dir)(client.context, url.as_ptr());
            if parsed.is_null() {
                return Err(client.error("parse url"));
            }
            let mounted = (lib.nfs_mount)(client.context, (*parsed).server, (*parsed).path);
            (lib.nfs_destroy_url)(parsed);
            client.check("mount", mounted)?;
            (lib.nfs_set_autoreconnect)(client.context, -1);
            (lib.nfs_set_timeout)(client.context, -1);
            Ok(client)
        }
    }

    pub fn make_dir(&mut self, path: &Path, mode: u32) -> Result<(), NfsError> {
        let path = path_text(path);
        // SAFETY: as in `mount`.
        let made = unsafe { (functions().nfs_mkdir2)(self.context, path.as_ptr(), mode as c_int) };
        self.check("mkdir", made)
    }

    /// Creates or truncates a file, writes it in pieces of at most `piece_bytes`, commits and closes it.
    pub fn write_file(&mut self, path: &Path, data: &[u8], piece_bytes: usize) -> Result<(), NfsError> {
        let file = self.write_pieces(path, O_WRONLY | O_CREAT | O_TRUNC, data, piece_bytes)?;
        self.sync(file)?;
        self.close(file)
    }

    /// The same with writes that are each durable when they return. libnfs does not look at the verifier of a COMMIT
    /// (RFC 1813 §3.3.21), so what it wrote otherwise is gone with the leader that had it, and nobody is told.
    pub fn write_file_durably(
        &mut self,
        path: &Path,
        data: &[u8],
        piece_bytes: usize,
    ) -> Result<(), NfsError> {
        let file = self.write_pieces(path, O_WRONLY | O_CREAT | O_TRUNC | O_SYNC, data, piece_bytes)?;
        self.close(file)
    }

    fn write_pieces(
        &mut self,
        path: &Path,
        flags: c_int,
        data: &[u8],
        piece_bytes: usize,
    ) -> Result<NfsFile, NfsError> {
        let file = self.open_with(path, flags)?;
        for (index, piece) in data.chunks(piece_bytes).enumerate() {
            self.write_at(file, (index * piece_bytes) as u64, piece)?;
        }
        Ok(file)
    }

    /// The whole file.
    pub fn read_file(&mut self, path: &Path) -> Result<Vec<u8>, NfsError> {
        let file = self.open(path, OpenMode::Read)?;
        let mut data = Vec::new();
        let mut buffer = vec![0u8; 1 << 20];
        loop {
            let read = self.read_at(file, data.len() as u64, &mut buffer)?;
            if read == 0 {
                break;
            }
            data.extend_from_slice(&buffer[..read]);
        }
        self.close(file)?;
        Ok(data)
    }

    /// Bytes read at `offset`; 0 at the end of the file.
    pub fn read_at(&mut self, file: NfsFile, offset: u64, buffer: &mut [u8]) -> Result<usize, NfsError> {
        // SAFETY: the buffer is writable for the length given.
        let read = unsafe {
            let start = buffer.as_mut_ptr().cast();
            (functions().nfs_pread)(self.context, file.0, offset, buffer.len() as u64, start)
        };
        self.check("read", read)?;
        Ok(read as usize)
    }

    /// Writes all of `data`.
    pub fn write_at(&mut self, file: NfsFile, offset: u64, data: &[u8]) -> Result<(), NfsError> {
        let mut done = 0;
        while done < data.len() {
            let rest = &data[done..];
            // SAFETY: `rest` is valid for its length; the call does not keep it.
            let written = unsafe {
                let start = rest.as_ptr().cast();
                (functions().nfs_pwrite)(self.context, file.0, offset + done as u64, rest.len() as u64, start)
            };
            self.check("write", written)?;
            done += written as usize;
        }
        Ok(())
    }

    /// COMMIT.
    pub fn sync(&mut self, file: NfsFile) -> Result<(), NfsError> {
        // SAFETY: the handle is open.
        let synced = unsafe { (functions().nfs_fsync)(self.context, file.0) };
        self.check("fsync", synced)
    }

    /// Bytes of a file.
    pub fn size(&mut self, path: &Path) -> Result<u64, NfsError> {
        let path = path_text(path);
        let mut stat = Stat { before_size: [0; 7], size: 0, after_size: [0; 9] };
        // SAFETY: `stat` is a place for what the call fills, of the same layout.
        let found = unsafe { (functions().nfs_stat64)(self.context, path.as_ptr(), &mut stat) };
        self.check("stat", found)?;
        Ok(stat.size)
    }

    /// The names in a directory but `.` and `..`, and whether each is a directory.
    pub fn list(&mut self, path: &Path) -> Result<Vec<(PathBuf, bool)>, NfsError> {
        let path = path_text(path);
        let mut dir: Directory = ptr::null_mut();
        // SAFETY: `dir` is a place for the handle.
        let opened = unsafe { (functions().nfs_opendir)(self.context, path.as_ptr(), &mut dir) };
        self.check("opendir", opened)?;
        let mut names = Vec::new();
        // SAFETY: the handle is open; an entry and its name live until it is closed.
        unsafe {
            while let Some(entry) = (functions().nfs_readdir)(self.context, dir).as_ref() {
                let name = OsStr::from_bytes(CStr::from_ptr(entry.name).to_bytes());
                if name != "." && name != ".." {
                    names.push((PathBuf::from(name), entry.kind == KIND_DIRECTORY));
                }
            }
            (functions().nfs_closedir)(self.context, dir);
        }
        Ok(names)
    }

    pub fn remove_dir(&mut self, path: &Path) -> Result<(), NfsError> {
        let path = path_text(path);
        // SAFETY: as in `mount`.
        let gone = unsafe { (functions().nfs_rmdir)(self.context, path.as_ptr()) };
        self.check("rmdir", gone)
    }

    pub fn symlink(&mut self, target: &Path, path: &Path) -> Result<(), NfsError> {
        let (target, path) = (path_text(target), path_text(path));
        // SAFETY: as in `mount`.
        let made = unsafe { (functions().nfs_symlink)(self.context, target.as_ptr(), path.as_ptr()) };
        self.check("symlink", made)
    }

    pub fn unlink(&mut self, path: &Path) -> Result<(), NfsError> {
        let path = path_text(path);
        // SAFETY: as in `mount`.
        let gone = unsafe { (functions().nfs_unlink)(self.context, path.as_ptr()) };
        self.check("unlink", gone)
    }

    pub fn rename(&mut self, from: &Path, to: &Path) -> Result<(), NfsError> {
        let (from, to) = (path_text(from), path_text(to));
        // SAFETY: as in `mount`.
        let moved = unsafe { (functions().nfs_rename)(self.context, from.as_ptr(), to.as_ptr()) };
        self.check("rename", moved)
    }

    pub fn chmod(&mut self, path: &Path, mode: u32) -> Result<(), NfsError> {
        let path = path_text(path);
        // SAFETY: as in `mount`.
        let changed = unsafe { (functions().nfs_chmod)(self.context, path.as_ptr(), mode as c_int) };
        self.check("chmod", changed)
    }

    pub fn open(&mut self, path: &Path, mode: OpenMode) -> Result<NfsFile, NfsError> {
        self.open_with(
            path,
            match mode {
                OpenMode::Read => 0,
                OpenMode::Write => O_WRONLY | O_CREAT,
                OpenMode::WriteStable => O_WRONLY | O_CREAT | O_SYNC,
            },
        )
    }

    fn open_with(&mut self, path: &Path, flags: c_int) -> Result<NfsFile, NfsError> {
        let path = path_text(path);
        let mut file: Handle = ptr::null_mut();
        // SAFETY: `file` is a place for the handle.
        let opened = unsafe { (functions().nfs_open)(self.context, path.as_ptr(), flags, &mut file) };
        self.check("open", opened)?;
        Ok(NfsFile(file))
    }

    pub fn close(&mut self, file: NfsFile) -> Result<(), NfsError> {
        // SAFETY: the handle came from `open`; libnfs frees it.
        let closed = unsafe { (functions().nfs_close)(self.context, file.0) };
        self.check("close", closed)
    }

    fn check(&self, call: &str, result: c_int) -> Result<(), NfsError> {
        if result < 0 { Err(self.error(call)) } else { Ok(()) }
    }

    fn error(&self, call: &str) -> NfsError {
        // SAFETY: libnfs returns a NUL-terminated string that lives until its next call.
        let said = unsafe { CStr::from_ptr((functions().nfs_get_error)(self.context)) };
        NfsError(format!("{call}: {}", said.to_string_lossy()))
    }
}

impl Drop for NfsClient {
    fn drop(&mut self) {
        // SAFETY: the context is not used again.
        unsafe { (functions().nfs_destroy_context)(self.context) }
    }
}

fn text(words: &str) -> CString {
    CString::new(words).expect("no NUL in a test's path")
}

fn path_text(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).expect("no NUL in a test's path")
}
