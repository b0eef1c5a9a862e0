//! What a node says of itself when another asks: its disks, who is connected to it, and how much it has done.
//!
//! Unlike a pulse it is asked for, by pages and by the record of performance, and may be long.

use crate::machine::{self, Machine, MachineReport, Question};
use crate::ping::{self, Way};
use crate::self_test::SelfTest;
use bytes::Bytes;
use nasd_base::export::{Network, RefusedBy};
use nasd_base::net::BoxFuture;
use nasd_base::{Ino, NodeId, Timestamp, VolumeId};
use nasd_cluster::{Service, Transport};
use nasd_fs::{Load, Router, WINDOW_SECONDS_MAX};
use nasd_nfs::{NfsClientRecord, NfsServer, Refused, Tally};
use nasd_store::ChunkStore;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// How long a node may take to answer: pages wait for it.
const REPORT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// As long as a disk may take to say how it does, and a little more.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(2_500);
/// Clients that a report names; a node with more says how many there are by this length.
const CLIENTS_MAX: usize = 5_000;
/// Refusals that a report names, the latest, and the bytes of their paths.
const REFUSED_MAX: usize = 1_000;
const REFUSED_PATH_BYTES_MAX: usize = 128 << 10;
/// Bytes of clients in a report, of one client and of one of its volumes.
const CLIENTS_BYTES_MAX: usize = 256 << 10;
const CLIENT_BYTES_MAX: usize = 110;
const CLIENT_VOLUME_BYTES_MAX: usize = 40;
/// Paths that are told at once, and the bytes of all of them.
const PATHS_MAX: usize = 256;
const PATHS_BYTES_MAX: usize = 128 << 10;
/// Largest encoded report that is read: that many clients and refusals of 100 bytes and all volumes of 50, with room.
const REPORT_BYTES_MAX: usize = 2 << 20;

/// One node's own words. Its byte layout is that of peers of one version; see `docs/formats/node-frames.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub disks: Vec<DiskReport>,
    pub nfs_clients: Vec<NfsClient>,
    /// Where volumes are mounted on the node, and their names.
    pub mounts: BTreeMap<PathBuf, String>,
    pub load: LoadReport,
    /// Whom the export rules refused within a day, the latest first.
    pub refused: Vec<RefusedReport>,
    /// Who uses volumes over NFS, or did within a day.
    pub clients: Vec<ClientReport>,
}

/// What one address does over NFS. Its connections are in `nfs_clients`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientReport {
    pub client: IpAddr,
    pub connections: u32,
    pub total: ClientTally,
    pub volumes: BTreeMap<VolumeId, ClientTally>,
    pub mounts: Vec<String>,
    pub first: Timestamp,
    pub last: Timestamp,
    pub recent_bytes: u64,
    pub recent_seconds: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientTally {
    pub calls: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
}

impl From<Tally> for ClientTally {
    fn from(Tally { calls, bytes_in, bytes_out }: Tally) -> ClientTally {
        ClientTally { calls, bytes_in, bytes_out }
    }
}

impl ClientReport {
    fn of(record: NfsClientRecord, mounts: Vec<String>) -> ClientReport {
        let volumes = record.volumes.into_iter().map(|(id, tally)| (id, tally.into()));
        ClientReport {
            client: record.client,
            connections: record.connections,
            total: record.total.into(),
            volumes: volumes.collect(),
            mounts,
            first: record.first,
            last: record.last,
            recent_bytes: record.recent_bytes,
            recent_seconds: record.recent.as_secs(),
        }
    }

    /// At most, as it travels.
    fn bytes(&self) -> usize {
        let mounts: usize = self.mounts.iter().map(|path| path.len() + 3).sum();
        CLIENT_BYTES_MAX + CLIENT_VOLUME_BYTES_MAX * self.volumes.len() + mounts
    }
}

/// One client that one rule refused one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedReport {
    pub client: IpAddr,
    pub path: String,
    pub volume: Option<VolumeId>,
    pub by: RefusedBy,
    pub network: Option<Network>,
    pub user: Option<u32>,
    pub first: Timestamp,
    pub last: Timestamp,
    pub times: u64,
}

