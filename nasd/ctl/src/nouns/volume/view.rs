//! Owns what volumes look like to people.

use crate::language;
use crate::table::{bytes, columns, facts_of, or_dash, visible};
use nasd_api::{Export, Health, Limits, MountInfo, ReplicaState, VolumeInfo};

pub fn health(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Degraded => "degraded",
        Health::Unavailable => "unavailable",
        Health::Unknown => "unknown",
    }
}

/// A volume, a fact a line.
pub fn one(volume: &VolumeInfo) -> String {
    let root = volume.root.map(|root| format!("{}:{}, mode {}", root.uid, root.gid, root.mode));
    let description = Some(volume.description.replace('\n', " ")).filter(|text| !text.is_empty());
    let facts = [
        ("description", or_dash(description)),
        ("health", format!("{}: {}", health(volume.health), volume.verdict.said(language::here()))),
        ("replicas", replicas(volume)),
        ("root directory", or_dash(root)),
        ("used", or_dash(volume.used_bytes.map(bytes))),
        ("files", or_dash(volume.files)),
        ("free", or_dash(volume.free_bytes.map(bytes))),
        ("limits", limits(&volume.limits)),
    ];
    facts_of("VOLUME", &volume.name, facts)
}

pub fn table(volumes: &[VolumeInfo]) -> String {
    let heading = ["VOLUME", "HEALTH", "LEADER", "TERM", "COMMITTED", "REPLICAS", "USED", "FREE", "LIMITS"];
    columns(&heading, volumes, "There are no volumes.", |volume| {
        [
            volume.name.clone(),
            health(volume.health).into(),
            volume.leader_name().unwrap_or("NONE").to_owned(),
            volume.term.to_string(),
            volume.commit_index.to_string(),
            replicas(volume),
            or_dash(volume.used_bytes.map(bytes)),
            or_dash(volume.free_bytes.map(bytes)),
            limits(&volume.limits),
        ]
    })
}

fn limits(limits: &Limits) -> String {
    let words = [limits.bytes.map(bytes), limits.files.map(|count| format!("{count} files"))];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() { "-".into() } else { words.join(", ") }
}

/// The nodes that hold a copy; those that do not follow are named with what they do instead.
fn replicas(volume: &VolumeInfo) -> String {
    let one = |replica: &nasd_api::ReplicaInfo| match replica.state {
        ReplicaState::Leader | ReplicaState::Following => replica.name.clone(),
        ReplicaState::Learning => format!("{} (filling)", replica.name),
        ReplicaState::Unreachable => format!("{} (UNREACHABLE)", replica.name),
        ReplicaState::Unknown => format!("{} (unknown)", replica.name),
    };
    volume.replicas.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What would be lost with a volume.
pub fn impact(volume: &VolumeInfo, exports: &[Export], mounts: &[MountInfo]) -> String {
    let used = volume.used_bytes.map_or("an unknown amount".to_owned(), bytes);
    let mut text = format!(
        "Volume {} holds {used} of data on {} node(s). Deleting it destroys all of it.\n",
        visible(&volume.name),
        volume.replicas.len()
    );
    for export in exports.iter().filter(|export| export.volume == volume.name) {
        let clients = export.clients.len();
        text += &format!("  export {} uses it ({clients} client rule(s))\n", visible(&export.path));
    }
    for mount in mounts.iter().filter(|mount| mount.volume == volume.name) {
        text += &format!("  this node has it mounted at {}\n", visible(&mount.at.display().to_string()));
    }
    text
}
