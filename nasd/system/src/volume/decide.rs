//! What a command does to volumes: pure.

use super::placement::{plan_volume, shortfall};
use super::rules::{REPLICAS, REPLICAS_MAX, VOLUMES_MAX, check_limits, check_volume_name};
use super::{VolumeCommand, VolumeEffect, VolumeInfo};
use crate::accounts;
use crate::command::{SystemError, SystemReply};
use crate::decide::{At, Decision, done};
use crate::node::NodeState;
use crate::rules::listed;
use crate::tables::{Effect, Tables};
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, Timestamp, VolumeId};

pub fn decide(tables: &Tables, at: &At<'_>, command: &VolumeCommand) -> Decision {
    match command {
        VolumeCommand::Create { name, replicas, limits } => create(tables, at.now, name, *replicas, limits),
        VolumeCommand::Delete { name } => delete(tables, name),
        VolumeCommand::SetReplicas { name, replicas } => set_replicas(tables, name, replicas),
        VolumeCommand::SetLimits { name, limits } => set_limits(tables, name, limits),
    }
}

/// Where the nodes are that hold it is decided here: whoever asks may not know of all of them.
fn create(
    tables: &Tables,
    now: Timestamp,
    name: &str,
    replicas: Option<u32>,
    limits: &VolumeLimits,
) -> Decision {
    check_volume_name(name)?;
    check_limits(limits)?;
    if tables.volumes.values().any(|volume| volume.name == name) {
        return Err(SystemError::VolumeNameTaken(name.to_owned()));
    }
    if tables.volumes.len() >= VOLUMES_MAX {
        return Err(SystemError::Full("volumes".to_owned()));
    }
    let nodes = tables.loaded_nodes();
    if let Some(shortfall) = replicas.and_then(|wanted| shortfall(&nodes, wanted)) {
        return Err(SystemError::TooFewNodes(shortfall));
    }
    let replicas = plan_volume(&nodes, replicas.unwrap_or(REPLICAS));
    check_replicas(tables, &replicas, &[])?;
    let id = VolumeId(tables.last_volume.0 + 1);
    let volume = VolumeInfo { id, name: name.to_owned(), replicas, created: now };
    let last = Effect::Volume(VolumeEffect::Last(id));
    let limited = Effect::Volume(VolumeEffect::Limits(id, *limits));
    let effects = vec![last, Effect::Volume(VolumeEffect::Volume(volume.clone())), limited];
    Ok((SystemReply::Volume(volume), effects))
}

/// `current` replicas may stay on a node that is not active (it may be the dead one's neighbour that moves).
fn check_replicas(tables: &Tables, replicas: &[NodeId], current: &[NodeId]) -> Result<(), SystemError> {
    for (at, id) in replicas.iter().enumerate() {
        if replicas[..at].contains(id) {
            return Err(SystemError::ReplicaTwice(*id));
        }
        let node = tables.nodes.get(id).ok_or(SystemError::UnknownNode(*id))?;
        if node.state != NodeState::Active && !current.contains(id) {
            return Err(SystemError::ReplicaNotActive(*id));
        }
    }
    if replicas.len() > REPLICAS_MAX as usize {
        return Err(SystemError::TooManyReplicas(REPLICAS_MAX));
    }
    let needed = tables.active_nodes().clamp(1, REPLICAS as usize);
    if replicas.len() < needed {
        let (needed, given) = (needed as u32, replicas.len() as u32);
        return Err(SystemError::NotEnoughReplicas { needed, given });
    }
    Ok(())
}

fn set_limits(tables: &Tables, name: &str, limits: &VolumeLimits) -> Decision {
    check_limits(limits)?;
    let volume = tables.volume_named(name)?.clone();
    let effects = vec![Effect::Volume(VolumeEffect::Limits(volume.id, *limits))];
    Ok((SystemReply::Volume(volume), effects))
}

fn set_replicas(tables: &Tables, name: &str, replicas: &[NodeId]) -> Decision {
    let volume = tables.volume_named(name)?;
    check_replicas(tables, replicas, &volume.replicas)?;
    let volume = VolumeInfo { replicas: replicas.to_vec(), ..volume.clone() };
    Ok((SystemReply::Volume(volume.clone()), vec![Effect::Volume(VolumeEffect::Volume(volume))]))
}

fn delete(tables: &Tables, name: &str) -> Decision {
    let volume = tables.volume_named(name)?;
    let id = volume.id;
    let exports = tables.exports.values().filter(|export| export.volume == id);
    let paths: Vec<&str> = exports.map(|export| export.path.as_str()).collect();
    if !paths.is_empty() {
        return Err(SystemError::VolumeExported { volume: volume.name.clone(), paths: listed(&paths) });
    }
    let owners = accounts::disown(&tables.accounts, id).into_iter().map(Effect::Account);
    done(
        [VolumeEffect::NoVolume(id), VolumeEffect::Limits(id, VolumeLimits::default())]
            .into_iter()
            .map(Effect::Volume)
            .chain(owners)
            .collect(),
    )
}
