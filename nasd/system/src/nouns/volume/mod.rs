//! Volumes: what they are called, what they are for, where their replicas are, and how much they may hold.

mod command;
mod decide;
mod error;
mod placement;
mod rows;
mod rules;
#[cfg(test)]
mod tests;
mod view;

pub use command::{NewVolume, VolumeCommand};
pub use error::VolumeError;
pub use placement::shortfall;
pub(crate) use rows::VolumeEffect;
pub use rows::Volumes;
pub use rules::{REPLICAS, REPLICAS_MAX, VOLUMES_MAX, check_volume_name};

use crate::noun::{Tag, hashed};
use nasd_base::file::{RootDir, VolumeLimits};
use nasd_base::{NodeId, Timestamp, VolumeId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeInfo {
    pub id: VolumeId,
    pub name: String,
    pub replicas: Vec<NodeId>,
    pub created: Timestamp,
    /// How much it may hold.
    pub limits: VolumeLimits,
    /// How its root directory began.
    pub root: RootDir,
    /// What people say it is for; empty where nobody said anything.
    pub description: String,
}

pub fn volume_tag(volume: &VolumeInfo) -> Tag {
    hashed("volume", &(volume.id, &volume.name, volume.limits, &volume.description))
}
