//! Volumes: what they are called, where their replicas are, and how much they may hold.

mod command;
mod decide;
mod placement;
mod rows;
mod rules;
#[cfg(test)]
mod tests;

pub use command::{VolumeCommand, describe};
pub use decide::decide;
pub use placement::{plan_volume, shortfall};
pub use rows::{SCHEMA, VolumeEffect, load, take, write};
pub use rules::{REPLICAS, REPLICAS_MAX, check_volume_name};

use super::tag::{Tag, hashed};
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, Timestamp, VolumeId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeInfo {
    pub id: VolumeId,
    pub name: String,
    pub replicas: Vec<NodeId>,
    pub created: Timestamp,
}

pub fn volume_tag(volume: &VolumeInfo, limits: VolumeLimits) -> Tag {
    hashed("volume", &(volume.id, &volume.name, limits))
}
