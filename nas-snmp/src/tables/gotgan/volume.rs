//! Owns `gotganVolumeTable` and `gotganReplicaTable`.

use super::place::{REPLICA_ENTRY, VOLUME_ENTRY, index, ours};
use super::view::View;
use crate::tables::values::{gauge, long, text};
use crate::tree::TreeBuilder;
use crate::wire::Value;
use nasd_api::{ReplicaInfo, ReplicaState, VolumeInfo};

pub fn add_to(tree: &mut TreeBuilder, view: &View<'_>) {
    let (volumes, replicas) = (ours(&VOLUME_ENTRY), ours(&REPLICA_ENTRY));
    for volume in &view.said.status.volumes {
        let Some(number) = index(volume.id) else { continue };
        tree.row(&volumes, &[number], row(view, volume));
        for replica in &volume.replicas {
            if let Some(node) = index(replica.node) {
                tree.row(&replicas, &[number, node], replica_row(replica));
            }
        }
    }
}

fn row(view: &View<'_>, volume: &VolumeInfo) -> [(u32, Option<Value>); 15] {
    let works =
        |replica: &&ReplicaInfo| matches!(replica.state, ReplicaState::Leader | ReplicaState::Following);
    let working = volume.replicas.iter().filter(works).count();
    let old = view.cluster.is_old(view.now);
    [
        (2, Some(text(&volume.name))),
        (3, Some(text(&volume.description))),
        (4, Some(view.health(volume.health))),
        (5, Some(text(if old { "" } else { &volume.verdict.text }))),
        (6, Some(gauge(volume.leader.unwrap_or(0)))),
        (7, Some(long(volume.term))),
        (8, Some(long(volume.commit_index))),
        (9, Some(gauge(volume.replicas.len() as u64))),
        (10, Some(gauge(working as u64))),
        (11, volume.used_bytes.map(long)),
        (12, volume.free_bytes.map(long)),
        (13, volume.total_bytes.map(long)),
        (14, volume.files.map(long)),
        (15, Some(long(volume.limits.bytes.unwrap_or(0)))),
        (16, Some(long(volume.limits.files.unwrap_or(0)))),
    ]
}

fn replica_row(replica: &ReplicaInfo) -> [(u32, Option<Value>); 2] {
    let state = match replica.state {
        ReplicaState::Leader => 1,
        ReplicaState::Following => 2,
        ReplicaState::Learning => 3,
        ReplicaState::Unreachable => 4,
        ReplicaState::Unknown => 5,
    };
    [(1, Some(Value::Integer(state))), (2, replica.matched.map(long))]
}
