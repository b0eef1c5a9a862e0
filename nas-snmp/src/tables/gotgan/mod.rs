//! Owns the objects of GOTGAN-MIB, a file for each of its groups. The text of the MIB is in `mibs/`.

mod agent;
mod alert;
mod cluster;
mod disk;
mod export;
mod node;
mod place;
mod view;
mod volume;

pub use agent::About;

use crate::cluster::Cluster;
use crate::tree::TreeBuilder;
use tokio::time::Instant;
use view::View;

/// Adds what is known of the cluster, and of the agent itself.
pub fn add_to(tree: &mut TreeBuilder, cluster: &Cluster, about: &About<'_>, now: Instant) {
    agent::add_to(tree, cluster, about, now);
    let Some(said) = &cluster.said else { return };
    let view = View { cluster, said, now };
    cluster::add_to(tree, &view);
    node::add_to(tree, &view);
    volume::add_to(tree, &view);
    disk::add_to(tree, said, &cluster.smart);
    export::add_to(tree, said);
    alert::add_to(tree, said);
}
