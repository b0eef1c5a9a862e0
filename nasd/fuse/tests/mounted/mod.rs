//! Owns a mounted volume for tests.
#![allow(dead_code, reason = "each test uses the part it needs")]

use crate::memory::{Memory, VOLUME};
use nasd_base::{Ino, OsEntropy, VolumeId};
use nasd_fs::{CacheHolder, LockSession};
use nasd_fuse::{Mount, MountError, MountOptions, MountPoint, OpenTracker};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

impl OpenTracker for Memory {
    fn opened(&self, volume: VolumeId, ino: Ino) {
        self.track(volume, ino);
    }

    fn closed(&self, _: VolumeId, ino: Ino) {
        self.untrack(ino);
    }

    fn begin_session(&self, _: VolumeId) -> LockSession {
        self.new_session()
    }

    fn keep_caches(&self, _: VolumeId, session: LockSession, holder: Arc<dyn CacheHolder>) {
        self.hold(session, holder);
    }

    fn end_session(&self, _: VolumeId, _: LockSession) {}
}

/// A mounted volume; unmounted when dropped, even by a failing test.
pub struct Mounted {
    pub memory: Arc<Memory>,
    pub mount: Option<Mount>,
    pub runtime: Runtime,
    pub root: PathBuf,
    _dir: TempDir,
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub fn start(
    memory: &Arc<Memory>,
    runtime: &Runtime,
    at: &Path,
    options: MountOptions,
) -> Result<Mount, MountError> {
    let (files, opens) = (memory.clone(), memory.clone());
    let point = MountPoint::at(at)?;
    Mount::start(files, opens, runtime.handle().clone(), Arc::new(OsEntropy), point, options)
}

pub fn options() -> MountOptions {
    MountOptions::new(VOLUME, "test")
}

pub fn mounted_with(memory: Arc<Memory>, options: MountOptions) -> Mounted {
    assert!(Path::new("/dev/fuse").exists(), "these tests need /dev/fuse: load the kernel module `fuse`");
    assert!(rustix::process::getuid().is_root(), "these tests mount: run them as root");
    let dir = tempfile::tempdir().unwrap();
    // Other users must be able to reach the mount point.
    fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let runtime = runtime();
    let mount = start(&memory, &runtime, dir.path(), options).unwrap();
    let root = mount.path().to_owned();
    Mounted { memory, mount: Some(mount), runtime, root, _dir: dir }
}

pub fn mounted() -> Mounted {
    mounted_with(Arc::new(Memory::new()), options())
}

impl Mounted {
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn stop(&mut self) -> nasd_fuse::Stopped {
        self.runtime.block_on(self.mount.take().unwrap().stop())
    }

    /// Runs a shell command in the mount as `uid` with `groups` and gives whether it succeeded.
    pub fn run_as(&self, uid: u32, groups: &[u32], script: &str) -> bool {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(&self.root).stderr(Stdio::null());
        let groups: Vec<_> = groups.iter().map(|gid| rustix::process::Gid::from_raw(*gid)).collect();
        // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                rustix::thread::set_thread_groups(&groups)?;
                rustix::thread::set_thread_gid(rustix::process::Gid::from_raw(uid))?;
                rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(uid))?;
                Ok(())
            });
        }
        command.status().unwrap().success()
    }
}

pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

pub fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
