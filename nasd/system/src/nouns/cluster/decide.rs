//! What a command does to the cluster as a whole: pure.

use super::{ClusterCommand, ClusterEffect, ClusterError, ClusterId};
use crate::noun::At;
use crate::nouns::node::{Machine, NodeState};
use crate::nouns::settings::{SettingsEffect, check_cluster_name};
use crate::nouns::task::{TaskCommand, TaskKind};
use crate::nouns::{Decide, Decision, SystemReply, SystemView};
use nasd_base::NodeId;

impl Decide for ClusterCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        match self {
            ClusterCommand::Create { cluster, cluster_name, node, name, address, key } => {
                let machine = Machine { name, address, key };
                create(view, at, (ClusterId(*cluster), cluster_name), *node, &machine)
            }
            ClusterCommand::RotateAuthority { fingerprint, started_by } => {
                let (kind, started_by) = (TaskKind::RotateAuthority, started_by.clone());
                let (reply, mut effects) = TaskCommand::Start { kind, started_by }.decide(view, at)?;
                effects.push(ClusterEffect::Authority(*fingerprint).into());
                Ok((reply, effects))
            }
        }
    }
}

fn create(
    view: &SystemView,
    at: &At<'_>,
    (cluster, cluster_name): (ClusterId, &str),
    id: NodeId,
    machine: &Machine<'_>,
) -> Decision {
    if view.cluster.id.is_some() {
        return Err(ClusterError::AlreadyFounded.into());
    }
    // Later ids are indices of the log, all greater than this one: they can never meet it.
    if id.0 == 0 || id.0 > at.index {
        return Err(ClusterError::BadNodeId.into());
    }
    check_cluster_name(cluster_name)?;
    machine.check(view, None)?;
    let node = machine.register(id, NodeState::Active, at.now);
    let named = SettingsEffect::Name(cluster_name.to_owned());
    let effects = vec![ClusterEffect::Id(cluster).into(), named.into(), node.clone().into()];
    Ok((SystemReply::Registered(node), effects))
}
