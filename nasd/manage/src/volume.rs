//! Carries out what is asked of volumes.

use crate::Manager;
use crate::refusal::{self, of_system};
use bytes::Bytes;
use nasd_api::{
    ApiError, Call, CreateVolume, DeleteVolume, Description, Health, List, ListVolumes, Mode, Nothing,
    Operation, ReadVolume, RootDir, Serve, SetDescription, SetLimits, SetRoot, Tagged, VolumeAt, VolumeInfo,
};
use nasd_base::file::{Caller, SetAttr};
use nasd_base::{Ino, OpId, VolumeId};
use nasd_fs::{Change, Context, FileService, Reply, Request, Trace};
use nasd_system::{NewVolume, SystemReply, VolumeCommand};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long a new volume may take to have a leader before the caller is told so.
const VOLUME_TIME: Duration = Duration::from_secs(30);
/// How long the replicas of a new volume may take to be there before it is shown without them.
const SETTLE_TIME: Duration = Duration::from_secs(3);
/// How long a volume's leader may take to say whose its root directory is: pages wait for it.
const ROOT_TIME: Duration = Duration::from_secs(1);
const POLL_EVERY: Duration = Duration::from_millis(50);

impl Serve<ListVolumes> for Manager {
    async fn serve(&self, call: Call<ListVolumes>) -> Result<List<VolumeInfo>, ApiError> {
        call.at.of(self.observe().await?.volumes())
    }
}

impl Serve<ReadVolume> for Manager {
    async fn serve(&self, call: Call<ReadVolume>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let VolumeAt { name } = call.at;
        let volume = self.observe().await?.volumes().into_iter().find(|volume| volume.name == name);
        let volume = volume.ok_or_else(|| refusal::unknown_volume(name))?;
        self.with_root(volume).await.map(Tagged)
    }
}

impl Serve<CreateVolume> for Manager {
    async fn serve(&self, call: Call<CreateVolume>) -> Result<VolumeInfo, ApiError> {
        let (by, system) = (self.by(&call).await, self.deciding().await?);
        let CreateVolume { name, replicas, limits, root, description } = call.body;
        let (limits, root) = (limits.into(), root.into());
        let wanted = NewVolume { replicas: replicas.map(u32::from), limits, root, description };
        let volume = system.create_volume(&by, &name, wanted).await;
        let volume = volume.map_err(|e| of_system(&e))?;
        let deadline = Instant::now() + VOLUME_TIME;
        let settled = Instant::now() + SETTLE_TIME;
        let expected = if volume.replicas.len() < 3 { Health::Degraded } else { Health::Healthy };
        loop {
            let info = self.observe().await?.volume(volume.id);
            match info {
                // Its other replicas are up within a moment; an absent node is not waited for.
                Some(info)
                    if info.leader.is_some() && (info.health == expected || Instant::now() > settled) =>
                {
                    self.await_limits(volume.id).await?;
                    return self.with_root(info).await;
                }
                Some(info) if Instant::now() > deadline => return Ok(info),
                // An idempotency key can find one that somebody has deleted since.
                None if Instant::now() > settled => {
                    return Err(refusal::volume_made_and_gone(volume.name));
                }
                _ => sleep(POLL_EVERY).await,
            }
        }
    }
}

impl Serve<DeleteVolume> for Manager {
    async fn serve(&self, call: Call<DeleteVolume>) -> Result<Nothing, ApiError> {
        let name = call.at.name.clone();
        let mounted = self.list_mounts().await.into_iter().filter(|mount| mount.volume == name);
        let mounted: Vec<String> = mounted.map(|mount| mount.at.display().to_string()).collect();
        if !mounted.is_empty() {
            return Err(refusal::volume_mounted_here(name, mounted.join(", ")));
        }
        self.carry_out(&call, VolumeCommand::Delete { name }).await
    }
}

