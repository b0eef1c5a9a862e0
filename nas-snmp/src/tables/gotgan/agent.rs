//! Owns `gotganAgent`: who answers, and how old its figures are.

use super::place::{AGENT, ours};
use crate::agent::Counts;
use crate::cluster::Cluster;
use crate::tables::values::{counter, gauge, text, truth};
use crate::tree::TreeBuilder;
use tokio::time::Instant;

/// What the agent knows of itself.
pub struct About<'a> {
    pub counts: &'a Counts,
}

pub fn add_to(tree: &mut TreeBuilder, cluster: &Cluster, about: &About<'_>, now: Instant) {
    let age = cluster.age(now).map_or(u64::MAX, |age| age.as_secs());
    let node = cluster.said.as_ref().map_or(0, |said| said.status.node);
    tree.scalars(
        &ours(&AGENT),
        [
            (1, gauge(node)),
            (2, text(env!("CARGO_PKG_VERSION"))),
            (3, gauge(age)),
            (4, truth(cluster.is_stale(now))),
            (5, text(cluster.problem.as_deref().unwrap_or_default())),
            (6, counter(about.counts.sources.get().into())),
            (7, counter(about.counts.replays.get().into())),
        ],
    );
}
