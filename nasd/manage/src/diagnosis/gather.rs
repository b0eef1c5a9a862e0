//! Gathers what checks go by, on this node. Whatever may hang has a time limit, and a thread that hangs is not followed
//! by another.

use super::facts::{
    CertificateFacts, ClockFacts, DiskFacts, GroupFacts, Leftover, NameFacts, NfsFacts, PeerFacts,
    ScrubFacts, SlowReads,
};
use super::look::{leftovers_in, route_to, stale_mounts};
use crate::Manager;
use crate::health::Observed;
use crate::manager::Member;
use futures::stream::{self, StreamExt};
use nasd_api::{EventKind, Range};
use nasd_base::{Clock, GroupId, LATENCY_BOUNDS_MICROS, NodeId, SystemClock, VolumeId};
use nasd_node::{DeviceReport, NoSmart, Question, keeps_the_clock};
use nasd_raft::Group;
use nasd_system::{TaskKind, TaskState};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::{Instant, timeout};

/// Small writes to each disk, in bytes, and how long they may go on.
const WRITES: usize = 12;
const WRITE_BYTES: usize = 4 << 10;
const WRITES_MAX: Duration = Duration::from_secs(5);
/// Is no segment, so that the store does not look at it.
const PROBE: &str = "diagnosis.tmp";
/// Nodes that are measured at a time.
const PEERS_AT_ONCE: usize = 4;
/// Volumes that are tested over NFS: the oldest ones.
const VOLUMES_MAX: usize = 4;
const NAMES_PATIENCE: Duration = Duration::from_secs(3);
const SECOND_MICROS: u64 = 1_000_000;
const HOUR_SECONDS: i64 = 3600;

impl Manager {
    pub(super) async fn disk_facts(&self, member: &Member) -> Vec<DiskFacts> {
        let (reporter, me) = (&member.node.reporter, member.node.me);
        let mut facts = Vec::new();
        for (number, disk) in reporter.report().disks.into_iter().enumerate() {
            let device = reporter.ask_about::<DeviceReport>(me, Question::Disk(number as u32)).await;
            let cache = device.as_ref().and_then(|device| device.write_cache.as_deref());
            facts.push(DiskFacts {
                path: disk.path,
                failed: disk.failed,
                total_bytes: disk.total_bytes,
                available_bytes: disk.available_bytes,
                rotational: device.as_ref().and_then(|device| device.rotational),
                has_volatile_cache: cache.map(|cache| cache == "write back"),
                mount_options: device.as_ref().and_then(|it| it.mount_options.clone()).unwrap_or_default(),
                smart: device.map_or(Err(NoSmart::NoDisk), |device| device.smart),
                flushes: Ok(Vec::new()),
            });
        }
        facts
    }

    /// The same, with how long small writes take.
    pub(super) async fn tried_disks(&self, member: &Member) -> Vec<DiskFacts> {
        let mut disks = self.disk_facts(member).await;
        for disk in &mut disks {
            let path = PathBuf::from(&disk.path);
            disk.flushes = match self.examiner.alone(path.clone(), move || flush_times(&path)).await {
                Some(flushes) => flushes.map_err(|error| error.to_string()),
                None => Err("an earlier write there has not ended".to_owned()),
            };
        }
        disks
    }
}

/// Leaves nothing behind, unless the disk does not let it.
fn flush_times(dir: &Path) -> std::io::Result<Vec<Duration>> {
    use std::io::Write;
    let path = dir.join(PROBE);
    let mut file = std::fs::File::create(&path)?;
    let (mut times, begun) = (Vec::new(), Instant::now());
    let mut written = Ok(());
    while times.len() < WRITES && begun.elapsed() < WRITES_MAX {
        let began = Instant::now();
        written = file.write_all(&[times.len() as u8; WRITE_BYTES]).and_then(|()| file.sync_data());
        if written.is_err() {
            break;
        }
        times.push(began.elapsed());
    }
    std::fs::remove_file(&path)?;
    written.map(|()| times)
}

pub fn slow_reads(member: &Member) -> SlowReads {
    let times = member.node.store.times();
    let slow_from = LATENCY_BOUNDS_MICROS.partition_point(|bound| *bound <= SECOND_MICROS);
    let counts = [times.reads, times.puts, times.flushes];
    SlowReads {
        slow: counts.iter().flat_map(|counts| &counts.buckets[slow_from..]).sum(),
        all: counts.iter().map(nasd_base::LatencyCounts::total).sum(),
    }
}

pub async fn peers(member: &Member, observed: &Observed) -> Vec<PeerFacts> {
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let others = observed.view.active_nodes().filter(|node| node.id != member.node.me);
    let measured = others.map(|node| {
        let (name, address) = (node.name.clone(), node.address.clone());
        let route = ip_of(&address).and_then(|address| route_to(&routes, address));
        async move {
            let way = member.node.reporter.measure(node.id).await;
            let mtu = |interface: String| {
                let text = std::fs::read_to_string(format!("/sys/class/net/{interface}/mtu")).ok()?;
                Some((interface, text.trim().parse().ok()?))
            };
            PeerFacts { name, trips: way.trips, sent: way.sent, large: way.large, route: route.and_then(mtu) }
        }
    });
    let measured: Vec<_> = measured.collect();
    stream::iter(measured).buffered(PEERS_AT_ONCE).collect().await
}

/// Of an address that needs no name service.
fn ip_of(address: &str) -> Option<IpAddr> {
    address.rsplit_once(':')?.0.trim_matches(['[', ']']).parse().ok()
}

