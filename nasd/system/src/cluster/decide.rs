//! What a command does to the cluster as a whole: pure.

use super::{ClusterCommand, ClusterEffect, ClusterId};
use crate::command::{SystemError, SystemReply};
use crate::decide::{At, Decision};
use crate::node::{Machine, NodeState};
use crate::settings::{SettingsEffect, check_cluster_name};
use crate::tables::{Effect, Tables};
use crate::task::{self, TaskCommand, TaskKind};
use nasd_base::NodeId;

pub fn decide(tables: &Tables, at: &At<'_>, command: &ClusterCommand) -> Decision {
    match command {
        ClusterCommand::Create { cluster, cluster_name, node, name, address, key } => {
            let machine = Machine { name, address, key };
            create(tables, at, (ClusterId(*cluster), cluster_name), *node, &machine)
        }
        ClusterCommand::RotateAuthority { fingerprint, started_by } => {
            let (kind, started_by) = (TaskKind::RotateAuthority, started_by.clone());
            let (reply, mut effects) = task::decide(tables, at, &TaskCommand::Start { kind, started_by })?;
            effects.push(Effect::Cluster(ClusterEffect::Authority(*fingerprint)));
            Ok((reply, effects))
        }
    }
}

fn create(
    tables: &Tables,
    at: &At<'_>,
    (cluster, cluster_name): (ClusterId, &str),
    id: NodeId,
    machine: &Machine<'_>,
) -> Decision {
    if tables.cluster.is_some() {
        return Err(SystemError::AlreadyFounded);
    }
    // Later ids are indices of the log, all greater than this one: they can never meet it.
    if id.0 == 0 || id.0 > at.index {
        return Err(SystemError::BadNodeId);
    }
    check_cluster_name(cluster_name)?;
    machine.check(tables, None)?;
    let node = machine.register(id, NodeState::Active, at.now);
    let cluster = Effect::Cluster(ClusterEffect::Id(cluster));
    let named = Effect::Settings(SettingsEffect::Name(cluster_name.to_owned()));
    Ok((SystemReply::Registered(node.clone()), vec![cluster, named, Effect::Node(node)]))
}
