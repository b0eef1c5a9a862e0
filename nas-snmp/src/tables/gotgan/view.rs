//! Owns how much of what a node said can still be believed.

use crate::cluster::{Cluster, Said};
use crate::wire::Value;
use nasd_api::Health;
use tokio::time::Instant;

/// What a node said, and how much of it can still be believed.
pub struct View<'a> {
    pub cluster: &'a Cluster,
    pub said: &'a Said,
    pub now: Instant,
}

impl View<'_> {
    /// `GotganHealth`.
    pub fn health(&self, health: Health) -> Value {
        Value::Integer(match self.cluster.health(self.now, health) {
            Health::Healthy => 1,
            Health::Degraded => 2,
            Health::Unavailable => 3,
            Health::Unknown => 4,
        })
    }
}