/// Two nodes cannot say which one is wrong: then the other is taken for right.
pub fn clock(member: &Member, observed: &Observed) -> ClockFacts {
    let node = &member.node;
    let others = observed.view.active_nodes().filter(|other| other.id != node.me);
    let ahead =
        others.filter_map(|other| node.is_reachable(other.id).then(|| node.pulses.clock_ahead(other.id))?);
    let mut known: Vec<i64> = ahead.map(|micros| micros / 1000).collect();
    let has_others = !known.is_empty();
    known.push(0);
    known.sort_unstable();
    let middle = known[known.len() / 2];
    ClockFacts { ahead_millis: has_others.then_some(-middle), is_kept: keeps_the_clock() }
}

pub fn groups(member: &Member, observed: &Observed) -> (Vec<GroupFacts>, usize) {
    let facts = |group: &Group| {
        let status = group.status();
        let volume = VolumeId(status.group.0);
        let is_system = status.group == GroupId::SYSTEM;
        let replicas = || observed.replicas(volume).filter(|_| !is_system);
        let applied = replicas().filter(|(_, pulse)| pulse.leads).map(|(_, pulse)| pulse.applied).max();
        let own = status.applied_index.unwrap_or(0);
        let named = || observed.view.volume(volume).map(|volume| volume.name.clone());
        GroupFacts {
            name: if is_system {
                observed.view.settings.cluster_name.clone()
            } else {
                named().unwrap_or_else(|| format!("#{}", volume.0))
            },
            stopped: status.failed,
            has_leader: status.leader.is_some(),
            behind: applied.map_or(0, |applied| applied.saturating_sub(own)),
            log: status.last_log_index.unwrap_or(0).saturating_sub(status.purged_index.unwrap_or(0)),
        }
    };
    let since = SystemClock.now().secs - HOUR_SECONDS;
    let recent = member.happenings.recent();
    let changed = recent.iter().filter(|event| event.kind == EventKind::LeaderChanged && event.at >= since);
    (member.node.raft.groups().iter().map(facts).collect(), changed.count())
}

pub fn scrub(member: &Member, observed: &Observed) -> ScrubFacts {
    let of_all =
        |task: &&nasd_system::Task| task.kind == TaskKind::VerifyData && task.state == TaskState::Done;
    let verified = observed.view.tasks.values().filter(of_all).filter_map(|task| task.ended).max();
    let mended = member.node.volumes.all().iter().map(|volume| volume.stats().repairs).sum();
    ScrubFacts {
        damaged: member.node.store.damaged().len() as u64,
        mended,
        verified: verified.map(|at| at.secs),
    }
}

/// When all space is used up if it goes on so.
pub fn full_at(member: &Member, now: i64) -> Option<i64> {
    member.recorder.performance(Range::Month, None, now).forecast?.full_at
}

impl Manager {
    pub(super) fn certificate_facts(&self) -> Result<CertificateFacts, String> {
        let info = self.node_certificate()?.info();
        Ok(CertificateFacts { until: info.not_after, problem: info.problem })
    }

    pub(super) async fn nfs_facts(&self, member: &Member, observed: &Observed) -> NfsFacts {
        let (test, address) = (&member.node.reporter.self_test, member.node.nfs_address.clone());
        let address = address.unwrap_or_default();
        let port = test.port(&address).await;
        let mut volumes = Vec::new();
        for volume in observed.view.volumes.values().take(VOLUMES_MAX) {
            volumes.push((volume.name.clone(), test.volume(volume.id).await));
        }
        NfsFacts { address, port, volumes }
    }

    /// The address at which other nodes reach this one, and what the machine's name service says of it.
    pub(super) async fn name_facts(&self, observed: &Observed, me: NodeId) -> Vec<NameFacts> {
        let Some(node) = observed.view.node(me) else { return Vec::new() };
        let host = node.address.rsplit_once(':').map_or(&*node.address, |(host, _)| host);
        let host = host.trim_matches(['[', ']']);
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.addresses_of(host).await,
        };
        if addresses.is_empty() {
            return vec![NameFacts::Unknown(host.to_owned())];
        }
        let mut facts = Vec::new();
        for address in addresses {
            let line = self.getent(&["hosts", &address.to_string()]).await;
            let name = line.and_then(|line| line.split_whitespace().nth(1).map(str::to_owned));
            let back = match &name {
                Some(name) => self.addresses_of(name).await,
                None => Vec::new(),
            };
            facts.push(NameFacts::Address { address, name, back });
        }
        facts
    }

    async fn addresses_of(&self, name: &str) -> Vec<IpAddr> {
        let said = self.getent(&["ahosts", name]).await.unwrap_or_default();
        let first = said.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
        let mut addresses: Vec<IpAddr> = first.collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// What the machine's name service says; it ends with the future.
    async fn getent(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new(&self.machine.getent);
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let output = timeout(NAMES_PATIENCE, command.output()).await.ok()?.ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub(super) async fn leftovers(&self) -> Vec<Leftover> {
        let dir = self.machine.dir.clone();
        let ours: Vec<PathBuf> = self.list_mounts().await.into_iter().map(|mount| mount.at).collect();
        let below = self.machine.mount_dir.clone();
        let now = SystemClock.now().secs;
        let looked = self.examiner.alone(dir.clone(), move || {
            let mut left = leftovers_in(&dir, now);
            left.extend(stale_mounts(&below, &ours));
            left
        });
        looked.await.unwrap_or_default()
    }
}
