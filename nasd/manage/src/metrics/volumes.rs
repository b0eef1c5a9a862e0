//! What this node's front ends asked of each volume, and how the volume's copies do as seen from here.

use super::family::{Family, Figure};
use crate::health::Observed;
use nasd_api::ReplicaState;
use nasd_base::{LatencyCounts, VolumeId};
use nasd_fs::{FrontEnd, Load, VolumeStats};
use nasd_node::Node;
use std::collections::BTreeMap;

/// Volumes that have series of their own: those that are oldest, so that none comes and goes. The others are counted
/// together, with an empty name.
const VOLUMES_MAX: usize = 200;

pub fn families(node: &Node, observed: &Observed) -> Vec<Family> {
    let names: BTreeMap<VolumeId, &str> = named(observed);
    let name = |id: VolumeId| names.get(&id).copied().unwrap_or_default();
    let mut families = work(node, &name);
    families.extend(standing(observed, &name));
    families.push(upkeep(node));
    families
}

fn named(observed: &Observed) -> BTreeMap<VolumeId, &str> {
    let volumes = observed.view.volumes.values().map(|volume| (volume.id, volume.name.as_str()));
    let all: BTreeMap<_, _> = volumes.collect();
    all.into_iter().take(VOLUMES_MAX).collect()
}

fn work<'a>(node: &Node, name: &impl Fn(VolumeId) -> &'a str) -> Vec<Family> {
    let mut times: BTreeMap<(&str, FrontEnd), LatencyCounts> = BTreeMap::new();
    for (volume, front_end, counts) in node.router.volume_times() {
        times.entry((name(volume), front_end)).or_default().add(&counts);
    }
    let mut durations = Family::seconds(
        "volume_operation_duration",
        "File operations from their arrival at this node to their answer, by volume and protocol",
    );
    for ((volume, front_end), counts) in times {
        durations.add([("volume", volume), ("protocol", front_end.name())], Figure::Histogram(counts));
    }
    let mut loads: BTreeMap<&str, Load> = BTreeMap::new();
    for (volume, load) in node.router.loads() {
        let sum = loads.entry(name(volume)).or_default();
        sum.read_bytes += load.read_bytes;
        sum.written_bytes += load.written_bytes;
    }
    let mut read = Family::bytes("volume_read", "Bytes of files read through this node");
    let mut written = Family::bytes("volume_written", "Bytes of files written through this node");
    for (volume, load) in loads {
        read.add([("volume", volume)], Figure::Counter(load.read_bytes));
        written.add([("volume", volume)], Figure::Counter(load.written_bytes));
    }
    vec![durations, read, written]
}

/// Of the volumes with series of their own: what is so now cannot be added up.
fn standing<'a>(observed: &Observed, name: &impl Fn(VolumeId) -> &'a str) -> Vec<Family> {
    let mut health = Family::new("volume_health", "0 healthy, 1 degraded, 2 unavailable, 3 unknown");
    let mut used = Family::bytes("volume_used", "File data, one copy, before compression; from its leader");
    let mut limit = Family::bytes("volume_limit", "The volume's limit, where it has one");
    let mut files = Family::new("volume_files", "Files, directories, links; from its leader");
    let mut wanted = Family::new("volume_replicas_wanted", "Copies that the volume is to have");
    let mut have = Family::new("volume_replicas_available", "Copies that answer and are complete");
    for volume in observed.volumes() {
        let label = [("volume", name(VolumeId(volume.id)))];
        if label[0].1.is_empty() {
            continue;
        }
        health.add(label, Figure::Gauge(f64::from(volume.health as u8)));
        wanted.add(label, Figure::Gauge(volume.replicas.len() as f64));
        let whole = |state| matches!(state, ReplicaState::Leader | ReplicaState::Following);
        let whole = volume.replicas.iter().filter(|replica| whole(replica.state)).count();
        have.add(label, Figure::Gauge(whole as f64));
        let known =
            [(&mut used, volume.used_bytes), (&mut files, volume.files), (&mut limit, volume.limits.bytes)];
        for (family, value) in known {
            value.into_iter().for_each(|value| family.add(label, Figure::Gauge(value as f64)));
        }
    }
    vec![health, used, limit, files, wanted, have]
}

/// Over all volumes: what heals is rare, and its sum tells.
fn upkeep(node: &Node) -> Family {
    let stats: Vec<VolumeStats> = node.volumes.all().iter().map(|volume| volume.stats()).collect();
    let sum = |pick: fn(&VolumeStats) -> u64| Figure::Counter(stats.iter().map(pick).sum());
    Family::new("chunk_copies_mended", "Chunks whose copy here was bad or missing, by what became of it")
        .with([("outcome", "read_elsewhere")], sum(|stats| stats.repairs))
        .with([("outcome", "healed")], sum(|stats| stats.healed))
        .with([("outcome", "nowhere")], sum(|stats| stats.unhealed))
}