impl From<Refused> for RefusedReport {
    fn from(refused: Refused) -> RefusedReport {
        let Refused { client, path, volume, by, network, user, first, last, times } = refused;
        RefusedReport { client, path, volume, by, network, user, first, last, times }
    }
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
    pub machine: Machine,
    /// When the certificate for browsers expires: set by the management interface, which has it.
    pub https_until: OnceLock<Box<dyn Fn() -> i64 + Send + Sync>>,
    /// How many damaged chunks the volumes here have mended: set with the volumes.
    pub mended: OnceLock<Box<dyn Fn() -> u64 + Send + Sync>>,
    /// Answers questions about diagnoses and support: set by the management interface.
    pub examiner: OnceLock<Box<dyn Fn(Question) -> BoxFuture<'static, Bytes> + Send + Sync>>,
    pub self_test: SelfTest,
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
            refused: reported(self.nfs.refused()),
            clients: self.clients(),
        }
    }

    /// As many as a report has room for; those that are gone longest are left out first.
    fn clients(&self) -> Vec<ClientReport> {
        let mut records = self.nfs.client_records();
        records.sort_by_key(|record| std::cmp::Reverse((record.connections > 0, record.last)));
        let reports = records.into_iter().map(|record| {
            let mounts = self.nfs.mounted_by(record.client);
            ClientReport::of(record, mounts)
        });
        within(CLIENTS_BYTES_MAX, reports, ClientReport::bytes)
    }

    /// What to call a chunk disk.
    pub fn disk_path(&self, number: usize) -> String {
        self.disk_paths.get(number).cloned().unwrap_or_else(|| format!("disk {number}"))
    }

    /// The answer to [`Service::Report`]: the report, or what is asked about this machine.
    pub async fn serve(&self, asked: &[u8]) -> Bytes {
        match postcard::from_bytes(asked) {
            Ok(question) => self.answer(question).await,
            Err(_) => postcard::to_stdvec(&self.report()).expect("reports always encode").into(),
        }
    }

    /// Nothing about a disk that is not there.
    async fn answer(&self, question: Question) -> Bytes {
        let disk = match &question {
            Question::Machine => None,
            Question::Disk(number) => match self.disk_paths.get(*number as usize) {
                Some(path) => Some(path.as_str()),
                None => return Bytes::new(),
            },
            Question::Ledger(seconds) => {
                let seconds = u64::from(*seconds).min(WINDOW_SECONDS_MAX);
                return machine::encode(&self.router.ledger().report(seconds, Instant::now()));
            }
            Question::Paths(inodes) => return machine::encode(&self.paths(inodes).await),
            Question::Ping => return Bytes::new(),
            Question::Diagnosis | Question::Diagnose(_) | Question::Support => {
                return match self.examiner.get() {
                    Some(examine) => examine(question).await,
                    None => Bytes::new(),
                };
            }
        };
        let known = MachineReport {
            https_until: self.https_until.get().map(|until| until()),
            chunks_damaged: Some(self.store.damaged().len() as u64),
            chunks_mended: self.mended.get().map(|count| count()),
            ..MachineReport::default()
        };
        self.machine.answer(question, disk, known).await
    }

    /// Where inodes are, of the volumes that are here.
    async fn paths(&self, inodes: &[(VolumeId, Ino, Option<Ino>)]) -> Vec<Option<String>> {
        let (router, inodes) = (self.router.clone(), inodes.to_vec());
        let find = move || {
            let mut room = PATHS_BYTES_MAX;
            let path = |(volume, ino, parent): (VolumeId, Ino, Option<Ino>)| {
                let path = router.volume(volume)?.path_of(ino, parent)?;
                room = room.checked_sub(path.len())?;
                Some(path)
            };
            inodes.into_iter().take(PATHS_MAX).map(path).collect()
        };
        // It reads whole directories.
        tokio::task::spawn_blocking(find).await.unwrap_or_default()
    }

    /// What a node says of its machine, if it does soon.
    pub async fn ask_about<T: DeserializeOwned>(&self, node: NodeId, question: Question) -> Option<T> {
        if node == self.transport.me() {
            return machine::decode(&self.answer(question).await);
        }
        let asked = Bytes::from(postcard::to_stdvec(&question).ok()?);
        let call = self.transport.call(node, Service::Report, asked, Bytes::new(), ANSWER_TIMEOUT);
        let (answer, _) = call.await.ok()?;
        machine::decode(&answer)
    }

    /// What a node answers in the management interface's words, if it does within this time.
    pub async fn ask_plainly(&self, node: NodeId, question: Question, patience: Duration) -> Option<Bytes> {
        if node == self.transport.me() {
            return Some(self.answer(question).await);
        }
        let asked = Bytes::from(postcard::to_stdvec(&question).ok()?);
        let call = self.transport.call(node, Service::Report, asked, Bytes::new(), patience);
        call.await.ok().map(|(answer, _)| answer)
    }

    /// How the way to another node is.
    pub async fn measure(&self, node: NodeId) -> Way {
        ping::measure(&self.transport, node).await
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

fn reported(refused: Vec<Refused>) -> Vec<RefusedReport> {
    let reports = refused.into_iter().take(REFUSED_MAX).map(RefusedReport::from);
    within(REFUSED_PATH_BYTES_MAX, reports, |report| report.path.len())
}

/// The first ones, of so many bytes together.
fn within<T>(mut room: usize, all: impl Iterator<Item = T>, bytes: impl Fn(&T) -> usize) -> Vec<T> {
    let fits = all.take_while(|one| {
        let left = room.checked_sub(bytes(one));
        room = left.unwrap_or(0);
        left.is_some()
    });
    fits.collect()
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

    #[test]
    fn a_full_report_can_be_read() {
        let refused = |path: usize| Refused {
            client: "2001:db8::1".parse().unwrap(),
            path: "p".repeat(path),
            volume: Some(VolumeId(u64::MAX)),
            by: RefusedBy::ReadOnly,
            network: Some("2001:db8::/32".parse().unwrap()),
            user: Some(u32::MAX),
            first: Timestamp { secs: i64::MAX, nanos: 999_999_999 },
            last: Timestamp { secs: i64::MAX, nanos: 999_999_999 },
            times: u64::MAX,
        };
        let client = NfsClient {
            address: "[2001:db8:1234:5678:1234:5678:1234:5678]:65535".into(),
            calls: u64::MAX,
            bytes_in: u64::MAX,
            bytes_out: u64::MAX,
            connected_seconds: u64::MAX,
        };
        for path in [20, 1024] {
            let reported = reported(vec![refused(path); 2 * REFUSED_MAX]);
            assert!(reported.len() >= 128, "{}", reported.len());
            let report = Report {
                refused: reported,
                nfs_clients: vec![client.clone(); CLIENTS_MAX],
                ..Report::default()
            };
            let bytes = postcard::to_stdvec(&report).unwrap();
            assert_eq!(decode(&bytes), Some(report), "{}", bytes.len());
        }
    }
}
