//! Carries out what is asked of volumes.

use crate::Manager;
use crate::refusal::{self, of_system};
use bytes::Bytes;
use nasd_api::{
    ApiError, Call, CreateVolume, DeleteVolume, Health, List, ListVolumes, Nothing, ReadVolume, Serve,
    SetLimits, Tagged, VolumeAt, VolumeInfo,
};
use nasd_base::file::Caller;
use nasd_base::{OpId, VolumeId};
use nasd_fs::{Context, FileService, Reply, Request};
use nasd_system::{SystemReply, VolumeCommand};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a new volume may take to have a leader before the caller is told so.
const VOLUME_TIME: Duration = Duration::from_secs(30);
/// How long the replicas of a new volume may take to be there before it is shown without them.
const SETTLE_TIME: Duration = Duration::from_secs(3);
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
        volume.map(Tagged).ok_or_else(|| refusal::unknown_volume(name))
    }
}

impl Serve<CreateVolume> for Manager {
    async fn serve(&self, call: Call<CreateVolume>) -> Result<VolumeInfo, ApiError> {
        let (by, system) = (self.by(&call).await, self.system().await?);
        let CreateVolume { name, replicas, limits } = call.body;
        let volume = system.create_volume(&by, &name, replicas.map(u32::from), limits.into()).await;
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
                    return Ok(info);
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
        let set = self.propose(&call, command).await?;
        let SystemReply::Volume(nasd_system::VolumeInfo { id: volume, .. }) = set else {
            return Err(refusal::internal("the limits were set, but of which volume was not said"));
        };
        self.await_limits(volume).await?;
        let info = self.observe().await?.volume(volume);
        info.map(Tagged).ok_or_else(|| refusal::volume_gone(&name))
    }
}

impl Manager {
    /// Waits until the volume's leader obeys the limits that the cluster's state has, whoever set them.
    pub(crate) async fn await_limits(&self, volume: VolumeId) -> Result<(), ApiError> {
        let system = self.system().await?;
        let router = self.member().await?.node.router.clone();
        let context = Context { caller: Caller::root(), op: OpId::NONE, holds_open: false, mount: None };
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
