//! What a node says of itself when another asks: its disks, who is connected to it, and how much it has done.
//!
//! Unlike a pulse it is asked for, by pages and by the record of performance, and may be long.

use bytes::Bytes;
use nasd_base::{NodeId, VolumeId};
use nasd_cluster::{Service, Transport};
use nasd_fs::{Load, Router};
use nasd_nfs::NfsServer;
use nasd_store::ChunkStore;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a node may take to answer: pages wait for it.
const REPORT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// Clients that a report names; a node with more says how many there are by this length.
const CLIENTS_MAX: usize = 5_000;
/// Largest encoded report that is read: that many clients of 100 bytes and all volumes of 50, with room.
const REPORT_BYTES_MAX: usize = 1 << 20;

/// One node's own words. Its byte layout is that of peers of one version; see `docs/formats/node-frames.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub disks: Vec<DiskReport>,
    pub nfs_clients: Vec<NfsClient>,
    /// Where volumes are mounted on the node, and their names.
    pub mounts: BTreeMap<PathBuf, String>,
    pub load: LoadReport,
}

/// A disk of chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskReport {
    pub path: String,
    pub total_bytes: u64,
    pub used_bytes: u64,
    pub available_bytes: u64,
    pub failed: Option<String>,
    /// What writes to it wait for, while it works.
    pub short_of: Option<String>,
}

/// A connection to the node's NFS server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NfsClient {
    pub address: String,
    pub calls: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub connected_seconds: u64,
}

/// What the node's front ends asked for since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadReport {
    /// Differs from start to start: figures of two starts cannot be subtracted.
    pub start: u64,
    pub load: Load,
    /// The same of each volume.
    pub volumes: Vec<(VolumeId, Load)>,
}

/// Makes this node's reports and asks for others'.
pub struct Reporter {
    pub start: u64,
    pub disk_paths: Vec<String>,
    pub store: ChunkStore,
    pub nfs: NfsServer,
    pub router: Router,
    pub transport: Transport,
    /// Kept by the management interface, which mounts.
    pub mounts: Mutex<BTreeMap<PathBuf, String>>,
}

impl Reporter {
    /// What is true here and now.
    pub fn report(&self) -> Report {
        let disks = self.store.disks().into_iter().zip(self.store.short_of()).enumerate();
        let disks = disks.map(|(number, ((space, failed), short_of))| DiskReport {
            path: self.disk_path(number),
            total_bytes: space.total_bytes,
            used_bytes: space.used_bytes,
            available_bytes: space.available_bytes,
            failed,
            short_of,
        });
        let clients = self.nfs.clients().into_iter().take(CLIENTS_MAX).map(|client| NfsClient {
            address: client.address.to_string(),
            calls: client.calls,
            bytes_in: client.bytes_in,
            bytes_out: client.bytes_out,
            connected_seconds: client.connected.as_secs(),
        });
        Report {
            disks: disks.collect(),
            nfs_clients: clients.collect(),
            mounts: self.mounts.lock().clone(),
            load: LoadReport { start: self.start, load: self.router.load(), volumes: self.router.loads() },
        }
    }

    /// What to call a chunk disk.
    pub fn disk_path(&self, number: usize) -> String {
        self.disk_paths.get(number).cloned().unwrap_or_else(|| format!("disk {number}"))
    }

    /// The answer to [`Service::Report`].
    pub fn serve(&self) -> Bytes {
        postcard::to_stdvec(&self.report()).expect("reports always encode").into()
    }

    /// Asks all of them at once; those that do not answer in time are missing.
    pub async fn gather(
        self: &Arc<Self>,
        nodes: impl IntoIterator<Item = NodeId>,
    ) -> BTreeMap<NodeId, Report> {
        let asked = nodes.into_iter().map(|node| async move { Some((node, self.ask(node).await?)) });
        futures::future::join_all(asked).await.into_iter().flatten().collect()
    }

    async fn ask(&self, node: NodeId) -> Option<Report> {
        if node == self.transport.me() {
            return Some(self.report());
        }
        let call = self.transport.call(node, Service::Report, Bytes::new(), Bytes::new(), REPORT_TIMEOUT);
        let (header, _) = call.await.ok()?;
        decode(&header)
    }
}

fn decode(bytes: &[u8]) -> Option<Report> {
    if bytes.len() > REPORT_BYTES_MAX {
        return None;
    }
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report that is too long is not read, and its node would be missing in every chart.
    #[test]
    fn the_longest_report_is_read() {
        let client = NfsClient {
            address: "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535".into(),
            calls: u64::MAX,
            bytes_in: u64::MAX,
            bytes_out: u64::MAX,
            connected_seconds: u64::MAX,
        };
        let most = u64::MAX;
        let load = Load { operations: most, read_bytes: most, written_bytes: most, busy_micros: most };
        let volumes = (0..nasd_system::VOLUMES_MAX as u64).map(|id| (VolumeId(most - id), load));
        let report = Report {
            nfs_clients: vec![client; CLIENTS_MAX],
            load: LoadReport { start: most, load, volumes: volumes.collect() },
            ..Report::default()
        };
        assert_eq!(decode(&postcard::to_stdvec(&report).unwrap()), Some(report));
    }

    #[test]
    fn garbage_is_no_report() {
        let report = Report::default();
        let bytes = postcard::to_stdvec(&report).unwrap();
        assert_eq!(decode(&bytes), Some(report));
        assert_eq!(decode(&[0xff; 40]), None);
        assert_eq!(decode(&vec![0; REPORT_BYTES_MAX + 1]), None);
    }
}
