//! Owns the life of one mount: how it starts, and how it ends without losing data.

use crate::OpenTracker;
use crate::attach::{self, Left};
use crate::bridge::Bridge;
use crate::kernel::KernelCache;
use crate::mounted_volume::MountedVolume;
use crate::moved::Directories;
use crate::ops::{Mappings, Ops};
use crate::point::MountPoint;
use crate::readahead;
use crate::writeback::{WriteBack, WriteBackTuning};
use fuser::{BackgroundSession, Config, INodeNo, MountOption, Notifier, Session, SessionACL};
use nasd_base::{Entropy, Ino, VolumeId};
use nasd_fs::FileService;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longest that [`Mount::stop`] waits for data to become durable: a little more than a call waits for a
/// leader.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(75);
/// Longest that it waits for the kernel to let go of the mount.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// Most threads that read requests of one mount: beyond it they wait for each other in the kernel's queue.
const THREADS_MAX: usize = 8;

/// What to mount and how.
#[derive(Clone, Debug)]
pub struct MountOptions {
    pub volume: VolumeId,
    /// The source that `mount` shows, for instance the volume's name.
    pub name: String,
    pub read_only: bool,
    /// Whether programs run with the rights of their setuid and setgid bits and capabilities, and whether device
    /// files open devices of this machine.
    pub suid: bool,
    pub dev: bool,
    /// Whether users other than the one this process runs as may use the mount.
    pub allow_other: bool,
    /// Threads that read requests from the kernel; at least one.
    pub threads: usize,
    /// Whether the kernel keeps attributes and names for a moment. What others change is seen at once all the
    /// same: the volume's leader recalls it first.
    pub caching: bool,
}

impl MountOptions {
    /// A volume for all users, writable, without setuid programs and devices, with a thread for each processor and
    /// caching.
    pub fn new(volume: VolumeId, name: impl Into<String>) -> MountOptions {
        let processors = std::thread::available_parallelism().map_or(2, NonZero::get);
        let threads = processors.clamp(2, THREADS_MAX);
        let (read_only, suid, dev, allow_other, caching) = (false, false, false, true, true);
        MountOptions { volume, name: name.into(), read_only, suid, dev, allow_other, threads, caching }
    }
}

/// Why a volume could not be mounted.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    #[error("/dev/fuse is missing: load the kernel module `fuse`")]
    NoDevice,
    #[error("{0} is not a directory that exists")]
    NotADirectory(PathBuf),
    #[error("something is mounted at {0} already")]
    Busy(PathBuf),
    #[error("{at} is not a directory beneath {root} that is reached without symbolic links or other mounts")]
    Outside { at: PathBuf, root: PathBuf },
    #[error("cannot mount at {at}: {source}")]
    Mount { at: PathBuf, source: io::Error },
}

/// How a mount ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// Bytes that programs had written without `fsync` and that could not be made durable.
    pub bytes_lost: u64,
    /// Programs still had files open: the mount is out of the tree, and those files give errors when this
    /// process ends.
    pub still_in_use: bool,
}

/// A volume at a directory of this machine. Dropping it takes the mount out of the tree at once and loses
/// what was not yet committed; [`Mount::stop`] does not.
pub struct Mount {
    at: PathBuf,
    /// What the kernel calls it: another mount may be at the same path by now.
    id: u64,
    ops: Arc<Ops>,
    session: Option<BackgroundSession>,
    committer: JoinHandle<()>,
}

impl Mount {
    /// Mounts a volume at a directory and serves it from tasks on `runtime`. The kernel shows the mount by the time
    /// this returns.
    ///
    /// Needs root, or `fusermount3`. Blocks for the moment the kernel takes to shake hands; looks at nothing in the volume. A dead mount
    /// in its place is cleared by [`crate::remove_stale_mount`] first.
    ///
    /// # Errors
    /// When the kernel refuses, or does not show the mount.
    pub fn start(
        files: Arc<dyn FileService>,
        opens: Arc<dyn OpenTracker>,
        runtime: Handle,
        entropy: Arc<dyn Entropy>,
        point: MountPoint,
        options: MountOptions,
    ) -> Result<Mount, MountError> {
        let at = point.path().to_path_buf();
        let holder = opens.begin_session(options.volume);
        let kernel = Arc::new(KernelCache::new(holder, options.caching));
        if options.caching {
            opens.keep_caches(options.volume, holder, kernel.clone());
        }
        let volume = Arc::new(MountedVolume::new(files, options.volume, entropy, kernel.clone()));
        let writeback = Arc::new(WriteBack::new(volume.clone(), WriteBackTuning::default()));
        let ops = Arc::new(Ops::new(volume, writeback.clone(), opens));
        let directories = Arc::new(Directories::default());
        let bridge = Bridge {
            ops: ops.clone(),
            runtime: runtime.clone(),
            kernel: kernel.clone(),
            directories: directories.clone(),
        };
        let started = match rustix::process::geteuid().is_root() {
            true => start_as_root(bridge, &point, &options),
            false => start_with_helper(bridge, &point, &options),
        };
        let (session, id) = started.map_err(|source| refused(&at, source))?;
        directories.start(session.notifier()).map_err(|source| refused(&at, source))?;
        let _ = ops.mappings.set(Arc::new(Kernel(session.notifier())));
        if options.caching {
            kernel.start(session.notifier()).map_err(|source| refused(&at, source))?;
        }
        let session = Some(session);
        readahead::raise(&at);
        let committer = runtime.spawn(writeback.run());
        Ok(Mount { at, id, ops, session, committer })
    }

