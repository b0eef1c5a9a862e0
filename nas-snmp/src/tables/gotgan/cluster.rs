//! Owns `gotganCluster`: how the cluster does, in one place.

use super::alert::critical;
use super::place::{CLUSTER, ours};
use super::view::View;
use crate::tables::values::{date, gauge, long, text, truth};
use crate::tree::TreeBuilder;
use nasd_api::Health;

pub fn add_to(tree: &mut TreeBuilder, view: &View<'_>) {
    let status = &view.said.status;
    let online = status.nodes.iter().filter(|node| node.reachable).count();
    let unwell = status.volumes.iter().filter(|volume| volume.health != Health::Healthy).count();
    let old = view.cluster.is_old(view.now);
    let verdict = if old { "Nobody knows: the figures are old." } else { &status.verdict };
    tree.scalars(
        &ours(&CLUSTER),
        [
            (1, text(&status.name)),
            (2, text(&status.id)),
            (3, view.health(status.health)),
            (4, text(verdict)),
            (5, truth(status.quorum && !old)),
            (6, gauge(status.nodes.len() as u64)),
            (7, gauge(online as u64)),
            (8, gauge(status.leader.unwrap_or(0))),
            (9, long(status.term)),
            (10, long(status.space.used_bytes)),
            (11, long(status.space.free_bytes)),
            (12, gauge(status.volumes.len() as u64)),
            (13, gauge(unwell as u64)),
            (14, long(status.commit_index)),
            (18, gauge(view.said.alerts.len() as u64)),
            (19, gauge(critical(&view.said.alerts) as u64)),
        ],
    );
    if let Some(last) = &status.last_failover
        && let Some(at) = date(last.at)
    {
        let volume = last.volume.as_deref().unwrap_or_default();
        tree.scalars(&ours(&CLUSTER), [(15, at), (16, gauge(last.milliseconds)), (17, text(volume))]);
    }
}
