//! What this node measures, for Prometheus: names, labels and units as its conventions have them.
//!
//! ```text
//!   node    what this process counts and times: log, Raft, chunks, NFS
//!   volumes what its front ends asked of each volume, and how its copies do here
//!   cluster what this node can say of all: health, space, nodes, disks of its own
//! ```
//!
//! The number of series is bounded: volumes beyond a bound share one, client classes are those of export
//! rules, up to a bound, and no label is what a client says.

mod cluster;
mod family;
mod node;
mod snmp;
mod volumes;

use crate::Manager;
use crate::health::Observed;
use crate::refusal;
use family::written;
use nasd_api::{ApiError, MetricsFormat};
use tokio::time::Instant;

impl Manager {
    /// See [`nasd_api::Management::metrics`].
    pub(crate) async fn measured(&self, format: MetricsFormat) -> Result<String, ApiError> {
        let member = self.member().await?;
        let node = &member.node;
        let observed = Observed::by(node, &member.patience, Instant::now());
        let mut families = cluster::families(node, &observed);
        families.extend(volumes::families(node, &observed));
        families.extend(node::families(node));
        families.extend(self.snmp_counts.lock().map(|counts| snmp::family(&counts)));
        written(families, format).map_err(|_| refusal::internal("the metrics cannot be written"))
    }
}