    /// Where it is mounted, with links resolved.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Whether it is to be seen at its path: nobody else unmounted it, and nothing is mounted over it.
    pub fn is_there(&self) -> bool {
        !self.has_ended() && attach::is_at(&self.at, self.id)
    }

    /// Whether somebody else unmounted it (`umount`), and no program uses it any more.
    pub fn has_ended(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.guard.is_finished())
    }

    /// Makes all written data durable, then unmounts. A mount that is in use is taken out of the tree all the
    /// same, and lives on for those who use it until this process ends.
    pub async fn stop(mut self) -> Stopped {
        self.commit().await;
        let Some(session) = self.session.take() else { return Stopped::default() };
        // Unmounting writes back what programs changed through shared mappings, so the runtime must be free to
        // take those writes.
        let (at, id, ended) = (self.at.clone(), self.id, session.guard.is_finished());
        let left = aside(move || attach::take_out(&at, id)).await.unwrap_or(Left::InUse);
        // Somebody took it out of the tree while programs used it, or mounted over it.
        let still_in_use = left == Left::InUse || (left == Left::WasNotThere && !ended);
        let ended = aside(move || session.join());
        if !still_in_use && timeout(RELEASE_TIMEOUT, ended).await.is_err() {
            tracing::warn!(at = %self.at.display(), "the kernel keeps the unmounted file system a while longer");
        }
        self.commit().await;
        if !still_in_use {
            let _ = timeout(RELEASE_TIMEOUT, self.ops.end_session()).await;
        }
        let bytes_lost = self.ops.writeback.unsaved_bytes();
        if bytes_lost > 0 {
            tracing::error!(at = %self.at.display(), bytes_lost, "unmounted with data that no majority has stored");
        }
        Stopped { bytes_lost, still_in_use }
    }

    async fn commit(&self) {
        let _ = timeout(COMMIT_TIMEOUT, self.ops.writeback.commit_all()).await;
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.committer.abort();
        if self.session.is_some() && self.has_ended() {
            self.ops.forget_session();
        }
        if self.session.take().is_some() {
            attach::detach(&self.at, self.id);
        }
        self.ops.close_all();
    }
}

/// The kernel, as it is told things unasked.
struct Kernel(Notifier);

impl Mappings for Kernel {
    fn write_back(&self, ino: Ino) {
        // Dropping a file's cached pages writes those back first that were changed. One that the kernel does
        // not know has none.
        let _ = self.0.inval_inode(INodeNo(ino.0), 0, 0);
    }
}

/// Runs something that blocks on a thread of its own. Not on the runtime's: those are waited for when the
/// runtime ends, and a mount in use ends only after it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("fuse-unmount".into());
    thread.spawn(move || tell.send(work())).ok()?;
    told.await.ok()
}

fn start_as_root(
    bridge: Bridge,
    point: &MountPoint,
    options: &MountOptions,
) -> io::Result<(BackgroundSession, u64)> {
    let (device, detached) = attach::make(options)?;
    let config = config(options);
    let session = Session::from_fd(bridge, device, config.acl, config).and_then(Session::spawn)?;
    Ok((session, detached.attach(point)?))
}

/// Others need `fusermount3`, which mounts by path, and so does what unmounts for them.
fn start_with_helper(
    bridge: Bridge,
    point: &MountPoint,
    options: &MountOptions,
) -> io::Result<(BackgroundSession, u64)> {
    let mut config = config(options);
    config.mount_options = vec![
        MountOption::FSName(options.name.clone()),
        MountOption::Subtype("gotgan".into()),
        MountOption::DefaultPermissions,
        if options.read_only { MountOption::RO } else { MountOption::RW },
        // Access times are the server's business, which leaves them alone.
        MountOption::NoAtime,
        if options.suid { MountOption::Suid } else { MountOption::NoSuid },
        if options.dev { MountOption::Dev } else { MountOption::NoDev },
    ];
    let session = Session::new(bridge, point.path(), &config).and_then(Session::spawn)?;
    Ok((session, attach::shown(point)?))
}

fn config(options: &MountOptions) -> Config {
    let mut config = Config::default();
    config.acl = if options.allow_other { SessionACL::All } else { SessionACL::Owner };
    config.n_threads = Some(options.threads.max(1));
    config.clone_fd = options.threads > 1;
    config
}

fn refused(at: &Path, source: io::Error) -> MountError {
    if source.kind() == io::ErrorKind::NotFound && !Path::new("/dev/fuse").exists() {
        return MountError::NoDevice;
    }
    MountError::Mount { at: at.to_owned(), source }
}
