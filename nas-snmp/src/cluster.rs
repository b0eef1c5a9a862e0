//! Owns what the node last said of its cluster, and how old that is.

use nasd_api::{
    Alert, Client, ClientError, ClusterStatus, DiskAt, DiskInfo, Export, Health, ListAlerts, ListDisks,
    ListExports, Nothing, Patience, ReadCluster, ReadDisk, SmartInfo,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Figures that are older are stale: a node that answers does so within three seconds.
pub const FRESH_FOR: Duration = Duration::from_secs(10);
/// How long the node is waited for. What it said before is shown meanwhile.
const PATIENCE: Patience = Patience { reads: Duration::from_secs(3), changes: Duration::from_secs(3) };
/// A device that sleeps takes a while to say how it is.
const DEVICES_PATIENCE: Patience = Patience { reads: Duration::from_secs(30), ..PATIENCE };

/// What the node said at one moment.
#[derive(Clone, Debug)]
pub struct Said {
    pub at: Instant,
    pub status: ClusterStatus,
    pub disks: Vec<DiskInfo>,
    pub exports: Vec<Export>,
    /// Those that are open.
    pub alerts: Vec<Alert>,
    /// The node knows of no majority: what it says may be old.
    pub is_alone: bool,
}

/// What is known of the cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    pub said: Option<Arc<Said>>,
    /// Why nothing newer is known.
    pub problem: Option<String>,
    pub smart: Arc<Smart>,
}

/// What devices say of their own health, by the node and the path of their disk.
pub type Smart = BTreeMap<(u64, String), SmartInfo>;

impl Cluster {
    /// What the node says now; when it says nothing, what it said before, and why.
    pub async fn renewed(self, client: &Client) -> Cluster {
        match ask(&client.within(PATIENCE)).await {
            Ok(said) => Cluster { said: Some(Arc::new(said)), problem: None, ..self },
            Err(error) => Cluster { problem: Some(error.to_string()), ..self },
        }
    }

    /// Asks each device, one after the other: that can take as long as the device likes.
    pub async fn ask_devices(&self, client: &Client) -> Smart {
        let mut smart = Smart::new();
        for disk in self.said.iter().flat_map(|said| &said.disks) {
            let at = DiskAt::new(&disk.node.to_string(), &disk.path);
            let detail = client.within(DEVICES_PATIENCE).ask::<ReadDisk>(at).await;
            if let Some(said) = detail.ok().and_then(|detail| detail.smart) {
                smart.insert((disk.node, disk.path.clone()), said);
            }
        }
        smart
    }

    /// Since when the figures are.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        self.said.as_ref().map(|said| now.saturating_duration_since(said.at))
    }

    /// Whether nobody may believe that things are as they are said to be.
    pub fn is_old(&self, now: Instant) -> bool {
        self.age(now).is_none_or(|age| age > FRESH_FOR)
    }

    pub fn is_stale(&self, now: Instant) -> bool {
        self.is_old(now) || self.said.as_ref().is_none_or(|said| said.is_alone)
    }

    /// How well something does, as far as anybody can know it now.
    pub fn health(&self, now: Instant, health: Health) -> Health {
        if self.is_old(now) { Health::Unknown } else { health }
    }
}

async fn ask(client: &Client) -> Result<Said, ClientError> {
    let at = Instant::now();
    let status = client.ask_fresh::<ReadCluster>(Nothing).await?;
    let (disks, exports, alerts) =
        tokio::join!(client.all::<ListDisks>(), client.all::<ListExports>(), client.all::<ListAlerts>());
    Ok(Said {
        at,
        status: status.value,
        disks: disks?,
        exports: exports?,
        alerts: alerts?,
        is_alone: status.stale,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_is_called_healthy_by_old_figures() {
        let now = Instant::now();
        assert!(Cluster::default().is_stale(now));
        assert_eq!(Cluster::default().health(now, Health::Healthy), Health::Unknown);
    }
}