impl Serve<SetLimits> for Manager {
    async fn serve(&self, call: Call<SetLimits>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let name = call.at.name.clone();
        let command = VolumeCommand::SetLimits { name: name.clone(), limits: call.body.into() };
        let volume = self.change_volume(&call, command).await?;
        self.await_limits(volume).await?;
        let info = self.observe().await?.volume(volume);
        info.map(Tagged).ok_or_else(|| refusal::volume_gone(&name))
    }
}

impl Serve<SetDescription> for Manager {
    async fn serve(&self, call: Call<SetDescription>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let (name, Description { description }) = (call.at.name.clone(), call.body.clone());
        let volume = self
            .change_volume(&call, VolumeCommand::SetDescription { name: name.clone(), description })
            .await?;
        let info = self.observe().await?.volume(volume);
        info.map(Tagged).ok_or_else(|| refusal::volume_gone(&name))
    }
}

impl Serve<SetRoot> for Manager {
    async fn serve(&self, call: Call<SetRoot>) -> Result<VolumeInfo, ApiError> {
        let name = call.at.name;
        let view = self.system().await?.view();
        let volume = view.volume_named(&name).ok_or_else(|| refusal::unknown_volume(&name))?.id;
        let RootDir { uid, gid, mode } = call.body;
        let set = SetAttr { uid: Some(uid), gid: Some(gid), mode: Some(mode.bits()), ..SetAttr::default() };
        let change = Request::Change(Change::SetAttr { ino: Ino::ROOT, set, guard: None });
        let router = self.member().await?.node.router.clone();
        let set = router.call(volume, &as_root(call.op), change, Bytes::new()).await;
        set.map_err(|error| refusal::root_out_of_reach(format!("{name} ({error})")))?;
        let info = self.observe().await?.volume(volume).ok_or_else(|| refusal::volume_gone(&name))?;
        self.with_root(info).await
    }
}

fn as_root(op: Option<[u8; 16]>) -> Context {
    let op = op.map_or(OpId::NONE, |op| OpId(u128::from_le_bytes(op)));
    Context { caller: Caller::root(), op, holds_open: false, mount: None, trace: Trace::default() }
}

impl Manager {
    /// Gives which volume was changed.
    async fn change_volume<O: Operation>(
        &self,
        call: &Call<O>,
        command: VolumeCommand,
    ) -> Result<VolumeId, ApiError> {
        match self.propose(call, command).await? {
            SystemReply::Volume(volume) => Ok(volume.id),
            _ => Err(refusal::internal("a volume was changed, but which one was not said")),
        }
    }

    /// The same with its root directory, if the volume answers soon.
    async fn with_root(&self, mut info: VolumeInfo) -> Result<VolumeInfo, ApiError> {
        let router = self.member().await?.node.router.clone();
        let (volume, get) = (VolumeId(info.id), Request::GetAttr { ino: Ino::ROOT });
        let context = as_root(None);
        let asked = router.call(volume, &context, get, Bytes::new());
        if let Ok(Ok((Reply::Attr(attr), _))) = timeout(ROOT_TIME, asked).await {
            info.root = Some(RootDir { uid: attr.uid, gid: attr.gid, mode: Mode::new(attr.mode) });
        }
        Ok(info)
    }

    /// Waits until the volume's leader obeys the limits that the cluster's state has, whoever set them.
    pub(crate) async fn await_limits(&self, volume: VolumeId) -> Result<(), ApiError> {
        let system = self.system().await?;
        let router = self.member().await?.node.router.clone();
        let context = as_root(None);
        let deadline = Instant::now() + VOLUME_TIME;
        loop {
            let view = system.view();
            if view.volume(volume).is_none() {
                return Ok(());
            }
            let stat = router.call(volume, &context, Request::StatVolume, Bytes::new()).await;
            if matches!(&stat, Ok((Reply::Volume(stat), _)) if stat.limits == view.limits(volume)) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(refusal::limits_not_taken_up());
            }
            sleep(POLL_EVERY).await;
        }
    }
}
