//! Sets how much volumes may hold.

use super::accounts::tag_from;
use super::refusal::of_system;
use super::{Manager, POLL_EVERY, VOLUME_TIME};
use bytes::Bytes;
use nasd_api::{ApiError, ErrorCode, Limits, VolumeInfo};
use nasd_base::file::Caller;
use nasd_base::{OpId, VolumeId};
use nasd_fs::{Context, FileService, Reply, Request};
use nasd_system::{By, VolumeCommand};
use nasd_system::{SystemCommand, SystemReply};
use tokio::time::{Instant, sleep};

impl Manager {
    pub(super) async fn set_limits(
        &self,
        by: &By,
        name: String,
        limits: Limits,
        etag: Option<String>,
    ) -> Result<VolumeInfo, ApiError> {
        let system = self.system().await?;
        let command =
            SystemCommand::Volume(VolumeCommand::SetLimits { name: name.clone(), limits: limits.into() });
        let tag = etag.as_deref().map(tag_from).transpose()?;
        let set = system.propose_if(by, command, tag).await.map_err(|e| of_system(&e))?;
        let SystemReply::Volume(nasd_system::VolumeInfo { id: volume, .. }) = set else {
            return Err(ApiError::internal("the limits were set, but of which volume was not said"));
        };
        self.await_limits(volume).await?;
        let info = self.observe().await?.volume(volume);
        info.ok_or_else(|| ApiError::not_found(format!("there is no volume {name} any more")))
    }

    /// Waits until the volume's leader obeys the limits that the cluster's state has, whoever set them.
    pub(super) async fn await_limits(&self, volume: VolumeId) -> Result<(), ApiError> {
        let system = self.system().await?;
        let router = {
            let running = self.running.read().await;
            running.as_ref().ok_or_else(ApiError::no_cluster)?.node.router.clone()
        };
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
                let message = "the limits are set, but the volume's leader has not taken them up yet";
                return Err(ApiError::new(ErrorCode::TimedOut, message));
            }
            sleep(POLL_EVERY).await;
        }
    }
}
