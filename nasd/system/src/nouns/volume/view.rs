//! The volumes of a view, and how a node makes one.

use super::{NewVolume, VolumeCommand, VolumeError, VolumeInfo};
use crate::by::By;
use crate::nouns::{SystemCommand, SystemError, SystemReply, SystemView};
use crate::rules::shown;
use crate::service::System;
use nasd_base::VolumeId;
use nasd_base::file::VolumeLimits;

impl SystemView {
    pub fn volume(&self, id: VolumeId) -> Option<&VolumeInfo> {
        self.volumes.get(&id)
    }

    pub fn volume_named(&self, name: &str) -> Option<&VolumeInfo> {
        self.volumes.values().find(|volume| volume.name == name)
    }

    /// The volume that has the name now.
    pub(crate) fn find_volume(&self, name: &str) -> Result<&VolumeInfo, SystemError> {
        self.volume_named(name).ok_or_else(|| VolumeError::UnknownVolume(shown(name)).into())
    }

    /// How much a volume may hold.
    pub fn limits(&self, volume: VolumeId) -> VolumeLimits {
        self.volume(volume).map(|volume| volume.limits).unwrap_or_default()
    }

    /// Whether the volume was created and is deleted since: its data may go.
    pub fn was_deleted(&self, volume: VolumeId) -> bool {
        volume.0 >= 1 && volume <= self.volumes.last && self.volume(volume).is_none()
    }
}

impl System {
    /// Creates a volume. Replicas not said: three, or as many as there are nodes.
    ///
    /// # Errors
    /// As [`System::propose`].
    pub async fn create_volume(
        &self,
        by: &By,
        name: &str,
        wanted: NewVolume,
    ) -> Result<VolumeInfo, SystemError> {
        let command = VolumeCommand::Create { name: name.to_owned(), wanted };
        match self.propose(by, SystemCommand::Volume(command)).await? {
            SystemReply::Volume(volume) => Ok(volume),
            _ => Err(SystemError::BadCommand),
        }
    }
}
