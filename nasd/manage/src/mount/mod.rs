//! Owns this node's mounts: where a volume may be mounted and by whom, and what the list says of it.

mod opens;
mod places;

pub use places::make_private;

use crate::refusal;
use crate::{Machine, Manager};
use nasd_api::{
    ApiError, Call, List, ListMounts, MountInfo, MountReach, MountRequest, Nothing, Serve, Unmount,
};
use nasd_base::{Entropy, OsEntropy, VolumeId};
use nasd_fuse::{Mount, MountOptions, MountPoint};
use opens::RouterOpens;
use places::check_mount_point;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How soon a mount is missed that somebody else unmounted.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long this node may be behind the one that made a volume.
const HEAR_MAX: Duration = Duration::from_secs(1);

/// The mounts by their paths, with links resolved.
pub type Mounts = BTreeMap<PathBuf, Mounted>;

pub struct Mounted {
    mount: Mount,
    info: MountInfo,
}

impl Serve<ListMounts> for Manager {
    async fn serve(&self, call: Call<ListMounts>) -> Result<List<MountInfo>, ApiError> {
        call.at.of(self.list_mounts().await)
    }
}

impl Serve<MountRequest> for Manager {
    async fn serve(&self, call: Call<MountRequest>) -> Result<MountInfo, ApiError> {
        self.mount(call.body, MountReach::of(&call.caller)).await
    }
}

impl Serve<Unmount> for Manager {
    async fn serve(&self, call: Call<Unmount>) -> Result<Nothing, ApiError> {
        self.unmount(call.at.at, MountReach::of(&call.caller)).await.map(|()| Nothing)
    }
}

impl Manager {
    /// One that was made on another node a moment ago may not have reached this one.
    async fn find_volume(&self, name: &str) -> Result<VolumeId, ApiError> {
        let mut views = self.system().await?.watch();
        let heard = views.wait_for(|view| view.volume_named(name).is_some());
        let found = match timeout(HEAR_MAX, heard).await {
            Ok(Ok(view)) => view.volume_named(name).map(|volume| volume.id),
            _ => None,
        };
        found.ok_or_else(|| refusal::unknown_volume(name))
    }

    pub(crate) async fn mount(
        &self,
        request: MountRequest,
        reach: MountReach,
    ) -> Result<MountInfo, ApiError> {
        let router = self.member().await?.node.router.clone();
        let volume = self.find_volume(&request.volume).await?;
        let mut mounts = self.mounts.lock().await;
        let point = mount_point(&self.machine, &request.at, reach)?;
        let mut options = MountOptions::new(volume, request.volume.clone());
        (options.read_only, options.suid, options.dev) = (request.read_only, request.suid, request.dev);
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let opens = Arc::new(RouterOpens(router.clone()));
        let runtime = tokio::runtime::Handle::current();
        let mount = Mount::start(Arc::new(router), opens, runtime, entropy, point, options)
            .map_err(refusal::mount_failed)?;
        let at = mount.path().to_path_buf();
        let MountRequest { volume, read_only, suid, dev, .. } = request;
        let info = MountInfo { volume, at: at.clone(), read_only, suid, dev };
        if let Some(unmounted) = mounts.insert(at, Mounted { mount, info: info.clone() }) {
            // Somebody else took it away while it was in use.
            tokio::spawn(unmounted.stop());
        }
        self.tell_mounts(&mounts).await;
        self.watch_mounts();
        Ok(info)
    }

