//! What a command does to volumes: pure.

use super::placement::{plan_volume, shortfall};
use super::rules::{
    REPLICAS, REPLICAS_MAX, VOLUMES_MAX, check_description, check_limits, check_root, check_volume_name,
};
use super::{NewVolume, VolumeCommand, VolumeEffect, VolumeError, VolumeInfo, volume_tag};
use crate::noun::{At, Tag};
use crate::nouns::accounts;
use crate::nouns::node::{NodeError, NodeState};
use crate::nouns::{Decide, Decision, Effect, SystemError, SystemReply, SystemView, done};
use crate::rules::listed;
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, Timestamp, VolumeId};

impl Decide for VolumeCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        match self {
            VolumeCommand::Create { name, wanted } => create(view, at.now, name, wanted),
            VolumeCommand::Delete { name } => delete(view, name),
            VolumeCommand::SetReplicas { name, replicas } => set_replicas(view, name, replicas),
            VolumeCommand::SetLimits { name, limits } => set_limits(view, name, limits),
            VolumeCommand::SetDescription { name, description } => set_description(view, name, description),
        }
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        match self {
            VolumeCommand::Create { .. } => Ok(None),
            VolumeCommand::Delete { name }
            | VolumeCommand::SetReplicas { name, .. }
            | VolumeCommand::SetLimits { name, .. }
            | VolumeCommand::SetDescription { name, .. } => Ok(Some(volume_tag(view.find_volume(name)?))),
        }
    }
}

/// Where the nodes are that hold it is decided here: whoever asks may not know of all of them.
fn create(view: &SystemView, now: Timestamp, name: &str, wanted: &NewVolume) -> Decision {
    let NewVolume { replicas, limits, root, description } = wanted.clone();
    check_volume_name(name)?;
    check_limits(&limits)?;
    check_root(root)?;
    check_description(&description)?;
    if view.volume_named(name).is_some() {
        return Err(VolumeError::VolumeNameTaken(name.to_owned()).into());
    }
    if view.volumes.len() >= VOLUMES_MAX {
        return Err(SystemError::Full("volumes".to_owned()));
    }
    if let Some(shortfall) = replicas.and_then(|wanted| shortfall(view, wanted)) {
        return Err(VolumeError::TooFewNodes(shortfall).into());
    }
    let replicas = plan_volume(view, replicas.unwrap_or(REPLICAS));
    check_replicas(view, &replicas, &[])?;
    let id = VolumeId(view.volumes.last.0 + 1);
    let name = name.to_owned();
    let volume = VolumeInfo { id, name, replicas, created: now, limits, root, description };
    let (reply, mut effects) = changed(volume);
    effects.push(VolumeEffect::Last(id).into());
    Ok((reply, effects))
}

/// `current` replicas may stay on a node that is not active (it may be the dead one's neighbour that moves).
fn check_replicas(view: &SystemView, replicas: &[NodeId], current: &[NodeId]) -> Result<(), SystemError> {
    for (at, id) in replicas.iter().enumerate() {
        if replicas[..at].contains(id) {
            return Err(VolumeError::ReplicaTwice(*id).into());
        }
        let node = view.nodes.get(id).ok_or(NodeError::UnknownNode(*id))?;
        if node.state != NodeState::Active && !current.contains(id) {
            return Err(VolumeError::ReplicaNotActive(*id).into());
        }
    }
    if replicas.len() > REPLICAS_MAX as usize {
        return Err(VolumeError::TooManyReplicas(REPLICAS_MAX).into());
    }
    let needed = view.active_nodes().count().clamp(1, REPLICAS as usize);
    if replicas.len() < needed {
        let (needed, given) = (needed as u32, replicas.len() as u32);
        return Err(VolumeError::NotEnoughReplicas { needed, given }.into());
    }
    Ok(())
}

fn set_limits(view: &SystemView, name: &str, limits: &VolumeLimits) -> Decision {
    check_limits(limits)?;
    Ok(changed(VolumeInfo { limits: *limits, ..view.find_volume(name)?.clone() }))
}

fn set_description(view: &SystemView, name: &str, description: &str) -> Decision {
    check_description(description)?;
    let description = description.to_owned();
    Ok(changed(VolumeInfo { description, ..view.find_volume(name)?.clone() }))
}

fn set_replicas(view: &SystemView, name: &str, replicas: &[NodeId]) -> Decision {
    let volume = view.find_volume(name)?;
    check_replicas(view, replicas, &volume.replicas)?;
    let volume = VolumeInfo { replicas: replicas.to_vec(), ..volume.clone() };
    Ok(changed(volume))
}

fn delete(view: &SystemView, name: &str) -> Decision {
    let volume = view.find_volume(name)?;
    let id = volume.id;
    let exports = view.exports.values().filter(|export| export.volume == id);
    let paths: Vec<&str> = exports.map(|export| export.path.as_str()).collect();
    if !paths.is_empty() {
        return Err(VolumeError::VolumeExported { volume: volume.name.clone(), paths: listed(&paths) }.into());
    }
    let owners = accounts::disown(&view.accounts, id).into_iter().map(Effect::from);
    done([VolumeEffect::NoVolume(id).into()].into_iter().chain(owners))
}

fn changed(volume: VolumeInfo) -> (SystemReply, Vec<Effect>) {
    (SystemReply::Volume(volume.clone()), vec![VolumeEffect::Volume(volume).into()])
}