    /// Looks after the mounts once a second, from the first one on.
    fn watch_mounts(&self) {
        let manager: Weak<Manager> = self.myself.clone();
        if self.watches_mounts.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return;
        }
        tokio::spawn(async move {
            loop {
                sleep(LOOK_EVERY).await;
                let Some(manager) = manager.upgrade() else { return };
                manager.list_mounts().await;
            }
        });
    }

    /// Those that the kernel shows. One that somebody else unmounted is stopped, which saves what it held.
    pub(crate) async fn list_mounts(&self) -> Vec<MountInfo> {
        let mut mounts = self.mounts.lock().await;
        for (_, ended) in mounts.extract_if(.., |_, mounted| mounted.mount.has_ended()) {
            tracing::info!(at = %ended.info.at.display(), "somebody unmounted this volume");
            tokio::spawn(ended.stop());
        }
        self.tell_mounts(&mounts).await;
        let shown = mounts.values().filter(|mounted| mounted.mount.is_there());
        shown.map(|mounted| mounted.info.clone()).collect()
    }

    /// The node's report names what is mounted.
    async fn tell_mounts(&self, mounts: &Mounts) {
        if let Ok(member) = self.member().await {
            let shown = mounts.iter().filter(|(_, mounted)| mounted.mount.is_there());
            let shown = shown.map(|(at, mounted)| (at.clone(), mounted.info.volume.clone()));
            *member.node.reporter.mounts.lock() = shown.collect();
        }
    }

    pub(crate) async fn unmount(&self, at: PathBuf, reach: MountReach) -> Result<(), ApiError> {
        if reach == MountReach::MountDir && !is_beneath(&self.machine.mount_dir, &at) {
            return Err(refusal::unmount_out_of_reach(at.display(), self.machine.mount_dir.display()));
        }
        let mounted = {
            let mut mounts = self.mounts.lock().await;
            let mounted = mounts.remove(&at);
            self.tell_mounts(&mounts).await;
            mounted
        };
        let mounted = mounted.ok_or_else(|| refusal::not_mounted(at.display()))?;
        let was_there = mounted.mount.is_there();
        let bytes_lost = mounted.stop().await;
        if was_there && is_beneath(&self.machine.mount_dir, &at) {
            // A directory that nasd did not make is not empty, or not its own: it stays.
            let _ = MountPoint::unmake(&at);
        }
        match (bytes_lost, was_there) {
            (0, true) => Ok(()),
            (0, false) => Err(refusal::unmounted_by_another(at.display())),
            (bytes, _) => Err(refusal::unmount_lost(bytes)),
        }
    }

    /// When the node stops.
    pub(crate) async fn stop_mounts(&self) {
        for mounted in std::mem::take(&mut *self.mounts.lock().await).into_values() {
            mounted.stop().await;
        }
    }
}

impl Mounted {
    /// Says how many bytes were lost.
    async fn stop(self) -> u64 {
        let bytes = self.mount.stop().await.bytes_lost;
        if bytes > 0 {
            tracing::error!(at = %self.info.at.display(), bytes, "unsaved data of a mount was lost");
        }
        bytes
    }
}

/// The directory, free and within reach of who asks.
fn mount_point(machine: &Machine, at: &Path, reach: MountReach) -> Result<MountPoint, ApiError> {
    if !at.is_absolute() {
        return Err(refusal::path_not_absolute(at.display()));
    }
    let refused = |error: &dyn std::fmt::Display| refusal::mount_failed(error);
    if reach == MountReach::MountDir {
        if !is_beneath(&machine.mount_dir, at) {
            return Err(refusal::mount_out_of_reach(at.display(), machine.mount_dir.display()));
        }
        make_mount_dir(&machine.mount_dir).map_err(|error| refused(&error))?;
    }
    nasd_fuse::remove_stale_mount(at).map_err(|error| refused(&format!("{}: {error}", at.display())))?;
    let found = match reach {
        MountReach::MountDir => MountPoint::beneath(&machine.mount_dir, at),
        // Where nasd makes mount points, it makes root's, too.
        MountReach::Anywhere if is_beneath(&machine.mount_dir, at) => {
            make_mount_dir(&machine.mount_dir).map_err(|error| refused(&error))?;
            MountPoint::beneath(&machine.mount_dir, at)
        }
        MountReach::Anywhere => MountPoint::at(at),
    };
    let point = found.map_err(|error| refused(&error))?;
    check_mount_point(point.path(), machine).map_err(|why| refused(&why))?;
    match point.is_empty() {
        Ok(true) => Ok(point),
        Ok(false) => Err(refusal::mount_point_not_empty(at.display())),
        Err(error) => Err(refused(&format!("{}: {error}", at.display()))),
    }
}

/// As it is written: whether the way there is straight is seen when it is walked.
fn is_beneath(mount_dir: &Path, at: &Path) -> bool {
    let Ok(rest) = at.strip_prefix(mount_dir) else { return false };
    rest != Path::new("") && rest.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Everybody passes through it to the volumes, whatever the umask is.
fn make_mount_dir(dir: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |error: std::io::Error| format!("cannot make {}: {error}", dir.display());
    let missing: Vec<&Path> = dir.ancestors().take_while(|above| !above.is_dir()).collect();
    missing
        .into_iter()
        .rev()
        .try_for_each(|dir| {
            nasd_files::make_dir(dir)?;
            std::fs::set_permissions(dir, PermissionsExt::from_mode(0o755))
        })
        .map_err(failed)
}
